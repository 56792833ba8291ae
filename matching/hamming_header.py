"""
Say in 4096 bytes what an index's file holds and where, so that opening it reads no more.

    header     magic, version, bits, radius, number of chunks and of entries, generation;
               number of ids that are listed, the first where none is; start, width
               and radius of each chunk; a check sum of each section; at its end the
               check sum of the header
    ids        n 64-bit integers, ascending; none where each is the one before and one more
    front      the first half of each hash, as 64-bit words
    back       the other half
    positions  for each chunk, all entries in the order of their keys, 32-bit; the bits that no
               position needs are the entry's tag, if they are enough: see `hamming_probes`
    offsets    for each key of each chunk, where its positions begin, and the end, 32-bit

Sections begin at multiples of 64. Numbers are little-endian, as is every
machine Kapear runs on. Version 3 had no tags, and is read as well.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from domain.errors import OperatorFault
from matching.hamming_plan import MAX_CHUNKS, MAX_SLOTS, MAX_WIDTH, Chunk
from matching.hamming_probes import tag_bits
from matching.hamming_table import slots
from matching.hamming_words import halves

MAGIC = b"KAPEARHI"
VERSION = 4
OLDEST = 3
HEADER_BYTES = 4096
MAX_BITS = 4096
MAX_ID = 1 << 64
ALIGNED = 64

_START = struct.Struct("<8sI")  # the same in all versions
_FIELDS = struct.Struct("<8sIIIIQQQQ")
_CHUNK = struct.Struct("<III")
_CHECK = struct.Struct("<I")
_SECTIONS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """What a file says about itself."""

    bits: int
    radius: int
    entries: int
    generation: int
    chunks: tuple[Chunk, ...]
    first_id: int | None = None  # of ids that follow each other; None where they are listed
    checks: tuple[int, ...] = (0,) * _SECTIONS
    version: int = VERSION

    @property
    def listed(self) -> int:
        """Return how many ids the file lists."""
        return self.entries if self.first_id is None else 0

    @property
    def tag(self) -> int:
        """Return how many bits of a position are the entry's tag."""
        return 0 if self.version == OLDEST else tag_bits(self.entries, len(self.chunks))

    @property
    def places(self) -> tuple[tuple[int, int], ...]:
        """Return where each section begins and ends."""
        front, back = halves(self.bits)
        words = (self.listed, self.entries * front, self.entries * back)
        sizes = [8 * size for size in words] + [4 * len(self.chunks) * self.entries, 4 * slots(self.chunks)]
        places, at = [], HEADER_BYTES
        for size in sizes:
            places.append((at, at + size))
            at = -(-(at + size) // ALIGNED) * ALIGNED
        return tuple(places)


def packed(header: Header, checks: Iterable[int]) -> bytes:
    """Return the header's bytes, with these check sums of the sections."""
    fields = _FIELDS.pack(
        MAGIC, VERSION, header.bits, header.radius, len(header.chunks), header.entries, header.generation,
        header.listed, header.first_id or 0,
    )  # fmt: skip
    fields += b"".join(_CHUNK.pack(chunk.start, chunk.width, chunk.radius) for chunk in header.chunks)
    padded = (fields + b"".join(map(_CHECK.pack, checks))).ljust(HEADER_BYTES - _CHECK.size, b"\0")
    return padded + _CHECK.pack(zlib.crc32(padded))


def parsed(untrusted_header: bytes, path: Path, *, size: int) -> Header:
    """Return the header of a file of `size` bytes; raises OperatorFault."""
    if len(untrusted_header) < _START.size:
        raise damaged(path)
    magic, version = _START.unpack_from(untrusted_header)
    if magic == MAGIC and 0 < version < OLDEST:
        raise OperatorFault(f"The index {path.name} is of an earlier version; import or rebuild it.")
    padded, own = untrusted_header[: -_CHECK.size], untrusted_header[-_CHECK.size :]
    if len(untrusted_header) < HEADER_BYTES or magic != MAGIC or not OLDEST <= version <= VERSION:
        raise damaged(path)
    _, _, bits, radius, count, entries, generation, listed, first = _FIELDS.unpack_from(padded)
    if _CHECK.pack(zlib.crc32(padded)) != own or count > MAX_CHUNKS:
        raise damaged(path)
    at = _FIELDS.size + count * _CHUNK.size
    chunks = tuple(
        Chunk(start=start, width=width, radius=reach)
        for start, width, reach in _CHUNK.iter_unpack(padded[_FIELDS.size : at])
    )
    checks = tuple(check for (check,) in _CHECK.iter_unpack(padded[at : at + _SECTIONS * _CHECK.size]))
    header = Header(
        bits=bits, radius=radius, entries=entries, generation=generation, chunks=chunks, checks=checks,
        first_id=None if listed or not entries else first, version=version,
    )  # fmt: skip
    if (
        not _sensible(header)
        or header.listed != listed
        or first + header.entries > MAX_ID
        or size != header.places[-1][1]
    ):
        raise damaged(path)
    return header


def damaged(path: Path) -> OperatorFault:
    """Return what to raise for a file that is no whole index."""
    return OperatorFault(f"The index {path.name} is damaged or of another version; import or rebuild it.")


def _sensible(header: Header) -> bool:
    """Tell whether the numbers make an index that finds everything."""
    if not (0 < header.bits <= MAX_BITS and header.bits % 8 == 0 and header.radius < header.bits):
        return False
    end, width = 0, MAX_WIDTH
    for chunk in header.chunks:
        if chunk.start != end or not 0 < chunk.width <= width:
            return False
        end, width = end + chunk.width, chunk.width
    enough = not header.chunks or sum(chunk.radius + 1 for chunk in header.chunks) == header.radius + 1
    return end <= header.bits and enough and max(1, len(header.chunks)) * header.entries < MAX_SLOTS
