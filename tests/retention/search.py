"""
Find a picture again in whatever a program wrote: as it is, escaped, packed, or spelled out.

A window is 24 bytes that stand one after another in the picture's file or in
its decoded pixels. A common run of 24 bytes always covers a block of 8 that
begins at a multiple of 16 within the picture; so these blocks alone are looked
for, at every place of what was written, and each hit is then measured.
"""

from __future__ import annotations

import base64
import binascii
import bz2
import io
import lzma
import re
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from PIL import Image

WINDOW = 24
DEPTH = 3  # base64 of gzip of an escaped text, and no further
_STEP, _BLOCK = 16, 8
_DISTINCT = 6  # of a block's 8 bytes: blank areas are nobody's in particular
_BUCKETS = 1 << 22
_MOST_INFLATED = 64 << 20


@dataclass(frozen=True)
class Canary:
    """What is looked for: by name, the bytes that must not be met again."""

    parts: dict[str, bytes]
    _keys: NDArray[np.uint64] = field(init=False)
    _places: NDArray[np.int64] = field(init=False)
    _whole: bytes = field(init=False)
    _bucket: NDArray[np.bool_] = field(init=False)

    def __post_init__(self) -> None:
        whole = b""
        for part in self.parts.values():
            whole += part + bytes(-len(part) % _STEP + _STEP)
        blocks = np.frombuffer(whole, np.uint8).reshape(-1, _STEP)[:, :_BLOCK]
        ordered = np.sort(blocks, axis=1)
        busy = (np.diff(ordered, axis=1) != 0).sum(axis=1) + 1 >= _DISTINCT
        places = np.flatnonzero(busy) * _STEP
        keys = np.ascontiguousarray(blocks[busy]).view("<u8").reshape(-1)
        order = np.argsort(keys, kind="stable")
        bucket = np.zeros(_BUCKETS, np.bool_)
        bucket[_bucket_of(keys)] = True
        for name, value in (("_keys", keys[order]), ("_places", places[order]), ("_whole", whole), ("_bucket", bucket)):
            object.__setattr__(self, name, value)

    def longest_run(self, data: bytes) -> int:
        """Return the length of the longest common run that was met, or 0 if none reaches a window."""
        longest = 0
        for shift in range(_BLOCK):
            count = (len(data) - shift) // _BLOCK
            if count <= 0:
                break
            words = np.frombuffer(data, "<u8", count, shift)
            maybe = np.flatnonzero(self._bucket[_bucket_of(words)])
            found = np.searchsorted(self._keys, words[maybe])
            for at, first in zip(maybe.tolist(), found.tolist(), strict=True):
                key = first
                while key < len(self._keys) and self._keys[key] == words[at]:
                    run = self._measured(data, at * _BLOCK + shift, int(self._places[key]))
                    longest = max(longest, run)
                    if longest > 4 * WINDOW:
                        return longest
                    key += 1
        return longest if longest >= WINDOW else 0

    def _measured(self, data: bytes, at: int, place: int) -> int:
        before = 0
        while before < min(at, place) and data[at - before - 1] == self._whole[place - before - 1]:
            before += 1
        after = 0
        most = min(len(data) - at, len(self._whole) - place, 8 * WINDOW)
        while after < most and data[at + after] == self._whole[place + after]:
            after += 1
        return before + after

    def met_in(self, data: bytes, *, depth: int = DEPTH) -> str:
        """Return how the canary shows in the data (`raw`, `base64 > gzip` …), or an empty string."""
        for way, view in views(data, depth):
            if self.longest_run(view):
                return way
        return ""


def canary_of(picture: bytes) -> Canary:
    """Return what to look for of one picture: its file, and its pixels in the usual layouts."""
    # Before its first data a file holds sizes and tables that others of its kind hold too.
    start = picture.index(b"IDAT") if picture.startswith(b"\x89PNG") else picture.index(b"\xff\xda")
    with Image.open(io.BytesIO(picture)) as opened:
        colour = opened.convert("RGB")
    return Canary(
        {
            "file": picture[start:],
            "RGB": colour.tobytes(),
            "BGR": colour.tobytes("raw", "BGR"),
            "RGBA": colour.convert("RGBA").tobytes(),
            "L": colour.convert("L").tobytes(),
        }
    )


def canary_of_video(file: bytes, pictures: Iterable[Image.Image]) -> Canary:
    """Return what to look for of one video: its packed pictures, and some of them unpacked."""
    parts = {"file": file}
    for number, picture in enumerate(pictures):
        parts |= {f"RGB {number}": picture.convert("RGB").tobytes(), f"L {number}": picture.convert("L").tobytes()}
    return Canary(parts)


def views(data: bytes, depth: int = DEPTH) -> Iterator[tuple[str, bytes]]:
    """Yield the data, and what it says when it is read in the ways that programs write bytes; the plainest first."""
    yield "raw", data
    layer = [("", data)]
    for _ in range(depth):
        deeper: list[tuple[str, bytes]] = []
        for way, outer in layer:
            for name, read in READINGS.items():
                deeper += [
                    (f"{way} > {name}" if way else name, view)
                    for view in read(outer)
                    if len(view) >= WINDOW and view != outer
                ]
        yield from deeper
        layer = deeper


# ------------------------------------------------------------------ ways of writing bytes

