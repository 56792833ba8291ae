"""
Say what is watched, why, by whose decision, and until when.

Every target cites a report. Where the instance is enrolled, the person who
requests it and the person who approves it are two.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from enum import StrEnum

from domain.errors import BadInput, NotAllowed, WrongState
from domain.ids import ReportId, TargetId, VisitId
from domain.observations import Platform
from domain.outcomes import Outcome
from domain.text import without_encoded_runs

MAX_DAYS = 90
MAX_DEPTH = 3  # links below the locator; deeper is no page that was reported, but a site
_WITH_DEPTH = frozenset({Platform.PAGE, Platform.FORUM})  # a forum's view is followed into its threads
LONGEST_REASON = 200  # characters kept of one
MAX_ACTIVE = 300  # what a handful of analysts can answer for
DEFAULT_BACKFILL = 200
KEPT = timedelta(days=30)  # what no lead needs is deleted after this; of visits their sums by day stay


class TargetStatus(StrEnum):
    """Where a target stands; the words are part of the contract."""

    AWAITING_APPROVAL = "awaiting_approval"
    ACTIVE = "active"
    PAUSED = "paused"
    EXPIRED = "expired"
    RETIRED = "retired"


LIVING = frozenset({TargetStatus.AWAITING_APPROVAL, TargetStatus.ACTIVE, TargetStatus.PAUSED})


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchTarget:
    """
    A public channel or page that is watched because of a report.

    `locator` and `basis` are encrypted with the host's key; `locator_digest`
    is the keyed digest that keeps targets unique. `backfill` None means all.
    `cursor` belongs to the source, and so does `recall`, which is encrypted.
    `approved_at` is since when it is to be watched.
    `next_due` None means: not to be visited. `depth` is how many links deep the
    pages of a site are authorised. `robots_ignored` and `plain_agent` hold a
    person's reason, or nothing. `gone_since` is when the platform first said
    that there is no such place, until it shows it again, and `unseen_since` the
    first look that did not see it after the last that did. `gaps` counts how
    often posts may have scrolled away unseen. `extends_to` is until
    when `extension_by` asks for it to be watched, for a reason that is
    encrypted; another person approves that. `decision` is how its last visit's end
    decided on the next one (`domain.cadence.loaded`), empty before the first.
    """

    id: TargetId
    platform: Platform
    locator: bytes = field(repr=False)
    locator_digest: str = field(repr=False)
    report_id: ReportId
    requested_by: str
    authorised_by: str
    basis: bytes = field(repr=False)
    status: TargetStatus
    approved_by: str | None = None
    approved_at: datetime | None = None
    created_at: datetime
    expires_at: datetime
    backfill: int | None = DEFAULT_BACKFILL
    backfill_since: date | None = None
    cursor: str | None = None
    recall: bytes | None = field(default=None, repr=False)
    depth: int = 0
    robots_ignored: str = field(default="", repr=False)
    plain_agent: str = field(default="", repr=False)
    gone_since: datetime | None = None
    unseen_since: datetime | None = None
    gaps: int = 0
    extends_to: datetime | None = None
    extension_by: str | None = None
    extension_reason: bytes | None = field(default=None, repr=False)
    next_due: datetime | None = None
    decision: str = field(default="", repr=False)
    last_visit_at: datetime | None = None
    last_outcome: Outcome | None = None
    failures: int = 0
    synthetic: bool = False

    @property
    def exceptions(self) -> dict[str, str | int]:
        """Return what its decision allows beyond the one page, its robots.txt heeded and Kapear's name told."""
        allowed: dict[str, str | int] = {
            "depth": self.depth,
            "ignore_robots": self.robots_ignored,
            "plain_agent": self.plain_agent,
        }
        return {name: value for name, value in allowed.items() if value}


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """The right to write what a visit to a target saw; `token` fences off every earlier holder."""

    target: WatchTarget
    token: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """
    What the books keep of a decision on a target's next visit.

    `budget` is the one that its visits are taken from besides the whole,
    `pressure` the class of how strongly it asks for them. One that is
    `pressing` waits behind no bulk.
    """

    decision: str = field(repr=False)
    budget: str = field(repr=False)
    pressure: int
    pressing: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """
    One look at a target. `code` is a short reason, never a locator.

    `suppressed` counts the matches that negative lists took away, `gaps` the
    times at which posts may have scrolled away unseen.
    """

    id: VisitId
    target_id: TargetId
    started_at: datetime
    ended_at: datetime
    outcome: Outcome
    code: str = ""
    new_observations: int = 0
    media_hashed: int = 0
    matches: int = 0
    suppressed: int = 0
    leads_filed: int = 0
    requests: int = 0
    bytes: int = 0
    gaps: int = 0


