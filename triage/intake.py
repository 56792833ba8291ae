"""
Bring one page of posts after another from a source into the books.

The order is the promise: the next page is asked for only after the last is
committed; media are hashed before the transaction opens, and inside it only
the database is worked with. Whatever stops a visit, what was committed stays
and what was not is seen again.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from domain.audit import SYSTEM
from domain.cadence import Cadence
from domain.errors import Halted, KapearError, LostClaim, OperatorFault, VisitEnded
from domain.filing import TEXT_LEADS_A_DAY, PostKey
from domain.ids import LeadId, PostId
from domain.leads import PostContent, SealedContent, filed_after, is_closed_as_gone
from domain.mandate import ALL_PAUSED, HELD_UP, Standing, why_not_visited
from domain.observations import MediaKind, ObservedPage, Platform
from domain.outcomes import Outcome
from domain.pages import AssessedPost, KnownMedia, PagePlan
from domain.planning import Planner
from domain.ports import Fingerprinter, Matcher, Source, SourceTarget, TextRules
from domain.presence import NOT_ITSELF, needs_witness, ruled
from domain.scoring import Points
from domain.store import Tx
from domain.targets import Claim, Visit, WatchTarget
from domain.timekeeping import ClockFault
from triage.assessing import Assessor, reread
from triage.captures import CAPTURED_WITHIN, Captures
from triage.context import Surroundings
from triage.desk import Desk, content_place, recall_place, retry_place
from triage.finishing import UNFINISHED, Finishing
from triage.outages import Line
from triage.prices import Prices
from triage.queue import sealed_text
from triage.readings import MediaReader, Reading
from triage.rechecks import Rechecks, due_posts
from triage.run import Run
from triage.takedowns import Takedowns

log = logging.getLogger("kapear.intake")


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one visit may take; a visit that reaches a limit stops and the next goes on."""

    media_at_once: int = 4
    page_deadline: timedelta = timedelta(seconds=90)
    visit_deadline: timedelta = timedelta(minutes=10)
    witness_deadline: timedelta = timedelta(seconds=45)
    retries_a_visit: int = 20
    captures_a_visit: int = 20
    rechecks_a_visit: int = 20
    text_leads_a_day: int = TEXT_LEADS_A_DAY


