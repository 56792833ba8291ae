"""Visits heed robots files, leave hosts alone that ask for it, and say who they are, or by decision do not."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from aiohttp import web

from crawler.source import SPIDERS
from domain.errors import MediaUnavailable, VisitEnded
from domain.observations import Platform, Traffic
from net.governor import HostGovernor
from tests.crawler.visiting import PreviewServer, channel, ending_of, html, look, page_at, source_for
from tests.net.loopback import USER_AGENT, serving

PICTURE = '<p>kites</p><img src="/kite.png" width="300">'


async def closed(request: web.Request) -> web.StreamResponse:
    if request.path == "/robots.txt":
        return web.Response(text="User-agent: kapear\nDisallow: /kites")
    return html(PICTURE)


async def test_a_page_that_robots_may_not_read_is_refused_unasked() -> None:
    async with serving(closed) as server, source_for(server.base, heeds_robots=True) as source:
        traffic = Traffic()
        assert await ending_of(source, page_at(f"{server.base}/kites"), traffic) == "refused: robots"
        assert (server.paths, traffic.requests) == (["/robots.txt"], 1)
        assert len(await look(source, page_at(f"{server.base}/boats"))) == 1


async def test_a_person_may_decide_otherwise_for_one_target() -> None:
    async with serving(closed) as server, source_for(server.base, heeds_robots=True) as source:
        target = replace(page_at(f"{server.base}/kites"), ignores_robots=True)
        assert len(await look(source, target)) == 1
        assert server.paths == ["/kites"]


async def test_one_post_again_is_asked_for_by_the_same_rules() -> None:
    async with serving(closed) as server, source_for(server.base, heeds_robots=True) as source:
        with pytest.raises(VisitEnded, match="refused: robots"):
            await source.post(page_at(f"{server.base}/kites"), f"{server.base}/kites", Traffic())


async def test_a_redirect_is_checked_too() -> None:
    async def moving(request: web.Request) -> web.StreamResponse:
        if request.path == "/boats/1":
            raise web.HTTPFound("/boats/2")
        return web.Response(text="User-agent: *\nDisallow: /boats/2")

    async with serving(moving) as server, source_for(server.base, heeds_robots=True) as source:
        assert await ending_of(source, page_at(f"{server.base}/boats/1")) == "refused: robots"
        assert server.paths == ["/robots.txt", "/boats/1"]


async def test_embedded_pictures_are_read_whatever_robots_may() -> None:
    async def site(request: web.Request) -> web.StreamResponse:
        if request.path == "/robots.txt":
            return web.Response(text="User-agent: *\nDisallow: /kite.png")
        return html(PICTURE)

    async with serving(site) as server, source_for(server.base, heeds_robots=True) as source:
        (page,) = await look(source, page_at(f"{server.base}/"))
        assert await page.posts[0].media[0].source.read(0, 10)


async def test_a_preview_asks_for_no_robots_file() -> None:
    preview = PreviewServer(ids=[1, 2, 3])
    async with serving(preview) as server, source_for(server.base, heeds_robots=True) as source:
        await look(source, channel())
        assert "/robots.txt" not in server.paths


PUBLIC_INTERFACES = {
    Platform.TELEGRAM_WEB,
    Platform.MASTODON,
    Platform.BLUESKY,
    Platform.LEMMY,
    Platform.FACEBOOK,
    Platform.REDDIT,
    Platform.VK,
}


@pytest.mark.parametrize("platform", SPIDERS)
def test_every_site_that_is_read_as_pages_has_its_robots_file_heeded(platform: Platform) -> None:
    assert SPIDERS[platform].heeds_robots is (platform not in PUBLIC_INTERFACES)


async def test_a_busy_host_says_until_when_and_is_not_asked_again() -> None:
    async def busy(_: web.Request) -> web.StreamResponse:
        return web.Response(status=429, headers={"Retry-After": "3600"})

    now = datetime(2026, 3, 2, 4, 30, tzinfo=UTC)
    governor = HostGovernor(delay=0, now=lambda: now)
    async with serving(busy) as server, source_for(server.base, governor=governor) as source:
        for code, requests in (("http_429", 1), ("host_rests", 0)):
            traffic = Traffic()
            with pytest.raises(VisitEnded) as caught:
                await look(source, page_at(f"{server.base}/"), traffic)
            assert (str(caught.value), traffic.requests) == (f"limited: {code}", requests)
            assert caught.value.until == now.replace(hour=5)
        with pytest.raises(MediaUnavailable, match="host_rests"):
            await source.media(f"{server.base}/kite.png", Traffic()).read(0, 10)
        assert server.paths == ["/"]


async def test_a_failing_host_ends_visits_as_unreachable_without_a_request() -> None:
    async def failing(_: web.Request) -> web.StreamResponse:
        return web.Response(status=503)

    async with serving(failing) as server, source_for(server.base) as source:
        endings = [await ending_of(source, page_at(f"{server.base}/")) for _ in range(7)]
        assert endings == ["unreachable: http_503"] * 5 + ["unreachable: host_rests"] * 2
        assert len(server.paths) == 5


@pytest.mark.parametrize(("plain", "agent"), [(False, USER_AGENT), (True, "Mozilla/5.0")])
async def test_a_target_is_told_who_asks_unless_a_person_decided_otherwise(*, plain: bool, agent: str) -> None:
    async def site(request: web.Request) -> web.StreamResponse:
        return html(PICTURE) if request.path == "/" else web.Response(status=404)

    async with serving(site) as server, source_for(server.base, heeds_robots=True) as source:
        target = replace(page_at(f"{server.base}/"), plain_agent=plain)
        (page,) = await look(source, target)
        url = page.posts[0].media[0].url
        assert url is not None
        for media in (page.posts[0].media[0].source, source.media(url, Traffic(), plain_agent=plain)):
            with pytest.raises(MediaUnavailable):
                await media.read(0, 10)
        assert server.paths == ["/robots.txt", "/", "/kite.png", "/kite.png"]
        assert {request.headers["User-Agent"] for request in server.requests} == {agent}
