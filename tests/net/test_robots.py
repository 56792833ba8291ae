"""Robots files are asked for once a day, and heeded."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import VisitEnded
from domain.observations import Traffic
from net.governor import HostGovernor
from net.robots import MAX_BYTES, Robots
from net.robotsrules import MAX_CRAWL_DELAY, parse_rules
from net.session import PLAIN_AGENT, guarded_session
from tests.fakes import FakeHostMemory
from tests.net.loopback import LOOPBACK_ONLY, USER_AGENT, Server, serving, talking
from tests.net.test_media import say_nothing

START = datetime(2026, 3, 2, 4, 30, tzinfo=UTC)
SITE = "https://kites.example"


def allows(text: str, path: str = "/boats/1") -> bool:
    return parse_rules(text).allows(SITE + path)


@pytest.mark.parametrize(
    ("text", "allowed"),
    [
        ("", True),
        ("User-agent: *\nDisallow: /", False),
        ("User-agent: *\nDisallow:", True),
        ("User-agent: Kapear\nDisallow: /boats\n\nUser-agent: *\nAllow: /", False),
        ("User-agent: *\nDisallow: /\n\nUser-agent: KAPEAR\nAllow: /", True),
        ("User-agent: Kapear/1.0\nDisallow: /", False),
        ("user agent kapear\nDisallow: /", False),
        ("User-agent: rakebot\nDisallow: /", True),
        ("User-agent: rakebot\nUser-agent: kapear\nDisallow: /", False),
        ("User-agent: kap\nDisallow: /", True),
        ("User-agent: rakebot # not *\nDisallow: /", True),
        ("User-agent: *\nDisallow: /boats\nAllow: /boats/1", True),
        ("User-agent: *\nDisallow: /*/1$", False),
        ("\ufeffUser-agent: *\nDisallow: /boats", False),
        ("<!DOCTYPE html><p>kites</p>", True),
        ("\0\0\0", True),
    ],
)
def test_a_file_is_read_as_the_standard_says(text: str, allowed: bool) -> None:  # noqa: FBT001 - a case
    assert allows(text) is allowed


@pytest.mark.parametrize(
    ("said", "seconds"), [("7", 7), ("0.5", 0.5), ("3600", MAX_CRAWL_DELAY), ("-1", 0), ("soon", 0), ("inf", 0)]
)
def test_a_crawl_delay_is_honoured_up_to_a_minute(said: str, seconds: float) -> None:
    assert parse_rules(f"User-agent: *\nCrawl-delay: {said}").crawl_delay == seconds


def test_a_file_that_names_every_robot_there_is_takes_no_longer_than_its_length() -> None:
    names = "".join(f"User-agent: rake{n}\n" for n in range(12_000))
    rules = "".join(f"Disallow: /{n}\n" for n in range(20_000))
    assert allows(names + rules)
    assert not allows("User-agent: *\n" + names + rules, "/19999")
    assert allows("User-agent: *\nDisallow: /" + "*a" * 100_000 + "$", "/" + "a" * 2_000)


@given(st.lists(st.sampled_from(["User-agent: *", "User-agent: kapear", "Disallow: /b", "Allow: /", "", "#", "\x85:"])))
def test_any_lines_are_rules_or_none(lines: list[str]) -> None:
    rules = parse_rules("\n".join(lines))
    assert rules.allows(SITE) in {True, False}
    assert rules.crawl_delay == 0


@dataclass
class Site:
    """A site that answers its robots file as it is told, and a book that asks for it."""

    server: Server
    robots: Robots
    memory: FakeHostMemory
    answer: web.Response
    now: datetime = START
    traffic: Traffic = field(default_factory=Traffic)

    async def check(self, path: str = "/boats/1", host: str = "127.0.0.1") -> float:
        return await self.robots.check(f"http://{host}:{self.server.port}{path}", self.traffic, {})

    async def ending(self) -> str:
        with pytest.raises(VisitEnded) as caught:
            await self.check()
        assert caught.value.__cause__ is None
        return str(caught.value)


@asynccontextmanager
async def site(answer: web.Response, *, memory: FakeHostMemory | None = None) -> AsyncIterator[Site]:
    async def answered(_: web.Request) -> web.Response:
        held = opened.answer
        return web.Response(status=held.status, body=held.body, headers=held.headers)

    memory = memory or FakeHostMemory()
    async with serving(answered) as server, guarded_session(LOOPBACK_ONLY, user_agent=USER_AGENT) as session:
        governor = HostGovernor(delay=0, per_host=8)
        robots = Robots(session=session, governor=governor, memory=memory, now=lambda: opened.now, timeout=5.0)
        opened = Site(server, robots, memory, answer)
        yield opened


def text(words: str = "", status: int = 200, **headers: str) -> web.Response:
    return web.Response(text=words, status=status, headers=headers)


CLOSED = "User-agent: *\nDisallow: /boats\nCrawl-delay: 7"


async def test_a_site_is_asked_once_a_day_by_all_visits_together() -> None:
    async with site(text(CLOSED)) as one:
        delays = await asyncio.gather(*(one.check(f"/rakes/{n}") for n in range(20)))
        assert delays == [7.0] * 20
        assert await one.ending() == "refused: robots"
        one.now += timedelta(hours=23)
        assert await one.ending() == "refused: robots"
        assert (one.server.paths, one.traffic.requests) == (["/robots.txt"], 1)
        one.now += timedelta(hours=1)
        one.answer = text("", 404)
        assert await one.check() == 0
        assert one.server.paths == ["/robots.txt"] * 2


async def test_what_was_read_outlives_a_restart() -> None:
    async with site(text(CLOSED)) as before:
        assert await before.ending() == "refused: robots"
    origin = before.server.base
    async with site(text()) as after:
        after.memory.files[after.server.base] = before.memory.files[origin]
        assert await after.ending() == "refused: robots"
        assert after.server.paths == []


async def test_each_origin_has_a_file_of_its_own() -> None:
    async with site(text()) as one:
        await one.check()
        await one.check(host="localhost")
        assert len(one.server.paths) == 2


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 451])
async def test_a_file_that_is_not_there_forbids_nothing(status: int) -> None:
    async with site(text(CLOSED, status)) as one:
        assert await one.check() == 0


@pytest.mark.parametrize(("status", "outcome"), [(429, "limited"), (500, "unreachable"), (502, "unreachable")])
async def test_while_a_site_is_in_trouble_nothing_is_asked_of_it(status: int, outcome: str) -> None:
    async with site(text(CLOSED, status)) as one:
        assert await one.ending() == f"{outcome}: robots"
        assert one.memory.files == {}


async def test_a_site_that_asks_for_a_pause_says_until_when() -> None:
    async with site(text("", 429, **{"Retry-After": "3600"})) as one:
        with pytest.raises(VisitEnded) as caught:
            await one.check()
        assert caught.value.until is not None
        assert await one.ending() == "limited: host_rests"
        assert len(one.server.paths) == 1


@pytest.mark.parametrize(("location", "asked"), [("/elsewhere", 6), ("http://127.0.0.2/robots.txt", 1), ("", 1)])
async def test_redirects_are_followed_on_the_host_and_no_further(location: str, asked: int) -> None:
    headers = {"Location": location} if location else {}
    async with site(text(CLOSED, 302, **headers)) as one:
        assert await one.check() == 0
        assert len(one.server.paths) == asked


async def test_a_file_without_end_is_read_as_far_as_it_counts() -> None:
    async with site(text("User-agent: *\nDisallow: /boats\n" + "#" * (2 * MAX_BYTES))) as one:
        assert await one.ending() == "refused: robots"
        assert one.traffic.bytes < 2 * MAX_BYTES


async def test_a_silent_site_is_unreachable_within_the_time() -> None:
    async with (
        talking(say_nothing) as base,
        guarded_session(LOOPBACK_ONLY, user_agent=USER_AGENT) as session,
    ):
        robots = Robots(session=session, governor=HostGovernor(delay=0), timeout=0.1)
        with pytest.raises(VisitEnded, match="unreachable: robots"):
            await robots.check(f"{base}/", Traffic(), {})


async def test_who_may_not_be_told_is_not_told_by_this_question_either() -> None:
    async with site(text()) as one:
        await one.robots.check(f"{one.server.base}/", one.traffic, PLAIN_AGENT)
        assert one.server.requests[0].headers["User-Agent"] == "Mozilla/5.0"
