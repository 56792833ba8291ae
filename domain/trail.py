"""
Remember how far a listing has been read whose newest end comes first, and where it may never be read below.

As `domain.walk`, for platforms whose ids leave holes too large to count: a
post has a rank, which grows with every post, and a backfill is found by
looking back over ranks and times.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Self

from domain.errors import VisitEnded
from domain.outcomes import Outcome

Rank = tuple[int, str]
ROOT: Rank = (0, "")  # below every post


@dataclass(frozen=True, slots=True, kw_only=True)
class Trail:
    """
    The last rank that was committed, and the rank above which posts are wanted at all.

    `owner` is whose listing it is, by the platform's own id.
    """

    owner: str = field(repr=False)
    position: Rank
    floor: Rank = ROOT

    @classmethod
    def parsed(cls, cursor: str) -> Self:
        """Read a cursor back; raises VisitEnded for one that nobody here wrote."""
        try:
            parts = json.loads(cursor)
            owner, number, name, floor_number, floor_name = parts
        except (TypeError, ValueError, RecursionError):
            raise VisitEnded(Outcome.ERROR, "bad_cursor") from None
        if not isinstance(parts, list) or [type(part) for part in parts] != [str, int, str, int, str]:
            raise VisitEnded(Outcome.ERROR, "bad_cursor")
        return cls(owner=owner, position=(number, name), floor=(floor_number, floor_name))

    def at(self, position: Rank) -> str:
        """Return the cursor for a position of this trail."""
        return json.dumps([self.owner, *position, *self.floor])


@dataclass(frozen=True, slots=True, kw_only=True)
class Backfill:
    """What a first visit is authorised to begin at: so many posts below the newest, a day, or everything."""

    number: int | None = None
    since: date | None = None

    def is_reached(self, seen: Mapping[Rank, datetime | None]) -> bool:
        """Return whether a look back has come far enough; `seen` are ranks, each with its time."""
        if self.since is not None:
            begin = _begin(self.since)
            return any(posted_at is not None and posted_at < begin for posted_at in seen.values())
        return self.number is not None and len(seen) > self.number

    def floor(self, seen: Mapping[Rank, datetime | None]) -> Rank:
        """Return the highest rank that is not wanted any more."""
        if self.since is not None:
            begin = _begin(self.since)
            return max((rank for rank, at in seen.items() if at is not None and at < begin), default=ROOT)
        ranks = sorted(seen, reverse=True)
        return ROOT if self.number is None or len(ranks) <= self.number else ranks[self.number]


def _begin(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)
