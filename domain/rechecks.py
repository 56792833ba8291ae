"""
Decide when a lead's post is looked at again, to learn whether it was taken down.

Daily at first, then ever more rarely, for as long as the authorisation of its
target lives. Pure: the caller brings the clock.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from domain.filing import PostKey
from domain.ids import PostId
from domain.presence import APART, SOON

# Up to which age of a lead its posts are looked at how often; the last holds from there on.
_STEPS = (
    (timedelta(days=7), timedelta(days=1)),
    (timedelta(days=14), timedelta(days=2)),
    (timedelta(days=30), timedelta(days=4)),
)
RARELY = timedelta(days=7)


@dataclass(frozen=True, slots=True, kw_only=True)
class LeadPost:
    """
    A post of an open lead, and how it stands with its removal.

    `looked_at` is when its platform last said something of it; `gone_since`
    when it first said that the post is gone, until it shows it again, and
    `taken_down_at` when that was confirmed.
    """

    id: PostId
    key: PostKey
    filed_at: datetime
    looked_at: datetime | None = None
    gone_since: datetime | None = None
    taken_down_at: datetime | None = None


def next_look(post: LeadPost) -> datetime:
    """Return when a post is to be looked at again."""
    looked = post.looked_at or post.filed_at
    age = looked - post.filed_at
    regular = looked + next((every for until, every in _STEPS if age < until), RARELY)
    if post.gone_since is None or post.taken_down_at is not None:
        return regular
    return min(regular, post.gone_since + APART + SOON)
