"""Servers that mean harm, and how a visit to each ends: for tests, and for `benchmarks.evil_server`."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace

from aiohttp import web

from crawler.source import ScrapySource
from domain.errors import VisitEnded
from domain.ports import SourceTarget
from tests.crawler.visiting import channel, html, look, message, page_at, preview
from tests.net.loopback import Handler, Talk, serving, talking
from tests.net.test_media import babble, flood_headers, hang_up, say_nothing

QUICK, PATIENT = 1.0, 15.0  # seconds: where only the clock ends a visit, and where something else must

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n"


def saying(answer: bytes) -> Talk:
    async def talk(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(answer)
        await writer.drain()

    return talk


def forever(head: bytes, piece: bytes, pause: float = 0) -> Talk:
    async def talk(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(head)
        while True:
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(pause)

    return talk


def packed(body: bytes) -> bytes:
    return HEAD + b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(body) + body


def page_of(body: bytes) -> Talk:
    return saying(HEAD + b"Content-Length: %d\r\n\r\n" % len(body) + body)


TALKS: dict[str, tuple[Talk, str]] = {
    "endless body": (forever(HEAD + b"\r\n", b"<p>kite" * 10_000), "error: too_large"),
    "endless chunks": (
        forever(HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"400\r\n" + b"k" * 1024 + b"\r\n"),
        "error: too_large",
    ),
    "declared too large": (saying(HEAD + b"Content-Length: 9999999999\r\n\r\n"), "error: too_large"),
    "drip": (forever(HEAD + b"\r\n", b".", 0.02), "unreachable: timeout"),
    "silence": (say_nothing, "unreachable: timeout"),
    "slow headers": (forever(b"HTTP/1.1 200 OK\r\nX-Kite: ", b"b", 0.02), "unreachable: timeout"),
    "header flood": (flood_headers, "error: bad_http"),
    "one endless header": (forever(b"HTTP/1.1 200 OK\r\nX-Kite: ", b"b" * 65_536), "error: bad_http"),
    "endless status line": (forever(b"HTTP/1.1 200 ", b"K" * 65_536), "error: bad_http"),
    "not http": (babble, "error: bad_http"),
    "gzip bomb": (saying(packed(gzip.compress(bytes(300_000_000), 1))), "error: too_large"),
    "endless padding after gzip": (
        forever(HEAD + b"Content-Encoding: gzip\r\n\r\n" + gzip.compress(b"<p>kite"), bytes(65_536)),
        "error: too_large",
    ),
    "double gzip bomb": (
        saying(packed(gzip.compress(gzip.compress(bytes(300_000_000), 1))).replace(b": gzip", b": gzip, gzip")),
        "error: bad_encoding",
    ),
    "another encoding": (saying(HEAD + b"Content-Encoding: br\r\nContent-Length: 3\r\n\r\nxyz"), "error: bad_encoding"),
    "bad gzip": (saying(packed(b"\x1f\x8b" + b"kites" * 50)), "error: bad_encoding"),
    "shorter than declared": (hang_up, "unreachable: truncated"),
    "bad chunking": (saying(HEAD + b"Transfer-Encoding: chunked\r\n\r\nzz\r\nkites\r\n"), "error: bad_http"),
    "reset": (saying(b""), "unreachable: unreachable"),
}


async def endless_pages(request: web.Request) -> web.StreamResponse:
    """Show one more page of a channel for ever; the newest is always far away."""
    after = int(request.query.get("after", 10**9))
    return html(preview(*(message(number) for number in range(after + 1, after + 21))))


async def calendar(request: web.Request) -> web.StreamResponse:
    """Link each day to the next, the last, and a hundred others, for ever."""
    day = int(request.path.rpartition("/")[2] or 0)
    links = "".join(f'<a href="/days/{day * 100 + number}">day</a>' for number in range(1, 100))
    return html(f"<p>kites of day {day}</p>{links}")


async def growing_paths(request: web.Request) -> web.StreamResponse:
    """Answer every path, and link to a longer one with another query."""
    return html(f'<p>{len(request.path)}</p><a href="{request.path}a/?{len(request.path)}">on</a><a href="?a">b</a>')


async def hops(_: web.Request) -> web.StreamResponse:
    raise web.HTTPFound("/s/tinlanterns")


def hops_over_hosts() -> Handler:
    async def hop(request: web.Request) -> web.StreamResponse:
        number = int(request.query.get("n", 1)) + 1
        raise web.HTTPFound(f"http://127.0.0.{number % 250 + 1}:{request.url.port}/?n={number}")

    return hop


async def a_year(_: web.Request) -> web.StreamResponse:
    return web.Response(status=429, headers={"Retry-After": str(365 * 86_400)})


@dataclass(frozen=True, slots=True, kw_only=True)
class Evil:
    """One server, what is visited there, and how it ends: the visit's message, or how many pages came."""

    ending: str
    talk: Talk | None = None
    handler: Handler | None = None
    target: Callable[[str], SourceTarget] = field(default=lambda base: page_at(f"{base}/"))
    heeds_robots: bool = False

    @property
    def timeout(self) -> float:
        return QUICK if "timeout" in self.ending or self.ending == "unreachable: robots" else PATIENT


