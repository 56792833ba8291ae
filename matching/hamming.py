"""
Find every hash within a radius, exactly, by looking at all of them fast.

Hashes lie as columns of 64-bit words. Half of the words are compared for every
entry; as long as they alone exceed the radius, which for unrelated hashes they
practically always do, the rest is not looked at.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from matching.hamming_file import read_index, write_index

Ids = NDArray[np.uint64]
Words = NDArray[np.uint64]  # one row per 64-bit word, one column per entry
Found = tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]

WORD_BITS = 64
BLOCK = 1 << 15  # entries looked at together: what a core's cache holds


class HammingIndex:
    """
    Every entry within a radius of a query, and nothing else.

    An id may stand for several hashes: each `add` makes entries of its own, the
    same pair twice is found twice, and `remove` takes all entries of an id;
    ids that are not there are ignored. Not for use by several threads while one
    of them changes it; searching from many is safe.
    """

    def __init__(self, bits: int, radius: int) -> None:
        """Make an empty index for hashes of `bits` (a multiple of 64)."""
        if bits <= 0 or bits % WORD_BITS or not 0 <= radius < bits:
            raise ValueError("bits must be a positive multiple of 64, and the radius smaller")
        self._bits = bits
        self._radius = radius
        # Parts that `add` brought since the last search; a file's part stays where it is mapped.
        self._parts: list[tuple[Ids, Words]] = []

    @property
    def bits(self) -> int:
        """Return the length of a hash."""
        return self._bits

    @property
    def radius(self) -> int:
        """Return the greatest distance that is found."""
        return self._radius

    def __len__(self) -> int:
        return sum(len(ids) for ids, _ in self._parts)

    def add(self, ids: NDArray[np.uint64], hashes: NDArray[np.uint8]) -> None:
        """Add entries: `ids` uint64[n], `hashes` uint8[n, bits // 8]."""
        ids = np.asarray(ids, dtype=np.uint64)
        words = self._words(hashes)
        if ids.shape != (words.shape[1],):
            raise ValueError("there must be one id for each hash")
        if len(ids):
            self._parts.append((ids.copy(), words))
            self._merge_small()

    def remove(self, ids: NDArray[np.uint64]) -> None:
        """Remove every entry of these ids."""
        gone = np.asarray(ids, dtype=np.uint64)
        parts = []
        for part_ids, words in self._parts:
            kept = ~np.isin(part_ids, gone)
            if kept.all():
                parts.append((part_ids, words))
            elif kept.any():
                parts.append((part_ids[kept], np.ascontiguousarray(words[:, kept])))
        self._parts = parts

    def search(self, hashes: NDArray[np.uint8], radius: int | None = None) -> Found:
        """
        Return (query, id, distance) of every entry within the radius of a query.

        `hashes` is uint8[q, bits // 8]; `query` is the row. Sorted by query,
        then distance, then id. Another `radius` than the index's own may be asked for.
        """
        queries = self._words(hashes)
        radius = self._radius if radius is None else radius
        found: list[tuple[NDArray[np.int64], Ids, NDArray[np.int64]]] = []
        for ids, words in self._parts:
            for start in range(0, len(ids), BLOCK):
                block = words[:, start : start + BLOCK]
                for query in range(queries.shape[1]):
                    at, distance = _near(block, queries[:, query], radius)
                    if len(at):
                        found.append((np.full(len(at), query), ids[start + at], distance))
        if not found:
            none = np.zeros(0, dtype=np.int64)
            return none, none.copy(), none.copy()
        query_of, id_of, distance_of = (np.concatenate(column) for column in zip(*found, strict=True))
        order = np.lexsort((id_of, distance_of, query_of))
        return query_of[order], id_of[order].astype(np.int64), distance_of[order]

    def save(self, path: Path | str) -> None:
        """Write the index so that `path` holds the old one or the new, whatever happens between."""
        ids = [part_ids for part_ids, _ in self._parts]
        words = [part_words for _, part_words in self._parts]
        write_index(Path(path), bits=self._bits, radius=self._radius, ids=ids, words=words)

    @classmethod
    def open(cls, path: Path | str, *, verify: bool = True) -> HammingIndex:
        """
        Return the index in a file, mapped into memory.

        Raises OperatorFault for what is no whole index. `verify` also compares
        the check sum of the content, which reads all of it once.
        """
        bits, radius, ids, words = read_index(Path(path), verify=verify)
        index = cls(bits, radius)
        if len(ids):
            index._parts.append((ids, words))
        return index

    def _words(self, hashes: NDArray[np.uint8]) -> Words:
        hashes = np.asarray(hashes)
        if hashes.dtype != np.uint8 or hashes.ndim != 2 or hashes.shape[1] * 8 != self._bits:  # noqa: PLR2004 - rows of bytes
            raise ValueError(f"hashes must be uint8[n, {self._bits // 8}]")
        rows = np.ascontiguousarray(hashes).view(np.uint64)
        return np.array(rows.T, order="C", copy=True)  # never a view: the caller's array is the caller's

    def _merge_small(self) -> None:
        """Keep the number of parts small: many small additions become one part as they outgrow the one before."""
        while len(self._parts) > 1 and len(self._parts[-1][0]) * 2 >= len(self._parts[-2][0]):
            (ids, words), (more_ids, more_words) = self._parts[-2:]
            self._parts[-2:] = [(np.concatenate((ids, more_ids)), np.concatenate((words, more_words), axis=1))]


def _near(block: Words, query: Words, radius: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    half = (len(block) + 1) // 2
    at = np.flatnonzero(_distance(block[:half], query[:half]) <= radius)
    if not len(at):
        return at, at
    distance = _distance(block[:, at], query)
    near = distance <= radius
    return at[near], distance[near].astype(np.int64)


def _distance(words: Words, query: Words) -> NDArray[np.uint16]:
    total: NDArray[np.uint16] = np.bitwise_count(words[0] ^ query[0]).astype(np.uint16)
    for word, wanted in zip(words[1:], query[1:], strict=True):
        total += np.bitwise_count(word ^ wanted)
    return total
