from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import pytest

from domain.courtesy import QUIET, RATE_LIMIT, Courtesy, HostState
from domain.outcomes import Outcome
from net.fetch import FetchFailed
from net.governor import HostGovernor, HostRests
from net.seats import LocalSeats
from tests.fakes import FakeHostMemory

START = datetime(2026, 3, 2, 4, 30, tzinfo=UTC)
SECOND = timedelta(seconds=1)
HOUR = timedelta(hours=1)
HOST = "one.example"
RULES = Courtesy(failures=3)


class World:
    """A clock that sleeping moves, and a governor that goes by it."""

    def __init__(self, memory: FakeHostMemory | None = None, *, delay: float = 0.0, per_host: int = 2) -> None:
        self.now = START
        self.slept: list[float] = []
        self.memory = memory or FakeHostMemory()
        self.governor = HostGovernor(
            per_host=per_host,
            delay=delay,
            rules=RULES,
            seats=LocalSeats(clock=self.seconds, sleep=self.sleep),
            memory=self.memory,
            now=lambda: self.now,
            dice=lambda: 0.5,
            sleep=self.sleep,
        )

    def seconds(self) -> float:
        return self.now.timestamp()

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += timedelta(seconds=seconds)
        await asyncio.sleep(0)

    async def asked(self, status: int, headers: Mapping[str, str] | None = None, host: str = HOST) -> None:
        async with self.governor.slot(host) as turn:
            turn.heard(status, headers or {})

    async def failed(self, code: str = "timeout") -> None:
        with pytest.raises(FetchFailed):
            async with self.governor.slot(HOST):
                raise FetchFailed(code)

    async def refusal(self) -> HostRests:
        with pytest.raises(HostRests) as caught:
            await self.asked(200)
        return caught.value


async def test_requests_are_spaced_and_one_host_has_one_name() -> None:
    world = World(delay=1.0)
    for host in (HOST, "One.Example.", "two.example"):
        await world.asked(200, host=host)
    assert world.slept == [1.0]


async def test_a_crawl_delay_keeps_pages_apart_and_nothing_else() -> None:
    world = World(delay=1.0)
    for pause in (30.0, 0.0, 30.0, 30.0, 0.5):
        async with world.governor.slot(HOST, crawl_delay=pause):
            pass
    assert world.slept == [1.0, 29.0, 30.0, 1.0]


async def test_a_host_that_asks_for_a_pause_gets_it_and_nobody_asks_in_between() -> None:
    world = World()
    await world.asked(429, {"Retry-After": "3600"})
    refused = await world.refusal()
    assert (refused.outcome, refused.code, refused.until) == (Outcome.LIMITED, "host_rests", START + HOUR)
    await world.asked(200, host="two.example")
    world.now = START + HOUR
    await world.asked(200)
    assert world.memory.noted == [(HOST, HostState(rests_until=START + HOUR, rests_because="http_429")), (HOST, QUIET)]


async def test_a_rest_outlives_a_restart() -> None:
    before = World()
    await before.asked(503, {"Retry-After": "60"})
    assert (await World(before.memory).refusal()).until == START + 60 * SECOND


async def test_a_short_rest_is_waited_for() -> None:
    world = World()
    await world.asked(200, {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "7"})
    assert world.memory.noted[0][1].rests_because == RATE_LIMIT
    await world.asked(200)
    assert world.slept == [7.0]


async def test_a_host_that_fails_in_a_row_rests_and_is_then_tried_by_one() -> None:
    world = World()
    for _ in range(RULES.failures):
        await world.failed()
    refused = await world.refusal()
    assert (refused.outcome, refused.until) == (Outcome.UNREACHABLE, START + RULES.first_rest)
    world.now = START + RULES.first_rest
    probe = asyncio.Event()
    inside: list[str] = []

    async def visit(name: str) -> None:
        async with world.governor.slot(HOST) as turn:
            inside.append(name)
            await probe.wait()
            turn.heard(200, {})

    visits = [asyncio.create_task(visit(name)) for name in "ab"]
    for _ in range(5):
        await asyncio.sleep(0)
    assert inside == ["a"]
    probe.set()
    await asyncio.gather(*visits)
    assert inside == ["a", "b"]
    assert world.memory.noted[-1] == (HOST, QUIET)


async def test_a_probe_that_fails_sends_everybody_home_for_longer() -> None:
    world = World()
    for _ in range(RULES.failures):
        await world.failed()
    world.now += RULES.first_rest
    begun = asyncio.Event()

    async def probing() -> None:
        async with world.governor.slot(HOST):
            begun.set()
            await asyncio.sleep(0.01)
            raise FetchFailed("unreachable")

    first = asyncio.create_task(probing())
    await begun.wait()
    refused = await world.refusal()  # it waited for the probe, and was not let in
    assert refused.until == world.now + 2 * RULES.first_rest
    with pytest.raises(FetchFailed):
        await first


async def test_answers_between_failures_and_faults_that_are_ours_count_for_nothing() -> None:
    world = World()
    for _ in range(4):
        await world.failed()
        await world.failed()
        await world.asked(404)
        await world.failed("bad_url")
    assert await world.memory.state(HOST) == QUIET


async def test_half_an_answer_is_a_failure_though_its_head_came() -> None:
    world = World()

    async def broken_off() -> None:
        async with world.governor.slot(HOST) as turn:
            turn.heard(200, {})
            raise TimeoutError

    for _ in range(RULES.failures):
        with pytest.raises(TimeoutError):
            await broken_off()
    assert (await world.refusal()).outcome is Outcome.UNREACHABLE


async def test_who_is_cancelled_says_nothing_of_the_host() -> None:
    world = World()
    for _ in range(RULES.failures):
        with pytest.raises(asyncio.CancelledError):
            async with world.governor.slot(HOST):
                raise asyncio.CancelledError
    assert world.memory.noted == []


async def test_nothing_is_written_while_nothing_changes() -> None:
    world = World()
    for _ in range(20):
        await world.asked(200)
    assert (world.memory.noted, world.memory.reads) == ([], 1)


async def test_hosts_nobody_visits_any_more_are_forgotten_but_not_that_they_rest() -> None:
    governor = HostGovernor(delay=0)
    async with governor.slot("resting.example") as turn:
        turn.heard(429, {"Retry-After": "3600"})
    for number in range(2000):
        async with governor.slot(f"{number}.example"):
            pass
    assert len(governor._hosts) <= 300
    with pytest.raises(HostRests):
        async with governor.slot("resting.example"):
            pytest.fail("it rests")


async def test_what_failed_while_the_network_was_away_is_forgiven_and_what_a_host_asked_for_is_not() -> None:
    governor = HostGovernor(delay=0)
    for _ in range(5):
        with pytest.raises(FetchFailed):
            async with governor.slot("kites.example"):
                raise FetchFailed("timeout")
    async with governor.slot("boats.example") as turn:
        turn.heard(429, {"Retry-After": "3600"})
    for name in ("kites.example", "boats.example"):
        with pytest.raises(HostRests):
            async with governor.slot(name):
                pass
    await governor.forgive()
    async with governor.slot("kites.example"):
        pass
    with pytest.raises(HostRests):
        async with governor.slot("boats.example"):
            pass
