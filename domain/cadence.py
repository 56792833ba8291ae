"""
Decide when a target is visited next.

Pure arithmetic: the caller brings the clock and the dice, so a test, or an
analyst with the audit log, can replay every decision. The policy:
`next_interval(cadence, outcome, failures, dice)` after each visit.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from domain.errors import BadInput
from domain.outcomes import Outcome

JITTER = 0.1  # spreads targets that were added together; ±50 % would cost 8 % of the delay


@dataclass(frozen=True, slots=True, kw_only=True)
class Cadence:
    """
    How often a target may be visited.

    `interval` is a courtesy to the host. `ceiling` bounds how long a target
    that keeps failing goes unwatched.
    """

    interval: timedelta = timedelta(minutes=15)
    ceiling: timedelta = timedelta(hours=24)

    def __post_init__(self) -> None:
        """Refuse a cadence that could never be kept."""
        if not timedelta(0) < self.interval <= self.ceiling:
            raise BadInput("The visit interval must be above zero and no longer than its ceiling.")


def next_interval(cadence: Cadence, outcome: Outcome, failures: int, dice: float) -> timedelta:
    """
    Return the time until the next visit.

    A target that was seen keeps the plain interval; each failure in a row
    doubles it up to the ceiling. `dice` in [0, 1) spreads it by ±10 %.
    """
    doublings = 0 if outcome.was_seen else min(failures, 16)
    stretched = min(cadence.interval * (1 << doublings), cadence.ceiling)
    return stretched * (1 + JITTER * (2 * dice - 1))
