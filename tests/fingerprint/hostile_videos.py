"""Videos made to hurt a demuxer or a decoder: cuts, flips, claims, loops and disguises."""

from __future__ import annotations

import random
import struct
from collections.abc import Callable
from functools import cache

from tests.fingerprint.videos import box, laid_out, video


@cache
def small(muxer: str = "mp4", codec: str = "mpeg4") -> bytes:
    return video(30, muxer=muxer, codec=codec, size=(96, 72), key_every=10, bit_rate=200_000)


def cut(muxer: str, codec: str, share: float) -> bytes:
    file = small(muxer, codec)
    return file[: int(len(file) * share)]


def flipped(muxer: str, codec: str, seed: int, first: int = 24) -> bytes:
    dice = random.Random(seed)  # noqa: S311 - repeatable damage
    file = bytearray(small(muxer, codec))
    for _ in range(40):
        file[dice.randrange(first, len(file))] ^= 1 << dice.randrange(8)
    return bytes(file)


def claiming(name: bytes, skip: int, layout: str, *values: int) -> bytes:
    """Return an MP4 in whose box of this name other numbers stand."""
    file = bytearray(laid_out(small(), index_first=True).whole())
    struct.pack_into(layout, file, file.index(name) + 4 + skip, *values)
    return bytes(file)


def nested(depth: int) -> bytes:
    inner = b""
    for _ in range(depth):
        inner = box(b"moov", box(b"trak", inner))
    return small()[:32] + inner


def of_size(muxer: str, codec: str, was: bytes, now: bytes) -> bytes:
    file = small(muxer, codec)
    assert was in file
    return file.replace(was, now)


PLAYLIST = b"#EXTM3U\n#EXT-X-VERSION:3\n#EXTINF:1,\nfile:///etc/passwd\n#EXT-X-ENDLIST\n"
PAIRS = (
    ("mp4", "mpeg4"), ("mp4", "libx264"), ("matroska", "libvpx"), ("matroska", "libvpx-vp9"), ("avi", "mpeg4"),
    ("mpegts", "mpeg2video"), ("mpeg", "mpeg1video"), ("flv", "flv"), ("ogg", "libvpx"),
)  # fmt: skip

# Each must end within the clock, in a status that is allowed, and leave the next picture right.
CASES: dict[str, Callable[[], bytes]] = {
    **{
        f"{muxer} of {codec}, cut at {share}": lambda muxer=muxer, codec=codec, share=share: cut(muxer, codec, share)  # type: ignore[misc]  # mypy infers no lambda with defaults
        for muxer, codec in PAIRS
        for share in (0.02, 0.3, 0.9)
    },
    **{
        f"{muxer} of {codec}, flips {seed}": lambda muxer=muxer, codec=codec, seed=seed: flipped(muxer, codec, seed)  # type: ignore[misc]  # same
        for muxer, codec in PAIRS
        for seed in (1, 2)
    },
    "mp4 of 65535 by 65535": lambda: claiming(b"mp4v", 24, ">HH", 65_535, 65_535),
    "mp4 of no size": lambda: claiming(b"mp4v", 24, ">HH", 0, 0),
    "mp4 of a billion pictures": lambda: claiming(b"stsz", 4, ">II", 1, 1_000_000_000),
    "mp4 of a billion places": lambda: claiming(b"stco", 4, ">I", 1_000_000_000),
    "mp4 of a billion times": lambda: claiming(b"stts", 4, ">III", 1, 1_000_000_000, 1),
    "mp4 of no duration": lambda: claiming(b"mdhd", 16, ">I", 0),
    "mp4 of a duration without end": lambda: claiming(b"mdhd", 12, ">II", 1, 0xFFFFFFFF),
    "mp4 of no time base": lambda: claiming(b"mdhd", 12, ">I", 0),
    "mp4 of large pictures": lambda: claiming(b"stsz", 4, ">II", 0x7FFFFFFF, 30),
    "mp4 whose pictures are elsewhere": lambda: claiming(b"stco", 8, ">I", 0xFFFFFFF0),
    "mp4 whose box has no end": lambda: claiming(b"moov", -8, ">I", 0xFFFFFFFF),
    "mp4 whose box is itself": lambda: claiming(b"moov", -8, ">I", 8),
    "mp4 in 20000 boxes": lambda: nested(10_000),
    "mp4 of boxes of nothing": lambda: small()[:32] + box(b"free", b"") * 200_000,
    "mp4 of another codec": lambda: laid_out(small(), index_first=True).whole().replace(b"mp4v", b"rpza"),
    "mp4 that refers to a file": lambda: (
        laid_out(small(), index_first=True).whole().replace(b"url \0\0\0\1", b"url \0\0\0\0")
    ),
    "avi of 65535 by 65535": lambda: of_size(
        "avi", "mpeg4", struct.pack("<II", 96, 72), struct.pack("<II", 65_535, 65_535)
    ),
    "avi without its index": lambda: small("avi", "mpeg4").replace(b"idx1", b"JUNK"),
    "flv of the largest tags": lambda: small("flv", "flv")[:13] + b"\x09\xff\xff\xff\0\0\0\0\0\0\0" * 1_000,
    "ogg of many streams": lambda: b"".join(
        b"OggS\0\2" + bytes(8) + struct.pack("<III", number, 0, 0) + b"\1\7\x80theora" for number in range(2_000)
    ),
    "matroska of elements of unknown length": lambda: b"\x1a\x45\xdf\xa3\x80" + b"\x18\x53\x80\x67\xff" * 20_000,
    "transport stream of nothing": lambda: (b"\x47\x1f\xff\x10" + b"\xff" * 184) * 20_000,
    "transport stream of noise": lambda: b"".join(
        b"\x47" + random.Random(number).randbytes(187)  # noqa: S311 - repeatable
        for number in range(5_000)
    ),
    "program stream of beginnings": lambda: b"\0\0\1\xba" * 100_000,
    "a playlist": lambda: PLAYLIST,
    "a playlist in a video's clothes": lambda: box(b"ftyp", b"isom\0\0\0\0isom") + PLAYLIST * 100,
    "a list of files": lambda: b"ffconcat version 1.0\nfile /etc/passwd\n",
    "a manifest": lambda: b"<?xml version='1.0'?><MPD xmlns='urn:mpeg:dash:schema:mpd:2011'></MPD>",
    "a film that is only its beginning": lambda: small()[:8],
    "a picture in a film's box": lambda: box(b"ftyp", b"isom\0\0\0\0avif") + random.Random(5).randbytes(5_000),  # noqa: S311 - repeatable
}
