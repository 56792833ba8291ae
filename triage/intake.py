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
from domain.errors import EgressRefused, KapearError, LostClaim, MediaUnavailable, OperatorFault, VisitEnded
from domain.filing import TEXT_LEADS_A_DAY, PostKey
from domain.fingerprints import Fingerprint, MediaStatus
from domain.ids import LeadId, PostId, VisitId
from domain.leads import PostContent, SealedContent
from domain.mandate import MandateScope, Standing, why_not_visited
from domain.observations import ObservedPage, ObservedPost, Platform, Traffic
from domain.outcomes import Outcome
from domain.planning import AssessedMedia, AssessedPost, KnownMedia, PagePlan, Planner
from domain.ports import Fingerprinter, Matcher, MediaSource, Source, SourceTarget, TextRules
from domain.scoring import Points
from domain.store import PendingMedia, Tx
from domain.targets import Claim, Visit, WatchTarget
from domain.text import Attribute, TextHit
from triage.desk import Desk, content_place, retry_place
from triage.queue import sealed_text

log = logging.getLogger("kapear.intake")


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one visit may take; a visit that reaches a limit stops and the next goes on."""

    media_at_once: int = 4
    page_deadline: timedelta = timedelta(seconds=90)
    visit_deadline: timedelta = timedelta(minutes=10)
    retries_a_visit: int = 20
    text_leads_a_day: int = TEXT_LEADS_A_DAY


@dataclass(slots=True, kw_only=True)
class _Run:
    """One visit under way: its right to write, its scope, and what it counted."""

    claim: Claim
    scope: MandateScope
    started: datetime
    cursor: str | None
    pages: int = 0
    traffic: Traffic = field(default_factory=Traffic)
    observations: int = 0
    hashed: int = 0
    matches: int = 0
    filed: int = 0
    tried: set[str] = field(default_factory=set)

    @property
    def target(self) -> WatchTarget:
        return self.claim.target

    def count(self, plan: PagePlan) -> None:
        self.observations += len(plan.revisions)
        self.hashed += sum(row.status in {MediaStatus.HASHED, MediaStatus.LOW_QUALITY} for row in plan.media)
        self.matches += sum(len(lead.matches) for lead in plan.leads)
        self.filed += len(plan.filed)


@dataclass(slots=True, kw_only=True)
class _Reading:
    """One media item to be read, and whether that was begun."""

    source: MediaSource
    identity: str = field(repr=False)
    url: str | None = field(repr=False)
    album: str | None
    begun: bool = False


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

    async def visit(self, claim: Claim, dice: float) -> tuple[Visit, datetime | None]:
        """
        Look at a target once; returns the visit and when the next is due.

        Raises LostClaim when another visitor took the target, and
        OperatorFault when the database fails; every other fault is an outcome.
        """
        standing = await self.desk.store.read(lambda tx: tx.standing.get())
        run = _Run(
            claim=claim, scope=standing.governing_mandate.scope, started=self.desk.now(), cursor=claim.target.cursor
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
        wanted = SourceTarget(
            platform=target.platform,
            locator=self.desk.locator_of(target),
            cursor=target.cursor,
            backfill=target.backfill,
            backfill_since=target.backfill_since,
        )
        # A source is an async generator: closing it lets go of its connection at once.
        pages = source.pages(wanted, run.traffic)
        async with aclosing(pages):  # type: ignore[type-var]  # the port promises no more than an iterator
            async for page in pages:
                await self._page(run, page)
        if run.scope.covers_media:
            await self._retry_pending(run, source, wanted.locator)

    async def _page(self, run: _Run, page: ObservedPage) -> None:
        """Assess one page and commit it; a decision taken since the last one ends the visit."""
        keys = [self._key_of(run, post) for post in page.posts]

        def look_up(tx: Tx) -> tuple[Standing, WatchTarget, Mapping[PostKey, Mapping[str, KnownMedia]]]:
            return tx.standing.get(), tx.targets.get(run.target.id), tx.targets.known_media(keys)

        standing, target, known = await self.desk.store.read(look_up)
        code = why_not_visited(standing, target, self.desk.now())
        if code:
            raise VisitEnded(Outcome.NOT_AUTHORISED, code)
        run.scope = standing.governing_mandate.scope
        assessed_media = await self._assess_media(run, page.posts, [known.get(key, {}) for key in keys])
        assessed = [
            self._assess(run, page, post, key, media)
            for post, key, media in zip(page.posts, keys, assessed_media, strict=True)
        ]
        run.cursor = page.cursor
        await self._commit(run, assessed)
        run.pages += 1

    def _assess(
        self, run: _Run, page: ObservedPage, post: ObservedPost, key: PostKey, media: tuple[AssessedMedia, ...]
    ) -> AssessedPost:
        """Say what rules and lists make of one post."""
        text = post.text if run.scope.covers_text else ""
        hits = self.rules.find(text) if text else ()
        seen = json.dumps([text, post.links, sorted(item.identity for item in media)], ensure_ascii=False)
        return AssessedPost(
            key=key,
            album=post.group,
            author_digest=self.desk.vault.digest("author", post.author or ""),
            posted_at=post.posted_at,
            edited_at=post.edited_at,
            content_digest=self.desk.vault.digest("content", seen),
            text_hits=hits,
            identifiers=self._identifiers(text, hits),
            media=media,
            content=PostContent(
                url=post.url,
                text=text,
                author=post.author,
                links=post.links,
                media_urls=tuple(item.url for item in post.media if item.url is not None),
                capture=page.capture,
            ),
        )

    def _identifiers(self, text: str, hits: tuple[TextHit, ...]) -> tuple[str, ...]:
        """Return keyed digests of the means of payment and contact that a text names."""
        named = {Attribute.PAYMENT, Attribute.CONTACT}
        words = (" ".join(text[hit.start : hit.end].lower().split()) for hit in hits if hit.attribute in named)
        return tuple(dict.fromkeys(self.desk.vault.digest("identifier", word) for word in words))

    async def _assess_media(
        self, run: _Run, posts: Sequence[ObservedPost], known: Sequence[Mapping[str, KnownMedia]]
    ) -> list[tuple[AssessedMedia, ...]]:
        """Hash what was not hashed before, several at once, until the page's deadline."""
        gate = asyncio.Semaphore(self.limits.media_at_once)
        results: list[list[AssessedMedia]] = [[] for _ in posts]
        readings: dict[asyncio.Task[AssessedMedia], tuple[int, _Reading]] = {}
        for index, post in enumerate(posts):
            seen: set[str] = set()
            for media in post.media:
                identity = self.desk.vault.digest("media", media.identity)
                before = known[index].get(identity)
                if identity in seen:  # one picture shown twice is read once
                    await media.source.close()
                elif before is not None and before.status.is_final:
                    await media.source.close()
                    results[index].append(AssessedMedia(identity=identity, status=before.status))
                elif not run.scope.covers_media:
                    await media.source.close()
                    results[index].append(AssessedMedia(identity=identity, status=MediaStatus.NOT_AUTHORISED))
                else:
                    reading = _Reading(source=media.source, identity=identity, url=media.url, album=post.group)
                    readings[asyncio.create_task(self._read(run, gate, reading))] = (index, reading)
                seen.add(identity)
        await self._await_readings(readings, results)
        return [tuple(items) for items in results]

    async def _await_readings(
        self, readings: Mapping[asyncio.Task[AssessedMedia], tuple[int, _Reading]], results: list[list[AssessedMedia]]
    ) -> None:
        """Collect readings; what is not ready at the deadline is pending and never holds the page."""
        if not readings:
            return
        try:
            await asyncio.wait(readings, timeout=self.limits.page_deadline.total_seconds())
        finally:
            for task in readings:
                task.cancel()
            await asyncio.gather(*readings, return_exceptions=True)
        for task, (index, reading) in readings.items():
            if task.cancelled():
                await reading.source.close()
                results[index].append(self._pending(reading, "deadline"))
            else:
                results[index].append(task.result())

    async def _read(self, run: _Run, gate: asyncio.Semaphore, reading: _Reading) -> AssessedMedia:
        """Hash one media item and match it."""
        async with gate:
            reading.begun = True
            run.tried.add(reading.identity)
            try:
                fingerprint = await self.fingerprinter.fingerprint(reading.source)
            except MediaUnavailable as fault:
                return self._pending(reading, fault.code)
            except EgressRefused as refusal:
                fingerprint = Fingerprint(status=MediaStatus.REJECTED, reason=refusal.code)
                return AssessedMedia(
                    identity=reading.identity,
                    status=fingerprint.status,
                    reason=fingerprint.reason,
                    fingerprint=fingerprint,
                )
            finally:
                await reading.source.close()
        generation = self.matcher.generation
        return AssessedMedia(
            identity=reading.identity,
            status=fingerprint.status,
            reason=fingerprint.reason,
            fingerprint=fingerprint,
            matches=await self.matcher.match(fingerprint),
            generation=generation,
        )

    def _pending(self, reading: _Reading, reason: str) -> AssessedMedia:
        """Return a media item as pending; what stood in the queue till the deadline was not tried."""
        retry = None
        if reading.url is not None:
            again = json.dumps([reading.url, reading.album])
            retry = self.desk.vault.encrypt(again, retry_place(reading.identity))
        return AssessedMedia(
            identity=reading.identity, status=MediaStatus.PENDING, reason=reason, retry=retry, tried=reading.begun
        )

    async def _retry_pending(self, run: _Run, source: Source, locator: str) -> None:
        """Read media again that earlier visits could not, unless this one has tried them already."""
        limit = self.limits.retries_a_visit
        rows = await self.desk.store.read(lambda tx: tx.targets.pending_media(run.target.id, limit))
        gate = asyncio.Semaphore(self.limits.media_at_once)
        for row in rows:
            if row.identity in run.tried:
                continue
            url, album = json.loads(self.desk.vault.decrypt(row.retry, retry_place(row.identity)))
            reading = _Reading(source=source.media(url, run.traffic), identity=row.identity, url=url, album=album)
            item = await self._read(run, gate, reading)
            await self._commit(run, [_reread(run.target, row, item, locator, album)])

    async def _commit(self, run: _Run, posts: Sequence[AssessedPost]) -> None:
        """Write one page in one transaction, fenced by the claim."""
        planner = Planner(
            target_id=run.target.id,
            now=self.desk.now(),
            new_id=self.desk.new_id,
            points=self.points,
            text_leads_a_day=self.limits.text_leads_a_day,
        )
        groups = [group for post in posts for group in planner.groups_of(post)]

        def work(tx: Tx) -> PagePlan:
            page = tx.page(run.claim)
            known = page.known([post.key for post in posts], groups)
            plan = planner.plan(posts, known)
            keys = {lead.id: self.desk.vault.new_lead_key(lead.id) for lead in plan.filed}
            publics = {known_lead.lead.id: known_lead.lead.key for known_lead in known.leads.values()} | keys
            sealed = [
                self._sealed(content.lead_id, content.post_id, content.content, key.public, planner.now)
                for content in plan.contents
                if (key := publics.get(content.lead_id)) is not None
            ]
            page.record(plan, keys=keys, sealed=sealed, cursor=run.cursor)
            for lead in plan.filed:
                self.desk.note(tx, SYSTEM, "lead.filed", lead.id, kind=lead.kind, target=lead.target_id)
            for lead in plan.reopened:
                self.desk.note(tx, SYSTEM, "lead.reopened", lead.id, target=run.target.id)
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

    def _key_of(self, run: _Run, post: ObservedPost) -> PostKey:
        """Return a post's key; where its name is a locator, only keyed digests of it are stored."""
        platform = run.target.platform
        if not platform.names_posts_by_url:
            return PostKey(platform=platform, container=post.container, post=post.post)
        digest = self.desk.vault.digest
        return PostKey(platform=platform, container=digest("container", post.container), post=digest("post", post.post))

    async def _finish(self, run: _Run, outcome: Outcome, code: str, dice: float) -> tuple[Visit, datetime | None]:
        """Write the visit and when the next is due."""
        ended = self.desk.now()
        failures = 0 if outcome.was_seen else run.target.failures + (not outcome.is_ours)
        next_due = ended + next_interval(self.cadence, outcome, failures, dice)
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
            leads_filed=run.filed,
            requests=run.traffic.requests,
            bytes=run.traffic.bytes,
        )

        def work(tx: Tx) -> datetime | None:
            tx.targets.finish(run.claim, visit, next_due, failures)
            tx.targets.expire(ended)
            return tx.targets.get(run.target.id).next_due  # None for one that is not to be visited any more

        due = await self.desk.store.write(work)
        log.info("visit ended", extra={"target": run.target.id, "visit": visit.id, "outcome": outcome, "code": code})
        return visit, due


def _failed(run: _Run, fault: Exception) -> tuple[Outcome, str]:
    """Return how a visit ends that broke unforeseen; neither message nor traceback, which could quote what was read."""
    log.error("visit failed", extra={"target": run.target.id, "error": type(fault).__name__})
    return Outcome.ERROR, type(fault).__name__


def _reread(
    target: WatchTarget, row: PendingMedia, item: AssessedMedia, locator: str, album: str | None
) -> AssessedPost:
    """Return a post of which only a media item was read again; its URL follows from its key."""
    url = locator if target.platform.names_posts_by_url else f"{locator.replace('/s/', '/', 1)}/{row.key.post}"
    return AssessedPost(key=row.key, album=album, posted_at=row.posted_at, media=(item,), content=PostContent(url=url))
