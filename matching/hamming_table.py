"""
Look neighbours up by parts of their hash, for many queries at once.

One table serves all chunks: `offsets` has a slot for each key of each chunk,
and says where in `positions` the entries with that key begin. Both may be
mapped from a file. What a key names is compared in full before it counts,
unless its tag tells that another key names it, too, or that it is too far off.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from matching import hamming_plan
from matching.hamming_plan import Chunk, reaching
from matching.hamming_probes import POSITION_BITS, Probes, Slots, probes
from matching.hamming_words import Hashes, Hits, Numbers, compare_runs, joined, lengths, none_found, scan

PROBES = 1 << 15  # keys looked up together, and …
CANDIDATES = 1 << 17  # … entries compared together: what a core's cache holds
SORTED = 1 << 24  # entries or keys sorted together: bounds the memory of building


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Named:
    """What keys name: where in `positions` it begins, how much it is, and how much up to each run's end."""

    begin: Slots
    count: Slots
    ends: Numbers  # int64[q, runs]
    tags: Slots | None  # uint32[q, runs] that are looked for


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Table:
    """Tells which entries have a key in a chunk."""

    chunks: tuple[Chunk, ...]
    offsets: Slots  # one for each key of each chunk, and the end
    positions: Slots  # chunk by chunk, all entries in the order of their keys; above each its tag
    tag: int  # bits

    @property
    def reach(self) -> int:
        """Return the greatest radius within which nothing is missed when each chunk is probed as it was planned."""
        return sum(chunk.radius + 1 for chunk in self.chunks) - 1

    @property
    def _places(self) -> int:
        """Return the bits of a position that are not its tag."""
        return (1 << (POSITION_BITS - self.tag)) - 1

    def search(self, hashes: Hashes, queries: Hashes, radius: int) -> Hits:
        """Return every (query, position, distance) within the radius, each once, in no order."""
        chunks = self.chunks if radius == self.reach else reaching(self.chunks, len(hashes), radius)
        if not chunks:
            return scan(hashes, queries, radius)
        asked = probes(self.chunks, chunks)
        if len(queries) == len(asked.flips) == 1:
            slot = int(asked.slots(asked.keys(queries))[0, 0])
            begin, end = self.offsets[slot : slot + 2].tolist()
            if begin <= end <= begin + CANDIDATES:  # with few calls: each takes longer than what it does
                return self._same(begin, end, hashes, queries, radius)
        together = max(1, PROBES // len(asked.flips))
        found = [none_found()]
        for first in range(0, len(queries), together):
            who, at, distance = self._block(asked, hashes, queries.rows(first, first + together), radius)
            if len(who):
                found.append((who + first, at, distance))
        return joined(found)

    def _same(self, begin: int, end: int, hashes: Hashes, query: Hashes, radius: int) -> Hits:
        """Return the near ones of what the only key names, which a digest has, and none does mostly."""
        if begin == end:
            return none_found()
        at = self.positions[begin:end].astype(np.int64) & self._places
        return compare_runs(hashes, at, query, np.array([end - begin]), radius)

    def _block(self, asked: Probes, hashes: Hashes, queries: Hashes, radius: int) -> Hits:
        keys = asked.keys(queries)
        looked_up = asked.slots(keys)
        begin = self.offsets.take(looked_up)
        count = self.offsets[1:].take(looked_up)
        count -= begin
        runs = np.add.reduceat(count, asked.runs, axis=1, dtype=np.int64)
        named = runs.sum(axis=1)
        # Looking at all entries costs less where so many are named.
        crowded = np.flatnonzero(named * hamming_plan.CANDIDATE > len(hashes) * hamming_plan.SCAN)
        if len(crowded):
            count[crowded] = runs[crowded] = named[crowded] = 0
        found = [none_found()]
        if named.any():
            ends = runs.cumsum().reshape(runs.shape)
            tags = asked.tags(keys, self.tag) if self.tag else None
            named_ones = _Named(begin=begin.ravel(), count=count.ravel(), ends=ends, tags=tags)
            found.extend(self._compared(asked, named_ones, hashes, queries, radius))
        near = _once(joined(found))
        if len(crowded):
            which, at, distance = scan(hashes, _chosen(queries, crowded), radius)
            near = joined([near, (crowded[which], at, distance)])
        return near

    def _compared(self, asked: Probes, named: _Named, hashes: Hashes, queries: Hashes, radius: int) -> Iterator[Hits]:
        """Yield the near ones of what the keys name, some together."""
        some = np.flatnonzero(named.count != 0)  # numpy looks for what is not zero fastest among truths
        begin, count = named.begin.take(some).astype(np.int64), named.count.take(some).astype(np.int64)
        end = count.cumsum()
        cuts = [len(end)]
        if end[-1] > CANDIDATES:
            steps = np.arange(CANDIDATES, int(end[-1]) + CANDIDATES, CANDIDATES)
            cuts = sorted(set((np.searchsorted(end, steps) + 1).clip(max=len(end)).tolist()))
        start = before = 0
        for cut in cuts:
            after = int(end[cut - 1])
            at = self.positions.take(_ranges(begin[start:cut], count[start:cut], end[start:cut] - before))
            ends = named.ends.clip(before, after) - before
            last = ends[:, -1]
            if named.tags is not None:
                at, kept = self._alike(at, ends, named.tags, asked)
                last = np.searchsorted(kept, last)
            yield compare_runs(hashes, at.astype(np.int64), queries, last, radius)
            start, before = cut, after

    def _alike(self, at: Slots, ends: Numbers, tags: Slots, asked: Probes) -> tuple[Slots, Numbers]:
        """Return the entries whose following key may be near enough, and which of these they are."""
        size = lengths(ends.ravel())
        different = tags.ravel().repeat(size)
        different ^= at
        different >>= np.uint32(POSITION_BITS - self.tag)
        allowed = np.tile(asked.allowed, len(tags)).repeat(size)
        kept = np.flatnonzero(np.bitwise_count(different) <= allowed)
        return at.take(kept) & np.uint32(self._places), kept


def _ranges(begin: Numbers, count: Numbers, end: Numbers) -> Numbers:
    """Return the numbers of ranges that are not empty, one after the other; `end` is `count` summed up."""
    steps = np.ones(int(end[-1]), np.int64)
    steps[0] = begin[0]
    steps[end[:-1]] += begin[1:] - begin[:-1] - count[:-1]
    return steps.cumsum(out=steps)


def slots(chunks: tuple[Chunk, ...]) -> int:
    """Return how many offsets a table of these chunks has."""
    return sum(1 << chunk.width for chunk in chunks) + 1 if chunks else 0


def built(hashes: Hashes, chunks: tuple[Chunk, ...], tag: int) -> Iterator[tuple[Slots, Slots]]:
    """Yield the next offsets and the next positions of a table with tags of `tag` bits, piece by piece."""
    placed = 0
    for chunk, following in zip(chunks, (*chunks[1:], *chunks[:1]), strict=True):
        for counts, positions in _sorted(hashes, chunk, following, tag):
            begin = counts.cumsum()
            begin += placed - counts
            yield begin.astype(np.uint32), positions
            placed += len(positions)
    if chunks:
        yield np.array([placed], np.uint32), np.zeros(0, np.uint32)


def _sorted(hashes: Hashes, chunk: Chunk, following: Chunk, tag: int) -> Iterator[tuple[Numbers, Slots]]:
    """Yield how often each key is there, and the entries in the order of their keys."""
    keys = _keys(hashes, chunk)
    tags = _keys(hashes, following) if tag else None
    parts = 1
    while parts < 1 << chunk.width and max(len(keys), 1 << chunk.width) > parts * SORTED:
        parts *= 2
    size = (1 << chunk.width) // parts
    for part in range(parts):
        at = np.flatnonzero(keys // np.uint32(size) == part) if parts > 1 else np.arange(len(keys))
        chosen = keys[at] - np.uint32(part * size)
        # Key, tag and position in one number: sorting numbers is far faster than sorting an order.
        both = at.view(np.uint64) | chosen.astype(np.uint64) << np.uint64(32)
        if tags is not None:
            both |= tags[at] << np.uint32(POSITION_BITS - tag)
        both.sort()
        yield np.bincount(chosen, minlength=size), both.astype(np.uint32)


def _keys(hashes: Hashes, chunk: Chunk) -> Slots:
    keys = np.empty(len(hashes), np.uint32)
    for first in range(0, len(hashes), SORTED):
        keys[first : first + SORTED] = hashes.rows(first, first + SORTED).bits(chunk.start, chunk.width)
    return keys


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
