"""
Say how long a post waits for its lead, and its lead for a person.

The watch answers for what appeared while it was asked to watch, and for
nothing else, so what a lead counts as is decided once, when it is filed:

- It appeared when its post says that it was posted; where an edit of a post
  that was seen before filed it, when that was edited. Without such a time it
  is `undated`.
- What appeared before its target was approved was there already: `earlier`.
- Where lists changed later, the list came late, not the visit: `lists`.
- All else is `watched`, and its delays count. Pauses, outages and rests of
  hosts do count: who waits for help waits through them.

From a lead to a person is from its filing to its first claim, whatever came
of that. Leads that still wait count as waiting for as long as they have.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

HALF, MOST = 0.5, 0.95
RECENT = timedelta(days=30)  # what the console speaks of
MOST_LEADS = 50_000  # of a longer time the newest leads are counted: more than a hotline files in years
# Details of the events lead.filed and lead.claimed, in whole seconds: what /metrics counts.
AFTER, WAITED = "after_s", "waited_s"
_EXACT = 1e-9  # shares are products of fractions
_ROUND = 10  # of a unit; from here on a tenth tells nothing


class Timing(StrEnum):
    """What a lead says of how late the watch is."""

    WATCHED = "watched"
    UNDATED = "undated"
    EARLIER = "earlier"
    LISTS = "lists"


class Unit(StrEnum):
    """A unit of time, the largest first."""

    DAY = "day"
    HOUR = "hour"
    MINUTE = "minute"
    SECOND = "second"

    @property
    def seconds(self) -> int:
        """Return its length."""
        return _SECONDS[self]


_SECONDS = {Unit.DAY: 86_400, Unit.HOUR: 3_600, Unit.MINUTE: 60, Unit.SECOND: 1}


@dataclass(frozen=True, slots=True, kw_only=True)
class LeadTimes:
    """
    The times of one lead, in seconds.

    `to_seen` and `to_lead` are since it appeared, None where it is not
    `watched`; a platform's clock may run ahead, so none is less than 0.
    `to_person` is until its first claim, `waiting` how long it has waited for
    that; both None for one that the lists took back before anybody looked.
    """

    timing: Timing
    to_seen: float | None = None
    to_lead: float | None = None
    to_person: float | None = None
    waiting: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Delays:
    """Delays that are over, and those that still last, in seconds, each in order."""

    over: tuple[float, ...] = ()
    lasting: tuple[float, ...] = ()

    def within(self, share: float) -> float | None:
        """
        Return the seconds within which such a share is over, None where that is not known yet.

        Kaplan and Meier's estimate: what lasts still counts as one that lasts
        longer than it has. Where nothing lasts it is the nearest-rank percentile.
        """
        ends = sorted([(seconds, False) for seconds in self.over] + [(seconds, True) for seconds in self.lasting])
        left = 1.0
        for place, (seconds, is_lasting) in enumerate(ends):
            if not is_lasting:
                left *= 1 - 1 / (len(ends) - place)
                if 1 - left >= share - _EXACT:
                    return seconds
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Latency:
    """How late leads were: `to_seen` and `to_lead` from the post, `to_person` from the lead; counts by timing."""

    to_seen: Delays = field(default_factory=Delays)
    to_lead: Delays = field(default_factory=Delays)
    to_person: Delays = field(default_factory=Delays)
    leads: Mapping[Timing, int] = field(default_factory=dict)


def timing_of(appeared_at: datetime | None, approved_at: datetime | None) -> Timing:
    """Return what a lead counts as that a visit files, by when it appeared and when its target was approved."""
    if appeared_at is None:
        return Timing.UNDATED
    if approved_at is None or appeared_at < approved_at:
        return Timing.EARLIER
    return Timing.WATCHED


def seconds_between(since: datetime, until: datetime) -> int:
    """Return whole seconds, and none rather than fewer: clocks differ."""
    return max(0, int((until - since).total_seconds()))


def in_largest_unit(seconds: float) -> tuple[float, Unit]:
    """Return a length of time in its largest unit, to two figures or to the whole: 3.5 hours, 12 minutes."""
    unit = next((unit for unit in Unit if seconds >= unit.seconds), Unit.SECOND)
    count = seconds / unit.seconds
    return (round(count, 1) if count < _ROUND else round(count)), unit


def summed_up(leads: Iterable[LeadTimes]) -> Latency:
    """Return the delays of leads."""
    rows = list(leads)
    return Latency(
        to_seen=Delays(over=_sorted(row.to_seen for row in rows)),
        to_lead=Delays(over=_sorted(row.to_lead for row in rows)),
        to_person=Delays(over=_sorted(row.to_person for row in rows), lasting=_sorted(row.waiting for row in rows)),
        leads=Counter(row.timing for row in rows),
    )


def _sorted(seconds: Iterable[float | None]) -> tuple[float, ...]:
    return tuple(sorted(one for one in seconds if one is not None))
