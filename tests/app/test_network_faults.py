"""
Faults between Kapear and what it watches take nothing for gone: real spiders and servers, a clock that is moved.

Each fault has its control: the same story without a witness ends in a false removal.
"""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web
from aiohttp.abc import AbstractResolver, ResolveResult

from crawler.source import ScrapySource
from domain.observations import Platform, Traffic
from domain.outcomes import Outcome
from domain.ports import SourceTarget
from domain.targets import WatchTarget
from net.governor import HostGovernor
from net.session import guarded_session
from tests.crawler.visiting import QUICK, PreviewServer, html
from tests.desk import LOCAL, OpenOffice, open_office
from tests.net.loopback import LOOPBACK_ONLY, USER_AGENT
from triage.intake import Intake
from triage.landmarks import KnownHosts
from triage.prices import Purse
from triage.turns import Turns
from triage.watchlist import NewTarget

HOUR = timedelta(hours=1)
FAULT = 9 * HOUR
SITES = ("kites.localhost", "rakes.localhost")
HERE, ELSEWHERE = "127.0.0.1", "127.0.0.2"

Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Names(AbstractResolver):
    """A resolver that a test can hijack, or take away."""

    address: str | None = HERE

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        if self.address is None:
            raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")
        return [ResolveResult(hostname=host, host=self.address, port=port, family=family, proto=0, flags=0)]

    async def close(self) -> None:
        return None


class Unwitnessed(ScrapySource):
    """A source that takes whoever answers for the platform."""

    async def is_itself(self, target: SourceTarget, traffic: Traffic) -> bool:  # noqa: ARG002 - the port's
        return True


@dataclass
class World:
    """Two sites and a preview on loopback, who stands before them, and the office that watches them."""

    office: OpenOffice
    names: Names = field(default_factory=Names)
    before: Answer | None = None  # who answers in place of everybody
    gone: set[str] = field(default_factory=set)
    preview: PreviewServer = field(default_factory=lambda: PreviewServer(ids=[1, 2, 3]))
    sources: dict[Platform, ScrapySource] = field(default_factory=dict)
    forget: Callable[[], None] = lambda: None

    def lead_names_to(self, address: str | None) -> None:
        """Let every name lead to another address, or to none."""
        self.names.address = address
        self.forget()

    async def answer(self, request: web.Request) -> web.StreamResponse:
        host = request.host.partition(":")[0]
        if self.before is not None:
            return await self.before(request)
        if request.path in self.gone:
            raise web.HTTPNotFound
        if host not in SITES:
            return await self.preview(request)
        if request.path == "/robots.txt":
            if host == SITES[1]:
                raise web.HTTPNotFound
            return web.Response(text=f"User-agent: *\nDisallow: /of-{host}")
        return html(f"<p>Tin lanterns of {host}{request.path}</p>")

    @property
    def intake(self) -> Intake:
        return replace(self.office.intake, sources=dict(self.sources))

    async def targets(self) -> list[WatchTarget]:
        return await self.office.store.read(lambda tx: tx.targets.all())

    async def endings(self, *platforms: Platform) -> set[tuple[Outcome, str]]:
        """Return how all visits so far ended, to targets of these platforms, or all."""
        visits = [
            visit
            for target in await self.targets()
            if target.platform in (platforms or Platform)
            for visit in await self.office.store.read(lambda tx, one=target: tx.targets.visits(one.id, 1_000))  # type: ignore[misc]
        ]
        return {(visit.outcome, visit.code) for visit in visits}

    async def pass_time(self, span: timedelta, step: timedelta = HOUR / 2) -> None:
        """Let time pass, with turns taken as they come."""
        until = self.office.clock() + span
        desk = self.office.office.desk
        turns = Turns(desk=desk, line=self.office.intake.line, purse=Purse(desk=desk, bytes_a_day=None))
        while self.office.clock() < until:
            for claim in await turns.take(8, is_idle=True):
                await self.intake.visit(claim, 0.5)
            self.office.clock.forward(step)


