"""Say what one answer of an interface lists, whichever platform's it is."""

from __future__ import annotations

from dataclasses import dataclass, field

from crawler.items import SeenPost
from domain.trail import Rank

MAX_MEDIA = 40  # of one post


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """A post with its rank among the posts of its listing."""

    rank: Rank
    post: SeenPost = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """
    The owner's posts that one answer lists, oldest first.

    `reach` is the rank of the oldest thing listed, whosever it is; None where
    nothing is. `older` is what to ask with for what comes before; None where
    the platform says that nothing does.
    """

    placed: tuple[Placed, ...] = ()
    reach: Rank | None = None
    older: str | None = field(default=None, repr=False)
    untrusted_inline: dict[str, bytes] = field(default_factory=dict, repr=False)


def in_order(placed: list[Placed]) -> tuple[Placed, ...]:
    """Return posts oldest first, each once."""
    by_rank = {each.rank: each for each in placed}
    return tuple(by_rank[rank] for rank in sorted(by_rank))
