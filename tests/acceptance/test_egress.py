"""
Nothing that Kapear asks for over the web reaches an address that is forbidden, whichever way it is asked for.

A connection is counted where the loop is asked to make it, and goes no further
unless it leads to the test's own site. The same cases with a guard that
agrees to everything show that they would be reached.
"""

from __future__ import annotations

import asyncio
import socket
from asyncio.selector_events import BaseSelectorEventLoop
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from ipaddress import ip_network
from urllib.parse import quote

import aiohttp
import pytest
from aiohttp import web
from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

from crawler.source import ScrapySource
from crawler.visit import Limits
from domain.errors import KapearError
from domain.observations import Traffic
from exchange.clients.asking import Question, asked
from net.governor import HostGovernor
from net.guard import EgressPolicy
from net.media import HttpMedia
from net.robots import Robots
from net.session import guarded_session
from tests.crawler.visiting import look, page_at
from tests.net.loopback import USER_AGENT
from tests.net.test_guard import SPELLINGS

HOME = "127.0.0.2"  # the one address that may be reached
GUARD = EgressPolicy(enrolled=True, allow_networks=(ip_network(f"{HOME}/32"),))
PUBLIC = "8.8.8.8"


@dataclass(frozen=True, slots=True, kw_only=True)
class NoGuard(EgressPolicy):
    """What stands in the guard's place for the control: agrees to everything."""

    def verdict(self, address: str, port: int) -> str | None:  # noqa: ARG002 - the guard's
        return None


# A name of its own for each address: `nNUMBER.kites.example`.
NAMED = {f"n{number}.kites.example": address for number, (_, address) in enumerate(SPELLINGS) if "%" not in address}
LITERALS = [f"http://[{address}]/" if ":" in address else f"http://{address}/" for address in NAMED.values()]
NAMES = [f"https://{name}/kite.png" for name in NAMED]
SPELLED = [
    f"http://{host}/"
    for host in (
        *("2130706433", "0x7f000001", "0x7f.0.0.1", "0177.0.0.1", "017700000001", "127.1", "127.0.1", "0", "0x7F.1"),
        *("127.000.000.001", "127.0.0.1.", "localhost", "LOCALHOST", "127。0。0。1", "①②⑦.⓪.⓪.①", "3232235521"),
        *("0xa9fea9fe", "2852039166", "[0:0:0:0:0:ffff:7f00:0001]", "[::ffff:a9fe:a9fe]", "0300.0250.0.1"),
    )
]
PORTS = [f"http://{PUBLIC}:{port}/" for port in (22, 25, 53, 110, 3306, 5432, 6379, 9200, 11211, 65535)]
TRICKS = [
    *("http://kites.example@127.0.0.1/", "http://kites.example:80@127.0.0.1/", "http://127.0.0.1\\@kites.example/"),
    *("http://kites.example\\@127.0.0.1/", "http:\\\\127.0.0.1/", "http:/127.0.0.1/", "http:///127.0.0.1/"),
    *("http://kites.example%2f@127.0.0.1/", "http://127.0.0.1%00.kites.example/", "http://127.0.0.1%09/"),
    *("http://kites.example#@127.0.0.1/", "http://kites.example?@127.0.0.1/", "http://[::1]@127.0.0.1/", "http://[::1"),
]
SCHEMES = [
    *("file:///etc/hostname", "file://localhost/etc/hostname", "data:text/html,<p>kites", "ftp://127.0.0.1/kites"),
    *("s3://kites/boats", "gopher://127.0.0.1:70/1", "dict://127.0.0.1:2628/", "ldap://127.0.0.1/", "ws://127.0.0.1/"),
    *("unix:///run/kites.sock", "jar:http://127.0.0.1!/", "javascript:kites()", "HTTP+unix://kites/", "about:blank"),
]
CASES = [*LITERALS, *NAMES, *SPELLED, *PORTS, *TRICKS, *SCHEMES]


class Names(AbstractResolver):
    """Knows the names above; what is no name it reads as the system does. `kites.example` is public."""

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        if host.endswith("kites.example"):
            addresses = [NAMED.get(host, PUBLIC)]
        else:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            addresses = [str(entry[4][0]) for entry in found]
        return [
            ResolveResult(hostname=host, host=address, port=port, family=family, proto=0, flags=0)
            for address in addresses
        ]

    async def close(self) -> None:
        pass


@dataclass
class Way:
    """Everything that goes out, with one guard; `home` is the test's own site, which sends on where it is told."""

    session: aiohttp.ClientSession
    home: str

    def governor(self) -> HostGovernor:
        return HostGovernor(delay=0)

    def sent_on(self, url: str) -> str:
        return f"{self.home}/?to={quote(url)}"

    async def page(self, url: str) -> None:
        await look(self._source(None), page_at(url))

    async def page_of_a_site_with_robots(self, url: str) -> None:
        robots = Robots(session=self.session, governor=self.governor())
        await look(self._source(robots), page_at(url))

    async def robots(self, url: str) -> None:
        await Robots(session=self.session, governor=self.governor()).check(url, Traffic(), {})

    async def media(self, url: str) -> None:
        media = HttpMedia(url, session=self.session, governor=self.governor(), traffic=Traffic())
        try:
            await media.read(0, 10)
        finally:
            await media.close()

    async def feed(self, url: str) -> None:
        await asked(self.session, Question(url=URL(url), headers={"Authorization": "kites"}), Traffic())

    async def look_up(self, url: str) -> None:
        await asked(self.session, Question(url=URL(url), body={"hashes": []}), Traffic())

    def _source(self, robots: Robots | None) -> ScrapySource:
        return ScrapySource(
            session=self.session, governor=self.governor(), tool="tests", robots=robots, limits=Limits(timeout=5.0)
        )


