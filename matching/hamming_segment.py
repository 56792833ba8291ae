"""
Keep entries in parts that never change: what is added is a part more, what is removed is marked.

A part is sorted by id, so that removing finds its entries without a look at
the others. Parts join into one by reading them side by side.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from matching.hamming_ids import Counted, Ids, first_if_counted, listed
from matching.hamming_plan import choose
from matching.hamming_probes import tag_bits
from matching.hamming_table import Table, built, slots
from matching.hamming_words import Hashes, Hits, Numbers, Words, halves, scan

PIECE = 1 << 18  # entries copied together


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Segment:
    """Some entries in ascending order of ids; those at the positions `dead` are removed."""

    ids: Ids | Counted
    hashes: Hashes
    table: Table | None
    settled: bool  # whether a table was built, or found to be no gain
    dead: Numbers

    def __len__(self) -> int:
        return len(self.ids) - len(self.dead)

    def search(self, queries: Hashes, radius: int) -> Hits:
        """Return (query, position, distance) of every living entry within the radius, in no order."""
        if self.table is None:
            who, at, distance = scan(self.hashes, queries, radius)
        else:
            who, at, distance = self.table.search(self.hashes, queries, radius)
        if not len(self.dead):
            return who, at, distance
        next_dead = np.searchsorted(self.dead, at).clip(max=len(self.dead) - 1)
        living = self.dead[next_dead] != at
        return who[living], at[living], distance[living]

    def between(self, first: int, end: int) -> tuple[Ids, Hashes]:
        """Return the living entries whose ids are `first` or more and below `end`."""
        low, high = self.ids.searchsorted(np.array((first, end), np.uint64)).tolist()
        return self.living(low, high)

    def living(self, first: int, end: int) -> tuple[Ids, Hashes]:
        """Return the living entries at the positions from `first` to `end`."""
        return _taken(self, _living(self, first, end))

    def without(self, ids: Ids) -> Segment:
        """Return the part with every entry of these ids marked."""
        first = self.ids.searchsorted(ids)
        count = self.ids.searchsorted(ids, side="right") - first
        if not count.any():
            return self
        end = count.cumsum()
        at = np.repeat(first - (end - count), count) + np.arange(int(end[-1]))
        dead = np.append(self.dead, at)
        dead.sort()
        return replace(self, dead=dead[np.append(np.True_, dead[1:] != dead[:-1])])


def loose(ids: Ids, hashes: Hashes) -> Segment:
    """Return a part of entries in any order, to be looked at one by one."""
    if np.any(ids[1:] < ids[:-1]):
        order = np.argsort(ids, kind="stable")
        ids, hashes = ids[order], Hashes(front=hashes.front[order], back=hashes.back[order])
    return Segment(ids=ids, hashes=hashes, table=None, settled=False, dead=np.zeros(0, np.int64))


def settled(segments: tuple[Segment, ...], bits: int, radius: int) -> Segment:
    """Return the living entries as one part in memory, with its table."""
    named, hashes = gathered(segments, bits)
    first = first_if_counted([named])
    ids = named if first is None else Counted(first=first, count=len(named))
    chunks = choose(len(ids), bits, radius, counted=first is not None)
    if not chunks:
        return replace(loose(named, hashes), settled=True)
    offsets, positions = np.empty(slots(chunks), np.uint32), np.empty(len(chunks) * len(ids), np.uint32)
    tag = tag_bits(len(ids), len(chunks))
    slot = place = 0
    for some_offsets, some_positions in built(hashes, chunks, tag):
        offsets[slot : slot + len(some_offsets)] = some_offsets
        positions[place : place + len(some_positions)] = some_positions
        slot, place = slot + len(some_offsets), place + len(some_positions)
    table = Table(chunks=chunks, offsets=offsets, positions=positions, tag=tag)
    return Segment(ids=ids, hashes=hashes, table=table, settled=True, dead=np.zeros(0, np.int64))


def gathered(segments: tuple[Segment, ...], bits: int) -> tuple[Ids, Hashes]:
    """Return the living entries as one array each."""
    count, at = sum(map(len, segments)), 0
    front, back = (np.empty((count, words), np.uint64) for words in halves(bits))
    ids = np.empty(count, np.uint64)
    for piece, hashes in in_order(segments):
        part = slice(at, at + len(piece))
        ids[part], front[part], back[part] = piece, hashes.front, hashes.back
        at = part.stop
    return ids, Hashes(front=front, back=back)


def in_order(segments: tuple[Segment, ...]) -> Iterator[tuple[Ids, Hashes]]:
    """Yield the living entries piece by piece, by ascending ids."""
    parts = _by_id(segments)
    if _apart(parts):
        for part in parts:
            for first in range(0, len(part.ids), PIECE):
                yield _taken(part, _living(part, first, min(first + PIECE, len(part.ids))))
        return
    bounds = np.cumsum([0] + [len(part.ids) for part in parts])
    order = np.argsort(np.concatenate([listed(part.ids) for part in parts]), kind="stable")
    dead = np.concatenate([part.dead + bound for part, bound in zip(parts, bounds, strict=False)])
    if len(dead):
        living = np.ones(len(order), np.bool_)
        living[dead] = False
        order = order[living[order]]
    for first in range(0, len(order), PIECE):
        yield _collected(parts, bounds, order[first : first + PIECE])


def counted_from(segments: tuple[Segment, ...]) -> int | None:
    """Return the first of the living ids if each is the one before and one more, else None."""
    parts = _by_id(segments)
    if not _apart(parts):
        return None
    pieces = ((part, at, min(at + PIECE, len(part.ids))) for part in parts for at in range(0, len(part.ids), PIECE))
    return first_if_counted(part.ids.take(_living(part, first, end)) for part, first, end in pieces)


def _by_id(segments: tuple[Segment, ...]) -> list[Segment]:
    return sorted((part for part in segments if len(part)), key=lambda part: _ends(part)[0])


def _apart(parts: list[Segment]) -> bool:
    """Return whether each part's ids come after those of the part before."""
    return all(_ends(before)[1] <= _ends(after)[0] for before, after in pairwise(parts))


def _ends(part: Segment) -> tuple[int, int]:
    first, last = part.ids.take(np.array((0, len(part.ids) - 1))).tolist()
    return first, last


def _living(part: Segment, first: int, end: int) -> Numbers:
    living = np.ones(end - first, np.bool_)
    start, stop = np.searchsorted(part.dead, (first, end))
    living[part.dead[start:stop] - first] = False
    return first + np.flatnonzero(living)


def _taken(part: Segment, at: Numbers) -> tuple[Ids, Hashes]:
    hashes = Hashes(front=part.hashes.front.take(at, axis=0), back=part.hashes.back.take(at, axis=0))
    return part.ids.take(at), hashes


def _collected(parts: list[Segment], bounds: Numbers, at: Numbers) -> tuple[Ids, Hashes]:
    """Return the entries at these places of all parts one after the other."""
    ids = np.empty(len(at), np.uint64)
    front: Words = np.empty((len(at), parts[0].hashes.front.shape[1]), np.uint64)
    back: Words = np.empty((len(at), parts[0].hashes.back.shape[1]), np.uint64)
    for number, part in enumerate(parts):
        here = np.flatnonzero((bounds[number] <= at) & (at < bounds[number + 1]))
        ids[here], hashes = _taken(part, at[here] - bounds[number])
        front[here], back[here] = hashes.front, hashes.back
    return ids, Hashes(front=front, back=back)