def in_charset(name: str) -> Talk:
    head = f"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset={name}\r\nContent-Length: 5\r\n\r\n"
    return saying(head.encode() + b"kites")


def a_channel(_: str) -> SourceTarget:
    return channel(backfill=None)


def a_site(base: str) -> SourceTarget:
    return replace(page_at(f"{base}/"), depth=3)


FLOODED = b"HTTP/1.1 103 Early Hints\r\nLink: </kite.css>\r\n\r\n"
EVIL: dict[str, Evil] = {
    **{name: Evil(talk=talk, ending=ending) for name, (talk, ending) in TALKS.items()},
    "endless hops": Evil(handler=hops, target=a_channel, ending="error: redirects"),
    "hops over hosts": Evil(handler=hops_over_hosts(), ending="moved: left_scope"),
    "endless 1xx": Evil(talk=forever(FLOODED, FLOODED, 0.001), ending="unreachable: timeout"),
    "flood of 1xx": Evil(talk=forever(FLOODED, FLOODED * 1_000), ending="unreachable: timeout"),
    "Retry-After of a year": Evil(handler=a_year, ending="limited: http_429"),
    "pages without end": Evil(handler=endless_pages, target=a_channel, ending="250 pages"),
    "calendar": Evil(handler=calendar, target=a_site, ending="41 pages"),
    "paths without end": Evil(handler=growing_paths, target=a_site, ending="5 pages"),
    "400,000 links": Evil(talk=page_of(b"<a href=/x>y</a>" * 400_000), ending="error: too_large"),
    "silent robots": Evil(talk=say_nothing, heeds_robots=True, ending="unreachable: robots"),
    "dripping robots": Evil(talk=forever(HEAD + b"\r\n", b"#", 0.02), heeds_robots=True, ending="unreachable: robots"),
    "header flood for robots": Evil(talk=flood_headers, heeds_robots=True, ending="unreachable: robots"),
    "unknown charset": Evil(talk=in_charset("kites"), ending="1 page"),
    "wrong charset": Evil(talk=in_charset("utf-16"), ending="1 page"),
    "charset that is none": Evil(talk=in_charset("rot13"), ending="1 page"),
    "charset that is none, within": Evil(talk=page_of(b"<meta charset=base64><p>kites"), ending="1 page"),
}


@asynccontextmanager
async def served(case: Evil) -> AsyncIterator[str]:
    """Run a case's server; yields its base."""
    if case.handler is not None:
        async with serving(case.handler) as server:
            yield server.base
    elif case.talk is not None:
        async with talking(case.talk) as base:
            yield base


async def visited(source: ScrapySource, case: Evil, base: str) -> str:
    """Return how a visit ends: its message, or how many pages came."""
    try:
        pages = await look(source, case.target(base))
    except VisitEnded as ending:
        return str(ending)
    return f"{len(pages)} page{'s' * (len(pages) != 1)}"
