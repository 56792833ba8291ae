"""Throw dice that fall the same way for the same seed and name, in any order of asking."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import TypeVar

import numpy as np

Thing = TypeVar("Thing")


class Dice:
    """A stream of chance for one name under one seed."""

    def __init__(self, seed: int, name: str) -> None:
        """Start the stream; two names never share one."""
        digest = hashlib.sha256(f"{seed}/{name}".encode()).digest()
        self.generator = np.random.default_rng(int.from_bytes(digest, "big"))

    def pick(self, things: Sequence[Thing]) -> Thing:
        """Return one of the things."""
        return things[int(self.generator.integers(len(things)))]

    def sample(self, things: Sequence[Thing], count: int) -> list[Thing]:
        """Return some of the things, each at most once, in chance order."""
        return [things[int(index)] for index in self.generator.permutation(len(things))[:count]]

    def whole(self, low: int, high: int) -> int:
        """Return a whole number from low to high, both included."""
        return int(self.generator.integers(low, high + 1))

    def chance(self, share: float) -> bool:
        """Return True in this share of throws."""
        return bool(self.generator.random() < share)

    def raw(self, length: int) -> bytes:
        """Return random bytes."""
        return self.generator.bytes(length)
