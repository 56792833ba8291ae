"""
Keep the list of what is watched: every target cites a report and a decision.

On an enrolled instance one person requests, another approves. On one that is
not, only loopback can be named, reports may be synthetic, and no approval is
asked.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import date, datetime

from domain import targets
from domain.books.rows import StoredPost
from domain.cadence import Cadence
from domain.connectivity import Outage
from domain.errors import BadInput, WrongState
from domain.explanation import NextVisit, next_visit
from domain.failing import Failing, failing
from domain.ids import RequestId, TargetId
from domain.locators import Locator, recognise
from domain.locators.web import is_loopback
from domain.mandate import check_reach
from domain.observations import Platform
from domain.people import Actor, Permission
from domain.store import Tx
from domain.targets import TargetStatus, Visit, WatchTarget
from domain.telegram import TelegramAccount, parse_session
from domain.text import without_encoded_runs
from domain.timekeeping import CLOCK_WRONG
from triage.desk import Desk, basis_place, extension_place, locator_place
from triage.prices import Prices, Use
from triage.reports import cited
from triage.telegram import Telegram

ANSWER_POLL_S = 0.2
RECENT_VISITS = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class NewTarget:
    """
    What a person says when asking for a target; `backfill` None means all there is.

    `platform` is said where the address alone does not tell. `ignore_robots`
    and `plain_agent` are reasons: None where neither is asked for.
    """

    locator: str = field(repr=False)
    report: str
    authorised_by: str
    basis: str = field(repr=False)
    days: int = targets.MAX_DAYS
    backfill: int | None = targets.DEFAULT_BACKFILL
    backfill_since: date | None = None
    platform: Platform | None = None
    depth: int = 0
    ignore_robots: str | None = field(default=None, repr=False)
    plain_agent: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetView:
    """
    A target as the desk sees it, with what is decrypted for that.

    `outages` are the times since it was added in which nothing was watched.
    `next_visit` is told where one target is shown.
    """

    target: WatchTarget
    canonical: str = field(repr=False)
    report: str
    basis: str = field(default="", repr=False)
    extension_reason: str = field(default="", repr=False)
    visits: tuple[Visit, ...] = ()
    failing: Failing | None = None
    outages: tuple[Outage, ...] = ()
    next_visit: NextVisit | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchList:
    """The watch list and the decisions on it; `cadence` is what explains when targets are visited."""

    desk: Desk
    cadence: Cadence = field(default_factory=Cadence)

    async def add(self, actor: Actor, wanted: NewTarget) -> TargetView:
        """
        Add a target; it waits for approval where the instance is enrolled.

        To read it without Kapear's name is a supervisor's decision. Raises
        BadLocator, NotWatchable, NotAllowed, NotFound (unknown report),
        WrongState (watched already, or the list is full).
        """
        actor.require(Permission.REQUEST_TARGET)
        if wanted.plain_agent is not None:
            actor.require(Permission.HIDE_NAME)
        accounts = await self.desk.store.read(Telegram(desk=self.desk).in_use)
        locator = recognise(wanted.locator, with_account=bool(accounts), platform=wanted.platform)
        if locator.platform in self.desk.lacking:
            raise WrongState(self.desk.lacking[locator.platform])
        lifetime = targets.checked_days(wanted.days)
        if not wanted.basis.strip() or not wanted.authorised_by.strip():
            raise BadInput("Say who authorised watching this (--authorised-by) and on what basis (--basis).")
        if wanted.backfill is not None and wanted.backfill < 0:
            raise BadInput("--backfill is a number of posts from 0 up, a date such as 2026-01-31, or `all`.")
        now = self.desk.now()
        target_id = TargetId(self.desk.new_id())
        basis = without_encoded_runs(wanted.basis.strip())
        depth = targets.checked_depth(wanted.depth, locator.platform)
        robots_ignored = targets.checked_reason(
            wanted.ignore_robots, "--ignore-robots", "the site's robots.txt is not heeded"
        )
        plain_agent = targets.checked_reason(
            wanted.plain_agent, "--plain-agent", "Kapear's name is not told to the site"
        )

        def work(tx: Tx) -> TargetView:
            standing = tx.standing.get()
            check_reach(standing, locator, served_from=self._served_from(locator, accounts))
            tx.targets.expire(now)
            report = cited(self.desk, tx, actor, wanted.report)
            if tx.targets.count(targets.LIVING) >= self.desk.max_active:
                raise WrongState(
                    f"{self.desk.max_active} targets are watched, as many as allowed; retire one that is done with."
                )
            target = WatchTarget(
                id=target_id,
                platform=locator.platform,
                locator=self.desk.vault.encrypt(locator.canonical, locator_place(target_id)),
                locator_digest=self.desk.vault.digest("locator", locator.canonical),
                report_id=report.id,
                requested_by=actor.name,
                authorised_by=without_encoded_runs(wanted.authorised_by.strip())[:200],
                basis=self.desk.vault.encrypt(basis, basis_place(target_id)),
                status=TargetStatus.AWAITING_APPROVAL if standing.enrolled else TargetStatus.ACTIVE,
                approved_at=None if standing.enrolled else now,
                created_at=now,
                expires_at=now + lifetime,
                backfill=wanted.backfill,
                backfill_since=wanted.backfill_since,
                next_due=None if standing.enrolled else now,
                synthetic=not standing.enrolled,
                depth=depth,
                robots_ignored=robots_ignored,
                plain_agent=plain_agent,
            )
            existing = self.desk.watched(tx, locator)
            if existing is not None:
                raise WrongState(f"This place is watched already: target {existing.id} ({existing.status}).")
            tx.targets.add(target)
            self.desk.note(
                tx,
                actor,
                "target.requested",
                target_id,
                report=report.reference,
                platform=locator.platform,
                **target.exceptions,
            )
            return TargetView(target=target, canonical=locator.canonical, report=report.reference, basis=basis)

        return await self.desk.store.write(work)

    async def approve(self, actor: Actor, target_id: str) -> TargetView:
        """Approve a target that another person requested, or its extension."""
        actor.require(Permission.APPROVE_TARGET)
        now = self.desk.now()

        def work(tx: Tx) -> TargetView:
            fault = self.desk.clock_fault(tx, tx.standing.get())
            if fault is not None:
                raise WrongState(f"{CLOCK_WRONG[fault]}.")
            tx.targets.expire(now)
            before = tx.targets.get(TargetId(target_id))
            after = targets.approve(before, by=actor.name, now=now)
            tx.targets.update(after)
            action, told = (
                ("target.approved", after.exceptions) if before.extends_to is None else ("target.extended", {})
            )
            self.desk.note(tx, actor, action, after.id, **told)
            return self._view(tx, after)

        return await self.desk.store.write(work)

    async def extend(self, actor: Actor, target_id: str, *, days: int, reason: str) -> TargetView:
        """
        Ask that a target be watched longer, for a lead of it that is open; a second person approves.

        Where the instance is not enrolled it is in force at once.
        """
        actor.require(Permission.REQUEST_TARGET)
        stated = without_encoded_runs(reason.strip())
        if not stated:
            raise BadInput("Say why it is to be watched longer: --reason TEXT.")
        now = self.desk.now()

        def work(tx: Tx) -> TargetView:
            tx.targets.expire(now)
            target = tx.targets.get(TargetId(target_id))
            if not tx.leads.is_open(target.id):
                raise WrongState("No lead of this target is open; when it ends, add it again with a new decision.")
            sealed = self.desk.vault.encrypt(stated, extension_place(target.id))
            asked = targets.extend(target, by=actor.name, reason=sealed, days=days, now=now)
            is_enrolled = tx.standing.get().enrolled
            after = asked if is_enrolled else targets.extended(asked)
            tx.targets.update(after)
            self.desk.note(tx, actor, "target.extension_requested" if is_enrolled else "target.extended", after.id)
            return self._view(tx, after)

        return await self.desk.store.write(work)

    async def pause(self, actor: Actor, target_id: str) -> TargetView:
        """Stop visiting a target for a while."""
        actor.require(Permission.STEER_TARGET)
        return await self._decide(actor, target_id, "target.paused", targets.pause)

    async def resume(self, actor: Actor, target_id: str) -> TargetView:
        """Go on visiting a paused target."""
        actor.require(Permission.STEER_TARGET)
        now = self.desk.now()
        return await self._decide(actor, target_id, "target.resumed", lambda target: targets.resume(target, now=now))

    async def retire(self, actor: Actor, target_id: str) -> TargetView:
        """Stop watching a target for good."""
        actor.require(Permission.STEER_TARGET)
        return await self._decide(actor, target_id, "target.retired", targets.retire)

    async def all(self, actor: Actor) -> list[TargetView]:
        """Return all targets by when they were added, newest first."""
        actor.require(Permission.SEE_DESK)

        def work(tx: Tx) -> list[TargetView]:
            return [replace(self._view(tx, one), failing=failing(one)) for one in tx.targets.all()]

        return await self.desk.store.read(work)

    async def show(self, actor: Actor, target_id: str) -> TargetView:
        """Return one target with its latest visits."""
        actor.require(Permission.SEE_DESK)

        def work(tx: Tx) -> TargetView:
            target = tx.targets.get(TargetId(target_id))
            return replace(
                self._view(tx, target),
                visits=tuple(tx.targets.visits(target.id, RECENT_VISITS)),
                failing=failing(target),
                outages=tuple(tx.outages.between(target.created_at, min(target.expires_at, self.desk.now()))),
                next_visit=next_visit(self.cadence, target),
            )

        return await self.desk.store.read(work)

    async def use(self) -> Use:
        """Return how much of what all targets may have was used."""
        return await Prices(desk=self.desk, cadence=self.cadence).use()

    async def offline_since(self) -> datetime | None:
        """Return since when the network is away, and nothing is watched; None while it is there."""
        return await self.desk.store.read(lambda tx: tx.outages.current())

    async def posts(self, actor: Actor, target_id: str) -> list[tuple[str, StoredPost]]:
        """Return what was seen of a target, post by post: a name and no content."""
        actor.require(Permission.SEE_DESK)

        def work(tx: Tx) -> list[tuple[str, StoredPost]]:
            target = tx.targets.get(TargetId(target_id))
            locator = self.desk.locator_of(target)
            own = self.desk.vault.digest("post", locator)  # a page is its one post
            return [(locator if post.key.post == own else post.key.post, post) for post in tx.targets.posts(target.id)]

        return await self.desk.store.read(work)

    async def pause_all(self, actor: Actor, reason: str) -> None:
        """Stop every visit, pull and look-up with a reason; an empty reason lets them go on."""
        actor.require(Permission.STEER_TARGET)
        stated = without_encoded_runs(reason.strip())[: targets.LONGEST_REASON]
        if reason and not stated:
            raise BadInput("Say why everything is paused; to go on, give an empty reason: kapear pause --all ''")

        def work(tx: Tx) -> None:
            tx.standing.pause_all(stated)
            self.desk.note(tx, actor, "visits.paused" if stated else "visits.resumed")

        await self.desk.store.write(work)

    async def request_visit(self, actor: Actor, target_id: str) -> RequestId:
        """Ask the running instance to visit a target now."""
        actor.require(Permission.STEER_TARGET)
        request_id = RequestId(self.desk.new_id())

        def work(tx: Tx) -> None:
            target = tx.targets.get(TargetId(target_id))
            tx.targets.request_visit(request_id, target.id, self.desk.now())
            self.desk.note(tx, actor, "target.visit_requested", target.id)

        await self.desk.store.write(work)
        return request_id

    async def answer(self, request_id: RequestId) -> Visit:
        """Wait until the running instance has answered a request for a visit."""
        while True:
            visit = await self.desk.store.read(lambda tx: tx.targets.answer(request_id))
            if visit is not None:
                return visit
            await asyncio.sleep(ANSWER_POLL_S)

    async def _decide(
        self, actor: Actor, target_id: str, action: str, decision: Callable[[WatchTarget], WatchTarget]
    ) -> TargetView:
        """Apply a pure decision to a target, with its audit event."""
        now = self.desk.now()

        def work(tx: Tx) -> TargetView:
            tx.targets.expire(now)
            target = decision(tx.targets.get(TargetId(target_id)))
            tx.targets.update(target)
            self.desk.note(tx, actor, action, target.id)
            return self._view(tx, target)

        return await self.desk.store.write(work)

    def _view(self, tx: Tx, target: WatchTarget) -> TargetView:
        return TargetView(
            target=target,
            canonical=self.desk.locator_of(target),
            report=tx.reports.get(target.report_id).reference,
            basis=self.desk.vault.decrypt(target.basis, basis_place(target.id)),
            extension_reason=(
                self.desk.vault.decrypt(target.extension_reason, extension_place(target.id))
                if target.extension_reason is not None
                else ""
            ),
        )

    def _served_from(self, locator: Locator, accounts: Iterable[TelegramAccount]) -> str:
        """Return the host that would really be asked for a locator; of several the one that lies outside loopback."""
        if locator.platform is Platform.TELEGRAM:
            return min((parse_session(account.session).host for account in accounts), key=is_loopback)
        return self.desk.hosts.get(locator.platform, locator.host)
