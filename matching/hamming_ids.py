"""
Name entries by ids in ascending order: listed, or counted from a first one where they follow each other.

Lists number their entries so; counted ids take no room, which tables have a better use for.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Ids = NDArray[np.uint64]
Numbers = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """The ids from `first` on, `count` of them; answers as an array of them does."""

    first: int
    count: int

    def __len__(self) -> int:
        return self.count

    def take(self, at: Numbers) -> Ids:
        """Return the ids at these positions; raises IndexError for one that is not there."""
        if len(at) and not 0 <= int(at.min()) <= int(at.max()) < self.count:
            raise IndexError
        return at.astype(np.uint64) + np.uint64(self.first)

    def searchsorted(self, ids: Ids, side: Literal["left", "right"] = "left") -> Numbers:
        """Return the positions before which, or behind which, these ids stand or would stand."""
        places = ids - np.minimum(ids, np.uint64(self.first))  # those before the first: 0
        if side == "right":
            places += ids >= np.uint64(self.first)
        return np.minimum(places, np.uint64(self.count)).astype(np.int64)

    def all(self) -> Ids:
        """Return them as an array."""
        return np.arange(self.first, self.first + self.count, dtype=np.uint64)


def listed(ids: Ids | Counted) -> Ids:
    """Return ids as an array."""
    return ids.all() if isinstance(ids, Counted) else ids


def first_if_counted(pieces: Iterable[Ids]) -> int | None:
    """Return the first of these ids if each is the one before and one more, else None."""
    first = expected = None
    for ids in pieces:
        if not len(ids):
            continue
        if expected is not None and int(ids[0]) != expected:
            return None
        if np.any(ids[1:] - ids[:-1] != 1):
            return None
        first = int(ids[0]) if first is None else first
        expected = int(ids[-1]) + 1
    return first
