"""
Decide whether a place, or a post, is gone.

That it is gone must be said by its platform, twice, at least six hours apart,
and each time by a platform that was known again at another place: a captive
portal, a block page or a hijacked name refuses everything alike. Pure: the
caller brings what was said, who witnessed it, and the clock.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from domain.observations import Platform
from domain.outcomes import Outcome

APART = timedelta(hours=6)  # what a platform takes back by then was a fault of its own
SOON = timedelta(minutes=5)  # after that: so much later is the second look
DOUBT = timedelta(hours=1)  # until the next look at a place whose platform was not itself

UNCONFIRMED = "gone_unconfirmed"
NOT_ITSELF = "not_itself"

# What captive portals and block pages say as well; over TLS nobody but the site can say it.
_SAID_BY_OTHERS = frozenset({Outcome.MOVED, Outcome.RESTRICTED, Outcome.NO_PREVIEW})


@dataclass(frozen=True, slots=True, kw_only=True)
class Absence:
    """Since when something is said to be gone (None: it is not), and whether that is confirmed."""

    since: datetime | None
    is_confirmed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Ruling:
    """
    How a visit ends, and what is known of its target afterwards.

    `look_at` is when it must be looked at again; None leaves that to its
    cadence. `is_failure` says whether the ending is held against the target.
    """

    outcome: Outcome
    code: str
    gone_since: datetime | None
    look_at: datetime | None = None
    is_failure: bool = False


def needs_witness(outcome: Outcome, platform: Platform, locator: str, *, was_read: bool) -> bool:
    """
    Return whether an ending is believed only if the platform is itself at another place.

    Of a place that was never read nobody can be misled that it moved or closed;
    who has just added it wants to know.
    """
    if outcome in _SAID_BY_OTHERS:
        return was_read and (platform.is_telegram or not locator.startswith("https:"))
    return outcome is Outcome.GONE


def absence(since: datetime | None, now: datetime) -> Absence:
    """Return what follows when a platform that is itself says that something is gone."""
    if since is None or since > now:  # a clock that was set back proves nothing
        return Absence(since=now)
    return Absence(since=since, is_confirmed=now - since >= APART)


def ruled(outcome: Outcome, code: str, *, is_itself: bool | None, gone_since: datetime | None, now: datetime) -> Ruling:
    """
    Return how a visit ends, given how its source ended it.

    `is_itself` is what the witness said, None where none was asked. Only a
    place that is seen is not gone any more; whatever else a visit meets
    neither confirms that it is nor ends it.
    """
    if outcome.was_seen:
        return Ruling(outcome=outcome, code=code, gone_since=None)
    if is_itself is False or code == NOT_ITSELF:
        return Ruling(outcome=Outcome.UNREACHABLE, code=NOT_ITSELF, gone_since=gone_since, look_at=now + DOUBT)
    if outcome is not Outcome.GONE or is_itself is None:
        return Ruling(outcome=outcome, code=code, gone_since=gone_since, is_failure=not outcome.is_ours)
    found = absence(gone_since, now)
    if found.is_confirmed or found.since is None:
        return Ruling(outcome=Outcome.GONE, code=code, gone_since=found.since, is_failure=True)
    return Ruling(
        outcome=Outcome.UNREACHABLE, code=UNCONFIRMED, gone_since=found.since, look_at=found.since + APART + SOON
    )
