"""
Remember in one line of text how far a channel was read, and what was asked last.

The preview's own cursor (`position[:floor]`) is understood as a beginning, so
that a channel watched without an account goes on where it was.
"""

from __future__ import annotations

from dataclasses import astuple, dataclass
from typing import Self

from domain.errors import VisitEnded
from domain.outcomes import Outcome

MAX_ID = (1 << 31) - 1  # of messages, and of a channel's count of changes (pts): both are the layer's int
_MAX_GROUP = (1 << 64) - 1
_MAX_TIME = 1 << 40
_BOUNDS = (MAX_ID, MAX_ID, MAX_ID, _MAX_TIME, _MAX_GROUP, MAX_ID)
_LENGTHS_OF_THE_PREVIEW = (1, 2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cursor:
    """
    How far a channel was read.

    Posts above `floor` are wanted; those up to `position` were committed.
    `pts` counts the channel's changes up to which edits and deletions are
    known, 0 while nobody said. `paged_at` is when history was last read up to
    the newest post (seconds since 1970), 0 where that is still to be done.
    `held` is the album that was left for the next visit to see whole. Up to
    `recheck` history was read before: what is missing there now is gone.
    """

    position: int
    floor: int = 0
    pts: int = 0
    paged_at: int = 0
    held: int = 0
    recheck: int = 0

    @classmethod
    def parsed(cls, text: str) -> Self:
        """Read a cursor back; raises VisitEnded for one that nobody wrote."""
        parts = text.split(":")
        numbers = [
            int(part) for part in parts if part.isascii() and part.isdecimal() and len(part) <= len(str(_MAX_GROUP))
        ]
        if len(numbers) != len(parts) or len(parts) not in {*_LENGTHS_OF_THE_PREVIEW, len(_BOUNDS)}:
            raise VisitEnded(Outcome.ERROR, "bad_cursor")
        if any(number > bound for number, bound in zip(numbers, _BOUNDS, strict=False)):
            raise VisitEnded(Outcome.ERROR, "bad_cursor")
        return cls(**dict(zip(cls.__slots__, numbers, strict=False)))

    def __str__(self) -> str:
        """Return the text that `parsed` reads."""
        return ":".join(str(number) for number in astuple(self))

    def rewound(self, ids: int) -> Self:
        """Return the cursor from which the last `ids` ids are read once more, and looked through for what is gone."""
        cls = type(self)
        return cls(
            position=max(self.floor, self.position - ids),
            floor=self.floor,
            pts=self.pts,
            held=self.held,
            recheck=max(self.position, self.recheck),
        )
