"""One post looked at again: in the preview with its neighbours, on its own page, or as the page it is."""

from __future__ import annotations

import hashlib

import pytest
from aiohttp import web

from crawler.source import ScrapySource
from domain.errors import VisitEnded
from domain.observations import ObservedPage, Traffic
from domain.ports import SourceTarget
from tests.crawler.visiting import (
    CHANNEL_ID,
    PreviewServer,
    channel,
    error,
    html,
    message,
    numbers,
    page_at,
    preview,
    source_for,
)
from tests.net.loopback import serving


async def look_at(source: ScrapySource, target: SourceTarget, post: str = "50") -> ObservedPage | None:
    return await source.post(target, post, Traffic())


async def ending(source: ScrapySource, target: SourceTarget, post: str = "50") -> str:
    with pytest.raises(VisitEnded) as caught:
        await look_at(source, target, post)
    assert caught.value.__cause__ is None
    return str(caught.value)


async def test_a_post_is_seen_with_its_neighbours_by_one_request() -> None:
    async with serving(PreviewServer(list(range(1, 101)))) as server, source_for(server.base) as source:
        traffic = Traffic()
        page = await source.post(channel(cursor="77:3"), "50", traffic)
        assert page is not None
        assert numbers([page]) == list(range(41, 61))
        assert {post.container for post in page.posts} == {str(CHANNEL_ID)}
        assert page.cursor == "77:3"
        assert page.capture.final_url == f"{server.base}/s/tinlanterns?before=61"
        assert server.paths == ["/s/tinlanterns?before=61"]
        assert (traffic.requests, traffic.bytes) == (1, page.capture.length)


@pytest.mark.parametrize(("post", "seen"), [("100", range(81, 101)), ("1", range(1, 12))])
async def test_at_the_ends_of_a_channel_there_are_fewer_neighbours(post: str, seen: range) -> None:
    async with serving(PreviewServer(list(range(1, 101)))) as server, source_for(server.base) as source:
        page = await look_at(source, channel(), post)
        assert page is not None
        assert numbers([page]) == list(seen)


async def test_a_deleted_post_is_none_only_where_its_own_page_says_so() -> None:
    ids = [number for number in range(1, 101) if number != 50]
    async with serving(PreviewServer(ids)) as server, source_for(server.base) as source:
        assert await look_at(source, channel()) is None
        assert server.paths == ["/s/tinlanterns?before=61", "/tinlanterns/50?embed=1"]


async def test_a_post_that_the_preview_passes_over_is_seen_on_its_own_page() -> None:
    answering = PreviewServer(list(range(1, 101)), hidden=(50,))
    async with serving(answering) as server, source_for(server.base) as source:
        page = await look_at(source, channel())
        assert page is not None
        assert numbers([page]) == [50]
        assert page.posts[0].url == f"{server.base}/tinlanterns/50"
        assert page.posts[0].container == str(CHANNEL_ID)


async def test_what_is_only_shown_in_the_app_is_not_taken_for_gone() -> None:
    answering = PreviewServer(list(range(1, 101)), hidden=(50,), not_shown=(50,))
    async with serving(answering) as server, source_for(server.base) as source:
        assert await ending(source, channel()) == "restricted: post_not_shown"


async def test_a_channel_without_a_preview_ends_as_a_visit_does() -> None:
    async def landing(_: web.Request) -> web.Response:
        return html('<div class="tgme_page">View in Telegram</div>')

    async with serving(landing) as server, source_for(server.base) as source:
        assert await ending(source, channel()) == "no_preview: landing_page"
        assert len(server.requests) == 1


async def test_a_redirect_from_a_posts_page_is_followed_to_the_same_post_only() -> None:
    async def moved(request: web.Request) -> web.Response:
        if request.path == "/s/tinlanterns":
            return html(preview(message(70)))
        if request.path == "/tinlanterns/50":
            return web.Response(status=302, headers={"Location": "/TinLanterns/50"})
        if request.path == "/tinlanterns/51":
            return web.Response(status=302, headers={"Location": "/someone"})
        return html(error("Post not found"))

    async with serving(moved) as server, source_for(server.base) as source:
        assert await look_at(source, channel()) is None
        assert await ending(source, channel(), "51") == "no_preview: redirected"
        assert "/someone" not in server.paths


@pytest.mark.parametrize("post", ["", "0", "-5", "5g", "5/..", "٣", "99999999999", "2147483648"])
async def test_a_name_that_no_post_has_is_never_fetched(post: str) -> None:
    async with serving(PreviewServer([1])) as server, source_for(server.base) as source:
        assert await ending(source, channel(), post) == "error: bad_post"
        assert server.requests == []


async def test_a_page_is_its_one_post() -> None:
    async def shop(_: web.Request) -> web.Response:
        return html("<p>blue kites</p>")

    async with serving(shop) as server, source_for(server.base) as source:
        page = await look_at(source, page_at(f"{server.base}/shop/kites"), "whatever")
        assert page is not None
        assert [(post.post, post.text) for post in page.posts] == [(f"{server.base}/shop/kites", "blue kites")]
        assert page.capture.body_sha256 == hashlib.sha256(b"<p>blue kites</p>").hexdigest()
        assert server.paths == ["/shop/kites"]


@pytest.mark.parametrize("status", [404, 410])
async def test_a_page_that_is_gone_is_none(status: int) -> None:
    async def gone(_: web.Request) -> web.Response:
        return web.Response(status=status)

    async with serving(gone) as server, source_for(server.base) as source:
        assert await look_at(source, page_at(f"{server.base}/kites")) is None


async def test_a_page_that_cannot_be_read_now_is_not_taken_for_gone() -> None:
    async def trouble(_: web.Request) -> web.Response:
        return web.Response(status=503)

    async with serving(trouble) as server, source_for(server.base) as source:
        assert await ending(source, page_at(f"{server.base}/kites")) == "unreachable: http_503"
