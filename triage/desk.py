"""What every use case at the desk needs: the store, the keys, the clock, the dice."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from domain.audit import AuditDraft
from domain.clock import utc_now
from domain.ids import IdMaker, new_id
from domain.locators import Locator
from domain.mandate import Standing
from domain.observations import Platform
from domain.people import Actor
from domain.ports import Place, SourceTarget, Vault
from domain.store import Store, Tx
from domain.targets import MAX_ACTIVE, WatchTarget
from domain.timekeeping import ClockFault, ClockReading, Keeping, Require, clock_fault
from triage.halt import Halt


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """
    The instruments that use cases share.

    `hosts` are asked about a platform's targets where it is not their locator's own;
    `lacking` says of platforms that cannot be asked yet what it takes.
    `telegram_session` signs in the environment's account, and is empty where it has none.
    `keeping` asks the machine how its clock is kept.
    """

    store: Store
    vault: Vault = field(repr=False)
    hosts: Mapping[Platform, str] = field(default_factory=dict)
    telegram_session: str = field(default="", repr=False)
    lacking: Mapping[Platform, str] = field(default_factory=dict)
    max_active: int = MAX_ACTIVE
    halt: Halt = field(default_factory=Halt)
    keeping: Callable[[], Keeping] = lambda: Keeping.UNKNOWN
    require_sync: Require = Require.WHERE_KEPT
    now: Callable[[], datetime] = utc_now
    new_id: IdMaker = new_id

    def note(self, tx: Tx, actor: Actor | str, action: str, subject: str = "", **details: str | int) -> None:
        """Write an audit event in the transaction of the action it tells of."""
        name = actor if isinstance(actor, str) else actor.name
        tx.audit.append(AuditDraft(at=self.now(), actor=name, action=action, subject=subject, details=details))

    def clock_fault(self, tx: Tx, standing: Standing) -> ClockFault | None:
        """Return what is wrong with the clock; None where visits and approvals may go by it."""
        reading = ClockReading(
            now=self.now(), newest=tx.audit.newest(), keeping=self.keeping(), require=self.require_sync
        )
        return clock_fault(reading, enrolled=standing.enrolled)

    def watched(self, tx: Tx, locator: Locator) -> WatchTarget | None:
        """Return the living target at a place, whichever of its addresses was given."""
        spelled = (self.vault.digest("locator", address) for address in (locator.canonical, *locator.twins))
        return next((found for digest in spelled if (found := tx.targets.find(digest)) is not None), None)

    def locator_of(self, target: WatchTarget) -> str:
        """Return a target's canonical locator."""
        return self.vault.decrypt(target.locator, locator_place(target.id))

    def wanted_of(self, target: WatchTarget) -> SourceTarget:
        """Return what a source needs to know to look at a target."""
        return SourceTarget(
            platform=target.platform,
            locator=self.locator_of(target),
            cursor=target.cursor,
            backfill=target.backfill,
            backfill_since=target.backfill_since,
            recall=None if target.recall is None else self.vault.decrypt(target.recall, recall_place(target.id)),
            depth=target.depth,
            ignores_robots=bool(target.robots_ignored),
            plain_agent=bool(target.plain_agent),
            named=lambda url: self.vault.digest("post", url),
        )


def locator_place(target_id: str) -> Place:
    """Return where a target's locator stands."""
    return Place(table="targets", row=target_id, column="locator")


def recall_place(target_id: str) -> Place:
    """Return where that stands of which a target's source wants to be reminded."""
    return Place(table="targets", row=target_id, column="recall")


def basis_place(target_id: str) -> Place:
    """Return where the basis of a target's authorisation stands."""
    return Place(table="targets", row=target_id, column="basis")


def extension_place(target_id: str) -> Place:
    """Return where the reason for a target's extension stands."""
    return Place(table="targets", row=target_id, column="extension_reason")


def alleged_place(report_id: str) -> Place:
    """Return where a report's allegation stands."""
    return Place(table="reports", row=report_id, column="alleged")


def content_place(content_id: str) -> Place:
    """Return where a lead's sealed row stands."""
    return Place(table="lead_contents", row=content_id, column="ciphertext")


def retry_place(identity: str) -> Place:
    """Return where that stands by which a media item will be tried again."""
    return Place(table="media", row=identity, column="retry")
