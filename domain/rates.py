"""
Learn how often a target posts, from what visits saw.

Counts and time fade alike, so what was seen lately counts most, and a prior
stands in until there is anything (a Gamma-Poisson estimate with decay). Where a
place shows no times, only that it changed is known; then the estimator of
Cho and Garcia-Molina (2003) is used. Pure: whoever has the stored figures can
compute them again.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

MEMORY_H = 36.0  # hours; simulated: longer is steadier, shorter follows sooner (benchmarks/revisit.py)
PRIOR_POSTS = 0.5  # worth half a post …
PRIOR_RATE = 0.5  # … of a place that posts twelve times a day


@dataclass(frozen=True, slots=True, kw_only=True)
class PostRate:
    """
    What is left of the posts that were seen, and of the hours over which they were.

    `visits` and `silent` are those whose posts had no time, and those of them
    that found nothing new.
    """

    posts: float = 0.0
    hours: float = 0.0
    visits: float = 0.0
    silent: float = 0.0

    @property
    def per_hour(self) -> float:
        """Return the posts to be expected in an hour; never zero."""
        if self.visits > 0:
            return self._by_changes()
        return (PRIOR_POSTS + self.posts) / (PRIOR_POSTS / PRIOR_RATE + self.hours)

    def _by_changes(self) -> float:
        """Return the rate that explains how often a place was found changed."""
        often = self.visits / max(self.hours, 1e-9)
        return max(-often * math.log((self.silent + 0.5) / (self.visits + 1.0)), PRIOR_RATE / 1000)


def after_posts(rate: PostRate, *, ages: Sequence[float], gap: float) -> PostRate:
    """
    Return what is known after a visit that came `gap` hours after the one before.

    `ages` are those of the posts that came in between, in hours; older ones and
    ones from the future are left out by the caller.
    """
    faded = math.exp(-gap / MEMORY_H)
    return PostRate(
        posts=rate.posts * faded + sum(math.exp(-age / MEMORY_H) for age in ages),
        hours=rate.hours * faded + MEMORY_H * (1 - faded),
    )


def after_look(rate: PostRate, *, is_changed: bool, gap: float) -> PostRate:
    """Return what is known after a visit to a place without times, `gap` hours after the one before."""
    faded = math.exp(-gap / MEMORY_H)
    return PostRate(
        hours=rate.hours * faded + MEMORY_H * (1 - faded),
        visits=rate.visits * faded + 1.0,
        silent=rate.silent * faded + (not is_changed),
    )
