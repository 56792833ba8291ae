"""
Hold the lists in force as one state that never changes, ready to be asked.

A list's version is mapped from its files and shared with every process that
has it open; the hotline's own list is small, and built in memory.
"""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from domain.errors import BadInput, OperatorFault
from domain.hashlists import Algorithm, HashList, LiveList, OwnEntry
from domain.ids import ListId
from matching.hamming import HammingIndex
from matching.list_version import ListVersion
from matching.list_words import RADII

Tables = Mapping[Algorithm, HammingIndex]
Open = Callable[[ListId], ListVersion]

_NONE = np.zeros(0, np.int64)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class AskedList:
    """A list in force: `version` holds its files open, None for one in memory; `disabled` are sorted numbers."""

    hash_list: HashList
    tables: Tables
    disabled: Mapping[Algorithm, NDArray[np.int64]]
    classification_of: Callable[[int], str]
    version: ListVersion | None = None

    @property
    def pdq_radius(self) -> int:
        """Return how far a PDQ hash of this list may be from a picture's, in bits."""
        usual = RADII[Algorithm.PDQ]
        return usual if self.hash_list.radius is None else min(usual, self.hash_list.radius)

    def near(
        self, algorithm: Algorithm, queries: NDArray[np.uint8], radius: int | None
    ) -> tuple[NDArray[np.int64], ...]:
        """Return (query, number, distance) of the entries within a radius that are not disabled."""
        query, number, distance = self.tables[algorithm].search(queries, radius)
        disabled = self.disabled.get(algorithm, _NONE)
        if len(disabled) and len(number):
            place = np.searchsorted(disabled, number)
            place[place == len(disabled)] = 0
            kept = disabled[place] != number
            query, number, distance = query[kept], number[kept], distance[kept]
        return query, number, distance


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LiveLists:
    """Everything that a match looks at."""

    generation: int
    lists: tuple[AskedList, ...]

    @property
    def scanned(self) -> int:
        """Return how many hashes may have to be compared bit by bit."""
        return sum(len(table) for one in self.lists for kind, table in one.tables.items() if not kind.is_exact)

    def __len__(self) -> int:
        return sum(len(table) for one in self.lists for table in one.tables.values())


def live_lists(lists: Sequence[LiveList], generation: int, before: LiveLists, open_version: Open) -> LiveLists:
    """
    Return the state for these lists; what `before` has open stays open.

    Raises OperatorFault, naming the list, when a version's files are missing or
    damaged, and BadInput when a hash of the own list is no such hash.
    """
    opened = {one.hash_list.id: one.version for one in before.lists if one.version is not None}
    asked = []
    for live in lists:
        if live.own is not None:
            asked.append(_in_memory(live, live.own))
        else:
            version = opened.get(live.hash_list.id)
            asked.append(_in_files(live, _opened(live.hash_list, open_version) if version is None else version))
    return LiveLists(generation=generation, lists=tuple(asked))


def _opened(hash_list: HashList, open_version: Open) -> ListVersion:
    try:
        return open_version(hash_list.id)
    except OperatorFault:
        raise _faulty(hash_list) from None


def _faulty(hash_list: HashList) -> OperatorFault:
    name = hash_list.name
    return OperatorFault(
        f"The files of hash list {name}, version {hash_list.version}, are missing or damaged: import it again, or "
        f"retire it: kapear hashlist retire {shlex.quote(name)}"
    )


def _in_files(live: LiveList, version: ListVersion) -> AskedList:
    try:
        disabled = _numbers(version.tables, live.disabled)
    except OperatorFault:
        raise _faulty(live.hash_list) from None
    return AskedList(
        hash_list=live.hash_list,
        tables=version.tables,
        disabled=disabled,
        classification_of=version.words.classification,
        version=version,
    )


def _in_memory(live: LiveList, own: Sequence[OwnEntry]) -> AskedList:
    tables = {}
    for algorithm, group in groupby(sorted(own, key=lambda entry: entry.algorithm), key=lambda entry: entry.algorithm):
        entries, size = list(group), algorithm.hex_length // 2
        wrong = [entry.number for entry in entries if len(entry.hash) != size]
        if wrong:
            raise BadInput(f"Entry {wrong[0]} of list {live.hash_list.name} is no {algorithm} hash.")
        table = HammingIndex(size * 8, RADII[algorithm])
        rows = np.frombuffer(b"".join(entry.hash for entry in entries), np.uint8).reshape(-1, size)
        table.add(np.array([entry.number for entry in entries], np.uint64), rows)
        table.merge()  # here, beside the loop, and not with the first search
        tables[algorithm] = table
    classes = {entry.number: entry.classification for entry in own}
    return AskedList(
        hash_list=live.hash_list,
        tables=tables,
        disabled=_numbers(tables, live.disabled),
        classification_of=classes.__getitem__,
    )


def _numbers(tables: Tables, hashes: frozenset[tuple[Algorithm, bytes]]) -> dict[Algorithm, NDArray[np.int64]]:
    """Return the numbers of all entries with these hashes, sorted."""
    found = {}
    for algorithm, table in tables.items():
        size = algorithm.hex_length // 2
        wanted = [value for kind, value in hashes if kind is algorithm and len(value) == size]
        if wanted:
            rows = np.frombuffer(b"".join(wanted), np.uint8).reshape(-1, size)
            found[algorithm] = np.sort(table.search(rows, 0)[1])
    return found