@dataclass(frozen=True, slots=True, kw_only=True)
class Intake:
    """Visits targets: everything a visit needs, and nothing that says when."""

    desk: Desk
    sources: Mapping[Platform, Source]
    fingerprinter: Fingerprinter
    matcher: Matcher
    rules: TextRules
    limits: Limits = field(default_factory=Limits)
    points: Points = field(default_factory=Points)
    cadence: Cadence = field(default_factory=Cadence)
    line: Line = field(default_factory=Line)

    @property
    def _prices(self) -> Prices:
        return Prices(desk=self.desk, cadence=self.cadence)

    @property
    def _reader(self) -> MediaReader:
        return MediaReader(
            desk=self.desk,
            fingerprinter=self.fingerprinter,
            matcher=self.matcher,
            at_once=self.limits.media_at_once,
            deadline=self.limits.page_deadline,
        )

    @property
    def _assessor(self) -> Assessor:
        return Assessor(vault=self.desk.vault, rules=self.rules)

    async def visit(self, claim: Claim, dice: float) -> tuple[Visit, datetime | None]:
        """
        Look at a target once; returns the visit and when the next is due.

        Raises LostClaim when another visitor took the target, and
        OperatorFault when the database fails; every other fault is an outcome.
        """
        started = self.desk.now()

        def look_up(tx: Tx) -> tuple[Standing, bool, ClockFault | None]:
            pending = tx.targets.pending_media(claim.target.id, 1)
            awaited = tx.prints.awaited(claim.target.id, started - CAPTURED_WITHIN, 1)
            is_owed = bool(pending or awaited or due_posts(tx, claim.target, started, 1))
            standing = tx.standing.get()
            return standing, is_owed, self.desk.clock_fault(tx, standing)

        standing, is_owed, clock = await self.desk.store.read(look_up)
        run = Run(
            claim=claim,
            scope=standing.governing_mandate.scope,
            started=started,
            cursor=claim.target.cursor,
            recall=claim.target.recall,
            is_owed=is_owed,
        )
        code = why_not_visited(standing, claim.target, run.started, clock=clock)
        outcome, witness = Outcome.NOT_AUTHORISED, None
        if not code:
            try:
                async with self.desk.halt.going_out():
                    outcome, code = await self._outcome_of(run)
                    witness = await self._witness(run, outcome)
            except Halted:
                outcome, code, witness = Outcome.NOT_AUTHORISED, ALL_PAUSED, None
        ruling = ruled(outcome, code, is_itself=witness, gone_since=claim.target.gone_since, now=self.desk.now())
        if code in HELD_UP:
            ruling = replace(ruling, look_at=claim.target.next_due)
        return await Finishing(desk=self.desk, prices=self._prices, line=self.line).finish(run, ruling, dice)

    async def _outcome_of(self, run: Run) -> tuple[Outcome, str]:
        """Look at the target and say how it ended."""
        code = ""
        deadline = asyncio.timeout(self.limits.visit_deadline.total_seconds())
        try:
            async with deadline:
                await self._look(run)
        except TimeoutError as fault:
            if not deadline.expired():
                return _failed(run, fault)
            if not run.pages:
                return Outcome.UNREACHABLE, UNFINISHED
            code = UNFINISHED
        except (LostClaim, OperatorFault):
            raise
        except VisitEnded as ended:
            run.until = ended.until
            return ended.outcome, ended.code
        except KapearError as fault:
            return Outcome.ERROR, type(fault).__name__
        except Exception as fault:  # noqa: BLE001 - one broken target must not stop the others
            return _failed(run, fault)
        return (Outcome.NEW if run.observations else Outcome.UNCHANGED), code

    async def _witness(self, run: Run, outcome: Outcome) -> bool | None:
        """Return whether the platform is itself elsewhere, where the ending is believed of nobody else."""
        target = run.target
        was_read = target.cursor is not None or target.recall is not None
        if not needs_witness(outcome, target.platform, self.desk.locator_of(target), was_read=was_read):
            return None
        return await self._is_itself(run)

    async def _is_itself(self, run: Run) -> bool:
        """Return whether the target's platform is itself, as far as that can be known."""
        wanted = self.desk.wanted_of(run.target)
        try:
            async with asyncio.timeout(self.limits.witness_deadline.total_seconds()):
                return await self.sources[wanted.platform].is_itself(wanted, run.traffic)
        except Exception as fault:  # noqa: BLE001 - what cannot be asked witnesses nothing
            log.info("no witness", extra={"target": run.target.id, "error": type(fault).__name__})
            return False

    async def _look(self, run: Run) -> None:
        """Read page after page, each committed before the next is fetched; then try pending media again."""
        target = run.target
        source = self.sources[target.platform]
        wanted = self.desk.wanted_of(target)
        run.surroundings = Surroundings(
            source=source, target=wanted, traffic=run.traffic, stored_digests=self._stored_digests
        )
        # A source is an async generator: closing it lets go of its connection at once.
        pages = source.pages(wanted, run.traffic)
        async with aclosing(pages):  # type: ignore[type-var]  # the port promises no more than an iterator
            async for page in pages:
                await self._page(run, page)
        if not (run.pages or run.is_owed):
            return  # nothing is new, and nothing left over: most visits are like this
        if run.scope.covers_media:
            await self._retry_pending(run, source, wanted)
        captures = Captures(
            desk=self.desk, assessor=self._assessor, take_in=self._page, at_most=self.limits.captures_a_visit
        )
        await captures.fetch(run, source, wanted)
        rechecks = Rechecks(
            desk=self.desk, assessor=self._assessor, take_in=self._page, at_most=self.limits.rechecks_a_visit
        )
        await rechecks.look(run, source, wanted)

    async def _page(self, run: Run, page: ObservedPage, only: PostKey | None = None) -> None:
        """Assess one page, or `only` one post of it, and commit it; a decision taken since the last ends the visit."""
        seen_at, assessor = self.desk.now(), self._assessor
        named = [assessor.key_of(run.target.platform, post) for post in page.posts]
        chosen = [index for index, key in enumerate(named) if only is None or key == only]
        keys, posts = [named[index] for index in chosen], [page.posts[index] for index in chosen]
        with_media = [key for key, post in zip(keys, posts, strict=True) if post.media]

        def look_up(
            tx: Tx,
        ) -> tuple[Standing, WatchTarget, ClockFault | None, Mapping[PostKey, Mapping[str, KnownMedia]]]:
            standing, target = tx.standing.get(), tx.targets.get(run.target.id)
            return standing, target, self.desk.clock_fault(tx, standing), tx.targets.known_media(with_media)

        standing, target, clock, known = await self.desk.store.read(look_up)
        code = why_not_visited(standing, target, self.desk.now(), clock=clock)
        if code:
            raise VisitEnded(Outcome.NOT_AUTHORISED, code)
        run.scope = standing.governing_mandate.scope
        # Whoever stands before a plain host says of every address that there is nothing.
        if page.deleted and run.target.platform.names_posts_by_url and not await self._is_itself(run):
            raise VisitEnded(Outcome.UNREACHABLE, NOT_ITSELF)
        media_of = await self._reader.read_all(
            posts, [known.get(key, {}) for key in keys], covers_media=run.scope.covers_media, tried=run.tried
        )
        assessed = [
            assessor.assess(run.scope, page, index, key, media)
            for index, key, media in zip(chosen, keys, media_of, strict=True)
        ]
        # A page that was asked for by one post's name shows that post among its neighbours already.
        if only is None and run.scope.covers_text and run.surroundings is not None:
            assessed = await run.surroundings.completed(page, assessed)
        run.suppressed += sum(item.suppressed for media in media_of for item in media)
        if only is None:
            run.cursor = page.cursor
            run.gaps += page.is_after_gap
            if page.recall is not None:
                run.recall = self.desk.vault.encrypt(page.recall, recall_place(run.target.id))
        deleted = [assessor.key_named(run.target.platform, *names) for names in page.deleted]
        await self._commit(run, assessed, deleted, seen_at=seen_at)
        run.pages += 1

    async def _stored_digests(self, keys: Sequence[PostKey]) -> Mapping[PostKey, str]:
        return await self.desk.store.read(lambda tx: tx.targets.known_digests(keys))

    async def _retry_pending(self, run: Run, source: Source, wanted: SourceTarget) -> None:
        """Read media again that earlier visits could not, unless this one has tried them already."""
        limit = self.limits.retries_a_visit
        rows = await self.desk.store.read(lambda tx: tx.targets.pending_media(run.target.id, limit))
        gate = asyncio.Semaphore(self.limits.media_at_once)
        for row in rows:
            if row.identity in run.tried:
                continue
            # What earlier versions wrote does not say of what kind it is.
            url, album, *more = json.loads(self.desk.vault.decrypt(row.retry, retry_place(row.identity)))
            kind, post_url = more[:1], (more[1:] or [_url_of(row.key, wanted.locator)])[0]
            reading = Reading(
                source=source.media(url, run.traffic, plain_agent=wanted.plain_agent),
                identity=row.identity,
                url=url,
                album=album,
                kind=MediaKind(*kind) if kind else MediaKind.IMAGE,
            )
            item = await self._reader.read(reading, gate, run.tried)
            await self._commit(run, [reread(row, item, post_url, album)], seen_at=self.desk.now())

    async def _commit(
        self, run: Run, posts: Sequence[AssessedPost], deleted: Sequence[PostKey] = (), *, seen_at: datetime
    ) -> None:
        """Write one page, which came at a time, in one transaction, fenced by the claim."""
        planner = Planner(
            target_id=run.target.id,
            platform=run.target.platform,
            approved_at=run.target.approved_at,
            seen_at=seen_at,
            now=self.desk.now(),
            new_id=self.desk.new_id,
            points=self.points,
            text_leads_a_day=self.limits.text_leads_a_day,
        )
        groups = [group for post in posts for group in planner.groups_of(post)]

        def work(tx: Tx) -> PagePlan:
            page = tx.page(run.claim)
            known = page.known([*(post.key for post in posts), *deleted], groups)
            plan = planner.plan(posts, known, deleted)
            keys = {lead.id: self.desk.vault.new_lead_key(lead.id) for lead in plan.filed}
            publics = {known_lead.lead.id: known_lead.lead.key for known_lead in known.leads.values()} | keys
            sealed = [
                self._sealed(content.lead_id, content.post_id, content.content, key.public, planner.now)
                for content in plan.contents
                if (key := publics.get(content.lead_id)) is not None
            ]
            page.record(plan, keys=keys, sealed=sealed, cursor=run.cursor, recall=run.recall)
            for lead in plan.filed:
                late = filed_after(lead)
                self.desk.note(tx, SYSTEM, "lead.filed", lead.id, kind=lead.kind, target=lead.target_id, **late)
            for lead in plan.reopened:
                self.desk.note(tx, SYSTEM, "lead.reopened", lead.id, target=run.target.id)
            for change in plan.presence:
                action = "lead.post_returned" if change.deleted_at is None else "lead.post_deleted"
                if change.deleted_at is not None:
                    tx.prints.gone(change.post_id)
                    tx.takedowns.said(change.post_id, change.deleted_at)
                for lead_id in change.lead_ids:
                    self.desk.note(tx, SYSTEM, action, lead_id, target=run.target.id, post=change.post_id)
                if change.deleted_at is None:
                    down = tx.takedowns.down([change.post_id])
                    closed = {lead_id for lead_id in change.lead_ids if is_closed_as_gone(tx.leads.get(lead_id))}
                    Takedowns(desk=self.desk).returned(tx, run.target.id, sorted(down | closed))
            return plan

        run.count(await self.desk.store.write(work))

    def _sealed(
        self, lead_id: LeadId, post_id: PostId, content: PostContent, lead_public: bytes, now: datetime
    ) -> SealedContent:
        content_id = self.desk.new_id()
        return SealedContent(
            id=content_id,
            lead_id=lead_id,
            post_id=post_id,
            kind="post",
            created_at=now,
            actor=SYSTEM,
            ciphertext=self.desk.vault.seal(lead_public, sealed_text(content), content_place(content_id)),
        )


def _url_of(key: PostKey, locator: str) -> str:
    """Return the address of a post on Telegram, or of a page, for which none was written down."""
    return f"{locator.replace('/s/', '/', 1)}/{key.post}" if key.platform.is_telegram else locator


def _failed(run: Run, fault: Exception) -> tuple[Outcome, str]:
    """Return how a visit ends that broke unforeseen; neither message nor traceback, which could quote what was read."""
    log.error("visit failed", extra={"target": run.target.id, "error": type(fault).__name__})
    return Outcome.ERROR, type(fault).__name__
