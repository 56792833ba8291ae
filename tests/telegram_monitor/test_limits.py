from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telegram_monitor.faults import MAX_WAIT, AccountStopped
from telegram_monitor.limits import OTHERS, PATIENCE, RATES, RESOLVE, Bucket, Cooldowns, Rate, Turnstile
from tests.telegram_monitor.dialled import Clock

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
DAY = 86_400.0


def turnstile(clock: Clock, **more: Rate) -> Turnstile:
    return Turnstile(cooldowns=Cooldowns(), clock=clock.monotonic, sleep=clock.sleep, rates=more or None)


# Cooldowns.


def test_a_method_rests_for_as_long_as_it_was_told_and_no_other_does() -> None:
    cooldowns = Cooldowns()
    cooldowns.note("a", 30, now=100)
    assert cooldowns.left("a", 100) == 30
    assert cooldowns.left("a", 129.5) == 0.5
    assert cooldowns.left("a", 130) == cooldowns.left("b", 100) == 0
    assert cooldowns.rests(["b", "a"], 129)
    assert not cooldowns.rests(["b"], 129)


@given(waits=st.lists(st.tuples(st.floats(0, 1_000), st.integers(1, 1_000)), min_size=1))
def test_the_longest_wait_holds(waits: list[tuple[float, int]]) -> None:
    cooldowns = Cooldowns()
    for at, seconds in sorted(waits):
        cooldowns.note("a", seconds, now=at)
    ends = max(at + seconds for at, seconds in waits)
    assert cooldowns.left("a", 0) == pytest.approx(ends)


@pytest.mark.parametrize(
    ("jump", "left"),
    [(0, 600), (-300, 900), (300, 300), (DAY, 0), (-10 * DAY, MAX_WAIT)],
    ids=["no jump", "back a little", "forward a little", "forward a day", "back ten days"],
)
def test_what_was_stored_is_recalled_within_reason(jump: float, left: float) -> None:
    cooldowns = Cooldowns()
    cooldowns.recall({"a": NOON + timedelta(seconds=600)}, wall=NOON + timedelta(seconds=jump), now=5)
    assert cooldowns.left("a", 5) == left


# Pace.


def test_a_bucket_gives_its_burst_and_then_one_by_one() -> None:
    bucket = Bucket(rate=Rate(burst=3, every=2.0), filled_at=0.0)
    for _ in range(3):
        assert bucket.wait(0.0) == 0
        bucket.take()
    assert bucket.wait(0.0) == 2.0
    assert bucket.wait(1.5) == 0.5
    assert bucket.wait(2.0) == 0
    bucket.take()
    assert bucket.wait(2.0) == 2.0
    assert bucket.wait(1_000.0) == 0
    assert bucket.tokens == 3


@given(
    rate=st.builds(Rate, burst=st.integers(1, 20), every=st.floats(0.1, 100)),
    steps=st.lists(st.floats(0, 50), max_size=200),
)
def test_never_more_calls_than_the_rate_allows(rate: Rate, steps: list[float]) -> None:
    bucket, now, taken = Bucket(rate=rate, filled_at=0.0), 0.0, 0
    for step in steps:
        now += step
        if bucket.wait(now) == 0:
            bucket.take()
            taken += 1
    assert taken <= rate.burst + now / rate.every + 1e-6


def test_a_clock_that_stands_still_or_goes_back_fills_nothing() -> None:
    bucket = Bucket(rate=Rate(burst=1, every=10.0), filled_at=100.0)
    bucket.take()
    assert bucket.wait(50.0) == 10.0


def test_resolving_a_day_long_stays_below_what_brought_long_waits() -> None:
    rate = RATES[RESOLVE]
    assert rate.burst + DAY / rate.every < 160
    assert all(rate.burst >= one.burst * 0.2 and rate.every >= one.every for one in (*RATES.values(), OTHERS))


async def test_a_turn_is_waited_for_with_patience() -> None:
    clock = Clock()
    gate = turnstile(clock, a=Rate(burst=2, every=10.0))
    for _ in range(4):
        async with gate.turn("a"):
            pass
    assert clock.slept == [10.0, 10.0]


async def test_a_turn_that_will_not_come_soon_is_not_waited_for() -> None:
    clock = Clock()
    gate = turnstile(clock, a=Rate(burst=1, every=PATIENCE + 1))
    async with gate.turn("a"):
        pass
    with pytest.raises(AccountStopped, match="paced"):
        async with gate.turn("a"):
            pytest.fail("let through")
    assert not clock.slept
    clock.pass_by(2)
    async with gate.turn("a"):
        pass


async def test_one_call_of_a_method_at_a_time() -> None:
    gate, inside, seen = turnstile(Clock()), 0, []

    async def call(method: str) -> None:
        nonlocal inside
        async with gate.turn(method):
            inside += 1
            seen.append(inside)
            await asyncio.sleep(0)
            inside -= 1

    await asyncio.gather(*[call("a") for _ in range(9)])
    assert max(seen) == 1
    await asyncio.gather(call("a"), call("b"))
    assert max(seen) == 2


async def test_who_waited_in_line_hears_of_the_wait_too() -> None:
    clock, cooldowns = Clock(), Cooldowns()
    gate = Turnstile(cooldowns=cooldowns, clock=clock.monotonic, sleep=clock.sleep, rates=None)
    stopped: list[str] = []

    async def call() -> None:
        try:
            async with gate.turn("a"):
                await asyncio.sleep(0)
                cooldowns.note("a", 60, now=clock.seconds)
        except AccountStopped as stop:
            stopped.append(stop.code)

    await asyncio.gather(*[call() for _ in range(9)])
    assert stopped == ["flood_wait"] * 8


async def test_a_wait_noted_while_one_slept_for_its_turn_holds_for_it() -> None:
    cooldowns, clock = Cooldowns(), Clock()

    async def sleep(seconds: float) -> None:
        clock.pass_by(seconds)
        cooldowns.note("a", 60, now=clock.seconds)

    gate = Turnstile(cooldowns=cooldowns, clock=clock.monotonic, sleep=sleep, rates={"a": Rate(burst=1, every=5.0)})
    async with gate.turn("a"):
        pass
    with pytest.raises(AccountStopped, match="flood_wait"):
        async with gate.turn("a"):
            pytest.fail("let through")
