"""What every Fingerprinter does, whether a child works for it or not."""

from __future__ import annotations

import asyncio
import hashlib

import numpy as np
import pytest
from PIL import Image

from domain.errors import MediaUnavailable
from domain.fingerprints import MediaStatus
from domain.ports import Fingerprinter
from tests.fakes_fingerprint import BytesSource
from tests.fingerprint.pictures import encoded, photo

LIMIT = 4 << 20  # what the fingerprinter under test must be set to


class FingerprinterContract:
    """Subclass with a fixture `fingerprinter` whose limit is LIMIT bytes."""

    async def test_a_picture_is_hashed(self, fingerprinter: Fingerprinter) -> None:
        file = encoded(photo(300, 200, seed=1), "PNG")
        source = BytesSource(file)
        found = await fingerprinter.fingerprint(source)
        assert found.status is MediaStatus.HASHED
        assert (found.format, found.width, found.height, found.size) == ("png", 300, 200, len(file))
        assert found.sha256 == hashlib.sha256(file).hexdigest()
        assert found.pdq is not None
        assert found.phash is not None
        assert len(found.phash) == 8
        assert [len(variant) for variant in found.pdq_dihedral] == [32] * 8
        assert found.pdq_dihedral[0] == found.pdq
        assert source.closed

    async def test_pieces_and_an_untold_size_make_no_difference(self, fingerprinter: Fingerprinter) -> None:
        file = encoded(photo(200, 200, seed=2), "JPEG")
        whole = await fingerprinter.fingerprint(BytesSource(file))
        assert await fingerprinter.fingerprint(BytesSource(file, tells_size=False, piece=1000)) == whole

    async def test_a_flat_picture_is_of_low_quality(self, fingerprinter: Fingerprinter) -> None:
        found = await fingerprinter.fingerprint(BytesSource(encoded(Image.new("L", (100, 100), 9), "PNG")))
        assert (found.status, found.reason) == (MediaStatus.LOW_QUALITY, "low_detail")

    @pytest.mark.parametrize(("file", "reason"), [(b"", "empty"), (b"blue kites", "not_an_image")])
    async def test_what_cannot_be_decoded_keeps_its_digests(
        self, fingerprinter: Fingerprinter, file: bytes, reason: str
    ) -> None:
        found = await fingerprinter.fingerprint(BytesSource(file))
        assert (found.status, found.reason, found.size) == (MediaStatus.UNDECODABLE, reason, len(file))
        assert found.sha256 == hashlib.sha256(file).hexdigest()
        assert found.md5 is not None
        assert found.sha1 is not None
        assert (found.pdq, found.phash, found.pdq_dihedral) == (None, None, ())

    async def test_too_large_by_its_own_word_is_not_even_read(self, fingerprinter: Fingerprinter) -> None:
        source = BytesSource(bytes(LIMIT + 1))
        found = await fingerprinter.fingerprint(source)
        assert (found.status, found.reason, found.size) == (MediaStatus.REJECTED, "too_large", LIMIT + 1)
        assert (found.sha256, found.sha1, found.md5) == (None, None, None)
        assert source.reads == 0
        assert source.closed

    async def test_too_large_while_reading_leaves_no_digest_of_a_part(self, fingerprinter: Fingerprinter) -> None:
        picture = encoded(photo(64, 64, seed=3), "PNG")
        source = BytesSource(picture + bytes(3 * LIMIT), tells_size=False)
        found = await fingerprinter.fingerprint(source)
        assert (found.status, found.reason) == (MediaStatus.REJECTED, "too_large")
        assert (found.sha256, found.sha1, found.md5, found.pdq) == (None, None, None, None)
        assert source.reads <= LIMIT // 65_536
        assert source.closed

    async def test_exactly_the_limit_is_read_whole(self, fingerprinter: Fingerprinter) -> None:
        file = encoded(photo(64, 64, seed=3), "PNG").ljust(LIMIT, b"\0")
        found = await fingerprinter.fingerprint(BytesSource(file, tells_size=False))
        assert (found.status, found.size) == (MediaStatus.HASHED, LIMIT)
        assert found.sha256 == hashlib.sha256(file).hexdigest()

    async def test_what_reading_raises_is_raised(self, fingerprinter: Fingerprinter) -> None:
        source = BytesSource(bytes(100_000), fails_at=50_000, piece=10_000)
        with pytest.raises(MediaUnavailable, match="connection_lost"):
            await fingerprinter.fingerprint(source)
        assert source.closed

    async def test_many_at_once_keep_their_own_answers(self, fingerprinter: Fingerprinter) -> None:
        files = [encoded(photo(80, 60 + seed, seed), "PNG") for seed in range(12)]
        found = await asyncio.gather(*(fingerprinter.fingerprint(BytesSource(file)) for file in files))
        assert [one.height for one in found] == [60 + seed for seed in range(12)]
        assert [one.sha256 for one in found] == [hashlib.sha256(file).hexdigest() for file in files]
        hashes = np.array([np.frombuffer(one.pdq or b"", np.uint8) for one in found])
        assert len(np.unique(hashes, axis=0)) == 12