@asynccontextmanager
async def world(tmp_path: Path, kind: type[ScrapySource] = ScrapySource) -> AsyncIterator[World]:
    async with open_office(tmp_path) as office:
        made = World(office=office)
        application = web.Application()
        application.router.add_get("/{path:.*}", made.answer)
        application.on_response_prepare.append(_part)
        runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        first = web.TCPSite(runner, HERE, 0)
        await first.start()
        port = runner.addresses[0][1]
        hijacker = web.AppRunner(_hijacker(), access_log=None, shutdown_timeout=0.1)
        await hijacker.setup()
        await web.TCPSite(hijacker, ELSEWHERE, port).start()
        try:
            async with guarded_session(LOOPBACK_ONLY, user_agent=USER_AGENT, resolver=made.names) as session:
                source = kind(
                    session=session,
                    governor=HostGovernor(per_host=8, delay=0),
                    tool="kapear tests",
                    telegram_web_base=f"http://preview.localhost:{port}",
                    now=office.clock,
                    limits=QUICK,
                    robots=None,
                    landmarks=KnownHosts(desk=office.office.desk),
                )
                connector = session.connector
                assert isinstance(connector, aiohttp.TCPConnector)
                made.forget = connector.clear_dns_cache
                made.sources = {Platform.PAGE: source, Platform.TELEGRAM_WEB: source}
                for site in SITES:
                    for page in ("a", "b"):
                        await office.add_target(locator=f"http://{site}:{port}/{page}")
                watchlist = replace(
                    office.office.watchlist, desk=replace(office.office.desk, hosts={Platform.TELEGRAM_WEB: HERE})
                )
                channel = NewTarget(locator="@tinlanterns", report="IHC-1", authorised_by="The board", basis="A report")
                await watchlist.add(LOCAL, channel)
                yield made
        finally:
            await hijacker.cleanup()
            await runner.cleanup()


def _hijacker() -> web.Application:
    """Return another server altogether, which knows none of what it is asked for."""
    application = web.Application()
    application.on_response_prepare.append(_part)
    return application


async def _part(_: web.Request, response: web.StreamResponse) -> None:
    """Keep no connection: a name is looked up for each."""
    response.force_close()


async def portal_redirects(_: web.Request) -> web.StreamResponse:
    raise web.HTTPFound("http://portal.localhost/sign-in")


async def portal_page(_: web.Request) -> web.StreamResponse:
    return html("<p>Welcome. Sign in to use this line.</p>")


def blocked(status: int) -> Answer:
    async def page(_: web.Request) -> web.StreamResponse:
        return web.Response(status=status, text="<p>This page is not shown here.</p>", content_type="text/html")

    return page


FAULTS: dict[str, Answer] = {
    "portal that redirects": portal_redirects,
    "portal with a page": portal_page,
    "block page 200": blocked(200),
    "block page 403": blocked(403),
    "block page 404": blocked(404),
    "block page 451": blocked(451),
}
FALSE = {Outcome.GONE, Outcome.MOVED, Outcome.RESTRICTED, Outcome.NO_PREVIEW}


async def stood_through(at: World) -> None:
    """Let the fault pass, and check that nothing is left of it."""
    await at.pass_time(FAULT)
    assert not {outcome for outcome, _ in await at.endings()} & FALSE
    assert {target.failures for target in await at.targets()} == {0}
    assert {target.gone_since for target in await at.targets()} == {None}
    at.before = None
    at.lead_names_to(HERE)
    over = at.office.clock()
    await at.pass_time(2 * HOUR)
    after = await at.targets()
    assert all(target.last_visit_at is not None and target.last_visit_at >= over for target in after)
    assert {target.last_outcome for target in after} <= {Outcome.NEW, Outcome.UNCHANGED}
    assert {target.failures for target in after} == {0}


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
async def test_who_stands_in_between_takes_nothing_away(tmp_path: Path, fault: Answer) -> None:
    async with world(tmp_path) as at:
        await at.pass_time(HOUR)
        at.before = fault
        await stood_through(at)


