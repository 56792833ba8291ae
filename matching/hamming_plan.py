"""
Choose the chunks of bits whose tables find every neighbour at the least cost.

Of m chunks with radii of their own whose sum of (radius + 1) is the index's
radius + 1, one must lie within its radius whenever the whole does: otherwise
each chunk were off by one bit more, together more than the whole may be. So
probing every key within a chunk's radius is exact, and spends no bit twice.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from math import comb

# Nanoseconds, measured on 10M entries; only their ratios matter.
QUERY = 10_000.0  # what a query costs besides, in a batch of about 24: a picture with its variants
PROBE = 13.0  # looking one key up
CANDIDATE = 24.0  # fetching and comparing one entry that a key names, without tags
SCAN = 1.1  # comparing one entry as part of all of them

MAX_WIDTH = 26  # bits of a chunk: a table of 256 MiB
MAX_CHUNKS = 64
BYTES_AN_ENTRY = 110  # of hash, id and tables together …
ID_BYTES = 8
SMALL = 8 << 20  # … unless all tables together are smaller than this
MAX_SLOTS = 1 << 32  # positions are 32-bit numbers
SLOWER = 1.05  # so much more time is well spent on smaller tables


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunk:
    """The bits from `start` on, `width` of them, probed up to `radius` bits off."""

    start: int
    width: int
    radius: int

    @property
    def probes(self) -> int:
        """Return the number of keys within the radius of a key."""
        return _ball(self.width, self.radius)


def choose(entries: int, bits: int, radius: int, *, counted: bool = False) -> tuple[Chunk, ...]:
    """
    Return the cheapest chunks for so many entries, or none if looking at all of them costs less.

    `counted` ids follow each other, and leave their room to the tables.
    """
    room = max(entries * (BYTES_AN_ENTRY - (0 if counted else ID_BYTES) - bits // 8), SMALL)
    ways = []
    for count in range(1, min(radius + 1, MAX_CHUNKS, bits) + 1):
        if count * entries >= MAX_SLOTS:
            break
        for sizes in _divisions(count, bits, radius):
            size = sum(amount * (4 * entries + (4 << width)) for amount, width, _ in sizes)
            cost = QUERY + sum(amount * _cost(entries, width, reach) for amount, width, reach in sizes)
            if size <= room and cost < entries * SCAN:
                ways.append((cost, size, sizes))
    if not ways:
        return ()
    enough = SLOWER * min(cost for cost, _, _ in ways)
    _, _, sizes = min((way for way in ways if way[0] <= enough), key=lambda way: way[1])
    return _placed([(width, reach) for amount, width, reach in sizes for _ in range(amount)])


@lru_cache(maxsize=64)
def reaching(chunks: tuple[Chunk, ...], entries: int, radius: int) -> tuple[Chunk, ...]:
    """
    Return the chunks with radii for another radius than they were chosen for, without those that are not needed.

    None at all are returned if looking at all entries costs less.
    """
    reach = {chunk: chunk.radius for chunk in chunks}
    missing = radius - sum(chunk.radius + 1 for chunk in chunks) + 1
    for _ in range(abs(missing)):
        if missing > 0:
            wider = [chunk for chunk in chunks if reach[chunk] < chunk.width]
            if not wider:
                return ()
            reach[min(wider, key=lambda chunk: _step(entries, chunk.width, reach[chunk] + 1))] += 1
        else:
            used = [chunk for chunk in chunks if reach[chunk] >= 0]
            reach[max(used, key=lambda chunk: _step(entries, chunk.width, reach[chunk]))] -= 1
    cost = QUERY + sum(_cost(entries, chunk.width, off) for chunk, off in reach.items())
    if cost > entries * SCAN:
        return ()
    return tuple(replace(chunk, radius=off) for chunk, off in reach.items() if off >= 0)


def _step(entries: int, width: int, radius: int) -> float:
    """Return what the keys cost that are exactly so far off."""
    return comb(width, radius) * (PROBE + CANDIDATE * entries / (1 << width))


def _divisions(count: int, bits: int, radius: int) -> list[list[tuple[int, int, int]]]:
    """Return ways to make `count` chunks, each as (how many, their width, their radius)."""
    near, farther = divmod(radius + 1, count)  # so many chunks reach `near`, the others one bit less
    nearer = count - farther
    ways = []
    for wide in range(near, MAX_WIDTH + 1) if farther else (0,):
        for narrow in range(max(near - 1, 1), MAX_WIDTH + 1):
            spare = bits - farther * wide - nearer * narrow
            if spare < 0:
                break
            # What is left over makes some of the narrow ones a bit wider, unless there is more than enough.
            wider = spare if spare < nearer and narrow < MAX_WIDTH else 0
            way = [(farther, wide, near), (wider, narrow + 1, near - 1), (nearer - wider, narrow, near - 1)]
            ways.append([part for part in way if part[0]])
    return ways


def _cost(entries: int, width: int, radius: int) -> float:
    return _ball(width, radius) * (PROBE + CANDIDATE * entries / (1 << width))


def _ball(width: int, radius: int) -> int:
    return sum(comb(width, off) for off in range(radius + 1))


def _placed(sizes: list[tuple[int, int]]) -> tuple[Chunk, ...]:
    """Return chunks side by side, the widest first, so that each one's keys begin at a multiple of their number."""
    start, chunks = 0, []
    for width, radius in sorted(sizes, reverse=True):
        chunks.append(Chunk(start=start, width=width, radius=radius))
        start += width
    return tuple(chunks)
