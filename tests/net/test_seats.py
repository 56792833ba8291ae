from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager as AsyncContextManager

import pytest

from net.seats import LocalSeats
from tests.contracts.host_seats import HostSeatsContract


class Clock:
    def __init__(self) -> None:
        self.now = 100.0
        self.slept: list[float] = []

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds
        await asyncio.sleep(0)


def seats(clock: Clock) -> LocalSeats:
    return LocalSeats(clock=clock, sleep=clock.sleep)


def at(held: LocalSeats, host: str = "one.example", *, limit: int = 2, delay: float = 1.0) -> AsyncContextManager[None]:
    return held.seat(host, limit=limit, delay=delay)


async def test_starts_at_one_host_are_spaced() -> None:
    clock = Clock()
    held = seats(clock)
    starts = []
    for _ in range(3):
        async with at(held):
            starts.append(clock.now)
    assert starts == [100.0, 101.0, 102.0]


async def test_hosts_do_not_wait_for_each_other() -> None:
    clock = Clock()
    held = seats(clock)
    async with at(held), at(held, "two.example"):
        assert clock.slept == []


async def test_no_more_than_per_host_at_a_time() -> None:
    clock = Clock()
    held = seats(clock)
    inside = peak = 0

    async def guest() -> None:
        nonlocal inside, peak
        async with at(held, delay=0):
            inside += 1
            peak = max(peak, inside)
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            inside -= 1

    await asyncio.gather(*(guest() for _ in range(9)))
    assert peak == 2


async def test_a_cancelled_waiter_reserves_nothing() -> None:
    clock = Clock()
    never = asyncio.Event()

    async def sleep_forever(_: float) -> None:
        await never.wait()

    held = LocalSeats(clock=clock, sleep=sleep_forever)
    async with at(held, delay=5.0):
        pass

    async def guest() -> None:
        async with at(held, delay=5.0):
            pytest.fail("the pause is not over")

    for _ in range(3):
        waiting = asyncio.create_task(guest())
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
    clock.now += 5.0
    async with at(held, delay=5.0):
        pass


async def test_a_failure_inside_gives_the_seat_back() -> None:
    held = seats(Clock())
    for _ in range(3):
        with pytest.raises(LookupError):
            async with at(held, limit=1, delay=0):
                raise LookupError


async def test_hosts_nobody_visits_any_more_are_forgotten() -> None:
    clock = Clock()
    held = seats(clock)
    for number in range(2000):
        clock.now += 0.1
        async with at(held, f"{number}.example"):
            pass
    assert len(held._lanes) <= 300


def test_the_default_sleep_is_the_loops_own() -> None:
    sleep: Callable[[float], Awaitable[object]] = LocalSeats()._sleep
    assert sleep is asyncio.sleep


class TestLocalSeats(HostSeatsContract):
    @pytest.fixture
    def seats(self) -> LocalSeats:
        return LocalSeats()

    @pytest.fixture
    def others(self, seats: LocalSeats) -> LocalSeats:
        return seats
