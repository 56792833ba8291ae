"""Entries of lists, for tests and for the processes that they start and kill."""

from __future__ import annotations

import numpy as np

from domain.hashlists import Algorithm, HashEntry


def a_list(count: int, seed: int = 1) -> list[HashEntry]:
    """Return entries of all algorithms, some of which say something."""
    dice = np.random.default_rng(seed)
    kinds = [list(Algorithm)[place] for place in dice.integers(0, len(Algorithm), count)]
    return [
        HashEntry(
            algorithm=kind,
            hash=dice.bytes(kind.hex_length // 2),
            classification=f"kind {number % 7}",
            ref=f"lantern-{number}" if number % 3 == 0 else "",
            note="wind" if number % 5 == 0 else "",
        )
        for number, kind in enumerate(kinds)
    ]
