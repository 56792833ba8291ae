"""
Time exact search within radius 31 among PDQ hashes, beside a plain numpy scan.

Recall is checked in the same run; medians, one core; one JSON line a figure.
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import numpy as np
from numpy.typing import NDArray

from matching.hamming import HammingIndex

BITS, RADIUS = 256, 31
QUERIES = 8  # one picture with its eight variants
ROUNDS = 7


def plain(hashes: NDArray[np.uint64], query: NDArray[np.uint64]) -> NDArray[np.int64]:
    """Return the rows within the radius, the way one would write it first."""
    return np.flatnonzero(np.bitwise_count(hashes ^ query).sum(axis=1) <= RADIUS)


def near(dice: np.random.Generator, hashes: NDArray[np.uint8], rows: NDArray[np.int64]) -> NDArray[np.uint8]:
    """Return copies of these hashes with up to RADIUS bits flipped."""
    bits = np.unpackbits(hashes[rows], axis=1)
    for row in bits:
        row[dice.choice(BITS, int(dice.integers(0, RADIUS + 1)), replace=False)] ^= 1
    return np.packbits(bits, axis=1)


def run(entries: int) -> None:
    dice = np.random.default_rng(entries)
    hashes = dice.integers(0, 256, (entries, BITS // 8), dtype=np.uint8)
    words = hashes.view(np.uint64)
    index = HammingIndex(BITS, RADIUS)
    index.add(np.arange(entries, dtype=np.uint64), hashes)
    mine: list[float] = []
    theirs: list[float] = []
    for _ in range(ROUNDS):
        planted = dice.integers(0, entries, QUERIES)
        queries = near(dice, hashes, planted)
        start = time.perf_counter()
        query, found, _ = index.search(queries)
        middle = time.perf_counter()
        expected = [plain(words, row) for row in queries.view(np.uint64)]
        theirs.append((time.perf_counter() - middle) / QUERIES)
        mine.append((middle - start) / QUERIES)
        if any(sorted(found[query == row]) != expected[row].tolist() for row in range(QUERIES)):
            raise SystemExit("recall is not 1")
    ours, peer = statistics.median(mine) * 1e3, statistics.median(theirs) * 1e3
    line = {
        "figure": f"hamming query, {entries} PDQ entries, radius {RADIUS}, batch of {QUERIES}",
        "value": round(ours, 3),
        "unit": "ms/query",
        "peer": "numpy, one scan a query",
        "peer_value": round(peer, 3),
        "ratio": round(peer / ours, 2),
    }
    print(json.dumps(line), flush=True)


if __name__ == "__main__":
    for count in (100_000, 1_000_000):
        run(count)
