"""
Decide which lead a post belongs to: exactly one, or none.

A hash match files one lead per post, or per album. A selling text alone opens
at most one lead per target and author; later texts join it. When a target has
opened its share of text leads for a day, the rest of that day gathers in one
more: a flood neither fills the queue nor gets lost.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date

from domain.leads import LeadKind
from domain.observations import Platform

TEXT_LEADS_A_DAY = 10

_OVERFLOW = "overflow:"


@dataclass(frozen=True, slots=True, kw_only=True)
class PostKey:
    """What makes a post one post, whoever watches it: never keyed by target."""

    platform: Platform
    container: str = field(repr=False)
    post: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Filing:
    """The lead a post belongs to, by its kind and group."""

    kind: LeadKind
    group: str


def hash_group(key: PostKey, album: str | None) -> str:
    """Return the group of leads opened by a hash match on this post."""
    if album is not None:
        return f"album:{key.platform}:{key.container}:{album}"
    return f"post:{key.platform}:{key.container}:{key.post}"


def text_group(target_id: str, author_digest: str) -> str:
    """Return the group of leads opened by this author's texts in this target."""
    return f"author:{target_id}:{author_digest}"


def overflow_group(target_id: str, day: date) -> str:
    """Return the group that gathers a target's further text leads of one day."""
    return f"{_OVERFLOW}{target_id}:{day.isoformat()}"


def overflow_days(groups: Iterable[str]) -> frozenset[date]:
    """Return the days whose overflow groups are among these: the days to count text leads of."""
    return frozenset(date.fromisoformat(group.rpartition(":")[2]) for group in groups if group.startswith(_OVERFLOW))


def possible_groups(key: PostKey, album: str | None, target_id: str, author_digest: str, day: date) -> tuple[str, ...]:
    """Return every group this post could belong to: what a page transaction must look up."""
    return hash_group(key, album), text_group(target_id, author_digest), overflow_group(target_id, day)


def file_under(
    *,
    matched: bool,
    selling: bool,
    groups: tuple[str, ...],
    open_groups: frozenset[str],
    joined: tuple[Filing, ...] = (),
    text_leads_today: int,
    text_leads_a_day: int = TEXT_LEADS_A_DAY,
) -> Filing | None:
    """
    Return where a post is filed, or None when nothing speaks for a lead.

    `groups` are those of `possible_groups`, `open_groups` the ones that have a
    lead already, `joined` the leads that this very post is part of. What is
    learnt of such a post later stays with it, whether it sells or not; a post
    or album that has its own hash lead keeps its texts there.
    """
    by_hash, by_author, overflow = groups
    own = {filing.kind: filing for filing in joined}
    if LeadKind.HASH in own:
        return own[LeadKind.HASH]
    if matched or by_hash in open_groups:
        return Filing(kind=LeadKind.HASH, group=by_hash)
    if LeadKind.TEXT in own:
        return own[LeadKind.TEXT]
    if not selling:
        return None
    if by_author in open_groups or text_leads_today < text_leads_a_day:
        return Filing(kind=LeadKind.TEXT, group=by_author)
    return Filing(kind=LeadKind.TEXT, group=overflow)
