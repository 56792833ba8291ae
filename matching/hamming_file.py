"""
Write an index so that a file is never half of one, and map it as it lies.

The new file is written beside the old one, flushed to the disk and renamed;
who has the old one mapped keeps it.
"""

from __future__ import annotations

import fcntl
import mmap
import os
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from domain.errors import OperatorFault
from matching.hamming_header import HEADER_BYTES, Header, damaged, packed, parsed
from matching.hamming_ids import Counted, Ids
from matching.hamming_plan import choose
from matching.hamming_segment import Segment, counted_from, in_order
from matching.hamming_table import Table, built
from matching.hamming_words import Hashes, halves

PIECE = 1 << 20
WARMED = 2 << 30  # bytes; a larger file is fetched as it is asked for
MADV_POPULATE_READ = 22  # unknown to Python's mmap
CHECKED_AT_ONCE = 16 << 20  # bytes; a smaller file is read through when it is opened


def write_index(path: Path, *, bits: int, radius: int, segments: tuple[Segment, ...]) -> None:
    """Write the living entries of these parts and their table, atomically, as the next generation."""
    entries = sum(map(len, segments))
    first_id = counted_from(segments)
    chunks = choose(entries, bits, radius, counted=first_id is not None)
    with _replaced(path) as descriptor:
        header = Header(
            bits=bits, radius=radius, entries=entries, generation=_generation(path) + 1, chunks=chunks,
            first_id=first_id,
        )  # fmt: skip
        os.ftruncate(descriptor, header.places[-1][1])
        sections = [_Section(descriptor, begin) for begin, _ in header.places]
        for ids, hashes in in_order(segments):
            sections[0].write(ids if first_id is None else ids[:0])
            sections[1].write(hashes.front)
            sections[2].write(hashes.back)
        for offsets, positions in built(_mapped(descriptor, header).hashes, chunks, header.tag):
            sections[3].write(positions)
            sections[4].write(offsets)
        os.pwrite(descriptor, packed(header, [section.check for section in sections]), 0)


def read_index(path: Path, *, verify: bool | None, warm: bool = False) -> tuple[Header, Segment]:
    """
    Return the header and the content, mapped, and its pages fetched if `warm`; raises OperatorFault.

    `verify` says whether to read all of it once and compare the check sums;
    None, whether to do so if that takes but a moment.
    """
    try:
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            header = parsed(file.read(HEADER_BYTES), path, size=size)
            if verify or (verify is None and size <= CHECKED_AT_ONCE):
                _compare_checks(file.fileno(), header, path)
            return header, _mapped(file.fileno(), header, warm=warm and size <= WARMED)
    except OSError:
        raise _unreadable(path) from None


def stored_generation(path: Path) -> int:
    """Return the generation of the index in a file: how often it was saved there; raises OperatorFault."""
    try:
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            return parsed(file.read(HEADER_BYTES), path, size=size).generation
    except OSError:
        raise _unreadable(path) from None


class _Section:
    """A part of the file that is written from its beginning on, with its check sum."""

    def __init__(self, descriptor: int, at: int) -> None:
        self._descriptor = descriptor
        self._at = at
        self.check = 0

    def write(self, content: NDArray[np.uint64] | NDArray[np.uint32]) -> None:
        raw = np.ascontiguousarray(content).reshape(-1).view(np.uint8).data
        for first in range(0, len(raw), PIECE):
            piece = raw[first : first + PIECE]
            self.check = zlib.crc32(piece, self.check)
            while len(piece):
                written = os.pwrite(self._descriptor, piece, self._at)
                self._at, piece = self._at + written, piece[written:]


@contextmanager
def _replaced(path: Path) -> Iterator[int]:
    """Give a descriptor to write to, and put what was written in the file's place if all went well."""
    fresh = path.with_name(path.name + ".new")
    descriptor = os.open(fresh, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        _claim(descriptor, fresh, path)
        try:
            os.ftruncate(descriptor, 0)  # what a killed writer left
            yield descriptor
            os.fsync(descriptor)
            fresh.rename(path)
        except BaseException:
            fresh.unlink(missing_ok=True)
            raise
    finally:
        os.close(descriptor)
    directory = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(directory)  # the name, too, must survive a power cut
    finally:
        os.close(directory)


def _claim(descriptor: int, fresh: Path, path: Path) -> None:
    """Be the only one who writes this file; raises OperatorFault."""
    busy = OperatorFault(f"The index {path.name} is being written by somebody else; try again later.")
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        # Whoever wrote it may have put it in its place since we opened it: then it is the index that all read.
        if os.fstat(descriptor).st_ino != fresh.stat().st_ino:
            raise busy
    except (BlockingIOError, FileNotFoundError):
        raise busy from None


def _generation(path: Path) -> int:
    try:
        return stored_generation(path)
    except OperatorFault:
        return 0  # none, or none that could be read


def _mapped(descriptor: int, header: Header, *, warm: bool = False) -> Segment:
    content = mmap.mmap(descriptor, 0, access=mmap.ACCESS_READ)
    if warm:
        # Searches touch pages all over the file; fetched one by one they cost the first thousands a third more.
        with suppress(OSError):  # before Linux 5.14
            content.madvise(MADV_POPULATE_READ)
    at = [begin for begin, _ in header.places]
    words = [(header.entries, half) for half in halves(header.bits)]
    ids: Ids | Counted = np.ndarray((header.listed,), np.uint64, content, at[0])
    if header.first_id is not None:
        ids = Counted(first=header.first_id, count=header.entries)
    front: NDArray[np.uint64] = np.ndarray(words[0], np.uint64, content, at[1])
    back: NDArray[np.uint64] = np.ndarray(words[1], np.uint64, content, at[2])
    table = None
    if header.chunks:
        begin, end = header.places[4]
        positions: NDArray[np.uint32] = np.ndarray((len(header.chunks) * header.entries,), np.uint32, content, at[3])
        offsets: NDArray[np.uint32] = np.ndarray(((end - begin) // 4,), np.uint32, content, begin)
        table = Table(chunks=header.chunks, offsets=offsets, positions=positions, tag=header.tag)
    hashes = Hashes(front=front, back=back)
    return Segment(ids=ids, hashes=hashes, table=table, settled=True, dead=np.zeros(0, np.int64))


def _compare_checks(descriptor: int, header: Header, path: Path) -> None:
    for (begin, end), expected in zip(header.places, header.checks, strict=True):
        check = 0
        for at in range(begin, end, PIECE):
            check = zlib.crc32(os.pread(descriptor, min(PIECE, end - at), at), check)
        if check != expected:
            raise damaged(path)


def _unreadable(path: Path) -> OperatorFault:
    return OperatorFault(f"The index {path.name} cannot be read; import or rebuild it.")
