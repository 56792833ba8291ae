"""
Remember how far a walk up a channel has come, and where it may never go below.

The floor is what the first visit was authorised to begin at: posts below it
are left alone on later visits too, although the newest page shows them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Self

from domain.errors import VisitEnded
from domain.outcomes import Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class Walk:
    """The last id that was committed, and the id above which posts are wanted at all."""

    position: int
    floor: int = 0

    @classmethod
    def parsed(cls, cursor: str) -> Self:
        """Read a cursor back; raises VisitEnded for one that nobody here wrote."""
        position, _, floor = cursor.partition(":")
        if not all(part.isascii() and part.isdecimal() for part in (position, floor or "0")):
            raise VisitEnded(Outcome.ERROR, "bad_cursor")
        return cls(position=int(position), floor=int(floor or "0"))

    @classmethod
    def starting(cls, floor: int) -> Self:
        """Return the walk of a first visit."""
        return cls(position=floor, floor=floor)

    def at(self, position: int) -> str:
        """Return the cursor for a position of this walk."""
        return f"{position}:{self.floor}" if self.floor else str(position)


def floor_by_number(highest: int, backfill: int | None) -> int:
    """Return the floor that leaves `backfill` ids up to the highest; None leaves all."""
    return 0 if backfill is None else max(0, highest - backfill)


@dataclass(slots=True, kw_only=True)
class DaySearch:
    """
    Find the last id before a day by halving: ids grow with time.

    Everything up to `low` is before the day, everything above `high` is not.
    Ask for the page after `middle`, tell what it held, and go on until `found`.
    """

    day: date
    high: int
    low: int = 0
    found: bool = False

    @property
    def middle(self) -> int:
        """Return the id whose next page tells most."""
        return (self.low + self.high) // 2

    def tell(self, posts: Iterable[tuple[int, datetime | None]]) -> None:
        """Take in the ids and times of a page that begins after `middle`."""
        begin = datetime(self.day.year, self.day.month, self.day.day, tzinfo=UTC)
        dated = [(number, posted_at) for number, posted_at in posts if posted_at is not None]
        before = [number for number, posted_at in dated if posted_at < begin]
        if not before:
            self.high = self.middle
        else:
            self.low = max(before)
            self.found = len(before) < len(dated)
        self.found = self.found or self.high - self.low <= 1
