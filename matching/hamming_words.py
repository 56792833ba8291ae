"""
Hold hashes as rows of 64-bit words in two halves, for half of a hash tells nearly always.

Unrelated hashes differ by more than the radius in the first half alone, so the
second is fetched for very few. A row of a half lies within one line of cache.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.int64]
Words = NDArray[np.uint64]
Hits = tuple[Numbers, Numbers, Numbers]  # query, position and distance of each

WORD_BITS = 64
BLOCK = 1 << 14  # entries compared together, and …
PAIRS = 1 << 15  # … entries times queries: what a core's cache holds
KEPT = 16 << 20  # bytes

# glibc gives the memory of a search back after each one and fetches it anew page by page, which
# took a third of the time. Having seen a block of this size freed, it keeps as much at hand.
np.empty(KEPT, dtype=np.uint8)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Hashes:
    """Hashes in two halves: uint64[n, …] each; of one word all is in the first."""

    front: Words
    back: Words

    def __len__(self) -> int:
        return len(self.front)

    def word(self, number: int) -> Words:
        """Return one word of every hash."""
        half = self.front.shape[1]
        return self.front[:, number] if number < half else self.back[:, number - half]

    def rows(self, first: int, end: int) -> Hashes:
        """Return a view of some of them."""
        return Hashes(front=self.front[first:end], back=self.back[first:end])

    def bits(self, start: int, width: int) -> NDArray[np.uint32]:
        """Return `width` bits from `start` on of every hash, at most 32, as numbers."""
        number, shift = divmod(start, WORD_BITS)
        key = self.word(number) >> np.uint64(shift)
        if shift + width > WORD_BITS:
            key |= self.word(number + 1) << np.uint64(WORD_BITS - shift)
        return (key & np.uint64((1 << width) - 1)).astype(np.uint32)


def halves(bits: int) -> tuple[int, int]:
    """Return how many words the two halves of a hash of `bits` take."""
    words = -(-bits // WORD_BITS)
    return (words + 1) // 2, words // 2


def from_bytes(hashes: NDArray[np.uint8], bits: int) -> Hashes:
    """Return a copy of uint8[n, bits // 8] as words; what a last word lacks is zero."""
    front, back = halves(bits)
    padded = np.zeros((len(hashes), (front + back) * 8), dtype=np.uint8)
    padded[:, : bits // 8] = hashes
    words = padded.view(np.uint64)
    return Hashes(front=np.ascontiguousarray(words[:, :front]), back=np.ascontiguousarray(words[:, front:]))


def as_bytes(hashes: Hashes, bits: int) -> NDArray[np.uint8]:
    """Return hashes as `from_bytes` took them."""
    words = np.concatenate((hashes.front, hashes.back), axis=1)
    return words.view(np.uint8)[:, : bits // 8]


def compare(hashes: Hashes, at: Numbers, queries: Hashes, who: Numbers, radius: int) -> Hits:
    """Compare the hashes `at` with the queries `who`, pair by pair; return the near ones."""
    off = _off(hashes.front, at, queries.front, who)
    near = np.flatnonzero(off <= radius)
    at, who, distance = at[near], who[near], off[near].astype(np.int64)
    if hashes.back.shape[1]:
        distance += _off(hashes.back, at, queries.back, who)
        kept = distance <= radius
        at, who, distance = at[kept], who[kept], distance[kept]
    return who, at, distance


def compare_runs(hashes: Hashes, at: Numbers, queries: Hashes, ends: Numbers, radius: int) -> Hits:
    """Compare the hashes `at` with the queries, each with those up to its end; return the near ones."""
    different = hashes.front.take(at, axis=0)
    different ^= queries.front.repeat(lengths(ends), axis=0)
    near = np.flatnonzero(_ones(different) <= radius)
    if not len(near):
        return none_found()
    return compare(hashes, at[near], queries, np.searchsorted(ends, near, side="right"), radius)


def scan(hashes: Hashes, queries: Hashes, radius: int) -> Hits:
    """Compare every hash with every query; return the near pairs."""
    found = [none_found()]
    for first in range(0, len(hashes), BLOCK):
        block = np.ascontiguousarray(hashes.front[first : first + BLOCK].T)
        together = max(1, PAIRS // block.shape[1])
        for asked in range(0, len(queries), together):
            off = _all_off(block, queries.front[asked : asked + together])
            near = np.flatnonzero(off <= radius)
            if len(near):
                who, at = np.divmod(near, block.shape[1])
                found.append(compare(hashes, first + at, queries, asked + who, radius))
    return joined(found)


def lengths(ends: Numbers) -> Numbers:
    """Return how long runs are that end there and begin where the one before ends."""
    found = ends.copy()  # numpy's own `diff` takes longer than all else does for a single query
    found[1:] -= ends[:-1]
    return found


def joined(found: list[Hits]) -> Hits:
    """Return several finds as one."""
    if len(found) == 1:
        return found[0]
    who, at, distance = (np.concatenate(column) for column in zip(*found, strict=True))
    return who, at, distance


def none_found() -> Hits:
    """Return a find of nothing."""
    return np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0, np.int64)


def _off(half: Words, at: Numbers, wanted: Words, who: Numbers) -> NDArray[np.uint8] | NDArray[np.uint16]:
    different = half.take(at, axis=0)
    different ^= wanted.take(who, axis=0)
    return _ones(different)


def _ones(words: Words) -> NDArray[np.uint8] | NDArray[np.uint16]:
    """Return how many bits are set in each row."""
    ones: NDArray[np.uint8] = np.bitwise_count(words)
    off = ones[:, 0] if ones.shape[1] * WORD_BITS < 1 << 8 else ones[:, 0].astype(np.uint16)
    for word in range(1, ones.shape[1]):
        off = off + ones[:, word]
    return off


def _all_off(columns: Words, queries: Words) -> NDArray[np.uint16]:
    """Return the distances of every query to every column, one query after the other."""
    off: NDArray[np.uint16] = np.bitwise_count(columns[0] ^ queries[:, :1]).astype(np.uint16)
    for word in range(1, len(columns)):
        off += np.bitwise_count(columns[word] ^ queries[:, word : word + 1])
    return off.ravel()
