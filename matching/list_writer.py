"""
Write one version of a list: hashes and words go to the disk as they come, tables are built from there.

So memory is bounded however long the list is. The whole is made in a folder
beside, which takes its name only when everything in it is flushed.
"""

from __future__ import annotations

import os
import zlib
from array import array
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from domain.errors import BadInput, OperatorFault
from domain.hashlists import Algorithm, HashEntry
from matching import list_words
from matching.folders import flush, remove
from matching.hamming_file import write_index
from matching.hamming_segment import loose
from matching.hamming_words import Hashes, from_bytes, halves
from matching.list_words import KINDS, MAX_CLASSES, NAME, RADII, WIDTHS, packed, places
from matching.spill import Spill

MAX_ENTRIES = 1 << 31

_CODES = {kind: code for code, kind in enumerate(KINDS)}
_SECTIONS = ("kinds", "classes", "said", "ends", "class_ends", "class_text", "text")


class _Column:
    """The hashes of one algorithm on their way: ids and both halves, as an index has them."""

    def __init__(self, folder: Path, kind: Algorithm) -> None:
        self.bits = kind.bits
        self.count = 0
        self._spills = [Spill(folder, f"{kind}.{name}") for name in ("ids", "front", "back")]

    def append(self, ids: Sequence[int] | range, raw: bytes) -> None:
        rows = np.frombuffer(raw, np.uint8).reshape(-1, self.bits // 8)
        hashes = from_bytes(rows, self.bits)
        for spill, content in zip(self._spills, (np.array(ids, np.uint64), hashes.front, hashes.back), strict=True):
            spill.append(content)
        self.count += len(rows)

    def write(self, path: Path, radius: int) -> None:
        ids, front, back = (spill.mapped(np.uint64).view(np.uint64) for spill in self._spills)
        words = halves(self.bits)
        hashes = Hashes(front=front.reshape(self.count, words[0]), back=back.reshape(self.count, words[1]))
        write_index(path, bits=self.bits, radius=radius, segments=(loose(ids, hashes),))

    def close(self) -> None:
        for spill in self._spills:
            spill.close()


class FolderWriter:
    """A ListWriter whose version becomes a folder; the folder beside it is locked as long as it lives."""

    def __init__(self, fresh: Path, descriptor: int, name: str) -> None:
        """Write into `fresh`, held by the locked `descriptor`, which is put in its place as `name`."""
        self._fresh = fresh
        self._descriptor = descriptor
        self._place = fresh.with_name(name)
        self._count = 0
        self._text_end = 0
        self._classes: dict[str, int] = {}
        self._columns: dict[Algorithm, _Column] = {}
        self._spills: dict[str, Spill] = {}
        self._guarded(self._begin)

    def add(self, entries: Sequence[HashEntry]) -> None:
        """Take entries in; raises OperatorFault when the disk is full, and then nothing of it is left."""
        self._guarded(lambda: self._add(entries))

    def finish(self) -> None:
        """Build the tables, flush everything, and give the folder its name."""
        self._guarded(self._finish)

    def abandon(self) -> None:
        """Remove what was written; does nothing after `finish`."""
        if self._descriptor < 0:
            return
        for spill in self._spills.values():
            spill.close()
        for column in self._columns.values():
            column.close()
        if self._fresh.exists():
            remove(self._fresh)
        os.close(self._descriptor)
        self._descriptor = -1

    def _guarded(self, work: Callable[[], None]) -> None:
        if self._descriptor < 0:
            raise OperatorFault("This version of the list is finished or abandoned.")
        try:
            work()
        except OSError as fault:
            self.abandon()
            why = fault.strerror or type(fault).__name__
            raise OperatorFault(f"The hash list cannot be written to the disk ({why}); nothing was imported.") from None
        except BaseException:
            self.abandon()
            raise

    def _begin(self) -> None:
        for name in _SECTIONS:
            self._spills[name] = Spill(self._fresh, f"{NAME}.{name}")

    def _add(self, entries: Sequence[HashEntry]) -> None:
        if self._count + len(entries) > MAX_ENTRIES:
            raise OperatorFault(f"A hash list may have {MAX_ENTRIES} entries.")
        kinds = [entry.algorithm for entry in entries]
        sizes = {kind: kind.hex_length // 2 for kind in set(kinds)}
        if any(len(entry.hash) != sizes[entry.algorithm] for entry in entries):
            raise BadInput("An entry's hash has another length than its algorithm's.")
        for kind in sizes:
            if kind not in self._columns:
                self._columns[kind] = _Column(self._fresh, kind)
            if kinds.count(kind) == len(kinds):
                numbers: Sequence[int] = range(self._count, self._count + len(entries))
                raw = b"".join([entry.hash for entry in entries])
            else:
                numbers = [number for number, each in enumerate(kinds, self._count) if each is kind]
                raw = b"".join([entry.hash for entry in entries if entry.algorithm is kind])
            self._columns[kind].append(numbers, raw)
        self._spills["kinds"].append(bytes([_CODES[kind] for kind in kinds]))
        self._say(entries)
        self._count += len(entries)

    def _say(self, entries: Sequence[HashEntry]) -> None:
        classes = self._classes
        codes = array("H")
        said: list[int] = []
        words: list[str] = []
        for number, entry in enumerate(entries, self._count):
            code = classes.get(entry.classification)
            if code is None and len(classes) < MAX_CLASSES:
                code = classes[entry.classification] = len(classes)
            if code is None or entry.ref or entry.note:
                said.append(number)
                words.append(packed("" if code is not None else entry.classification, entry.ref, entry.note))
            codes.append(code or 0)
        self._spills["classes"].append(codes.tobytes())
        text = "".join(words)
        sizes = map(len, words) if text.isascii() else (len(_utf8(word)) for word in words)
        ends = np.cumsum(np.fromiter(sizes, np.uint64, len(words))) + np.uint64(self._text_end)
        self._spills["said"].append(np.array(said, np.uint32))
        self._spills["ends"].append(ends)
        self._spills["text"].append(_utf8(text))
        self._text_end = len(self._spills["text"])

    def _finish(self) -> None:
        for kind, column in self._columns.items():
            column.write(self._fresh / kind, RADII[kind])
            column.close()
        end = 0
        for classification in self._classes:
            raw = _utf8(classification)
            end += len(raw)
            self._spills["class_text"].append(raw)
            self._spills["class_ends"].append(np.array([end], np.uint64))
        self._write_words()
        flush(self._fresh)
        self._fresh.rename(self._place)
        flush(self._place.parent)
        self.abandon()

    def _write_words(self) -> None:
        spills = [self._spills[name] for name in _SECTIONS]
        sizes, checks = [len(spill) for spill in spills], [0] * len(WIDTHS)
        with (self._fresh / NAME).open("xb") as file:
            for number, (spill, (begin, _)) in enumerate(zip(spills, places(sizes), strict=True)):
                file.seek(begin)
                for piece in spill.pieces():
                    checks[number] = zlib.crc32(piece, checks[number])
                    file.write(piece)
                spill.close()
            file.truncate(places(sizes)[-1][1])
            file.seek(0)
            file.write(list_words.header({kind: each.count for kind, each in self._columns.items()}, sizes, checks))
            file.flush()
            os.fsync(file.fileno())


def _utf8(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")
