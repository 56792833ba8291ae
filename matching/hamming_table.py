"""
Look neighbours up by parts of their hash, for many queries at once.

One table serves all chunks: `offsets` has a slot for each key of each chunk,
and says where in `positions` the entries with that key begin. Both may be
mapped from a file. What a key names is compared in full before it counts.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from matching import hamming_plan
from matching.hamming_plan import Chunk, reaching
from matching.hamming_words import Hashes, Hits, Numbers, compare_runs, joined, lengths, none_found, scan

Slots = NDArray[np.uint32]

PROBES = 1 << 15  # keys looked up together, and …
CANDIDATES = 1 << 15  # … entries compared together: what a core's cache holds
SORTED = 1 << 24  # entries or keys sorted together: bounds the memory of building


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Named:
    """What keys name: where in `positions` it begins, how much it is, and how much up to there, query by query."""

    begin: Slots
    count: Slots
    end: Numbers
    last: Numbers  # `end` for the last key of each query


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Table:
    """Tells which entries have a key in a chunk."""

    chunks: tuple[Chunk, ...]
    offsets: Slots  # one for each key of each chunk, and the end
    positions: Slots  # chunk by chunk, all entries in the order of their keys

    @property
    def reach(self) -> int:
        """Return the greatest radius within which nothing is missed when each chunk is probed as it was planned."""
        return sum(chunk.radius + 1 for chunk in self.chunks) - 1

    def search(self, hashes: Hashes, queries: Hashes, radius: int) -> Hits:
        """Return every (query, position, distance) within the radius, each once, in no order."""
        chunks = self.chunks if radius == self.reach else reaching(self.chunks, len(hashes), radius)
        if not chunks:
            return scan(hashes, queries, radius)
        together = max(1, PROBES // sum(chunk.probes for chunk in chunks))
        found = [none_found()]
        for first in range(0, len(queries), together):
            block = queries.rows(first, first + together)
            who, at, distance = self._block(chunks, hashes, block, radius)
            if len(who):
                found.append((who + first, at, distance))
        return joined(found)

    def _block(self, chunks: tuple[Chunk, ...], hashes: Hashes, queries: Hashes, radius: int) -> Hits:
        probes = self._probes(chunks, queries)
        begin = self.offsets.take(probes)
        count = self.offsets[1:].take(probes) - begin
        end = count.cumsum(dtype=np.int64)  # one query's keys after the other's
        last = end[probes.shape[1] - 1 :: probes.shape[1]]
        if not last[-1]:
            return none_found()
        named = lengths(last)
        # Looking at all entries costs less where so many are named.
        crowded = np.flatnonzero(named * hamming_plan.CANDIDATE > len(hashes) * hamming_plan.SCAN)
        if len(crowded):
            count[crowded] = 0
            end = count.cumsum(dtype=np.int64)
            last = end[probes.shape[1] - 1 :: probes.shape[1]]
        named_ones = _Named(begin=begin.ravel(), count=count.ravel(), end=end, last=last)
        near = _once(joined([none_found(), *self._compared(named_ones, hashes, queries, radius)]))
        if len(crowded):
            asked, at, distance = scan(hashes, _chosen(queries, crowded), radius)
            near = joined([near, (crowded[asked], at, distance)])
        return near

    def _compared(self, named: _Named, hashes: Hashes, queries: Hashes, radius: int) -> Iterator[Hits]:
        """Yield the near ones of what the keys name, some together."""
        count, end, last = named.count, named.end, named.last
        shift = named.begin - (end - count)
        cuts = [len(end)]
        if end[-1] > CANDIDATES:
            steps = np.arange(CANDIDATES, int(end[-1]) + CANDIDATES, CANDIDATES)
            cuts = sorted(set((np.searchsorted(end, steps) + 1).clip(max=len(end)).tolist()))
        start = before = 0
        for cut in cuts:
            after = int(end[cut - 1])
            places = np.repeat(shift[start:cut], count[start:cut])
            places += np.arange(before, after)
            at = self.positions.take(places).astype(np.int64)
            yield compare_runs(hashes, at, queries, last.clip(before, after) - before, radius)
            start, before = cut, after

    def _probes(self, chunks: tuple[Chunk, ...], queries: Hashes) -> Numbers:
        """Return the slot of every key to be looked up, a row for each query."""
        probes = np.empty((len(queries), sum(chunk.probes for chunk in chunks)), np.int64)
        at, bases = 0, _bases(self.chunks)
        for chunk in chunks:
            part = slice(at, at + chunk.probes)
            # A chunk's slots begin at a multiple of their number, so the flips leave the base alone.
            keys = queries.bits(chunk.start, chunk.width).astype(np.int64) + bases[chunk.start]
            np.bitwise_xor(keys[:, None], _flips(chunk.width, chunk.radius), out=probes[:, part])
            at = part.stop
        return probes


def slots(chunks: tuple[Chunk, ...]) -> int:
    """Return how many offsets a table of these chunks has."""
    return sum(1 << chunk.width for chunk in chunks) + 1 if chunks else 0


def built(hashes: Hashes, chunks: tuple[Chunk, ...]) -> Iterator[tuple[Slots, Slots]]:
    """Yield the next offsets and the next positions of a table, piece by piece, in bounded memory."""
    placed = 0
    for chunk in chunks:
        for counts, positions in _sorted(hashes, chunk):
            begin = counts.cumsum()
            begin += placed - counts
            yield begin.astype(np.uint32), positions
            placed += len(positions)
    if chunks:
        yield np.array([placed], np.uint32), np.zeros(0, np.uint32)


def _sorted(hashes: Hashes, chunk: Chunk) -> Iterator[tuple[Numbers, Slots]]:
    """Yield how often each key is there, and the entries in the order of their keys."""
    keys = np.empty(len(hashes), np.uint32)
    for first in range(0, len(hashes), SORTED):
        keys[first : first + SORTED] = hashes.rows(first, first + SORTED).bits(chunk.start, chunk.width)
    parts = 1
    while parts < 1 << chunk.width and max(len(keys), 1 << chunk.width) > parts * SORTED:
        parts *= 2
    size = (1 << chunk.width) // parts
    for part in range(parts):
        at = np.flatnonzero(keys // np.uint32(size) == part) if parts > 1 else np.arange(len(keys))
        chosen = keys[at] - np.uint32(part * size)
        # Key and position in one number: sorting numbers is far faster than sorting an order.
        both = at.view(np.uint64) | chosen.astype(np.uint64) << np.uint64(32)
        both.sort()
        yield np.bincount(chosen, minlength=size), both.astype(np.uint32)


@lru_cache(maxsize=64)
def _bases(chunks: tuple[Chunk, ...]) -> dict[int, int]:
    """Return the first slot of the chunk that begins at a bit."""
    bases, base = {}, 0
    for chunk in chunks:
        bases[chunk.start] = base
        base += 1 << chunk.width
    return bases


@lru_cache(maxsize=256)
def _flips(width: int, radius: int) -> Numbers:
    """Return every number of `width` bits of which at most `radius` are set."""
    flips = [sum(1 << bit for bit in bits) for off in range(radius + 1) for bits in combinations(range(width), off)]
    return np.array(sorted(flips), dtype=np.int64)


def _once(found: Hits) -> Hits:
    """Leave out what several chunks have found."""
    who, at, distance = found
    if len(who) <= 1:
        return found
    # By hand, for the first call of numpy's own `unique` loads what takes 50 ms.
    order = np.argsort(who << 32 | at)
    who, at, distance = who[order], at[order], distance[order]
    first = np.append(np.True_, (who[1:] != who[:-1]) | (at[1:] != at[:-1]))
    return who[first], at[first], distance[first]


def _chosen(hashes: Hashes, rows: Numbers) -> Hashes:
    return Hashes(front=hashes.front[rows], back=hashes.back[rows])
