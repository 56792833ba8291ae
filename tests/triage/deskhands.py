"""An open office on SQLite whose visits are made by fakes, for triage's tests."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta

from domain.audit import AuditDraft
from domain.books.rows import StoredPost
from domain.connectivity import Outage
from domain.ids import TargetId
from domain.leads import Lead
from domain.mandate import Mandate, MandateScope, Organisation
from domain.observations import Platform
from domain.people import Actor
from domain.reports import Via
from domain.targets import Claim, Visit, WatchTarget
from tests.desk import LOCAL, OpenOffice
from tests.fakes import FakeFingerprinter, FakeMatcher, FakeRules, FakeSource, Step
from triage.intake import Intake, Limits
from triage.outages import Line
from triage.prices import Purse
from triage.turns import Turns
from triage.watchlist import NewTarget, TargetView, WatchList

ORGANISATION = Organisation(name="A test hotline", contact="hotline@example.org", zone="Asia/Phnom_Penh")


@dataclass
class Desk:
    """An open office whose visits are made by fakes."""

    opened: OpenOffice
    source: FakeSource = field(default_factory=FakeSource)
    fingerprinter: FakeFingerprinter = field(default_factory=FakeFingerprinter)
    matcher: FakeMatcher = field(default_factory=FakeMatcher)
    rules: FakeRules = field(default_factory=FakeRules)
    limits: Limits = field(default_factory=Limits)
    line: Line = field(default_factory=Line)

    @property
    def intake(self) -> Intake:
        return Intake(
            desk=self.opened.office.desk,
            sources={Platform.TELEGRAM_WEB: self.source, Platform.PAGE: self.source},
            fingerprinter=self.fingerprinter,
            matcher=self.matcher,
            rules=self.rules,
            limits=self.limits,
            line=self.line,
        )

    def turns(self, *, bytes_a_day: int | None = None) -> Turns:
        """Return what hands out turns."""
        desk = self.opened.office.desk
        return Turns(desk=desk, line=self.line, purse=Purse(desk=desk, bytes_a_day=bytes_a_day))

    @property
    def watchlist(self) -> WatchList:
        """Return the watch list of an instance whose Telegram is a loopback platform."""
        return WatchList(desk=replace(self.opened.office.desk, hosts={Platform.TELEGRAM_WEB: "127.0.0.1"}))

    async def watch(self, locator: str = "@tin_lanterns", *, by: Actor = LOCAL, days: int = 90) -> TargetView:
        """Add a target; on an enrolled instance another person has to approve it."""
        wanted = NewTarget(locator=locator, report="IHC-1", authorised_by="The board", basis="A report", days=days)
        return await self.watchlist.add(by, wanted)

    async def approved(self) -> str:
        """Add a target on an enrolled instance and approve it; returns its id."""
        bopha, chan = await self.opened.user("bopha"), await self.opened.user("chan")
        await self.opened.office.reports.add(
            bopha, reference="IHC-1", received_on=self.opened.clock().date(), via=Via.PHONE, alleged="Tin lanterns"
        )
        target = await self.watch(by=bopha)
        return (await self.watchlist.approve(chan, target.target.id)).target.id

    async def target(self, target_id: str) -> WatchTarget:
        return await self.opened.store.read(lambda tx: tx.targets.get(TargetId(target_id)))

    async def claim(self, target_id: str) -> Claim:
        claim = await self.opened.store.write(lambda tx: tx.targets.claim(TargetId(target_id)))
        assert claim is not None
        return claim

    async def visit(self, target_id: str, *script: Step) -> Visit:
        """Visit a target with a script for the source."""
        self.source.script = script
        visit, _ = await self.intake.visit(await self.claim(target_id), 0.5)
        return visit

    async def visits(self, target_id: str) -> list[Visit]:
        return await self.opened.store.read(lambda tx: tx.targets.visits(TargetId(target_id), 1_000))

    async def outages(self) -> list[Outage]:
        now = self.opened.clock()
        return await self.opened.store.read(lambda tx: tx.outages.between(now - timedelta(days=1), now))

    async def posts(self, target_id: str) -> list[StoredPost]:
        return await self.opened.store.read(lambda tx: tx.targets.posts(TargetId(target_id)))

    async def leads(self) -> list[Lead]:
        return await self.opened.store.read(lambda tx: tx.leads.queue())

    async def events(self) -> list[AuditDraft]:
        return await self.opened.store.read(lambda tx: [event.draft for event in tx.audit.events()])

    async def renew(self, scope: MandateScope) -> None:
        """Replace the mandate of an enrolled hotline."""
        nary = await self.opened.user("nary")
        await self.opened.office.people.enrol(nary, ORGANISATION, mandate(self, scope), [])


def mandate(desk: Desk, scope: MandateScope) -> Mandate:
    """Return a mandate that lives for most of a year."""
    expires = desk.opened.clock() + timedelta(days=300)
    return Mandate(authority="A test authority", document="A-2", scope=scope, expires_at=expires)