_ESCAPE = re.compile(rb"\\(?:x([0-9a-fA-F]{2})|u(?:00|dc|DC)([0-9a-fA-F]{2})|([0-3][0-7]{2})|([abfnrtv0\\'\"/]))")
_LETTERS = dict(zip(b"abfnrtv0\\'\"/", b"\a\b\f\n\r\t\v\0\\'\"/", strict=True))
_PERCENT = re.compile(rb"%([0-9a-fA-F]{2})")
_ENTITY = re.compile(rb"&#(?:x([0-9a-fA-F]{1,2})|(\d{1,3}));")
_NARROW = re.compile(rb"[\xc2\xc3][\x80-\xbf]")
_WIDE = re.compile(rb"(?:[\x00-\xff]\x00){24,}")
_BREAKS = re.compile(rb"(?:\\r|\\n|[\r\n])+[ \t]*")
_BASE64 = re.compile(rb"[A-Za-z0-9+/_-]{32,}")
_HEX = re.compile(rb"(?:[0-9a-fA-F]{2}(?:[\s:,.-]|0x|\\x){0,3}){24,}")
_DUMP = re.compile(rb"^[ \t]*(?:0x)?[0-9a-fA-F]{4,16}:?[ \t]+((?:[0-9a-fA-F]{2}[ \t]{0,2}){4,32})", re.MULTILINE)
_DECIMAL = re.compile(rb"(?:\d{1,3}[,\s]+){24,}")
_PACKED = re.compile(rb"\x78[\x01\x5e\x9c\xda]|\x1f\x8b\x08|PK\x03\x04|BZh[1-9]1AY|\xfd7zXZ\x00")
_GAP = b"\0" * _BLOCK  # between runs, so that two never make one
_NOT_HEX = re.compile(rb"0x|[^0-9a-fA-F]")


def _escaped(data: bytes) -> Iterator[bytes]:
    if b"\\" in data:
        yield _ESCAPE.sub(_unescaped, data)


def _unescaped(met: re.Match[bytes]) -> bytes:
    if digits := met[1] or met[2]:
        return bytes.fromhex(digits.decode())
    return bytes([int(met[3], 8)]) if met[3] else bytes([_LETTERS[met[4][0]]])


def _percent(data: bytes) -> Iterator[bytes]:
    if b"%" in data:
        yield _PERCENT.sub(lambda met: bytes.fromhex(met[1].decode()), data)


def _entities(data: bytes) -> Iterator[bytes]:
    if b"&#" in data:
        yield _ENTITY.sub(lambda met: bytes([(int(met[1], 16) if met[1] else int(met[2])) & 0xFF]), data)


def _as_text(data: bytes) -> Iterator[bytes]:
    """Bytes that were taken for Latin-1 and written as UTF-8 or UTF-16."""
    if _NARROW.search(data):
        yield _NARROW.sub(lambda met: bytes([(met[0][0] & 3) << 6 | met[0][1] & 0x3F]), data)
    yield _GAP.join(run[0][::2] for run in _WIDE.finditer(data))


def _base64(data: bytes) -> Iterator[bytes]:
    for text in {data, _BREAKS.sub(b"", data)}:
        runs = [run.translate(bytes.maketrans(b"-_", b"+/")) for run in _BASE64.findall(text)]
        for shift in range(4):  # a run may begin with letters that belong to something else
            yield _GAP.join(_decoded64(run[shift:]) for run in runs)


def _decoded64(run: bytes) -> bytes:
    return base64.b64decode(run[: len(run) // 4 * 4])


def _hex(data: bytes) -> Iterator[bytes]:
    runs = [_NOT_HEX.sub(b"", run) for run in _HEX.findall(data)]
    for shift in range(2):
        yield _GAP.join(binascii.unhexlify(run[shift : shift + (len(run) - shift) // 2 * 2]) for run in runs)
    rows = [_NOT_HEX.sub(b"", row) for row in _DUMP.findall(data)]
    yield b"".join(binascii.unhexlify(row[: len(row) // 2 * 2]) for row in rows)


def _decimal(data: bytes) -> Iterator[bytes]:
    runs = ([int(number) for number in re.findall(rb"\d+", run)] for run in _DECIMAL.findall(data))
    yield _GAP.join(bytes(number & 0xFF for number in run) for run in runs)


def _inflated(data: bytes) -> Iterator[bytes]:
    for met in _PACKED.finditer(data):
        packed = data[met.start() :]
        try:
            if met[0].startswith(b"x"):
                yield zlib.decompressobj().decompress(packed, _MOST_INFLATED)
            elif met[0].startswith(b"\x1f"):
                yield zlib.decompressobj(31).decompress(packed, _MOST_INFLATED)
            elif met[0].startswith(b"PK"):
                start = 30 + int.from_bytes(packed[26:28], "little") + int.from_bytes(packed[28:30], "little")
                yield zlib.decompressobj(-15).decompress(packed[start:], _MOST_INFLATED)
            elif met[0].startswith(b"BZ"):
                yield bz2.BZ2Decompressor().decompress(packed, _MOST_INFLATED)
            else:
                yield lzma.LZMADecompressor().decompress(packed, _MOST_INFLATED)
        except (zlib.error, OSError, lzma.LZMAError):
            continue  # two bytes that only looked like a beginning


READINGS: dict[str, Callable[[bytes], Iterator[bytes]]] = {
    "escaped": _escaped,
    "percent": _percent,
    "entities": _entities,
    "text": _as_text,
    "base64": _base64,
    "hex": _hex,
    "decimal": _decimal,
    "packed": _inflated,
}


def _bucket_of(words: NDArray[np.uint64]) -> NDArray[np.uint64]:
    mixed: NDArray[np.uint64] = (words * np.uint64(0x9E3779B97F4A7C15)) >> np.uint64(42)
    return mixed
