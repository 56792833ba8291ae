"""
Lay an index out in a file that can be mapped as it is, and never be half of one.

    header    64 bytes: magic, version, bits, radius, number of entries,
              check sum of the content, check sum of the header
    ids       n 64-bit integers
    words     for each 64-bit word of a hash, that word of all n entries

Numbers are little-endian, as is every machine Kapear runs on. The new file is
written beside the old one, flushed to the disk and renamed.
"""

from __future__ import annotations

import os
import struct
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from domain.errors import OperatorFault

MAGIC = b"KAPEARHI"
VERSION = 1
HEADER_BYTES = 64
WORD_BYTES = 8
PIECE = 1 << 20
_FIELDS = struct.Struct("<8sIIIQI")  # the header without its own check sum
_CHECK = struct.Struct("<I")

Words = NDArray[np.uint64]


def write_index(path: Path, *, bits: int, radius: int, ids: Sequence[Words], words: Sequence[Words]) -> None:
    """Write the parts of an index as one, atomically: `ids` and `words` hold one array a part."""
    columns = list(ids)
    for word in range(bits // (8 * WORD_BYTES)):
        columns += [part[word] for part in words]
    fresh = path.with_name(path.name + ".new")
    with fresh.open("wb") as file:
        file.write(bytes(HEADER_BYTES))
        check = 0
        for piece in _pieces(columns):
            check = zlib.crc32(piece, check)
            file.write(piece)
        file.seek(0)
        file.write(_header(bits=bits, radius=radius, entries=sum(map(len, ids)), check=check))
        file.flush()
        os.fsync(file.fileno())
    fresh.rename(path)
    directory = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(directory)  # the name, too, must survive a power cut
    finally:
        os.close(directory)


def read_index(path: Path, *, verify: bool) -> tuple[int, int, Words, Words]:
    """Return bits, radius, ids and words, the last two mapped; raises OperatorFault."""
    try:
        with path.open("rb") as file:
            header = file.read(HEADER_BYTES)
            bits, radius, entries, check = _parsed(header, path, size=os.fstat(file.fileno()).st_size)
            if verify and _check_of_rest(file.fileno()) != check:
                raise _unusable(path)
            content = np.memmap(file, dtype=np.uint64, mode="r", offset=HEADER_BYTES) if entries else np.zeros(0, "u8")
    except OSError:
        raise OperatorFault(f"The index {path.name} cannot be read; import or rebuild it.") from None
    count = bits // (8 * WORD_BYTES)
    # A view without memmap's own bookkeeping, which slows every slice.
    content = np.asarray(content)
    return bits, radius, content[:entries], content[entries:].reshape(count, entries)


def _header(*, bits: int, radius: int, entries: int, check: int) -> bytes:
    fields = _FIELDS.pack(MAGIC, VERSION, bits, radius, entries, check)
    padded = fields.ljust(HEADER_BYTES - _CHECK.size, b"\0")
    return padded + _CHECK.pack(zlib.crc32(padded))


def _parsed(header: bytes, path: Path, *, size: int) -> tuple[int, int, int, int]:
    if len(header) < HEADER_BYTES or not header.startswith(MAGIC):
        raise _unusable(path)
    padded, own = header[: -_CHECK.size], header[-_CHECK.size :]
    _, version, bits, radius, entries, check = _FIELDS.unpack(padded[: _FIELDS.size])
    if _CHECK.pack(zlib.crc32(padded)) != own or version != VERSION:
        raise _unusable(path)
    if size != HEADER_BYTES + entries * (WORD_BYTES + bits // 8):
        raise _unusable(path)
    return bits, radius, entries, check


def _check_of_rest(descriptor: int) -> int:
    check, at = 0, HEADER_BYTES
    while piece := os.pread(descriptor, PIECE, at):
        check = zlib.crc32(piece, check)
        at += len(piece)
    return check


def _pieces(columns: Sequence[Words]) -> Iterator[memoryview]:
    for column in columns:
        raw = np.ascontiguousarray(column).view(np.uint8).data
        for at in range(0, len(raw), PIECE):
            yield raw[at : at + PIECE]


def _unusable(path: Path) -> OperatorFault:
    return OperatorFault(f"The index {path.name} is damaged or of another version; import or rebuild it.")
