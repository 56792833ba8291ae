"""
Monitor continuously: claim what is due, visit it, and begin again.

APScheduler ticks; what is due stands in the database, so a crash loses no
plan. Front door: `run` is what `kapear run` does.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from functools import partial

from apscheduler.schedulers.asyncio import AsyncIOScheduler

from app.jobs.crew import Crew, log_fault
from app.jobs.dispatch import Dispatch
from app.jobs.local import LocalQueue
from app.jumps import follow_clock
from app.visitor import Visitor
from domain.condition import BEAT_EVERY
from domain.targets import Visit

log = logging.getLogger("kapear.scheduler")

TICK_S = 1.0
LISTS_S = 2.0  # an import is promised to be seen within 5 s
EXPIRY_S = 60.0
FEEDS_S = 60.0
REMOTE_S = 30.0
PRICES_S = 300.0
PURGE_S = 3600.0


class Monitor:
    """The loop of continuous monitoring, one per database: what is due goes on a queue, and a crew visits."""

    def __init__(self, visitor: Visitor, counted: Callable[[Visit], None], at_once: int = 4) -> None:
        """Start nothing yet."""
        self.visitor = visitor
        queue = LocalQueue(at_once)
        self.crew = Crew(visitor, queue, counted, at_once)
        self.dispatches = (Dispatch(queue=queue, turns=visitor.turns, crew=self.crew),)
        self._stopping = False

    async def run(self, stop: asyncio.Event) -> None:
        """Tick until `stop` is set, then let go of running visits; what they committed stays."""
        ticker = AsyncIOScheduler()
        remote = self.visitor.remote
        for job, seconds in (
            (self.tick, TICK_S),
            (self.visitor.pulse.beat, BEAT_EVERY.total_seconds()),
            (self.visitor.refresh_lists, LISTS_S),
            (self.visitor.rematching.run, LISTS_S),
            (self.visitor.instance.office.lists.expire, EXPIRY_S),
            (self.visitor.instance.office.lists.tidy, PURGE_S),
            (self.visitor.feeds.pull_due, FEEDS_S),
            *(((remote.follow, REMOTE_S),) if remote is not None else ()),
            (self.expire, EXPIRY_S),
            (self.visitor.prices.refresh, PRICES_S),
            (self.visitor.instance.office.watchlist.purge, PURGE_S),
        ):
            ticker.add_job(
                self._guarded, "interval", args=[job], seconds=seconds, coalesce=True, max_instances=1,
                misfire_grace_time=None,
            )  # fmt: skip
        ticker.start()
        following = asyncio.create_task(follow_clock(ticker, partial(self._guarded, self.visitor.plan_anew)))
        log.info("monitoring started")
        working = [
            asyncio.create_task(self.crew.run()),
            *(asyncio.create_task(self._refill(one)) for one in self.dispatches),
        ]
        try:
            await self._guarded(self.visitor.prices.refresh)
            await self._guarded(self.tick)
            await self._guarded(self.visitor.pulse.beat)
            await stop.wait()
        finally:
            self._stopping = True
            following.cancel()
            ticker.shutdown(wait=False)
            await self._drain(working)
            log.info("monitoring stopped")

    async def tick(self) -> None:
        """Claim what is due, as far as there is room for it; visits that people asked for come first."""
        await self.crew.settle()
        for dispatch in self.dispatches:
            await dispatch.fill()
        self.visitor.pulse.ticked()

    async def _refill(self, dispatch: Dispatch) -> None:
        """As visits end, fill their places without waiting for the next tick."""
        while not self._stopping:
            await self._guarded(dispatch.refill)

    async def expire(self) -> None:
        """Mark targets whose time is over."""
        now = self.visitor.desk.now()
        await self.visitor.desk.store.write(lambda tx: tx.targets.expire(now))

    async def _guarded(self, job: Callable[[], Awaitable[object]]) -> None:
        """Run a job; a database that is away for a while stops nothing."""
        try:
            await job()
        except asyncio.CancelledError:
            if not self._stopping:  # a stop lets jobs go, and the ticker would log that with a traceback
                raise
        except Exception as fault:  # noqa: BLE001 - the next tick tries again
            log_fault("job failed", fault)

    async def _drain(self, working: Sequence[asyncio.Task[None]]) -> None:
        """Claim nothing more, and let visits go; what they committed stays."""
        for dispatch in self.dispatches:
            await dispatch.stop()
        for task in working:
            task.cancel()
        await asyncio.gather(*working, return_exceptions=True)
        await self.crew.drain()


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