def checked_days(days: int) -> timedelta:
    """Return how long a target lives; raises BadInput outside 1 to 90 days."""
    if not 1 <= days <= MAX_DAYS:
        raise BadInput(f"A target lives 1 to {MAX_DAYS} days, not {days}; it can be added again with a new decision.")
    return timedelta(days=days)


def checked_depth(depth: int, platform: Platform) -> int:
    """Return how many links deep a site is authorised; raises BadInput beyond three, or where there are no pages."""
    if not 0 <= depth <= MAX_DEPTH:
        raise BadInput(f"--depth is 0 (the one page) to {MAX_DEPTH}, not {depth}.")
    if depth and platform not in _WITH_DEPTH:
        raise BadInput(f"--depth is for web pages and forums; a target on {platform} is read whole. Leave it out.")
    return depth


def checked_reason(stated: str | None, option: str, what: str) -> str:
    """Return a reason as it is kept, empty where none was asked for; raises BadInput for one that says nothing."""
    if stated is None:
        return ""
    reason = without_encoded_runs(stated.strip())[:LONGEST_REASON]
    if not reason:
        raise BadInput(f"Say why {what}: {option} REASON.")
    return reason


def approve(target: WatchTarget, *, by: str, now: datetime) -> WatchTarget:
    """Return the target, or its extension, as approved; the requester cannot approve, nor anyone what expired."""
    if target.extends_to is not None:
        return _extended(target, by=by, now=now)
    if target.status is not TargetStatus.AWAITING_APPROVAL:
        raise WrongState(f"This target is {target.status}; only one awaiting approval can be approved.")
    if by == target.requested_by:
        raise NotAllowed(f"{by} asked for this target; a second person approves it.")
    if target.expires_at <= now:
        raise WrongState("This target expired before it was approved; add it again.")
    return replace(target, status=TargetStatus.ACTIVE, approved_by=by, approved_at=now, next_due=now)


def extend(target: WatchTarget, *, by: str, reason: bytes, days: int, now: datetime) -> WatchTarget:
    """Return the target with an extension asked for, by so many days after its end and 90 from now at most."""
    if target.status not in {TargetStatus.ACTIVE, TargetStatus.PAUSED} or target.expires_at <= now:
        raise WrongState("Only a target that is watched can be extended; add this one again with a new decision.")
    until = min(target.expires_at + checked_days(days), now + timedelta(days=MAX_DAYS))
    if until <= target.expires_at:
        raise BadInput(f"This target lives for {MAX_DAYS} days from now already; extend it when its end is nearer.")
    return replace(target, extends_to=until, extension_by=by, extension_reason=reason)


def extended(target: WatchTarget) -> WatchTarget:
    """Return the target as it is once its extension is in force."""
    until = target.extends_to or target.expires_at
    return replace(target, expires_at=until, extends_to=None, extension_by=None, extension_reason=None)


def _extended(target: WatchTarget, *, by: str, now: datetime) -> WatchTarget:
    if by == target.extension_by:
        raise NotAllowed(f"{by} asked for this extension; a second person approves it.")
    if target.expires_at <= now or target.status not in LIVING:
        raise WrongState("This target ended before its extension was approved; add it again.")
    return extended(target)


def pause(target: WatchTarget) -> WatchTarget:
    """Return the target as paused."""
    _require(target, TargetStatus.ACTIVE, verb="paused")
    return replace(target, status=TargetStatus.PAUSED, next_due=None)


def resume(target: WatchTarget, *, now: datetime) -> WatchTarget:
    """Return the target as active again, due at once."""
    _require(target, TargetStatus.PAUSED, verb="resumed")
    if target.expires_at <= now:
        raise WrongState("This target expired; add it again with a new decision.")
    return replace(target, status=TargetStatus.ACTIVE, next_due=now)


def retire(target: WatchTarget) -> WatchTarget:
    """Return the target as retired: never visited again, its locator free for a new decision."""
    if target.status is TargetStatus.RETIRED:
        raise WrongState("This target is retired already.")
    return replace(target, status=TargetStatus.RETIRED, next_due=None)


def _require(target: WatchTarget, status: TargetStatus, *, verb: str) -> None:
    if target.status is not status:
        raise WrongState(f"This target is {target.status}; only one that is {status} can be {verb}.")
