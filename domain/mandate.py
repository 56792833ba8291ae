"""
Decide whether anything may be fetched at all, and how much of it.

The mandate is the written agreement under which a hotline fetches. Without
it, two named users and an organisation, an instance is not enrolled and only
loopback is within its reach, under a synthetic mandate that is valid there.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from domain.errors import NotAllowed
from domain.locators import Locator
from domain.locators.web import is_loopback
from domain.targets import TargetStatus, WatchTarget
from domain.timekeeping import CLOCK_WRONG, ClockFault

USERS_NEEDED = 2  # one requests, another approves
ALL_PAUSED = "all_paused"
# What holds everything up for a while: when it is over, a target's turn is where it was.
HELD_UP = frozenset({ALL_PAUSED, *ClockFault})


class MandateScope(StrEnum):
    """How deep a mandate goes; each includes what stands before it."""

    LINKS_ONLY = "links-only"
    TEXT = "text"
    MEDIA_HASH = "media-hash"

    @property
    def covers_text(self) -> bool:
        """Return whether texts may be read."""
        return self is not MandateScope.LINKS_ONLY

    @property
    def covers_media(self) -> bool:
        """Return whether media may be fetched and hashed."""
        return self is MandateScope.MEDIA_HASH


class Recipient(StrEnum):
    """Another organisation that may be told hashes of what was found, if the mandate names it."""

    ARACHNID = "arachnid"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mandate:
    """Who authorised fetching, in which document, how deep, and until when; and who may be told hashes."""

    authority: str
    document: str
    scope: MandateScope
    expires_at: datetime
    recipients: tuple[Recipient, ...] = ()


SYNTHETIC_MANDATE = Mandate(
    authority="none (not enrolled)",
    document="none (loopback only)",
    scope=MandateScope.MEDIA_HASH,
    expires_at=datetime(9999, 1, 1, tzinfo=UTC),
    recipients=tuple(Recipient),  # the egress guard lets none be reached but on loopback
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Organisation:
    """The hotline: `contact` is a role mailbox, `zone` an IANA time zone."""

    name: str
    contact: str
    zone: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """On whose behalf this instance acts; `paused` holds the reason when all visits are stopped."""

    organisation: Organisation | None = None
    mandate: Mandate | None = None
    users: int = 0
    paused: str = ""

    @property
    def enrolled(self) -> bool:
        """Return whether the instance may leave loopback at all."""
        return self.organisation is not None and self.mandate is not None and self.users >= USERS_NEEDED

    @property
    def governing_mandate(self) -> Mandate:
        """Return the mandate in force: the hotline's own, or the synthetic one on loopback."""
        return self.mandate if self.enrolled and self.mandate else SYNTHETIC_MANDATE


def why_held_up(code: str) -> str:
    """Return in words what holds everything up."""
    return CLOCK_WRONG.get(code, "Everything is paused (kapear pause --all)")


def check_reach(standing: Standing, locator: Locator, *, served_from: str) -> None:
    """
    Raise NotAllowed when an instance that is not enrolled names a place outside loopback.

    `served_from` is the host that would be asked (Telegram's preview may be
    served by a loopback platform). The egress guard decides again at connect.
    """
    host = served_from or locator.host
    if not standing.enrolled and not is_loopback(host):
        raise NotAllowed(
            "This instance is not enrolled, so it reaches loopback only. "
            "Run `kapear enrol` with your organisation, mandate and two users first."
        )


def why_not_asked(standing: Standing, recipient: Recipient, now: datetime) -> str:
    """Return the code of why a recipient may not be told hashes now, or an empty text when it may."""
    mandate = standing.governing_mandate
    checks = (
        (bool(standing.paused), ALL_PAUSED),
        (recipient not in mandate.recipients, "not_named"),
        (not mandate.scope.covers_media, "not_covered"),
        (mandate.expires_at <= now, "mandate_expired"),
    )
    return next((code for failed, code in checks if failed), "")


def why_not_visited(standing: Standing, target: WatchTarget, now: datetime, *, clock: ClockFault | None = None) -> str:
    """Return the code of why a target may not be visited now, or an empty text when it may."""
    mandate = standing.governing_mandate
    checks = (
        (bool(standing.paused), ALL_PAUSED),
        (clock is not None, str(clock)),
        (target.status is not TargetStatus.ACTIVE, f"target_{target.status}"),
        (target.expires_at <= now, "target_expired"),
        (standing.enrolled and target.approved_by is None, "not_approved"),
        (standing.enrolled and target.synthetic, "synthetic_report"),
        (mandate.expires_at <= now, "mandate_expired"),
    )
    return next((code for failed, code in checks if failed), "")
