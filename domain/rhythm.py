"""
Learn at which hours of the day a target posts, and spend visits where posts are.

With a rate that changes over the day the least delay is had by visits as dense
as the root of the rate. So the time between two visits is counted in effort:
the integral of that root. Pure.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

HOURS = 24
RHYTHM_MEMORY_H = 24.0 * 7
PRIOR_A_HOUR = 3.0  # posts; so many of each hour must have been seen before an hour speaks for itself


@dataclass(frozen=True, kw_only=True)
class Rhythm:
    """Posts that were seen in each hour of the day (UTC); they fade as those of a rate do."""

    seen: tuple[float, ...] = (0.0,) * HOURS

    @cached_property
    def roots(self) -> tuple[float, ...]:
        """Return the root of each hour's share; on average 1, so that no rhythm costs more visits than another."""
        spread = [
            (self.seen[hour - 1] + 2 * self.seen[hour] + self.seen[(hour + 1) % HOURS]) / 4 + PRIOR_A_HOUR
            for hour in range(HOURS)
        ]
        roots = [math.sqrt(share) for share in spread]
        mean = sum(roots) / HOURS
        return tuple(root / mean for root in roots)

    def after(self, posts: Iterable[tuple[float, float]], *, faded: float) -> Rhythm:
        """Return the rhythm with posts (hour of the day, what it counts) more, what was before faded to a share."""
        seen = [count * faded for count in self.seen]
        for hour, counts in posts:
            seen[int(hour) % HOURS] += counts
        return Rhythm(seen=tuple(seen))

    def wait(self, start: float, effort: float) -> float:
        """Return how many hours from an hour of the day on it takes to spend an effort."""
        roots, clock, left = self.roots, start % HOURS, effort
        day = sum(roots)
        days, left = divmod(left, day)
        waited = days * HOURS
        while True:
            hour = int(clock)
            room = (hour + 1 - clock) * roots[hour]
            if left <= room:
                return waited + left / roots[hour]
            left -= room
            waited += hour + 1 - clock
            clock = (hour + 1) % HOURS
