"""Of what is no media by its first bytes, no more is read; everything else is read whole."""

from __future__ import annotations

import pytest

from domain.fingerprints import MediaStatus
from fingerprint.others import is_no_media
from fingerprint.pool import FingerprintPool
from fingerprint.reading import PIECE, LargeMedia, NoMedia, WholeMedia, read_media
from tests.fakes import FakeMedia
from tests.fingerprint.drift_set import jpegs, others
from tests.fingerprint.videos import CONTAINERS, video

LIMIT = 4 * PIECE
STRANGERS = [
    *(b"%PDF-1.7\n", b"PK\x03\x04\x14", b"Rar!\x1a\x07\x01", b"\x1f\x8b\x08\x00", b"MZ\x90\x00", b"ID3\x03", b"wOF2"),
    *(b"<!DOCTYPE html>", b"\xef\xbb\xbf \r\n<HTML lang=km>", b"<?xml version='1.0'?><svg>", b"  <!-- kites -->"),
]


class Unsized(FakeMedia):
    @property
    def size(self) -> int | None:
        return None


@pytest.mark.parametrize("kind", [FakeMedia, Unsized])
@pytest.mark.parametrize("head", STRANGERS)
async def test_no_more_than_the_first_piece_is_read_of_what_is_no_media(head: bytes, kind: type[FakeMedia]) -> None:
    source = kind(head + bytes(3 * PIECE))
    found = await read_media(source, max_bytes=LIMIT)
    assert isinstance(found, NoMedia)
    assert found.size == source.size
    assert source.reads == 1


@pytest.mark.parametrize("head", STRANGERS)
async def test_a_small_file_is_read_already_and_has_its_digests(head: bytes) -> None:
    assert isinstance(await read_media(FakeMedia(head + bytes(1_000)), max_bytes=LIMIT), WholeMedia)
    assert isinstance(await read_media(Unsized(head + bytes(1_000)), max_bytes=LIMIT), WholeMedia)


@pytest.mark.parametrize("head", [b"II*\x00", b"\x00\x00\x00\x18ftypheic", b"8BPS", b"kites", b"", b"\xff\xd8\xff"])
async def test_whatever_else_is_read_whole_for_its_digest_may_be_known(head: bytes) -> None:
    assert isinstance(await read_media(FakeMedia(head + bytes(3 * PIECE)), max_bytes=LIMIT), WholeMedia)
    assert isinstance(await read_media(FakeMedia(head + bytes(5 * PIECE)), max_bytes=LIMIT), LargeMedia)


def test_no_picture_or_video_is_taken_for_something_else() -> None:
    films = [video(muxer=muxer, codec=codecs[0]) for muxer, codecs in CONTAINERS.values()]
    files = [*films, *(sample.file for sample in (*jpegs(8), *others(28)))]
    assert not any(is_no_media(file) for file in files)


async def test_it_is_rejected_without_a_child() -> None:
    pool = FingerprintPool(children=1)
    source = FakeMedia(b"%PDF-1.7" + bytes(2 * PIECE))
    found = await pool.fingerprint(source)
    assert (found.status, found.reason, found.size) == (MediaStatus.REJECTED, "not_an_image", 8 + 2 * PIECE)
    assert (found.md5, found.sha256, pool.pids) == (None, None, frozenset())
    assert source.closed
