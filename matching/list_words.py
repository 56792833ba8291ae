"""
Say what each entry of a list's version says besides its hash, in one mapped file.

    header      magic, version, entries of each algorithm, size of each section;
                a check sum of each section; at its end the check sum of the header
    kinds       each entry's algorithm, 8-bit
    classes     each entry's classification, as a place in a table, 16-bit
    said        the entries that have a ref, a note or a classification beyond the table, 32-bit
    ends        where the words of each of these end, 64-bit
    class_ends  where each classification of the table ends, 64-bit
    class_text  the table
    text        the words

Sections begin at multiples of 64, numbers are little-endian, texts are UTF-8.
"""

from __future__ import annotations

import mmap
import os
import struct
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from domain.errors import OperatorFault
from domain.hashlists import Algorithm
from matching.hamming_file import CHECKED_AT_ONCE, PIECE

MAGIC = b"KAPEARLW"
VERSION = 2
HEADER_BYTES = 256
ALIGNED = 64
MAX_CLASSES = 1 << 16  # a list with more has them beside its notes
KINDS = tuple(Algorithm)  # an algorithm's code is its place; new ones are put behind
# Bits, of each algorithm's index.
RADII = dict.fromkeys(KINDS, 0) | {Algorithm.PDQ: 31, Algorithm.PHASH: 8, Algorithm.PHASH256: 40}
WIDTHS = (1, 2, 4, 8, 8, 1, 1)  # bytes of a number in each section
NAME = "words"

_COUNTED = {1: 5, VERSION: len(KINDS)}  # algorithms that a file of each version counts
_BEGIN = struct.Struct("<8sI")
_NUMBERS = {version: struct.Struct(f"<{count}Q{len(WIDTHS)}Q{len(WIDTHS)}I") for version, count in _COUNTED.items()}
_CHECK = struct.Struct("<I")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Words:
    """What the entries of a version say; arrays are mapped from the file."""

    counts: Mapping[Algorithm, int]
    kinds: NDArray[np.uint8]
    classes: NDArray[np.uint16]
    said: NDArray[np.uint32]
    ends: NDArray[np.uint64]
    table: tuple[str, ...]
    text: NDArray[np.uint8]

    def __len__(self) -> int:
        return len(self.kinds)

    def classification(self, number: int) -> str:
        """Return the classification of an entry; raises OperatorFault where the file is damaged."""
        try:
            return self.piece(number, number + 1)[0][0]
        except (IndexError, ValueError):
            raise OperatorFault("The files of the hash list are damaged; import it again, or retire it.") from None

    def piece(self, first: int, end: int) -> list[tuple[str, str, str]]:
        """Return classification, ref and note of the entries from `first` to `end`."""
        words = [(self.table[code], "", "") for code in self.classes[first:end].tolist()]
        low, high = np.searchsorted(self.said, (first, end)).tolist()
        begin = start = int(self.ends[low - 1]) if low else 0
        text = bytes(self.text[begin : int(self.ends[high - 1])]) if high > low else b""
        for number, stop in zip(self.said[low:high].tolist(), self.ends[low:high].tolist(), strict=True):
            words[number - first] = unpacked(words[number - first][0], text[start - begin : stop - begin])
            start = stop
        return words


def packed(classification: str, ref: str, note: str) -> str:
    """Return words as one text; `classification` is empty for one that stands in the table."""
    return f"{len(ref)},{len(note)}:{ref}{note}{classification}"


def unpacked(classification: str, packed_words: bytes) -> tuple[str, str, str]:
    """Return classification, ref and note; the one of the table unless the words have their own."""
    sizes, _, text = packed_words.decode("utf-8", "surrogatepass").partition(":")
    ref, note = map(int, sizes.split(","))
    return text[ref + note :] or classification, text[:ref], text[ref : ref + note]


def places(sizes: Sequence[int]) -> list[tuple[int, int]]:
    """Return where sections of so many bytes begin and end."""
    found, at = [], HEADER_BYTES
    for size in sizes:
        found.append((at, at + size))
        at = -(-(at + size) // ALIGNED) * ALIGNED
    return found


def header(counts: Mapping[Algorithm, int], sizes: Sequence[int], checks: Sequence[int]) -> bytes:
    """Return the file's first bytes."""
    fields = _BEGIN.pack(MAGIC, VERSION)
    fields += _NUMBERS[VERSION].pack(*(counts.get(kind, 0) for kind in KINDS), *sizes, *checks)
    fields = fields.ljust(HEADER_BYTES - _CHECK.size, b"\0")
    return fields + _CHECK.pack(zlib.crc32(fields))


def read_words(folder: Path) -> Words:
    """
    Return the words in a version's folder, mapped; raises OperatorFault.

    As an index is, a file of up to 16 MiB is read through first.
    """
    try:
        with (folder / NAME).open("rb") as file:
            return _read(file.fileno(), file.read(HEADER_BYTES))
    except (OSError, ValueError, IndexError, struct.error):  # missing, or not what a writer has written
        raise OperatorFault(f"What the entries of hash list {folder.name} say is missing or damaged.") from None


def _read(descriptor: int, start: bytes) -> Words:
    fields, own = start[: -_CHECK.size], start[-_CHECK.size :]
    magic, version = _BEGIN.unpack_from(fields)
    if magic != MAGIC or version not in _COUNTED or own != _CHECK.pack(zlib.crc32(fields)):
        raise ValueError
    numbers = _NUMBERS[version].unpack_from(fields, _BEGIN.size)
    counted = _COUNTED[version]
    counts = dict(zip(KINDS[:counted], numbers, strict=False))
    sizes = numbers[counted : counted + len(WIDTHS)]
    where, total = places(sizes), sum(counts.values())
    size = os.fstat(descriptor).st_size
    # One number an entry, and an end for whatever says something.
    if size != where[-1][1] or sizes[0] != total or sizes[1] != 2 * total or sizes[3] != 2 * sizes[2]:
        raise ValueError
    if size <= CHECKED_AT_ONCE:
        _compare(descriptor, where, numbers[-len(WIDTHS) :])
    mapped = mmap.mmap(descriptor, 0, access=mmap.ACCESS_READ)
    kinds, classes, said, ends, class_ends, class_text, text = (
        np.frombuffer(mapped, f"<u{width}", (end - begin) // width, begin) if end > begin else np.zeros(0, f"<u{width}")
        for width, (begin, end) in zip(WIDTHS, where, strict=True)
    )
    table, begin = [], 0
    for stop in class_ends.tolist():
        table.append(bytes(class_text[begin:stop]).decode("utf-8", "surrogatepass"))
        begin = stop
    return Words(
        counts=counts, kinds=kinds, classes=classes, said=said, ends=ends, table=tuple(table), text=text
    )  # fmt: skip


def _compare(descriptor: int, where: Sequence[tuple[int, int]], checks: Sequence[int]) -> None:
    for (begin, end), expected in zip(where, checks, strict=True):
        check = 0
        for at in range(begin, end, PIECE):
            check = zlib.crc32(os.pread(descriptor, min(PIECE, end - at), at), check)
        if check != expected:
            raise ValueError
