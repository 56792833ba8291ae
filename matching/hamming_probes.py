"""
Say which keys of a table are looked up for a query, and how near the next chunk must then be.

If each chunk c is probed within r(c), and the sum of (r(c) + 1) is the radius + 1,
then within the radius the sum of what chunks are off less (r(c) + 1) is below
zero. Of numbers in a ring whose sum is below zero, one begins a way round on
which every sum is below zero. So an entry may be left to the others
unless the chunk that named it and the one that follows are, together, off by
less than the two reach and one more; the last is followed by the first. As
many of the following key's bits as a position of 32 bits leaves free, the tag,
therefore tell for most entries that they need not be fetched.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate, combinations

import numpy as np
from numpy.typing import NDArray

from matching.hamming_plan import Chunk
from matching.hamming_words import WORD_BITS, Hashes, Numbers, Words

POSITION_BITS = 32  # of a position and its tag
LEAST_TAG = 8  # bits; fewer tell too little

Slots = NDArray[np.uint32]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Probes:
    """What is looked up: keys chunk by chunk, in runs of those that are equally far off."""

    words: Numbers  # the word that each chunk begins in, probed or not, …
    shifts: Words  # … at which bit, …
    masks: Words  # … and how wide
    probed: Numbers  # the chunks that are looked up, …
    bases: Words  # … the first slot of each, …
    counts: Numbers  # … and of how many keys
    flips: Numbers  # what is turned in each key
    runs: Numbers  # where each run begins
    following: Numbers  # the chunk behind that of each run, …
    allowed: NDArray[np.uint8]  # … and how far it may be off

    def keys(self, queries: Hashes) -> Words:
        """Return the key of every chunk, uint64[q, chunks]."""
        # No key goes on in the first word; it stands for the one that the last does not have.
        words = np.concatenate((queries.front, queries.back, queries.front[:, :1]), axis=1)
        keys = words.take(self.words, axis=1) >> self.shifts
        keys |= words.take(self.words + 1, axis=1) << np.uint64(1) << (np.uint64(WORD_BITS - 1) - self.shifts)
        return keys & self.masks

    def slots(self, keys: Words) -> Numbers:
        """Return the slot of every key that is looked up, a row for each query."""
        # A chunk's slots begin at a multiple of their number, so the flips leave the base alone.
        slots = (keys.take(self.probed, axis=1) + self.bases).view(np.int64)
        return slots.repeat(self.counts, axis=1) ^ self.flips

    def tags(self, keys: Words, bits: int) -> Slots:
        """Return the tag that each run looks for, a row for each query, where it stands in a position."""
        return keys.take(self.following, axis=1).astype(np.uint32) << np.uint32(POSITION_BITS - bits)


def tag_bits(entries: int, chunks: int) -> int:
    """Return how many bits of a position are the tag; 0 for none."""
    free = POSITION_BITS - max(1, (entries - 1).bit_length())
    return free if chunks > 1 and free >= LEAST_TAG else 0


@lru_cache(maxsize=64)
def probes(placed: tuple[Chunk, ...], chunks: tuple[Chunk, ...]) -> Probes:
    """Return what to look up in a table of the chunks `placed`: each of `chunks` within its radius, no others."""
    starts = [chunk.start for chunk in placed]
    bases = list(accumulate((1 << chunk.width for chunk in placed), initial=0))
    reach = dict.fromkeys(starts, -1) | {chunk.start: chunk.radius for chunk in chunks}
    flips, following, allowed = [], [], []
    for chunk in chunks:
        behind = (starts.index(chunk.start) + 1) % len(placed)
        for off in range(chunk.radius + 1):
            flips.append(_flips(chunk.width, off))
            following.append(behind)
            allowed.append(min(chunk.radius + reach[starts[behind]] + 1 - off, POSITION_BITS))
    probed = [starts.index(chunk.start) for chunk in chunks]
    return Probes(
        words=np.array([start // WORD_BITS for start in starts], np.int64),
        shifts=np.array([start % WORD_BITS for start in starts], np.uint64),
        masks=np.array([(1 << chunk.width) - 1 for chunk in placed], np.uint64),
        probed=np.array(probed, np.int64),
        bases=np.array([bases[number] for number in probed], np.uint64),
        counts=np.array([chunk.probes for chunk in chunks], np.int64),
        flips=np.concatenate(flips),
        runs=np.array(list(accumulate(map(len, flips[:-1]), initial=0)), np.int64),
        following=np.array(following, np.int64),
        allowed=np.array(allowed, np.uint8),
    )


@lru_cache(maxsize=256)
def _flips(width: int, off: int) -> Numbers:
    """Return every number of `width` bits of which `off` are set, in ascending order: what is near lies together."""
    return np.array(sorted(sum(1 << bit for bit in bits) for bits in combinations(range(width), off)), dtype=np.int64)
