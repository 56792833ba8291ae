"""What every Fingerprinter does, whether a child works for it or not."""

from __future__ import annotations

import asyncio
import hashlib

import numpy as np
import pytest
from PIL import Image

from domain.errors import MediaUnavailable
from domain.fingerprints import MAX_FRAMES, Covers, MediaStatus
from domain.ports import Fingerprinter
from tests.fakes_fingerprint import BytesSource
from tests.fingerprint.pictures import encoded, photo
from tests.fingerprint.videos import box, laid_out, video

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
        assert found.phash256 is not None
        assert len(found.phash256) == 32
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
        assert (found.pdq, found.phash, found.phash256, found.pdq_dihedral) == (None, None, None, ())

    async def test_a_picture_too_large_by_its_own_word_is_not_read_beyond_its_beginning(
        self, fingerprinter: Fingerprinter
    ) -> None:
        source = BytesSource(bytes(LIMIT + 1))
        found = await fingerprinter.fingerprint(source)
        assert (found.status, found.reason, found.size) == (MediaStatus.REJECTED, "too_large", LIMIT + 1)
        assert (found.sha256, found.sha1, found.md5) == (None, None, None)
        assert source.reads == 1
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

    async def test_a_video_has_the_hashes_of_its_frames(self, fingerprinter: Fingerprinter) -> None:
        file = video(50, muxer="mp4", key_every=10)
        found = await fingerprinter.fingerprint(BytesSource(file))
        assert (found.status, found.reason, found.format) == (MediaStatus.HASHED, "", "mp4")
        assert (found.width, found.height, found.size, found.covers) == (192, 144, len(file), Covers.WHOLE)
        assert found.sha256 == hashlib.sha256(file).hexdigest()
        assert (found.pdq, found.phash, found.phash256, found.pdq_dihedral) == (None, None, None, ())
        times = [frame.at_ms for frame in found.frames]
        assert times == sorted(set(times))
        assert 4 <= len(times) <= MAX_FRAMES
        assert times[0] == 0
        assert times[-1] >= 1_500
        assert all([len(variant) for variant in frame.pdq_dihedral] == [32] * 8 for frame in found.frames)

    async def test_an_animation_has_the_hash_of_its_first_picture_and_frames_of_all(
        self, fingerprinter: Fingerprinter
    ) -> None:
        shown = [photo(120, 90, seed) for seed in range(40)]
        file = encoded(shown[0], "PNG", save_all=True, append_images=shown[1:], duration=200)
        first = await fingerprinter.fingerprint(BytesSource(encoded(shown[0], "PNG")))
        found = await fingerprinter.fingerprint(BytesSource(file))
        assert found.pdq_dihedral == first.pdq_dihedral
        assert (found.phash, found.phash256) == (first.phash, first.phash256)
        assert first.frames == ()
        assert len(found.frames) == MAX_FRAMES
        assert (found.frames[0].at_ms, found.frames[0].pdq) == (0, first.pdq)
        assert found.frames[-1].at_ms == 200 * (31 * 40 // 32)

    @pytest.mark.parametrize("tells_size", [True, False])
    async def test_a_video_too_large_to_be_read_whole_is_sampled_and_says_so(
        self, fingerprinter: Fingerprinter, *, tells_size: bool
    ) -> None:
        file = laid_out(video(50, muxer="mp4", key_every=10), index_first=True).whole()
        source = BytesSource(file + box(b"free", bytes(LIMIT)), tells_size=tells_size)
        found = await fingerprinter.fingerprint(source)
        assert (found.status, found.reason, found.format) == (MediaStatus.HASHED, "sampled", "mp4")
        assert found.covers is Covers.SAMPLED
        assert (found.sha256, found.sha1, found.md5) == (None, None, None)
        whole = await fingerprinter.fingerprint(BytesSource(file))
        assert {frame.pdq for frame in found.frames} <= {frame.pdq for frame in whole.frames}
        assert len(found.frames) >= 4
        assert source.closed

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
