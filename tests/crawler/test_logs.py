"""At DEBUG, from every logger there is, no record says where we went or what was there."""

from __future__ import annotations

import asyncio
import logging
import traceback
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from typing import Any

import pytest
from aiohttp import web
from scrapy import Request, Spider
from scrapy.crawler import AsyncCrawlerRunner
from scrapy.http import Response

from crawler.visit import Limits
from domain.errors import KapearError, VisitEnded
from domain.observations import Traffic
from net.guard import EgressPolicy
from tests.crawler.visiting import channel, html, look, message, page_at, preview, source_for
from tests.net.loopback import LOOPBACK_ONLY, serving

SECRETS = ("zinnoberrot", "kanarienkiste", "tinlanterns", "127.0.0.1")
PATH = "/zinnoberrot/kanarienkiste"


class Everything(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.said: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        formatted = logging.Formatter("%(name)s %(message)s").format(record)
        extras = {key: value for key, value in record.__dict__.items() if key != "spider"}
        if record.name == "aiohttp.server":
            return  # the other side
        self.said.append(f"{formatted} {extras!r} {record.__dict__.get('spider')!r}")

    def leaks(self) -> list[str]:
        return [line for line in self.said if any(secret in line for secret in SECRETS)]


@pytest.fixture
def everything() -> Iterator[Everything]:
    handler = Everything()
    root = logging.getLogger()
    level = root.level
    others = [logger for logger in logging.root.manager.loggerDict.values() if isinstance(logger, logging.Logger)]
    levels = [(logger, logger.level) for logger in others]
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    for logger in others:
        logger.setLevel(logging.NOTSET)
    yield handler
    root.removeHandler(handler)
    root.setLevel(level)
    for logger, earlier in levels:
        logger.setLevel(earlier)


BODY = (
    '<p>kanarienkiste</p><a href="/zinnoberrot">x</a><img src="/zinnoberrot.jpg"><img src="data:image/png;base64,AAAA">'
)


async def slow(_: web.Request) -> web.StreamResponse:
    await asyncio.sleep(5)
    return web.Response()


async def cut(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Length": "5000", "Content-Type": "text/html"})
    await response.prepare(request)
    await response.write(b"kanarienkiste")
    assert request.transport is not None
    request.transport.abort()
    return response


def plain(request: web.Request) -> web.Response:
    return html(preview(message(1, words="kanarienkiste")) if request.path.startswith("/s/") else BODY)


async def site(request: web.Request) -> web.StreamResponse:
    """Answer well or badly, as the query says."""
    how = request.query_string
    if how.isdecimal():
        return web.Response(status=int(how), text="kanarienkiste", headers={"Location": f"{PATH}?{how}"})
    if how in {"slow", "cut"}:
        return await (slow if how == "slow" else cut)(request)
    bad = {
        "large": {"body": b"kanarienkiste" * 500_000},
        "bomb": {"body": b"\x1f\x8bkanarienkiste", "headers": {"Content-Encoding": "gzip"}},
        "header": {"headers": {"X-Kite": "kanarienkiste" * 1000}},
        "cookie": {"headers": {"Set-Cookie": "kanarienkiste[]=1; ;;zinnoberrot=(("}, "text": BODY},
    }
    return web.Response(content_type="text/html", **bad[how]) if how in bad else plain(request)  # type: ignore[arg-type]  # a table


@pytest.mark.parametrize("how", ["", "404", "302", "503", "large", "bomb", "slow", "cut", "header", "cookie"])
@pytest.mark.parametrize("policy", [LOOPBACK_ONLY, EgressPolicy(enrolled=True)], ids=["allowed", "refused"])
async def test_a_visit_says_nothing(everything: Everything, how: str, policy: EgressPolicy) -> None:
    async with serving(site) as server, source_for(server.base, policy=policy, limits=Limits(timeout=0.5)) as source:
        for target in (page_at(f"{server.base}{PATH}?{how}"), channel()):
            with suppress(KapearError):
                await look(source, target)
        media = source.media(f"{server.base}{PATH}?{how}", Traffic())
        with suppress(KapearError):
            await media.read(0, 10)
        await media.close()
    # What is refused never becomes a crawl.
    assert any("Spider opened" in line for line in everything.said) == (policy is LOOPBACK_ONLY)
    assert everything.leaks() == []


@pytest.mark.parametrize("how", ["404", "302", "large", "bomb", "slow", "cut", "header"])
async def test_neither_does_the_reason_it_gives(how: str) -> None:
    async with serving(site) as server, source_for(server.base, limits=Limits(timeout=0.5)) as source:
        with pytest.raises(VisitEnded) as caught:
            await look(source, page_at(f"{server.base}{PATH}?{how}"))
        told = "".join(traceback.format_exception_only(caught.value)) + repr(caught.value)
        assert not any(secret in told for secret in SECRETS)
        assert caught.value.__cause__ is None


async def test_the_control_scrapys_own_habits_are_caught(everything: Everything) -> None:
    class Plain(Spider):
        name = "plain"
        url = ""

        async def start(self) -> AsyncIterator[Any]:
            yield Request(self.url)

        def parse(self, response: Response, **_: Any) -> Any:
            return {"seen": response.text}

    async with serving(site) as server:
        settings = {"TWISTED_REACTOR_ENABLED": False, "REMOTE_CONTROL_ENABLED": False}
        await AsyncCrawlerRunner(settings).crawl(Plain, url=f"{server.base}{PATH}")
    assert any("kanarienkiste" in line and "Scraped from" in line for line in everything.said)
    assert any(PATH in line and "Crawled (200)" in line for line in everything.said)
