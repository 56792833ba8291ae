"""
Monitor continuously: claim what is due, visit it, and begin again.

APScheduler ticks; what is due stands in the database, so a crash loses no
plan. Front door: `run` is what `kapear run` does, `work` what `kapear worker`
does.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack

from app.jobs.chores import Chores
from app.jobs.crew import Crew
from app.jobs.dispatch import Dispatch
from app.jobs.local import LocalQueue
from app.visitor import Visitor
from domain.condition import BEAT_EVERY
from domain.errors import OperatorFault, Superseded
from domain.messages import LOOK_EVERY
from domain.ports import JobQueue
from domain.targets import Visit

log = logging.getLogger("kapear.scheduler")

TICK_S = 1.0
LISTS_S = 2.0  # an import is promised to be seen within 5 s
LOCK_S = 2.0
RECOVER_S = 2.0
EXPIRY_S = 60.0
FEEDS_S = 60.0
REMOTE_S = 30.0
PRICES_S = 300.0
PURGE_S = 3600.0


class Monitor:
    """The loop of continuous monitoring, one per database: what is due goes on queues, and a crew visits."""

    def __init__(self, visitor: Visitor, counted: Callable[[Visit], None], at_once: int = 4) -> None:
        """Start nothing yet."""
        self.visitor = visitor
        queue = LocalQueue(at_once)
        self.crew = Crew(visitor, queue, counted, at_once)
        self.dispatches = [Dispatch(queue=queue, turns=visitor.turns, crew=self.crew)]
        if visitor.lending is not None:
            self.dispatches.append(Dispatch(queue=visitor.lending, turns=visitor.lent_turns, crew=self.crew))
        self._ended = asyncio.Event()
        self._is_superseded = False

    async def run(self, stop: asyncio.Event) -> None:
        """
        Monitor until `stop` is set, then let go of running visits; what they committed stays.

        Raises Superseded once another instance holds the visitor's lock.
        """
        chores = self._chores()
        chores.start()
        log.info("monitoring started")
        working = [
            asyncio.create_task(self.crew.run()),
            *(asyncio.create_task(chores.again(dispatch.refill)) for dispatch in self.dispatches),
            asyncio.create_task(self._end_with(stop)),
        ]
        try:
            await chores.guarded(self.visitor.prices.refresh)
            await chores.guarded(self.tick)
            await chores.guarded(self.visitor.pulse.beat)
            await self._ended.wait()
        finally:
            chores.stop()
            for dispatch in self.dispatches:
                await dispatch.stop()
            await _let_go(self.crew, working)
            log.info("monitoring stopped")
        if self._is_superseded:
            raise Superseded

    def _chores(self) -> Chores:
        visitor, office = self.visitor, self.visitor.instance.office
        remote, lending, messenger = visitor.remote, visitor.lending, visitor.messenger
        return Chores(
            (
                (self.tick, TICK_S),
                (visitor.pulse.beat, BEAT_EVERY.total_seconds()),
                (visitor.refresh_lists, LISTS_S),
                (visitor.rematching.run, LISTS_S),
                (office.lists.expire, EXPIRY_S),
                (office.lists.tidy, PURGE_S),
                (visitor.feeds.pull_due, FEEDS_S),
                *(((remote.follow, REMOTE_S),) if remote is not None else ()),
                *(((messenger.say_due, LOOK_EVERY.total_seconds()),) if messenger is not None else ()),
                (self.expire, EXPIRY_S),
                (self.reclaim, RECOVER_S),
                (visitor.prices.refresh, PRICES_S),
                (office.retention.purge, PURGE_S),
                (self.keep_lock, LOCK_S),
                *(((visitor.recover, RECOVER_S), (lending.tidy, PURGE_S)) if lending is not None else ()),
            ),
            set_back=visitor.plan_anew,
        )

    async def tick(self) -> None:
        """Claim what is due, as far as there is room for it; visits that people asked for come first."""
        await self.crew.settle()
        for dispatch in self.dispatches:
            await dispatch.fill()
        self.visitor.pulse.ticked()

    async def keep_lock(self) -> None:
        """See that the visitor's lock is ours still; while nobody can be asked, no visit goes on under it."""
        if self.visitor.lock is None:
            return
        try:
            is_held = await self.visitor.lock.is_held()
        except OperatorFault:
            await self.crew.let_go()
            raise
        if not is_held:
            self._is_superseded = True
            self._ended.set()

    async def reclaim(self) -> None:
        """Void claims that no queue knows of: a database that went away in mid-claim may have made them."""
        if not any(dispatch.is_in_doubt for dispatch in self.dispatches):
            return
        async with AsyncExitStack() as at_rest:
            held = [turn for each in self.dispatches for turn in await at_rest.enter_async_context(each.held())]
            await self.visitor.desk.store.write(lambda tx: tx.targets.void_claims(held))
            for dispatch in self.dispatches:
                dispatch.is_in_doubt = False

    async def expire(self) -> None:
        """Mark targets whose time is over."""
        now = self.visitor.desk.now()
        await self.visitor.desk.store.write(lambda tx: tx.targets.expire(now))

    async def _end_with(self, stop: asyncio.Event) -> None:
        await stop.wait()
        self._ended.set()


async def _let_go(crew: Crew, working: list[asyncio.Task[None]]) -> None:
    """End what works, and give back what it had not done."""
    for task in working:
        task.cancel()
    await asyncio.gather(*working, return_exceptions=True)
    await crew.drain()


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


async def work(visitor: Visitor, queue: JobQueue, counted: Callable[[Visit], None], stop: asyncio.Event) -> None:
    """
    Visit what the one who monitors puts on the queue, until `stop` is set.

    Raises OperatorFault once the database was upgraded beneath this program.
    """
    store = visitor.instance.store
    crew = Crew(visitor, queue, counted, visitor.instance.config.visits_at_once, is_lent=True)
    schema, ended = await store.schema(), asyncio.Event()

    async def see_schema() -> None:
        if await store.schema() != schema:
            ended.set()

    async def end() -> None:
        await stop.wait()
        ended.set()

    chores = Chores(((visitor.refresh_lists, LISTS_S), (crew.settle, TICK_S), (see_schema, LISTS_S)))
    chores.start()
    log.info("worker started")
    working = [asyncio.create_task(crew.run()), asyncio.create_task(end())]
    try:
        await ended.wait()
    finally:
        chores.stop()
        await _let_go(crew, working)
        log.info("worker stopped")
    if not stop.is_set():
        raise OperatorFault("The database was upgraded by a newer version of this program; install that version here.")
