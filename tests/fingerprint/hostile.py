"""Files made to hurt a decoder, each in a few lines: claims, bombs, cuts, flips and disguises."""

from __future__ import annotations

import random
import struct
import zlib
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from tests.fingerprint.pictures import encoded, photo

SMALL = photo(96, 72, seed=1)


def chunk(name: bytes, body: bytes, *, crc: int | None = None) -> bytes:
    checked = zlib.crc32(name + body) if crc is None else crc
    return struct.pack("!I", len(body)) + name + body + struct.pack("!I", checked)


def png(width: int, height: int, *middle: bytes, depth: int = 8, colour: int = 2) -> bytes:
    head = chunk(b"IHDR", struct.pack("!IIBBBBB", width, height, depth, colour, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + b"".join(middle) + chunk(b"IEND", b"")


def zeros(count: int) -> bytes:
    packer = zlib.compressobj(9)
    piece = bytes(1 << 20)
    return b"".join(packer.compress(piece) for _ in range(count >> 20)) + packer.flush()


def idat(body: bytes) -> bytes:
    return chunk(b"IDAT", body)


def jpeg_with_size(width: int, height: int) -> bytes:
    file = encoded(SMALL, "JPEG")
    at = file.index(b"\xff\xc0")
    return file[: at + 5] + struct.pack("!HH", height, width) + file[at + 9 :]


def jpeg_with(extra: bytes) -> bytes:
    file = encoded(SMALL, "JPEG")
    return file[:2] + extra + file[2:]


def progressive_bomb() -> bytes:
    """A large blank progressive JPEG whose last scan is repeated, each a walk over every block."""
    file = encoded(Image.new("L", (7000, 7000)), "JPEG", progressive=True)
    last = file.rindex(b"\xff\xda")
    scan = file[last:-2]
    return file[:-2] + scan * 150 + b"\xff\xd9"


def flipped(kind: str, seed: int, **options: bool) -> bytes:
    dice = random.Random(seed)  # noqa: S311 - repeatable damage
    file = bytearray(encoded(SMALL, kind, **options))
    for _ in range(12):
        file[dice.randrange(24, len(file))] ^= 1 << dice.randrange(8)
    return bytes(file)


def gif_with_screen(width: int, height: int) -> bytes:
    file = encoded(SMALL, "GIF")
    return file[:6] + struct.pack("<HH", width, height) + file[10:]


def bmp_with_size(width: int, height: int) -> bytes:
    file = encoded(SMALL, "BMP")
    return file[:18] + struct.pack("<ii", width, height) + file[26:]


def webp_with_canvas(width: int, height: int) -> bytes:
    extended = struct.pack("<I", 0x10) + (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    body = b"WEBPVP8X" + struct.pack("<I", 10) + extended + encoded(SMALL, "WEBP")[12:]
    return b"RIFF" + struct.pack("<I", len(body)) + body


def animation(kind: str, frames: int) -> bytes:
    pictures = [Image.new("RGB", (8, 8), (frame % 256, 3, 5)) for frame in range(frames)]
    return encoded(pictures[0], kind, save_all=True, append_images=pictures[1:])


def noise16() -> NDArray[np.uint16]:
    return np.random.default_rng(9).integers(0, 1 << 16, (90, 90), np.uint16)


def exif_pointing_to(next_directory: int) -> bytes:
    """An EXIF block whose list of entries is followed by itself, or goes on past the end."""
    entries = b"\xff\xff" if next_directory == 0 else struct.pack("<HHHII", 1, 0x0112, 3, 1, 6)
    body = b"Exif\0\0II*\0" + struct.pack("<I", 8) + entries + struct.pack("<I", next_directory)
    return b"\xff\xe1" + struct.pack("!H", len(body) + 2) + body


def tiny_frames() -> bytes:
    """200,000 frames of one pixel."""
    frame = b"\x2c" + struct.pack("<HHHHB", 0, 0, 1, 1, 0) + b"\x02\x02\x44\x01\x00"
    return b"GIF89a" + struct.pack("<HHBBB", 8, 8, 0x80, 0, 0) + b"\0\0\0\xff\xff\xff" + frame * 200_000 + b"\x3b"


def outside_frame() -> bytes:
    file = encoded(SMALL, "GIF")
    at = file.index(b"\x2c\0\0\0\0")
    return file[: at + 1] + struct.pack("<HHHH", 60_000, 60_000, 9_000, 9_000) + file[at + 9 :]


def avif_with_size(width: int, height: int) -> bytes:
    file = encoded(SMALL, "AVIF")
    at = file.index(b"ispe") + 8
    return file[:at] + struct.pack("!II", width, height) + file[at + 8 :]


def bmp_of_runs(runs: bytes) -> bytes:
    """Eight bits a pixel, run-length encoded."""
    head = struct.pack("<IiiHHIIiiII", 40, 96, 72, 1, 8, 1, len(runs), 2835, 2835, 256, 0)
    start = 14 + len(head) + 1024
    return b"BM" + struct.pack("<IHHI", start + len(runs), 0, 0, start) + head + bytes(1024) + runs


# Each must end as hashed, low quality or undecodable, and leave the next picture right.
CASES: dict[str, Callable[[], bytes]] = {
    "png 20000 by 20000": lambda: png(20_000, 20_000, idat(zeros(1 << 20))),
    "png 65535 by 65535": lambda: png(65_535, 65_535, idat(b"")),
    "png without pixels": lambda: png(0, 0, idat(b"")),
    "png of the largest size": lambda: png(2**31 - 1, 2**31 - 1, idat(b"")),
    "png zipped text bomb": lambda: png(8, 8, chunk(b"zTXt", b"k\0\0" + zeros(256 << 20)), idat(zeros(1 << 20))),
    "png strip": lambda: png(1, 30_000_000, idat(zeros(1 << 20))),
    "png bad check sums": lambda: png(96, 72, chunk(b"IDAT", zeros(1 << 20), crc=1)),
    "png 100000 empty pieces": lambda: png(96, 72, idat(b"") * 100_000, idat(zeros(1 << 20))),
    "png 2000 frames": lambda: animation("PNG", 2_000),
    "png 16 bits, cut": lambda: encoded(Image.fromarray(noise16()), "PNG")[:-3_000],
    "png profile bomb": lambda: png(8, 8, chunk(b"iCCP", b"k\0\0" + zeros(64 << 20)), idat(zlib.compress(bytes(200)))),
    "png 20000 short texts": lambda: png(8, 8, chunk(b"tEXt", b"k\0v") * 20_000, idat(zlib.compress(bytes(200)))),
    "png pieces out of order": lambda: png(9, 9, idat(zlib.compress(bytes(270))), chunk(b"PLTE", b"abc"), colour=3),
    "png palette out of range": lambda: png(9, 9, chunk(b"PLTE", b"abc"), idat(zlib.compress(b"\x09" * 90)), colour=3),
    "png without palette": lambda: png(9, 9, idat(zlib.compress(b"\x09" * 90)), colour=3),
    "png of 3 bits": lambda: png(9, 9, idat(zlib.compress(b"\x09" * 90)), depth=3),
    "png no end": lambda: encoded(SMALL, "PNG")[:200],
    "png one pixel": lambda: encoded(Image.new("RGB", (1, 1)), "PNG"),
    "png animation": lambda: animation("PNG", 300),
    "png 50 million pixels": lambda: png(7_000, 7_000, idat(zeros(147 << 20))),
    "jpeg 65500 by 65500": lambda: jpeg_with_size(65_500, 65_500),
    "jpeg without height": lambda: jpeg_with_size(96, 0),
    "jpeg larger than its data": lambda: jpeg_with_size(7_000, 7_000),
    "jpeg cut in its header": lambda: encoded(SMALL, "JPEG")[:100],
    "jpeg 200 segments": lambda: jpeg_with((b"\xff\xe3\xff\xff" + bytes(65_533)) * 200),
    "jpeg and page at once": lambda: jpeg_with(b"\xff\xfe\x00\x20" + b"<html><script>".ljust(30)) + b"PK\x03\x04",
    "jpeg of four inks, cut": lambda: encoded(SMALL.convert("CMYK"), "JPEG")[:-1_500],
    "jpeg arithmetic": lambda: encoded(SMALL, "JPEG").replace(b"\xff\xc0", b"\xff\xc9", 1),
    "jpeg lossless": lambda: encoded(SMALL, "JPEG").replace(b"\xff\xc0", b"\xff\xc3", 1),
    "jpeg thumbnail in itself": lambda: jpeg_with(exif_pointing_to(6)),
    "jpeg EXIF without end": lambda: jpeg_with(exif_pointing_to(0)),
    "jpeg album that lies": lambda: jpeg_with(b"\xff\xe2\x00\x18MPF\0II*\0" + b"\xff" * 14),
    "jpeg tables missing": lambda: encoded(SMALL, "JPEG").replace(b"\xff\xc4", b"\xff\xe9"),
    "jpeg two million restart markers": lambda: encoded(SMALL, "JPEG")[:-2] + b"\xff\xd0" * 2_000_000,
    "jpeg flips": lambda: flipped("JPEG", 1),
    "jpeg flips, others": lambda: flipped("JPEG", 2),
    "gif 65535 by 65535": lambda: gif_with_screen(65_535, 65_535),
    "gif 200000 tiny frames": tiny_frames,
    "gif 5000 frames": lambda: animation("GIF", 5_000),
    "gif frame outside": outside_frame,
    "gif cut": lambda: encoded(SMALL, "GIF")[:-2_000],
    "gif and garbage": lambda: encoded(SMALL, "GIF") + random.Random(3).randbytes(200_000),  # noqa: S311 - repeatable
    "gif flips": lambda: flipped("GIF", 4),
    "webp canvas lie": lambda: webp_with_canvas(16_384, 16_384),
    "webp 1500 frames": lambda: animation("WEBP", 1_500),
    "webp lossless flips": lambda: flipped("WEBP", 8, lossless=True),
    "webp of no length": lambda: encoded(SMALL, "WEBP")[:4] + bytes(4) + encoded(SMALL, "WEBP")[8:],
    "webp flips": lambda: flipped("WEBP", 5),
    "webp cut": lambda: encoded(SMALL, "WEBP")[:-500],
    "webp animation": lambda: animation("WEBP", 300),
    "avif flips": lambda: flipped("AVIF", 6),
    "avif animation": lambda: animation("AVIF", 30),
    "avif larger than its data": lambda: avif_with_size(16_000, 3_000),
    "avif box in itself": lambda: encoded(SMALL, "AVIF").replace(b"iprp", b"meta", 1),
    "avif cut": lambda: encoded(SMALL, "AVIF")[:-300],
    "bmp of negative height": lambda: bmp_with_size(96, -72),
    "bmp of negative width": lambda: bmp_with_size(-96, 72),
    "bmp of the largest size": lambda: bmp_with_size(2**31 - 1, 2**31 - 1),
    "bmp cut": lambda: encoded(SMALL, "BMP")[:300],
    "bmp runs past its end": lambda: bmp_of_runs(b"\xff\x01" * 100_000),
    "bmp jumps": lambda: bmp_of_runs(b"\x00\x02\xff\xff" * 50_000),
    "a print": lambda: b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\nshowpage\n",
    "an icon with a large picture": lambda: b"\0\0\1\0\1\0" + b"\0\0\0\0\1\0\x20\0" + b"\xff" * 8,
    "words": lambda: b"tin lanterns and blue kites\n" * 1_000,
    "a page": lambda: b"<!doctype html><img src=x>",
    "one byte": lambda: b"\xff",
    "only a beginning": lambda: b"\x89PNG\r\n\x1a\n",
    "a drawing": lambda: b"<svg xmlns='http://www.w3.org/2000/svg'><rect/></svg>",
    "a document": lambda: b"%PDF-1.7\n%%EOF",
    "a scan in pages": lambda: encoded(SMALL, "TIFF"),
    "random bytes": lambda: random.Random(7).randbytes(100_000),  # noqa: S311 - repeatable
}
