"""
Monitor continuously: claim what is due, visit it, and begin again.

APScheduler ticks; what is due stands in the database, so a crash loses no
plan. Front door: `run` is what `kapear run` does.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from functools import partial

from apscheduler.schedulers.asyncio import AsyncIOScheduler

from app.jumps import follow_clock
from app.visitor import Visitor
from domain.cadence import next_interval
from domain.errors import LostClaim
from domain.ids import VisitId
from domain.outcomes import Outcome
from domain.targets import Claim, Visit

log = logging.getLogger("kapear.scheduler")

TICK_S = 1.0
LISTS_S = 2.0  # an import is promised to be seen within 5 s
EXPIRY_S = 60.0
FEEDS_S = 60.0
REMOTE_S = 30.0
PURGE_S = 3600.0
BATCHES = 4  # as visits end, a quarter of their places is filled at once: one transaction for many
DRAIN_S = 3.0  # what a stop gives running visits; SIGTERM is promised to end within 5 s


@dataclass(slots=True)
class Monitor:
    """The loop of continuous monitoring, one per database."""

    visitor: Visitor
    counted: Callable[[Visit], None]
    at_once: int = 4
    _running: set[asyncio.Task[None]] = field(default_factory=set)
    _claiming: asyncio.Lock = field(default_factory=asyncio.Lock)
    _stopping: bool = False
    _more: bool = False  # the last claim got as many as it asked for, so more may be due
    _refill: asyncio.Task[None] | None = None
    _owed: list[Claim] = field(default_factory=list)

    async def run(self, stop: asyncio.Event) -> None:
        """Tick until `stop` is set, then let go of running visits; what they committed stays."""
        ticker = AsyncIOScheduler()
        remote = self.visitor.remote
        for job, seconds in (
            (self.tick, TICK_S),
            (self.visitor.refresh_lists, LISTS_S),
            (self.visitor.rematching.run, LISTS_S),
            (self.visitor.instance.office.lists.expire, EXPIRY_S),
            (self.visitor.instance.office.lists.tidy, PURGE_S),
            (self.visitor.feeds.pull_due, FEEDS_S),
            *(((remote.follow, REMOTE_S),) if remote is not None else ()),
            (self.expire, EXPIRY_S),
            (self.visitor.instance.office.watchlist.purge, PURGE_S),
        ):
            ticker.add_job(
                self._guarded, "interval", args=[job], seconds=seconds, coalesce=True, max_instances=1,
                misfire_grace_time=None,
            )  # fmt: skip
        ticker.start()
        following = asyncio.create_task(follow_clock(ticker, partial(self._guarded, self.visitor.plan_anew)))
        log.info("monitoring started")
        try:
            await self._guarded(self.tick)
            await stop.wait()
        finally:
            self._stopping = True
            following.cancel()
            ticker.shutdown(wait=False)
            await self._drain()
            log.info("monitoring stopped")

    async def tick(self) -> None:
        """Claim and start what is due, as far as there is room; visits that people asked for come first."""
        if self._stopping or self._claiming.locked():
            return
        async with self._claiming:
            await self._settle()
            room = self.at_once - len(self._running)
            self._more = room > 0 and await self._start(room) == room

    async def _start(self, room: int) -> int:
        """Claim and start up to so many visits; returns how many."""
        claims = await self.visitor.turns.take(room, is_idle=not self._running)
        for claim in claims:
            task = asyncio.create_task(self._visit(claim))
            self._running.add(task)
            task.add_done_callback(self._ended)
        return len(claims)

    def _ended(self, task: asyncio.Task[None]) -> None:
        """Let a visit go; where more is due, and room for a batch of it, the next tick is now."""
        self._running.discard(task)
        has_room = self.at_once - len(self._running) >= max(1, self.at_once // BATCHES)
        if self._more and not self._stopping and has_room and (self._refill is None or self._refill.done()):
            self._refill = asyncio.create_task(self._guarded(self.tick))

    async def expire(self) -> None:
        """Mark targets whose time is over."""
        now = self.visitor.desk.now()
        await self.visitor.desk.store.write(lambda tx: tx.targets.expire(now))

    async def _visit(self, claim: Claim) -> None:
        """Visit one target; no fault of one leaves its task."""
        try:
            visit, _ = await self.visitor.visit(claim)
        except LostClaim:
            log.warning("claim lost", extra={"target": claim.target.id})
        except Exception as fault:  # noqa: BLE001 - whatever it was, the claim must be given back
            _log_fault("visit not written", fault, target=claim.target.id)
            self._owed.append(claim)
        else:
            self.counted(visit)

    async def _settle(self) -> None:
        """Give back claims whose visits could not be written, now that the database may answer again."""
        while self._owed:
            with contextlib.suppress(LostClaim):
                await self._give_back(self._owed[-1])
            self._owed.pop()

    async def _give_back(self, claim: Claim) -> None:
        """Write that a visit could not be written."""
        failures, gone_since = claim.target.failures + 1, claim.target.gone_since
        now = self.visitor.desk.now()
        due = now + next_interval(self.visitor.instance.config.cadence, Outcome.ERROR, failures, 0.5)
        visit = Visit(
            id=VisitId(self.visitor.desk.new_id()),
            target_id=claim.target.id,
            started_at=now,
            ended_at=now,
            outcome=Outcome.ERROR,
            code="not_written",
        )
        await self.visitor.desk.store.write(
            lambda tx: tx.targets.finish(claim, visit, due, failures, gone_since=gone_since)
        )

    async def _guarded(self, job: Callable[[], Awaitable[object]]) -> None:
        """Run a job; a database that is away for a while stops nothing."""
        try:
            await job()
        except asyncio.CancelledError:
            if not self._stopping:  # a stop lets jobs go, and the ticker would log that with a traceback
                raise
        except Exception as fault:  # noqa: BLE001 - the next tick tries again
            _log_fault("job failed", fault)

    async def _drain(self) -> None:
        """Cancel running visits and wait for their last writes."""
        async with self._claiming:  # what is being claimed is let go with the others
            pass
        for task in self._running:
            task.cancel()
        if self._running:
            await asyncio.wait(self._running, timeout=DRAIN_S)


def _log_fault(message: str, fault: Exception, **ids: str) -> None:
    """Log what kind of fault it was: its own words and its traceback could quote what was read."""
    log.error(message, extra={"error": type(fault).__name__, **ids})


async def run(
    visitor: Visitor,
    counted: Callable[[Visit], None],
    stop: asyncio.Event,
    *,
    until: Callable[[], Awaitable[None]] | None = None,
) -> None:
    """Monitor until `stop` is set, or until `until` returns."""
    monitor = Monitor(visitor, counted, visitor.instance.config.visits_at_once)
    if until is None:
        await monitor.run(stop)
        return
    monitoring = asyncio.create_task(monitor.run(stop))
    try:
        await until()
    finally:
        stop.set()
        await monitoring
