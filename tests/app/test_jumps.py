"""A clock that is set, backwards or forwards, stops no job of the ticker."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from apscheduler.schedulers.asyncio import AsyncIOScheduler

from app.jumps import follow_clock

DAY = timedelta(days=1)


class Ticker:
    """A ticker under a clock that can be set, and how often its one job has run."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.ahead = timedelta(0)
        self.runs = 0
        self.set_back = 0
        self.ran = asyncio.Event()
        ticker = self

        class Clock(datetime):
            @classmethod
            def now(cls, tz: object = None) -> datetime:  # type: ignore[override]  # the one way it is asked
                assert tz is not None
                return ticker.now()

        for module in ("apscheduler.schedulers.base", "apscheduler.triggers.interval"):
            monkeypatch.setattr(f"{module}.datetime", Clock, raising=False)
        self.scheduler = AsyncIOScheduler(timezone=UTC)
        self.scheduler.add_job(self._run, "interval", seconds=0.05, coalesce=True, misfire_grace_time=None)
        self.scheduler.start()

    def now(self) -> datetime:
        return datetime.now(UTC) + self.ahead

    async def _run(self) -> None:
        self.runs += 1
        self.ran.set()

    async def note(self) -> None:
        self.set_back += 1

    async def runs_again(self, *, within: float = 20.0) -> bool:
        self.ran.clear()
        try:
            async with asyncio.timeout(within):
                await self.ran.wait()
        except TimeoutError:
            return False
        return True


@pytest.mark.parametrize("jump", [-DAY, DAY], ids=["back", "forward"])
async def test_jobs_go_on(monkeypatch: pytest.MonkeyPatch, jump: timedelta) -> None:
    ticker = Ticker(monkeypatch)
    following = asyncio.create_task(follow_clock(ticker.scheduler, ticker.note, now=ticker.now, every=0.05))
    assert await ticker.runs_again()
    ticker.ahead = jump
    await asyncio.sleep(0.2)
    for _ in range(3):
        assert await ticker.runs_again()
    assert ticker.set_back == (jump < timedelta(0))
    following.cancel()
    ticker.scheduler.shutdown(wait=False)


async def test_nobody_watching_the_clock_the_ticker_would_stand_still(monkeypatch: pytest.MonkeyPatch) -> None:
    """Control."""
    ticker = Ticker(monkeypatch)
    assert await ticker.runs_again()
    ticker.ahead = -DAY
    await asyncio.sleep(0.2)
    assert not await ticker.runs_again(within=1.0)
    ticker.scheduler.shutdown(wait=False)
