"""Places of visits that ended are filled at once, one target has one visit at a time, and a stop stops all."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import cast

import pytest

from app import config
from app.feeds import OpenFeeds
from app.instance import open_instance
from app.visitor import Visitor, open_visitor
from domain.errors import OperatorFault, Superseded
from domain.ids import VisitId
from domain.outcomes import Outcome
from domain.targets import Claim, Visit
from scheduler import Monitor
from tests.desk import LOCAL
from triage.intake import Intake
from triage.outages import Line
from triage.turns import Turns
from triage.watchlist import NewTarget

AT_ONCE = 4
TARGETS = 40


@dataclass
class Visits:
    """Stands in for intake: every visit waits until it is let go, and then ends."""

    visitor: Visitor
    line: Line = field(default_factory=Line)
    gate: asyncio.Event = field(default_factory=asyncio.Event)
    full: asyncio.Event = field(default_factory=asyncio.Event)
    running: Counter[str] = field(default_factory=Counter)
    most: int = 0
    twice: int = 0

    async def visit(self, claim: Claim, dice: float) -> tuple[Visit, datetime | None]:
        assert 0 <= dice < 1
        self.twice += self.running[claim.target.id]
        self.running[claim.target.id] += 1
        self.most = max(self.most, self.running.total())
        if self.most == AT_ONCE:
            self.full.set()
        try:
            await self.gate.wait()
        finally:
            self.running[claim.target.id] -= 1
        desk = self.visitor.desk
        now = desk.now()
        visit = Visit(
            id=desk.new_id(), target_id=claim.target.id, started_at=now, ended_at=now, outcome=Outcome.UNCHANGED  # type: ignore[arg-type]  # any text is an id here
        )  # fmt: skip
        later = claim.target.expires_at
        await desk.store.write(lambda tx: tx.targets.finish(claim, visit, later, 0))
        return visit, later


@asynccontextmanager
async def watching(folder: Path, targets: int) -> AsyncIterator[tuple[Visitor, Visits]]:
    """Open an instance that watches so many pages, whose visits are ours."""
    environment = {"KAPEAR_DATA_DIR": str(folder), "KAPEAR_ALLOW_NETWORKS": "127.0.0.0/8"}
    async with open_instance(config.load(environment), create=True) as instance, open_visitor(instance) as visitor:
        for number in range(targets):
            wanted = NewTarget(
                locator=f"http://127.0.0.1/kites/{number}", report="K-1", authorised_by="the director", basis="kites"
            )
            await instance.office.watchlist.add(LOCAL, wanted)
        visits = Visits(visitor)
        visitor.intake = cast("Intake", visits)
        yield visitor, visits


async def test_what_is_due_is_visited_without_waiting_for_the_next_tick(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("scheduler.TICK_S", 3600.0)
    async with watching(tmp_path, TARGETS) as (visitor, visits):
        done: list[str] = []
        enough = asyncio.Event()

        def counted(visit: Visit) -> None:
            done.append(visit.target_id)
            if len(done) == TARGETS:
                enough.set()

        visits.gate.set()
        async with asyncio.timeout(60):
            await Monitor(visitor, counted, AT_ONCE).run(enough)
        assert len(set(done)) == TARGETS
        assert visits.most <= AT_ONCE
        assert not visits.twice


async def test_what_is_long_over_is_deleted_while_monitoring_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("scheduler.PURGE_S", 0.1)
    async with watching(tmp_path, 1) as (visitor, visits):
        store, enough = visitor.instance.store, asyncio.Event()
        (target,) = await store.read(lambda tx: tx.targets.all())
        claim = await store.write(lambda tx: tx.targets.claim(target.id))
        assert claim is not None
        long_ago = visitor.desk.now() - timedelta(days=40)
        old = Visit(
            id=VisitId("old"), target_id=target.id, started_at=long_ago, ended_at=long_ago, outcome=Outcome.UNCHANGED
        )
        await store.write(lambda tx: tx.targets.finish(claim, old, visitor.desk.now(), 0))
        visits.gate.set()
        running = asyncio.create_task(Monitor(visitor, lambda _: None, AT_ONCE).run(enough))
        async with asyncio.timeout(20):
            seen = [old]
            while old in seen or not seen:
                await asyncio.sleep(0.05)
                seen = await store.read(lambda tx: tx.targets.visits(target.id, 9))
            enough.set()
            await running
        assert (await store.read(lambda tx: tx.figures(None, None)))["visits"] == 2


async def test_claims_whose_answer_was_lost_are_taken_again_and_no_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    real, takes = Turns.take, list[list[Claim]]()

    async def take(turns: Turns, room: int, *, is_idle: bool) -> list[Claim]:
        takes.append(await real(turns, room if takes else room - 1, is_idle=is_idle))
        if len(takes) == 2:
            raise OperatorFault("it was committed, and nobody heard of it")
        return takes[-1]

    monkeypatch.setattr("scheduler.TICK_S", 0.05)
    monkeypatch.setattr("scheduler.RECOVER_S", 0.05)
    monkeypatch.setattr(Turns, "take", take)
    async with watching(tmp_path, AT_ONCE) as (visitor, visits):
        done, enough = list[str](), asyncio.Event()

        def counted(visit: Visit) -> None:
            done.append(visit.target_id)
            if len(done) == AT_ONCE:
                enough.set()

        running = asyncio.create_task(Monitor(visitor, counted, AT_ONCE).run(enough))
        async with asyncio.timeout(20):
            await visits.full.wait()
            visits.gate.set()
            await running
    assert [len(claims) for claims in takes[:2]] == [AT_ONCE - 1, 1]
    assert len(set(done)) == AT_ONCE
    assert "claim lost" not in caplog.messages


async def test_a_stop_ends_all_and_starts_nothing(tmp_path: Path) -> None:
    async with watching(tmp_path, 2 * AT_ONCE) as (visitor, visits):
        stop = asyncio.Event()
        monitor = Monitor(visitor, lambda _: None, AT_ONCE)
        running = asyncio.create_task(monitor.run(stop))
        async with asyncio.timeout(20):
            await visits.full.wait()
            stop.set()
            await running
        assert not visits.running.total()
        await asyncio.sleep(0.1)
        assert not visits.running.total()
        assert visits.most == AT_ONCE


@dataclass
class Lock:
    """Stands in for the visitor's lock: nobody can be asked, and then it is another's."""

    let_go: Callable[[], bool]
    told: int = 0

    async def is_held(self) -> bool:
        if not self.let_go():
            raise OperatorFault("away")
        self.told += 1
        return False

    async def release(self) -> None:
        pass


async def test_who_lost_the_lock_lets_visits_go_and_stops(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("scheduler.LOCK_S", 0.05)
    async with watching(tmp_path, AT_ONCE) as (visitor, visits):
        real = visitor.lock
        monitor = Monitor(visitor, lambda _: None, AT_ONCE)
        running = asyncio.create_task(monitor.run(asyncio.Event()))
        async with asyncio.timeout(20):
            await visits.full.wait()
            visitor.lock = lock = Lock(lambda: not visits.running.total())
            with pytest.raises(Superseded):
                await running
        assert lock.told
        visitor.lock = real
        free = await visitor.desk.store.write(lambda tx: tx.targets.claim_due(visitor.desk.now(), 99))
        assert len(free) == AT_ONCE


@dataclass
class Endless:
    """Stands in for a job that a stop meets in the middle."""

    begun: asyncio.Event = field(default_factory=asyncio.Event)

    async def pull_due(self) -> None:
        self.begun.set()
        await asyncio.Event().wait()


async def test_a_stop_in_the_middle_of_a_job_logs_no_fault(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("scheduler.FEEDS_S", 0.05)
    async with watching(tmp_path, 0) as (visitor, _):
        endless, stop = Endless(), asyncio.Event()
        visitor.feeds = cast("OpenFeeds", endless)
        running = asyncio.create_task(Monitor(visitor, lambda _: None, AT_ONCE).run(stop))
        async with asyncio.timeout(20):
            await endless.begun.wait()
            stop.set()
            await running
            await asyncio.sleep(0)
    assert [record.name for record in caplog.records if record.levelno >= logging.ERROR] == []
