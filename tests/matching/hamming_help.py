"""Hashes that lie near each other, and what looking at all of them finds."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from matching.hamming import HammingIndex

Entries = list[tuple[int, bytes]]


def ids(*values: int) -> NDArray[np.uint64]:
    return np.array(values, dtype=np.uint64)


def noise(dice: np.random.Generator, bits: int, count: int) -> NDArray[np.uint8]:
    return dice.integers(0, 256, (count, bits // 8), dtype=np.uint8)


def flipped(dice: np.random.Generator, hashes: NDArray[np.uint8], off: NDArray[np.int64]) -> NDArray[np.uint8]:
    """Return each hash with so many of its bits, anywhere, the other way round."""
    rows = np.unpackbits(hashes, axis=1)
    for row, count in zip(rows, off.tolist(), strict=True):
        row[dice.choice(rows.shape[1], count, replace=False)] ^= 1
    return np.packbits(rows, axis=1)


def hashes_near(dice: np.random.Generator, bits: int, count: int, centres: int = 4) -> NDArray[np.uint8]:
    """Return hashes of which many lie close to each other, at every distance about the radius."""
    middle = noise(dice, bits, centres)
    return flipped(dice, middle[dice.integers(0, centres, count)], dice.integers(0, bits // 4, count))


def brute(entries: Entries, queries: NDArray[np.uint8], radius: int) -> list[tuple[int, int, int]]:
    return sorted(
        (query, distance, id_)
        for query, wanted in enumerate(queries)
        for id_, value in entries
        if (distance := (int.from_bytes(value) ^ int.from_bytes(wanted.tobytes())).bit_count()) <= radius
    )


def found(index: HammingIndex, queries: NDArray[np.uint8]) -> list[tuple[int, int, int]]:
    query, id_, distance = index.search(queries)
    assert query.dtype == id_.dtype == distance.dtype == np.int64
    return list(zip(query.tolist(), distance.tolist(), id_.tolist(), strict=True))