async def test_a_hijacked_name_takes_nothing_away(tmp_path: Path) -> None:
    async with world(tmp_path) as at:
        await at.pass_time(HOUR)
        at.lead_names_to(ELSEWHERE)
        await stood_through(at)


async def test_nine_hours_without_a_resolver_take_nothing_away(tmp_path: Path) -> None:
    async with world(tmp_path) as at:
        await at.pass_time(HOUR)
        at.lead_names_to(None)
        await stood_through(at)
        now = at.office.clock()
        (outage,) = await at.office.store.read(lambda tx: tx.outages.between(now - 24 * HOUR, now))
        assert outage.ended_at is not None
        assert outage.ended_at - outage.started_at >= FAULT - HOUR


@pytest.mark.parametrize("name", ["portal that redirects", "block page 403", "block page 404", "block page 451"])
async def test_without_a_witness_it_would_be_believed(tmp_path: Path, name: str) -> None:
    """Control."""
    async with world(tmp_path, Unwitnessed) as at:
        await at.pass_time(HOUR)
        at.before = FAULTS[name]
        await at.pass_time(FAULT)
        assert {outcome for outcome, _ in await at.endings()} & FALSE


async def test_without_a_witness_a_hijacked_name_would_take_all_away(tmp_path: Path) -> None:
    """Control."""
    async with world(tmp_path, Unwitnessed) as at:
        await at.pass_time(HOUR)
        at.lead_names_to(ELSEWHERE)
        await at.pass_time(FAULT)
        assert {target.last_outcome for target in await at.targets()} == {Outcome.GONE}


async def test_a_page_that_is_really_gone_is_gone_after_two_looks(tmp_path: Path) -> None:
    async with world(tmp_path) as at:
        await at.pass_time(HOUR)
        at.gone = {"/a"}
        await at.pass_time(FAULT)
        gone = {target.id for target in await at.targets() if target.last_outcome is Outcome.GONE}
        assert len(gone) == len(SITES), "each site has one, with a robots file and without"
        assert (Outcome.UNREACHABLE, "gone_unconfirmed") in await at.endings()
        at.gone = set()
        await at.pass_time(24 * HOUR)
        assert not [target for target in await at.targets() if target.gone_since is not None]


async def test_a_channel_is_witnessed_by_the_preview_of_another(tmp_path: Path) -> None:
    async with world(tmp_path) as at:
        source = at.sources[Platform.TELEGRAM_WEB]
        target = SourceTarget(platform=Platform.TELEGRAM_WEB, locator="https://t.me/s/tinlanterns")
        traffic = Traffic()
        assert await source.is_itself(target, traffic)
        assert traffic.requests == 1
        assert await source.is_itself(target, traffic)
        assert traffic.requests == 1, "within the same minute nobody is asked again"
        at.before = portal_page
        assert await source.is_itself(target, traffic)
        at.office.clock.forward(2 * timedelta(minutes=1))
        for before in (portal_page, portal_redirects, blocked(404), blocked(200)):
            at.before = before
            assert not await source.is_itself(target, traffic)


async def test_a_host_that_was_never_seen_alive_is_not_known(tmp_path: Path) -> None:
    async with world(tmp_path) as at:
        at.gone = {"/a", "/b"}
        await at.pass_time(FAULT)
        assert await at.endings(Platform.PAGE) == {(Outcome.UNREACHABLE, "not_itself"), (Outcome.OFFLINE, "not_itself")}


async def test_over_verified_tls_the_site_itself_has_said_so(tmp_path: Path) -> None:
    async with world(tmp_path) as at:
        traffic = Traffic()
        target = SourceTarget(platform=Platform.PAGE, locator="https://kites.localhost/a")
        assert await at.sources[Platform.PAGE].is_itself(target, traffic)
        assert traffic.requests == 0
