"""A search may ask for another radius than the index was made for, and is as exact."""

from __future__ import annotations

import numpy as np
import pytest

from matching.hamming import HammingIndex

DICE = np.random.default_rng(8)
ENTRIES = 20_000  # enough for tables to be made
QUERY = DICE.integers(0, 256, 32, dtype=np.uint8)


def planted(distance: int) -> np.ndarray[tuple[int], np.dtype[np.uint8]]:
    """Return the query with so many bits turned, spread over it: no chunk stays as it was."""
    bits = np.unpackbits(QUERY)
    bits[np.linspace(0, 255, distance).astype(int)] ^= 1
    return np.packbits(bits)


@pytest.mark.parametrize("radius", [5, 31, 39, 60])
def test_every_entry_within_the_radius_asked_for_is_found(radius: int) -> None:
    hashes = DICE.integers(0, 256, (ENTRIES, 32), dtype=np.uint8)
    near = np.stack([planted(distance) for distance in range(1, 64)])
    index = HammingIndex(256, 31)
    index.add(np.arange(1, ENTRIES + 64, dtype=np.uint64), np.concatenate((near, hashes)))
    index.merge()
    _, ids, distances = index.search(QUERY[None], radius)
    assert ids.tolist() == distances.tolist() == list(range(1, radius + 1))
