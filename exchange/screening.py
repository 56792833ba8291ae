"""
Keep out of a list what would match everything, and what it says twice.

A PDQ or pHash hash has about as many bits set as not, for a picture's own
median decides each. One that has far more or fewer comes from a blank or broken
picture, or is no such hash; it would match every other blank picture. A digest
of nothing at all matches every empty file.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from hashlib import md5, sha1, sha256
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from domain.hashlists import Algorithm, BadRow, HashEntry, ListRow, PassedOver

BATCH = 10_000  # rows looked at together
REMEMBERED = 64_000_000  # hashes in which repetitions are looked for: 8 bytes of memory each, twice that in passing

# Bits set, from and to: of 256, pictures lie between 120 and 136 but for one in fifty.
BALANCED = {Algorithm.PDQ: (96, 160), Algorithm.PHASH: (16, 48), Algorithm.PHASH256: (96, 160)}
REPEATED = "repetitions of a hash with the same classification"

_EMPTY = frozenset(digest(b"", usedforsecurity=False).digest() for digest in (md5, sha1, sha256))

Keys = NDArray[np.int64]


def screened(rows: Iterable[ListRow], *, unit: str = "Line", remembered: int = REMEMBERED) -> Iterator[ListRow]:
    """
    Yield the rows, with entries that would match everything refused, and repetitions passed over.

    Repetitions are told by 64 bits of a keyed digest of hash and
    classification: among fifty million entries, two that differ are taken for
    one with a probability below 1 in 10,000. They are looked for among the
    first `remembered` entries.
    """
    seen = _Seen(remembered)
    remaining = iter(rows)
    while batch := list(islice(remaining, BATCH)):
        held = [judged(row, unit) if isinstance(row, HashEntry) else row for row in batch]
        entries = [row for row in held if isinstance(row, HashEntry)]
        new = iter(seen.are_new(entries))
        for row in held:
            if not isinstance(row, HashEntry) or next(new):
                yield row
            else:
                yield PassedOver(what=REPEATED, line=row.line, unit=unit)


def judged(entry: HashEntry, unit: str) -> HashEntry | BadRow:
    """Return the entry, or why it is refused: it would match what it has nothing to do with."""
    bounds = BALANCED.get(entry.algorithm)
    if bounds is None:
        if entry.hash in _EMPTY:
            return BadRow(line=entry.line, unit=unit, problem="the digest of an empty file matches every empty file")
        if entry.hash.strip(entry.hash[:1]) == b"" and entry.hash[:1] in {b"\x00", b"\xff"}:
            return BadRow(line=entry.line, unit=unit, problem="the digest is a placeholder: all zeros or all ones")
        return entry
    if bounds[0] <= int.from_bytes(entry.hash, "big").bit_count() <= bounds[1]:
        return entry
    few_or_many = f"far from half the bits of this {entry.algorithm} hash are set: it would match blank pictures"
    return BadRow(line=entry.line, unit=unit, problem=few_or_many)


class _Seen:
    """The hashes met so far, as sorted runs that are merged when two are of one size."""

    def __init__(self, remembered: int) -> None:
        self._runs: list[Keys] = []
        self._left = remembered

    def are_new(self, entries: list[HashEntry]) -> list[bool]:
        """Return for each entry whether it is met for the first time, and remember it."""
        keys: Keys = np.fromiter(
            (hash((entry.hash, entry.classification, entry.algorithm)) for entry in entries),
            dtype=np.int64,
            count=len(entries),
        )
        distinct, first = np.unique(keys, return_index=True)
        known = np.zeros(len(distinct), dtype=bool)
        for run in self._runs:
            place = np.searchsorted(run, distinct)
            place[place == len(run)] = 0
            known |= run[place] == distinct
        new = np.zeros(len(entries), dtype=bool)
        new[first[~known]] = True
        self._remember(distinct[~known])
        result: list[bool] = new.tolist()
        return result

    def _remember(self, keys: Keys) -> None:
        keys = keys[: self._left]
        self._left -= len(keys)
        while self._runs and len(self._runs[-1]) <= len(keys):
            # Stable sorting merges what is in order already.
            keys = np.sort(np.concatenate([self._runs.pop(), keys]), kind="stable")
        if len(keys):
            self._runs.append(keys)
