"""Damage good files in the ways that find bugs: the same number always gives the same file."""

from __future__ import annotations

import random
import struct
from collections.abc import Sequence

from PIL import Image

from fingerprint.answers import Format
from fingerprint.samples import videos
from tests.fingerprint.hostile import CASES, animation
from tests.fingerprint.pictures import card, encoded, photo

LARGEST_SEED = 64 << 10
EDGES = (0, 1, 2, 0x7F, 0x80, 0xFF, 0x7FFF, 0x8000, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF)
WORDS = (
    b"IHDR", b"IDAT", b"PLTE", b"tRNS", b"fcTL", b"fdAT", b"acTL", b"eXIf", b"iCCP", b"VP8X", b"VP8L", b"ANIM", b"ANMF",
    b"ALPH", b"EXIF", b"\xff\xd8", b"\xff\xda", b"\xff\xc0", b"\xff\xc2", b"\xff\xc4", b"\xff\xdd", b"\xff\xe1",
    b"\xff\xe2MPF\0", b"\x21\xf9\x04", b"\x21\xff\x0b", b"\x2c", b"\x3b", b"meta", b"iloc", b"iprp", b"ipco", b"ispe",
    b"av1C", b"irot", b"moov", b"trak", b"stbl", b"stsd", b"stsz", b"stsc", b"stco", b"stts", b"ctts", b"elst", b"mdat",
    b"ftypisom", b"avc1", b"hvcC", b"vp09", b"idx1", b"movi", b"00dc", b"FLV\x01", b"OggS", b"\x1a\x45\xdf\xa3",
    b"\x1f\x43\xb6\x75", b"\0\0\1\xba", b"\0\0\1\xb3", b"\x47\x40\0\x10", b"Exif\0\0II*\0", b"Exif\0\0MM\0*",
)  # fmt: skip


def seeds() -> list[bytes]:
    """Return the seed corpus: every format in several modes, and the small hostile files."""
    small, text = photo(96, 72, seed=1), card(120, 90, seed=2)
    turned = Image.Exif()
    turned[0x0112] = 6
    good = [encoded(small, kind) for kind in ("JPEG", "PNG", "GIF", "WEBP", "AVIF", "BMP")]
    good += [encoded(each, "PNG") for each in (small.convert("P"), small.convert("LA"))]
    good += [encoded(text.convert(mode), "PNG") for mode in ("1", "L", "I;16", "RGBA")]
    good += [
        encoded(small, "JPEG", progressive=True),
        encoded(small.convert("CMYK"), "JPEG"),
        encoded(small, "JPEG", exif=turned, subsampling=0),
        encoded(small, "JPEG", restart_marker_blocks=4),
        encoded(text, "WEBP", lossless=True),
        encoded(small.convert("P"), "BMP"),
        encoded(small, "PNG", exif=turned),
        *(animation(kind, 4) for kind in ("PNG", "GIF", "WEBP")),
    ]
    hostile = [make() for name, make in CASES.items() if name not in LEFT_OUT]
    moving = [file for kind in Format for file in videos(kind)]  # packed anew, they would differ each time
    return good + moving + [file for file in hostile if 0 < len(file) <= LARGEST_SEED]


# Larger than a seed may be and costly to make; or with the time in it, so that no number gave the same file twice.
LEFT_OUT = frozenset(
    name for name in CASES if any(word in name for word in ("bomb", "million", "frames", "avif animation"))
)


def mutant(files: Sequence[bytes], number: int) -> bytes:
    """Return the file of this number."""
    dice = random.Random(number)  # noqa: S311 - repeatable damage
    file = bytearray(dice.choice(files))
    for _ in range(dice.choice((1, 1, 2, 4, 8))):
        dice.choice(DAMAGES)(file, dice, files)
    return bytes(file[: 4 * LARGEST_SEED])


def _flip(file: bytearray, dice: random.Random, _: Sequence[bytes]) -> None:
    for _each in range(dice.choice((1, 1, 3, 20))):
        if file:
            file[_place(file, dice)] ^= 1 << dice.randrange(8)


def _edge(file: bytearray, dice: random.Random, _: Sequence[bytes]) -> None:
    """Overwrite a number with one that programs forget about."""
    layout, most = dice.choice(((">B", 0xFF), (">H", 0xFFFF), ("<H", 0xFFFF), (">I", 0xFFFFFFFF), ("<I", 0xFFFFFFFF)))
    value = dice.choice([edge for edge in EDGES if edge <= most])
    at = _place(file, dice)
    file[at : at + struct.calcsize(layout)] = struct.pack(layout, value)


def _word(file: bytearray, dice: random.Random, _: Sequence[bytes]) -> None:
    word = dice.choice(WORDS)
    at = _place(file, dice)
    file[at : at + dice.choice((0, len(word)))] = word


def _cut(file: bytearray, dice: random.Random, _: Sequence[bytes]) -> None:
    at = _place(file, dice)
    del file[at : at + dice.choice((1, 4, 64, len(file)))]


def _repeat(file: bytearray, dice: random.Random, _: Sequence[bytes]) -> None:
    at = _place(file, dice)
    piece = file[at : at + dice.choice((1, 12, 200, 4_000))]
    file[at:at] = piece * dice.choice((1, 2, 50))


def _noise(file: bytearray, dice: random.Random, _: Sequence[bytes]) -> None:
    at = _place(file, dice)
    length = dice.choice((1, 8, 100))
    file[at : at + length] = dice.randbytes(length)


def _graft(file: bytearray, dice: random.Random, files: Sequence[bytes]) -> None:
    """Go on with the rest of another file."""
    other = dice.choice(files)
    at = _place(file, dice)
    file[at:] = other[dice.randrange(len(other)) :]


DAMAGES = (_flip, _flip, _edge, _edge, _word, _cut, _repeat, _noise, _graft)


def _place(file: bytearray, dice: random.Random) -> int:
    """Headers are where the decisions are: half of all damage is done there."""
    return dice.randrange(min(len(file), 256) if dice.random() < 0.5 else len(file)) if file else 0