WAYS: list[Callable[[Way, str], Awaitable[None]]] = [
    *(Way.page, Way.page_of_a_site_with_robots, Way.robots, Way.media, Way.feed, Way.look_up)
]


@dataclass
class Attempts:
    """Connections that somebody asked the loop for, but those to the test's own site."""

    made: list[tuple[str, int]] = field(default_factory=list)

    @property
    def forbidden(self) -> list[tuple[str, int]]:
        return [where for where in self.made if GUARD.verdict(*where) is not None]


@pytest.fixture
def attempts(monkeypatch: pytest.MonkeyPatch) -> Attempts:
    counted = Attempts()
    connect = BaseSelectorEventLoop.sock_connect

    async def sock_connect(loop: BaseSelectorEventLoop, sock: socket.socket, address: tuple[str, int]) -> None:
        if address[0] == HOME:
            await connect(loop, sock, address)
            return
        counted.made.append((str(address[0]), int(address[1])))
        raise ConnectionRefusedError

    monkeypatch.setattr(BaseSelectorEventLoop, "sock_connect", sock_connect)
    return counted


@asynccontextmanager
async def out(policy: EgressPolicy) -> AsyncIterator[Way]:
    async def sending_on(request: web.BaseRequest) -> web.StreamResponse:
        return web.Response(status=302, headers={"Location": request.query.get("to", "")})

    runner = web.ServerRunner(web.Server(sending_on, access_log=None), shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, HOME, 0).start()
    try:
        async with guarded_session(policy, user_agent=USER_AGENT, resolver=Names()) as session:
            yield Way(session=session, home=f"http://{HOME}:{runner.addresses[0][1]}")
    finally:
        await runner.cleanup()


async def tried(way: Way, by: Callable[[Way, str], Awaitable[None]], url: str) -> None:
    """Go one way to one place; how it ends is the business of other tests."""
    async with asyncio.timeout(20):
        with suppress(KapearError, ValueError):  # a ValueError: what is no URL was never asked for
            await by(way, url)


def test_there_are_enough_cases() -> None:
    assert len(set(CASES)) == len(CASES) >= 150
    assert len(CASES) * len(WAYS) * 2 >= 1800


@pytest.mark.parametrize("by", WAYS, ids=lambda by: by.__name__)
async def test_no_forbidden_address_is_reached(attempts: Attempts, by: Callable[[Way, str], Awaitable[None]]) -> None:
    async with out(GUARD) as way:
        for url in CASES:
            await tried(way, by, url)
            await tried(way, by, way.sent_on(url))
            assert attempts.forbidden == [], url


@pytest.mark.parametrize(("by", "at_least"), [(Way.page, 140), (Way.media, 140), (Way.feed, 140)])
async def test_without_the_guard_they_are_reached(
    attempts: Attempts, by: Callable[[Way, str], Awaitable[None]], at_least: int
) -> None:
    reached = []
    async with out(NoGuard(enrolled=True)) as way:
        for url in CASES:
            before = len(attempts.forbidden)
            await tried(way, by, url)
            if len(attempts.forbidden) > before:
                reached.append(url)
    assert len(reached) >= at_least
    assert set(reached) & set(SCHEMES) <= {"ws://127.0.0.1/"}  # all that aiohttp itself speaks besides


async def test_without_the_guard_a_redirect_of_a_picture_leads_there(attempts: Attempts) -> None:
    async with out(NoGuard(enrolled=True)) as way:
        for url in LITERALS:
            await tried(way, Way.media, way.sent_on(url))
    assert len(set(attempts.forbidden)) >= 70  # some are one address in two spellings


class Rebinding(Names):
    """Answers with a harmless address first, and with a forbidden one ever after."""

    def __init__(self) -> None:
        self.asked = 0

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        self.asked += 1
        address = PUBLIC if self.asked == 1 else "127.0.0.1"
        return [ResolveResult(hostname=host, host=address, port=port, family=family, proto=0, flags=0)]


@pytest.mark.parametrize("by", WAYS, ids=lambda by: by.__name__)
async def test_a_name_that_changes_its_mind_is_not_followed_there(
    attempts: Attempts, by: Callable[[Way, str], Awaitable[None]]
) -> None:
    names = Rebinding()
    async with guarded_session(GUARD, user_agent=USER_AGENT, resolver=names) as session:
        way = Way(session=session, home="")
        for _ in range(3):
            await tried(way, by, "http://kites.example/")
            assert isinstance(session.connector, aiohttp.TCPConnector)
            session.connector.clear_dns_cache()
    # What was looked up is what was judged and connected to: nobody looks twice.
    assert (attempts.made, names.asked) == ([(PUBLIC, 80)], 3)
