"""One version of a hash list, opened: a table for each algorithm, and what each entry says."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from domain.errors import NotFound, OperatorFault
from domain.hashlists import Algorithm, HashEntry
from matching.hamming import HammingIndex
from matching.list_words import KINDS, RADII, Words, read_words

PIECE = 1 << 14  # entries read together
SORTED = 1 << 22  # entries whose keys are compared together: 32 MiB

Keys = NDArray[np.uint64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ListVersion:
    """The files of a version, mapped into memory and shared with every process that has them open."""

    tables: Mapping[Algorithm, HammingIndex]
    words: Words

    def __len__(self) -> int:
        return len(self.words)

    def entry(self, number: int) -> HashEntry:
        """Return one entry; raises NotFound, and OperatorFault for damaged files."""
        if not 0 <= number < len(self):
            raise NotFound(f"The list has no entry {number}.")
        (found,) = self._piece(number, number + 1)
        return found

    def entries(self) -> Iterator[HashEntry]:
        """Yield all entries in their order; raises OperatorFault for damaged files."""
        for first in range(0, len(self), PIECE):
            yield from self._piece(first, min(first + PIECE, len(self)))

    def _piece(self, first: int, end: int) -> list[HashEntry]:
        hashes: dict[int, bytes] = {}
        for table in self.tables.values():
            ids, rows = table.between(first, end)
            hashes.update(zip(ids.tolist(), map(bytes, rows), strict=True))
        try:
            kinds = [KINDS[code] for code in self.words.kinds[first:end].tolist()]
            said = zip(range(first, end), kinds, self.words.piece(first, end), strict=True)
            return [
                HashEntry(algorithm=kind, hash=hashes[number], classification=classification, ref=ref, note=note)
                for number, kind, (classification, ref, note) in said
            ]
        except (IndexError, KeyError, ValueError):
            raise OperatorFault("The files of the hash list are damaged; import it again, or retire it.") from None


def open_version(folder: Path, *, warm: bool = False) -> ListVersion:
    """Return the version in a folder; raises OperatorFault unless all of it is there and fits together."""
    words = read_words(folder)
    tables = {}
    for kind, count in words.counts.items():
        if not count:
            continue
        table = HammingIndex.open(folder / kind, warm=warm)
        if (table.bits, table.radius, len(table)) != (kind.bits, RADII[kind], count):
            raise OperatorFault(f"The files of hash list {folder.name} do not belong together.")
        tables[kind] = table
    return ListVersion(tables=tables, words=words)


def overlap(one: ListVersion, other: ListVersion) -> int:
    """Return how many entries of one version stand in the other with the same hash."""
    return sum(_common(one.tables[kind], other.tables[kind]) for kind in one.tables.keys() & other.tables.keys())


def _common(one: HammingIndex, other: HammingIndex) -> int:
    """Count by sorted keys of 64 bits; where they agree, the hashes are compared."""
    dice = np.random.default_rng()  # so that nobody can make a list whose keys are all the same
    mixers = dice.integers(0, 1 << 63, -(-one.bits // 64), dtype=np.uint64) * np.uint64(2) + np.uint64(1)
    there = 0
    for mine in one.pieces(SORTED):
        found = np.zeros(len(mine), np.bool_)
        for theirs in other.pieces(SORTED):
            found |= _among(mine, theirs, mixers)
        there += int(np.count_nonzero(found))
    return there


def _among(mine: NDArray[np.uint64], theirs: NDArray[np.uint64], mixers: Keys) -> NDArray[np.bool_]:
    """Return which of these rows of words are among those."""
    wanted, keys = mine @ mixers, theirs @ mixers
    order = np.argsort(keys)
    keys = keys[order]
    found = np.zeros(len(mine), np.bool_)
    at = np.searchsorted(keys, wanted)
    asking = np.arange(len(mine))
    while len(asking := asking[at[asking] < len(keys)]):
        asking = asking[keys[at[asking]] == wanted[asking]]
        same = (theirs[order[at[asking]]] == mine[asking]).all(axis=1)
        found[asking[same]] = True
        asking = asking[~same]  # another hash with this key may follow
        at[asking] += 1
    return found
