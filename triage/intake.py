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
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from domain.audit import SYSTEM
from domain.cadence import Cadence, next_interval
from domain.errors import KapearError, LostClaim, OperatorFault, VisitEnded
from domain.filing import TEXT_LEADS_A_DAY, PostKey
from domain.fingerprints import MediaStatus
from domain.ids import LeadId, PostId, VisitId
from domain.leads import PostContent, SealedContent
from domain.mandate import MandateScope, Standing, why_not_visited
from domain.observations import MediaKind, ObservedPage, Platform, Traffic
from domain.outcomes import Outcome
from domain.pages import AssessedPost, KnownMedia, PagePlan
from domain.planning import Planner
from domain.ports import Fingerprinter, Matcher, Source, SourceTarget, TextRules
from domain.scoring import Points
from domain.store import Tx
from domain.targets import Claim, Visit, WatchTarget
from triage.assessing import Assessor, reread
from triage.context import Surroundings
from triage.desk import Desk, content_place, recall_place, retry_place
from triage.queue import sealed_text
from triage.readings import MediaReader, Reading

log = logging.getLogger("kapear.intake")

CAPTURED_WITHIN = timedelta(days=7)  # of a lead's filing; what cannot be had by then is not asked for any more


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one visit may take; a visit that reaches a limit stops and the next goes on."""

    media_at_once: int = 4
    page_deadline: timedelta = timedelta(seconds=90)
    visit_deadline: timedelta = timedelta(minutes=10)
    retries_a_visit: int = 20
    captures_a_visit: int = 20
    text_leads_a_day: int = TEXT_LEADS_A_DAY


@dataclass(slots=True, kw_only=True)
class _Run:
    """One visit under way: its right to write, its scope, and what it counted."""

    claim: Claim
    scope: MandateScope
    started: datetime
    cursor: str | None
    recall: bytes | None
    is_owed: bool  # media to try again, or words to fetch, from earlier visits
    pages: int = 0
    gaps: int = 0
    traffic: Traffic = field(default_factory=Traffic)
    observations: int = 0
    hashed: int = 0
    matches: int = 0
    suppressed: int = 0
    filed: int = 0
    tried: set[str] = field(default_factory=set)
    surroundings: Surroundings | None = None
    until: datetime | None = None  # when the host is to be left alone till

    @property
    def target(self) -> WatchTarget:
        return self.claim.target

    def count(self, plan: PagePlan) -> None:
        self.observations += len(plan.revisions)
        self.hashed += sum(row.status in {MediaStatus.HASHED, MediaStatus.LOW_QUALITY} for row in plan.media)
        self.matches += sum(len(lead.matches) for lead in plan.leads)
        self.filed += len(plan.filed)


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

        def look_up(tx: Tx) -> tuple[Standing, bool]:
            pending = tx.targets.pending_media(claim.target.id, 1)
            return tx.standing.get(), bool(pending or tx.prints.awaited(claim.target.id, started - CAPTURED_WITHIN, 1))

        standing, is_owed = await self.desk.store.read(look_up)
        run = _Run(
            claim=claim,
            scope=standing.governing_mandate.scope,
            started=started,
            cursor=claim.target.cursor,
            recall=claim.target.recall,
            is_owed=is_owed,
        )
        code = why_not_visited(standing, claim.target, run.started)
        outcome = Outcome.NOT_AUTHORISED
        if not code:
            outcome, code = await self._outcome_of(run)
        return await self._finish(run, outcome, code, dice)

    async def _outcome_of(self, run: _Run) -> tuple[Outcome, str]:
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
                return Outcome.UNREACHABLE, "visit_deadline"
            code = "visit_deadline"
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

    async def _look(self, run: _Run) -> None:
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
        await self._capture_awaited(run, source, wanted)

    async def _page(self, run: _Run, page: ObservedPage, only: PostKey | None = None) -> None:
        """Assess one page, or `only` one post of it, and commit it; a decision taken since the last ends the visit."""
        assessor = self._assessor
        named = [assessor.key_of(run.target.platform, post) for post in page.posts]
        chosen = [index for index, key in enumerate(named) if only is None or key == only]
        keys, posts = [named[index] for index in chosen], [page.posts[index] for index in chosen]
        with_media = [key for key, post in zip(keys, posts, strict=True) if post.media]

        def look_up(tx: Tx) -> tuple[Standing, WatchTarget, Mapping[PostKey, Mapping[str, KnownMedia]]]:
            return tx.standing.get(), tx.targets.get(run.target.id), tx.targets.known_media(with_media)

        standing, target, known = await self.desk.store.read(look_up)
        code = why_not_visited(standing, target, self.desk.now())
        if code:
            raise VisitEnded(Outcome.NOT_AUTHORISED, code)
        run.scope = standing.governing_mandate.scope
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
        await self._commit(run, assessed, [assessor.key_named(run.target.platform, *names) for names in page.deleted])
        run.pages += 1

    async def _stored_digests(self, keys: Sequence[PostKey]) -> Mapping[PostKey, str]:
        return await self.desk.store.read(lambda tx: tx.targets.known_digests(keys))

    async def _retry_pending(self, run: _Run, source: Source, wanted: SourceTarget) -> None:
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
            await self._commit(run, [reread(row, item, post_url, album)])

    async def _capture_awaited(self, run: _Run, source: Source, wanted: SourceTarget) -> None:
        """Fetch what posts say whose leads were filed after they were seen, because a list changed."""
        limit, since = self.limits.captures_a_visit, run.started - CAPTURED_WITHIN
        for row in await self.desk.store.read(lambda tx: tx.prints.awaited(run.target.id, since, limit)):
            try:
                page = await source.post(wanted, row.key.post, run.traffic)
            except VisitEnded as ended:
                if ended.outcome is Outcome.RESTRICTED:
                    continue  # this one is not shown; the others may be
                return  # the visit has what it came for; the next one asks again
            key_of = self._assessor.key_of
            # A channel's name may be another's by now: what stands there under the post's number is not the post.
            if page is None or row.key not in {key_of(run.target.platform, post) for post in page.posts}:
                await self._note_gone(run, row.id)
            else:
                await self._page(run, page, only=row.key)

    async def _note_gone(self, run: _Run, post_id: PostId) -> None:
        """Write that the platform shows a post no more, so that its lead says why it has no words."""

        def work(tx: Tx) -> None:
            for lead_id in tx.prints.gone(post_id):
                self.desk.note(tx, SYSTEM, "lead.post_gone", lead_id, target=run.target.id, post=post_id)

        await self.desk.store.write(work)

    async def _commit(self, run: _Run, posts: Sequence[AssessedPost], deleted: Sequence[PostKey] = ()) -> None:
        """Write one page in one transaction, fenced by the claim."""
        planner = Planner(
            target_id=run.target.id,
            platform=run.target.platform,
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
                self.desk.note(tx, SYSTEM, "lead.filed", lead.id, kind=lead.kind, target=lead.target_id)
            for lead in plan.reopened:
                self.desk.note(tx, SYSTEM, "lead.reopened", lead.id, target=run.target.id)
            for change in plan.presence:
                action = "lead.post_returned" if change.deleted_at is None else "lead.post_deleted"
                if change.deleted_at is not None:
                    tx.prints.gone(change.post_id)
                for lead_id in change.lead_ids:
                    self.desk.note(tx, SYSTEM, action, lead_id, target=run.target.id, post=change.post_id)
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

    async def _finish(self, run: _Run, outcome: Outcome, code: str, dice: float) -> tuple[Visit, datetime | None]:
        """Write the visit and when the next is due."""
        ended = self.desk.now()
        # A host that asked for a pause says itself when; that is no failure of the target.
        failures = 0 if outcome.was_seen else run.target.failures + (not outcome.is_ours and run.until is None)
        next_due = max(ended + next_interval(self.cadence, outcome, failures, dice), run.until or ended)
        visit = Visit(
            id=VisitId(self.desk.new_id()),
            target_id=run.target.id,
            started_at=run.started,
            ended_at=ended,
            outcome=outcome,
            code=code,
            new_observations=run.observations,
            media_hashed=run.hashed,
            matches=run.matches,
            suppressed=run.suppressed,
            leads_filed=run.filed,
            requests=run.traffic.requests,
            bytes=run.traffic.bytes,
            gaps=run.gaps,
        )

        def work(tx: Tx) -> datetime | None:
            tx.targets.finish(run.claim, visit, next_due, failures)
            if run.target.expires_at <= ended:
                tx.targets.expire(ended)
            return tx.targets.get(run.target.id).next_due  # None for one that is not to be visited any more

        due = await self.desk.store.write(work)
        log.info("visit ended", extra={"target": run.target.id, "visit": visit.id, "outcome": outcome, "code": code})
        return visit, due


def _url_of(key: PostKey, locator: str) -> str:
    """Return the address of a post on Telegram, or of a page, for which none was written down."""
    return f"{locator.replace('/s/', '/', 1)}/{key.post}" if key.platform.is_telegram else locator


def _failed(run: _Run, fault: Exception) -> tuple[Outcome, str]:
    """Return how a visit ends that broke unforeseen; neither message nor traceback, which could quote what was read."""
    log.error("visit failed", extra={"target": run.target.id, "error": type(fault).__name__})
    return Outcome.ERROR, type(fault).__name__
