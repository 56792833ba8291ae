"""
Learn from each visit how often, and at which hours, a target posts.

Moments are hours since 1970 in UTC, so that the hour of the day is their rest
by 24. Pure.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

from domain.rates import PostRate, after_look, after_posts
from domain.rhythm import HOURS, RHYTHM_MEMORY_H, Rhythm

LONGEST_LOOK_BACK_H = 60.0 * 24  # what a first visit finds of older posts says nothing of today


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """What is known of a target's posting; `until` is when it was last seen, None before that."""

    rate: PostRate = field(default_factory=PostRate)
    rhythm: Rhythm = field(default_factory=Rhythm)
    until: float | None = None


def seen(pace: Pace, *, now: float, posted: Sequence[float | None]) -> Pace:
    """
    Return what is known after a visit at `now` that found these new posts, by when they were posted.

    One without a time counts as posted halfway between the two visits. A first
    visit looks back to the oldest post it found.
    """
    times = sorted(min(moment, now) for moment in posted if moment is not None)
    if pace.until is None:
        times = [moment for moment in times if now - moment <= LONGEST_LOOK_BACK_H]
        if not times:
            return Pace(rate=pace.rate, rhythm=pace.rhythm, until=now)
        since, times = times[0], times[1:]  # the oldest only says how far back is seen
    else:
        since = pace.until
        halfway = (since + now) / 2
        times = [moment for moment in times if moment >= since] + [halfway] * posted.count(None)
    gap = max(now - since, 0.0)  # a clock that was set back has seen no time
    ages = [now - moment for moment in times]
    shares = ((moment % HOURS, math.exp(-age / RHYTHM_MEMORY_H)) for moment, age in zip(times, ages, strict=True))
    return Pace(
        rate=after_posts(pace.rate, ages=ages, gap=gap),
        rhythm=pace.rhythm.after(shares, faded=math.exp(-gap / RHYTHM_MEMORY_H)),
        until=now,
    )


def looked(pace: Pace, *, now: float, is_changed: bool) -> Pace:
    """Return what is known after a visit to a place that only shows whether it changed."""
    if pace.until is None:
        return Pace(rate=pace.rate, rhythm=pace.rhythm, until=now)
    gap = max(now - pace.until, 0.0)
    return Pace(rate=after_look(pace.rate, is_changed=is_changed, gap=gap), rhythm=pace.rhythm, until=now)
