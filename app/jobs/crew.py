"""
Make the visits of one process, whichever queue their turns come from.

A turn is begun only if its claim still stands, on the target as it is then.
Whatever ends a visit before its time, its claim is given back, so that the
target is due at once.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from app.visitor import Visitor
from domain.cadence import backoff
from domain.errors import LostClaim
from domain.ids import VisitId
from domain.jobs import Turn, batch_of, turn_of
from domain.observations import Platform
from domain.outcomes import Outcome
from domain.ports import JobQueue
from domain.targets import Claim, Visit

log = logging.getLogger("kapear.jobs")

AGAIN_S = 1.0  # until a database that was away is asked again
DRAIN_S = 3.0  # what a stop gives running visits; SIGTERM is promised to end within 5 s


@dataclass(slots=True)
class Crew:
    """
    Visits beside each other, `at_once` at most.

    Where turns are lent by another machine (`is_lent`), none is taken while
    this one's network is away, and none that takes an account.
    """

    visitor: Visitor
    queue: JobQueue
    counted: Callable[[Visit], None]
    at_once: int
    is_lent: bool = False
    _running: set[asyncio.Task[None]] = field(default_factory=set)
    _waiting: list[Turn] = field(default_factory=list)  # taken, and not begun
    _change: asyncio.Event = field(default_factory=asyncio.Event)
    _unwritten: list[Claim] = field(default_factory=list)
    _dropped: list[Turn] = field(default_factory=list)

    @property
    def is_idle(self) -> bool:
        """Return whether no visit is under way."""
        return not self._running

    async def run(self) -> None:
        """Take turns and visit, until cancelled; then call `drain`."""
        watching = asyncio.create_task(self._let_go_when_disowned())
        try:
            while True:
                try:
                    await self._next()
                except Exception as fault:  # noqa: BLE001 - a database that is away for a while stops nothing
                    log_fault("turns not taken", fault)
                    await asyncio.sleep(AGAIN_S)
        finally:
            watching.cancel()

    async def drain(self) -> None:
        """Let visits go, wait for their last writes, and give back what was not done."""
        await self.let_go()
        with contextlib.suppress(Exception):  # who begins after us finds the claims void, or the job stalled
            await asyncio.wait_for(self.settle(), DRAIN_S)

    async def let_go(self) -> None:
        """Cancel every visit under way; what it committed stays."""
        self._dropped += self._waiting
        self._waiting.clear()
        running = set(self._running)
        for task in running:
            task.cancel()
        if running:
            await asyncio.wait(running, timeout=DRAIN_S)

    def give_back(self, turns: Sequence[Turn]) -> None:
        """Let turns that nobody takes be given back by the next `settle`."""
        self._dropped += turns

    async def settle(self) -> None:
        """Give back claims whose visits were let go, or could not be written, now that the database may answer."""
        while self._unwritten:
            claim = self._unwritten[0]
            with contextlib.suppress(LostClaim):
                await self._write_failure(claim)
            self._unwritten.remove(claim)
            await self.queue.ended([turn_of(claim)])
        if dropped := tuple(self._dropped):
            await self.visitor.desk.store.write(lambda tx: tx.targets.give_back(dropped))
            del self._dropped[: len(dropped)]
            await self.queue.ended(dropped)

    async def _next(self) -> None:
        """Begin what is waiting, or take a batch as soon as there are places for one."""
        if not self._waiting:
            await self._places(batch_of(self.at_once))
            await self._reached()
            self._waiting += await self.queue.take()
        free = await self._places(1)
        turns = self._waiting[:free]
        claims = await self.visitor.desk.store.read(lambda tx: tx.targets.standing_claims(turns))
        if self._waiting[: len(turns)] != turns:  # they were let go meanwhile
            return
        del self._waiting[: len(turns)]
        for claim in claims:
            if self.is_lent and claim.target.platform is Platform.TELEGRAM:  # it was adopted meanwhile
                self._dropped.append(turn_of(claim))
                continue
            task = asyncio.create_task(self._visit(claim))
            self._running.add(task)
            task.add_done_callback(self._end)
        if void := set(turns) - {turn_of(claim) for claim in claims}:
            await self.queue.ended(tuple(void))

    async def _reached(self) -> None:
        """Wait while nothing can be reached from here, but for a look now and then; turns of our own are counted so."""
        while self.is_lent and (network := self.visitor.intake.line.network).is_away:
            if self.is_idle and network.may_probe(self.visitor.desk.now()):
                return
            await asyncio.sleep(AGAIN_S)

    async def _places(self, wanted: int) -> int:
        """Wait until so many visits may begin; returns how many may."""
        while (free := self.at_once - len(self._running)) < wanted:
            self._change.clear()
            await self._change.wait()
        return free

    def _end(self, task: asyncio.Task[None]) -> None:
        self._running.discard(task)
        self._change.set()

    async def _visit(self, claim: Claim) -> None:
        """Visit one target; no fault of one leaves its task."""
        try:
            visit, _ = await self.visitor.visit(claim)
        except asyncio.CancelledError:
            self._dropped.append(turn_of(claim))
            raise
        except LostClaim:
            log.warning("claim lost", extra={"target": claim.target.id})
        except Exception as fault:  # noqa: BLE001 - whatever it was, the claim must be given back
            log_fault("visit not written", fault, target=claim.target.id)
            self._unwritten.append(claim)
            return
        else:
            self.counted(visit)
        await self.queue.ended([turn_of(claim)])

    async def _write_failure(self, claim: Claim) -> None:
        """Write that a visit could not be written."""
        failures, gone_since = claim.target.failures + 1, claim.target.gone_since
        now = self.visitor.desk.now()
        due = now + backoff(self.visitor.instance.config.cadence, failures, 0.5)
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

    async def _let_go_when_disowned(self) -> None:
        while True:
            await self.queue.disowned()
            log.warning("turns were taken away")
            await self.let_go()


def log_fault(message: str, fault: Exception, **ids: str) -> None:
    """Log what kind of fault it was: its own words and its traceback could quote what was read."""
    log.error(message, extra={"error": type(fault).__name__, **ids})
