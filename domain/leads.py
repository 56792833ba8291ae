"""Say what stands in the triage queue, and how a lead moves through it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from domain.errors import BadInput, WrongState
from domain.hashlists import MediaMatch
from domain.ids import LeadId, PostId, TargetId
from domain.latency import AFTER, WAITED, Timing, seconds_between
from domain.observations import CaptureRecord, Particulars, Platform
from domain.ports import LeadKey
from domain.scoring import Reason
from domain.text import TextHit


class LeadStatus(StrEnum):
    """Where a lead stands; the words are part of the contract."""

    NEW = "new"
    CLAIMED = "claimed"
    ASSESSED = "assessed"
    POLICE_HOLD = "police_hold"
    NOTICE_SENT = "notice_sent"
    REFERRED = "referred"
    MONITORING = "monitoring"
    CLOSED = "closed"


class Closing(StrEnum):
    """Why a lead was closed."""

    REMOVED = "removed"
    UNAVAILABLE = "unavailable"
    MOVED = "moved"
    NOT_ILLEGAL = "not_illegal"
    DUPLICATE = "duplicate"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"  # what it was filed for is on no list any more


# What a person may close a lead as.
BY_HAND = tuple(closing for closing in Closing if closing is not Closing.WITHDRAWN)

_GONE = frozenset({Closing.REMOVED, Closing.UNAVAILABLE})

# Nothing was found out about what these show: new evidence puts them back into the queue.
_OPEN_AGAIN = frozenset({Closing.REMOVED, Closing.UNAVAILABLE, Closing.MOVED, Closing.EXPIRED, Closing.WITHDRAWN})


class LeadKind(StrEnum):
    """What opened a lead."""

    HASH = "hash"
    TEXT = "text"


class Capture(StrEnum):
    """What became of the words of a post whose lead was filed after it was seen."""

    AWAITED = "awaited"  # a visit to that one post is to bring them
    TAKEN = "taken"
    GONE = "gone"  # the platform shows it no more


@dataclass(frozen=True, slots=True, kw_only=True)
class PostTextHit:
    """A text hit, and the post it was found in."""

    post_id: PostId
    hit: TextHit


@dataclass(frozen=True, slots=True, kw_only=True)
class DeletedPost:
    """A lead's post that its platform says is gone, and when that was learnt."""

    post_id: PostId
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """
    What the latest look at a lead's post told, after the lead was filed.

    `gone_since` is when its platform first said that it is gone, and
    `taken_down_at` when that was verified: said again, six hours later or more.
    """

    post_id: PostId
    at: datetime
    gone_since: datetime | None = None
    taken_down_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Lead:
    """
    A post, an album or an author's texts, with evidence and two explained scores.

    `group` is what makes a lead unique. Content is not here: it is sealed.
    `matches` are those that hold, `withdrawn` those that did once. `capture`
    says whether the words of its posts are still to be fetched, None where
    they came with it. `appeared_at` is when what filed it was there to be
    seen, `timing` what that tells of the watch; `first_claimed_at` stays when
    the lead is released.
    """

    id: LeadId
    group: str = field(repr=False)
    kind: LeadKind
    status: LeadStatus
    target_id: TargetId
    platform: Platform
    urgency: int
    value: int
    posted_at: datetime | None
    seen_at: datetime
    filed_at: datetime
    appeared_at: datetime | None = None
    timing: Timing = Timing.UNDATED
    posts: int = 1
    claimed_by: str | None = None
    claimed_at: datetime | None = None
    first_claimed_at: datetime | None = None
    closed_as: Closing | None = None
    reasons: tuple[Reason, ...] = ()
    matches: tuple[MediaMatch, ...] = ()
    withdrawn: tuple[MediaMatch, ...] = ()
    text_hits: tuple[PostTextHit, ...] = ()
    deleted: tuple[DeletedPost, ...] = ()
    looks: tuple[Look, ...] = ()
    capture: Capture | None = None
    key: LeadKey | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Neighbour:
    """Another post by the same author, seen when the lead was filed; it cannot be fetched later."""

    url: str = field(repr=False)
    posted_at: datetime | None = None
    text: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class PostContent:
    """
    What a lead's post said and where: plaintext, on its way to being sealed or shown.

    `particulars` are the platform's own figures and names of the post,
    `channel` those of where it stood. `before` and `after` are its neighbours,
    in the channel's order.
    """

    url: str = field(repr=False)
    text: str = field(default="", repr=False)
    author: str | None = field(default=None, repr=False)
    links: tuple[str, ...] = field(default=(), repr=False)
    media_urls: tuple[str, ...] = field(default=(), repr=False)
    capture: CaptureRecord | None = field(default=None, repr=False)
    particulars: Particulars = field(default=(), repr=False)
    channel: Particulars = field(default=(), repr=False)
    before: tuple[Neighbour, ...] = field(default=(), repr=False)
    after: tuple[Neighbour, ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class SealedContent:
    """One sealed row of a lead: the content of one revision of one of its posts, or a note."""

    id: str
    lead_id: LeadId
    post_id: PostId | None
    kind: str  # "post" or "note"
    created_at: datetime
    actor: str
    ciphertext: bytes = field(repr=False)


def claim(lead: Lead, *, by: str, now: datetime) -> Lead:
    """Return the lead as claimed by one person; it stays theirs until released or closed."""
    if lead.status is LeadStatus.CLAIMED and lead.claimed_by == by:
        return lead
    if lead.status is not LeadStatus.NEW:
        holder = f" by {lead.claimed_by}" if lead.claimed_by else ""
        raise WrongState(f"This lead is {lead.status}{holder}; only a new one can be claimed.")
    first = lead.first_claimed_at or now
    return replace(lead, status=LeadStatus.CLAIMED, claimed_by=by, claimed_at=now, first_claimed_at=first)


def filed_after(lead: Lead) -> dict[str, int]:
    """Return for the log how late a lead was filed, where that tells of the watch."""
    if lead.timing is not Timing.WATCHED or lead.appeared_at is None:
        return {}
    return {AFTER: seconds_between(lead.appeared_at, lead.filed_at)}


def waited(before: Lead, after: Lead) -> dict[str, int]:
    """Return for the log how long a lead waited for its first claim, where this is it."""
    if before.first_claimed_at is not None or after.first_claimed_at is None:
        return {}
    return {WAITED: seconds_between(after.filed_at, after.first_claimed_at)}


def release(lead: Lead, *, by: str, for_a_colleague: bool = False) -> Lead:
    """
    Return the lead to the queue; no reason is asked.

    A supervisor may do it `for_a_colleague`, who may be ill or gone.
    """
    _require_holder(lead, lead.claimed_by or by if for_a_colleague else by)
    return replace(lead, status=LeadStatus.NEW, claimed_by=None, claimed_at=None)


def close(lead: Lead, *, by: str, closing: Closing) -> Lead:
    """Return the lead as closed by the person who holds it; raises BadInput for what only the lists decide."""
    if closing not in BY_HAND:
        raise BadInput(f"Nobody closes a lead as {closing}: lists do. Choose one of {', '.join(BY_HAND)}.")
    _require_holder(lead, by)
    return replace(lead, status=LeadStatus.CLOSED, closed_as=closing)


def assessed(lead: Lead, *, by: str) -> Lead:
    """Return the lead as assessed: by the person who holds it, or by another once somebody did."""
    if lead.status in {LeadStatus.NEW, LeadStatus.CLAIMED}:
        _require_holder(lead, by)
        return replace(lead, status=LeadStatus.ASSESSED)
    return lead


def reopened(lead: Lead, *, speaks: bool = True) -> Lead:
    """
    Return the lead as it stands when new evidence joins it.

    What was closed because it was gone is back in the queue, for it is seen
    again; so is what was closed because its match was taken back, where what
    joins it `speaks` for a lead by itself.
    A lead that a person found not illegal, or a duplicate, stays closed.
    """
    if lead.closed_as not in _OPEN_AGAIN or (lead.closed_as is Closing.WITHDRAWN and not speaks):
        return lead
    return replace(lead, status=LeadStatus.NEW, claimed_by=None, claimed_at=None, closed_as=None)


def is_closed_as_gone(lead: Lead) -> bool:
    """Return whether a lead was closed because what it is about was gone."""
    return lead.closed_as in _GONE


def recurred(lead: Lead) -> Lead:
    """Return the lead as it stands when what was gone is there again: back in the queue, if it was closed as gone."""
    if not is_closed_as_gone(lead):
        return lead
    return replace(lead, status=LeadStatus.NEW, claimed_by=None, claimed_at=None, closed_as=None)


def withdrawn(lead: Lead) -> Lead:
    """
    Return the lead as it stands when nothing speaks for it any more.

    One that waits in the queue is closed; one that a person works on stays
    theirs, and they are told by its reasons.
    """
    if lead.status is not LeadStatus.NEW:
        return lead
    return replace(lead, status=LeadStatus.CLOSED, closed_as=Closing.WITHDRAWN)


def checked_note(text: str) -> str:
    """Return a note's text; raises BadInput for an empty or huge one."""
    stripped = text.strip()
    if not stripped or len(stripped) > 20_000:  # noqa: PLR2004 - said in the message
        raise BadInput("A note holds 1 to 20,000 characters.")
    return stripped


def _require_holder(lead: Lead, by: str) -> None:
    if lead.status is not LeadStatus.CLAIMED:
        raise WrongState(f"This lead is {lead.status}; claim it first.")
    if lead.claimed_by != by:
        raise WrongState(f"This lead is claimed by {lead.claimed_by}; ask them, or a supervisor, to release it.")
