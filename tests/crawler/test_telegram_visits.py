from __future__ import annotations

import asyncio
from contextlib import aclosing
from dataclasses import replace
from datetime import date

import pytest
from aiohttp import web

from crawler.visit import Limits
from domain.errors import EgressRefused, VisitEnded
from domain.observations import Platform, Traffic
from domain.ports import SourceTarget
from net.guard import EgressPolicy
from tests.crawler.visiting import (
    CHANNEL_ID,
    PreviewServer,
    channel,
    ending_of,
    html,
    look,
    message,
    numbers,
    preview,
    source_for,
)
from tests.net.loopback import serving


async def test_a_first_visit_begins_backfill_posts_below_the_newest() -> None:
    async with serving(PreviewServer(list(range(1, 301)))) as server, source_for(server.base) as source:
        traffic = Traffic()
        pages = await look(source, channel(backfill=100), traffic)
        assert numbers(pages) == list(range(201, 301))
        assert [page.cursor for page in pages] == ["220:200", "240:200", "260:200", "280:200", "300:200"]
        assert [page.is_newest for page in pages] == [False] * 4 + [True]
        asked = ["", "?after=200", "?after=220", "?after=240", "?after=260"]
        assert server.paths == [f"/s/tinlanterns{query}" for query in asked]
        assert traffic.requests == 5
        assert traffic.bytes == sum(page.capture.length for page in pages)


async def test_a_short_backfill_leaves_older_posts_of_the_newest_page_alone_on_every_visit() -> None:
    async with serving(PreviewServer(list(range(1, 101)))) as server, source_for(server.base) as source:
        pages = await look(source, channel(backfill=5))
        assert (numbers(pages), pages[0].cursor) == (list(range(96, 101)), "100:95")
        assert numbers(await look(source, channel(cursor="100:95"))) == list(range(96, 101))
        assert numbers(await look(source, channel(backfill=0))) == []


@pytest.mark.parametrize(("day", "first"), [(1, 1), (2, 25), (10, 217), (13, 289), (14, 301)])
async def test_a_backfill_from_a_day_begins_with_its_first_post(day: int, first: int) -> None:
    # One post an hour from the first of May.
    async with serving(PreviewServer(list(range(1, 301)), hourly=True)) as server, source_for(server.base) as source:
        pages = await look(source, replace(channel(), backfill_since=date(2026, 5, day)))
        assert numbers(pages) == list(range(first, 301))
        assert len(server.requests) < 12 + 300 / 20


async def test_without_backfill_everything_is_read() -> None:
    async with serving(PreviewServer(list(range(3, 90)))) as server, source_for(server.base) as source:
        assert numbers(await look(source, channel(backfill=None))) == list(range(3, 90))


async def test_a_short_history_needs_one_request() -> None:
    async with serving(PreviewServer([1, 2, 5])) as server, source_for(server.base) as source:
        pages = await look(source, channel())
        assert numbers(pages) == [1, 2, 5]
        assert len(server.requests) == 1
        post = pages[0].posts[0]
        assert (post.container, post.post, post.url) == (str(CHANNEL_ID), "1", f"{server.base}/tinlanterns/1")
        assert post.media[0].identity == "photo:537759028100000001"
        assert post.media[0].url == f"{server.base}/file/1.jpg"


async def test_a_later_visit_goes_on_from_the_cursor_and_shows_the_newest_page_again() -> None:
    async with serving(PreviewServer(list(range(1, 101)))) as server, source_for(server.base) as source:
        pages = await look(source, channel(cursor="60"))
        assert numbers(pages) == list(range(61, 101))
        server.requests.clear()
        again = await look(source, channel(cursor="100"))
        assert numbers(again) == list(range(81, 101))  # edits of recent posts are seen
        assert [page.cursor for page in again] == ["100"]
        assert len(server.requests) == 1


async def test_pages_never_overlap_and_cursors_only_grow_over_holes() -> None:
    ids = [number for number in range(1, 500) if number % 7 and not 120 < number < 300]
    async with serving(PreviewServer(ids)) as server, source_for(server.base) as source:
        pages = await look(source, channel(backfill=None))
        assert numbers(pages) == ids
        cursors = [int(page.cursor or 0) for page in pages]
        assert cursors == sorted(set(cursors))
        assert cursors[-1] == ids[-1]


async def test_a_cursor_above_the_newest_stays() -> None:
    async with serving(PreviewServer([1, 2, 3])) as server, source_for(server.base) as source:
        pages = await look(source, channel(cursor="9"))
        assert (numbers(pages), pages[0].cursor) == ([1, 2, 3], "9")


async def test_a_server_that_does_not_page_ends_the_walk() -> None:
    answering = PreviewServer(list(range(1, 101)), ignores_after=True)
    async with serving(answering) as server, source_for(server.base) as source:
        pages = await look(source, channel(backfill=None))
        # The newest page is shown instead of the first: nothing lies below it, so it is the last.
        assert numbers(pages) == list(range(81, 101))
        assert len(server.requests) == 2


async def test_a_walk_that_makes_no_progress_ends() -> None:
    async def stuck(request: web.Request) -> web.Response:
        low = int(request.query.get("after", 89))
        return html(preview(*(message(number) for number in range(max(low - 5, 1), low + 1 if low < 89 else 100))))

    async with asyncio.timeout(20), serving(stuck) as server, source_for(server.base) as source:
        pages = await look(source, channel(cursor="10"))
        assert numbers(pages) == list(range(84, 100))
        assert len(server.requests) == 2


async def test_a_long_history_is_left_for_the_next_visit() -> None:
    limits = Limits(timeout=5.0, pages=2)
    async with serving(PreviewServer(list(range(1, 200)))) as server, source_for(server.base, limits=limits) as source:
        first = await look(source, channel(backfill=None))
        assert numbers(first) == list(range(1, 41))
        second = await look(source, channel(cursor=first[-1].cursor))
        assert numbers(second) == list(range(41, 81))


async def test_an_album_moves_the_cursor_past_its_members() -> None:
    album = (
        '<div class="tgme_widget_message" data-post="tinlanterns/5" data-view="eyJjIjotMTAwMDU1NSwicCI6IjVnIn0">'
        '<div class="tgme_widget_message_grouped_wrap">'
        + "".join(
            f'<a class="tgme_widget_message_photo_wrap" href="https://t.me/tinlanterns/{n}?single"></a>'
            for n in (5, 6, 7)
        )
        + "</div></div>"
    )

    async def one_album(_: web.Request) -> web.Response:
        return html(preview(album))

    async with serving(one_album) as server, source_for(server.base) as source:
        pages = await look(source, channel())
        assert (numbers(pages), pages[0].cursor, pages[0].posts[0].group) == ([5], "7", "5")


async def test_an_empty_channel_is_a_page_without_posts() -> None:
    async with serving(PreviewServer([])) as server, source_for(server.base) as source:
        pages = await look(source, channel(cursor="12"))
        assert (numbers(pages), [page.cursor for page in pages]) == ([], ["12"])


async def test_the_next_page_is_fetched_only_when_asked_for() -> None:
    async with (
        serving(PreviewServer(list(range(1, 101)))) as server,
        source_for(server.base) as source,
        aclosing(source.pages(channel(backfill=None), Traffic())) as pages,
    ):
        assert server.requests == []
        await anext(pages)
        await asyncio.sleep(0.1)
        assert len(server.requests) == 2  # the newest page, and the first
        await anext(pages)
        assert len(server.requests) == 3


async def test_another_channel_under_the_same_name_ends_the_walk() -> None:
    answering = PreviewServer(list(range(1, 101)), renames_after=777)
    async with serving(answering) as server, source_for(server.base) as source:
        assert await ending_of(source, channel(backfill=None)) == "moved: other_channel"


STATUSES = [
    *((404, "gone: http_404"), (410, "gone: http_410"), (429, "limited: http_429"), (403, "restricted: http_403")),
    *((451, "restricted: http_451"), (401, "restricted: http_401"), (500, "unreachable: http_500")),
    *((503, "unreachable: http_503"), (400, "error: http_400"), (204, "error: http_204"), (304, "error: http_304")),
]


@pytest.mark.parametrize(("status", "ending"), STATUSES)
async def test_a_status_is_an_outcome(status: int, ending: str) -> None:
    async def answer(_: web.Request) -> web.Response:
        return web.Response(status=status)

    traffic = Traffic()
    async with serving(answer) as server, source_for(server.base) as source:
        assert await ending_of(source, channel(), traffic) == ending
        assert len(server.requests) == traffic.requests == 1  # never repeated


@pytest.mark.parametrize(
    ("location", "ending"),
    [
        *(("/tinlanterns", "no_preview: redirected"), ("https://telegram.example/", "no_preview: redirected")),
        *(("https://other.example/s/tinlanterns", "moved: left_scope"), ("/s/tinlanterns", "error: redirects")),
        *(("", "error: bad_redirect"), ("//[broken/s/x", "error: bad_redirect")),
    ],
)
async def test_a_redirect_is_an_outcome(location: str, ending: str) -> None:
    async def answer(_: web.Request) -> web.Response:
        return web.Response(status=302, headers={"Location": location})

    async with serving(answer) as server, source_for(server.base) as source:
        assert await ending_of(source, channel()) == ending
        assert len(server.requests) == (6 if ending == "error: redirects" else 1)


async def test_a_redirect_to_the_same_preview_is_followed_and_recorded() -> None:
    async def answer(request: web.Request) -> web.Response:
        if request.path == "/s/tinlanterns":
            return web.Response(status=301, headers={"Location": "/s/TinLanterns"})
        return html(preview(message(1)))

    async with serving(answer) as server, source_for(server.base) as source:
        capture = (await look(source, channel()))[0].capture
        assert capture.final_url == f"{server.base}/s/TinLanterns"
        assert capture.redirects == (f"{server.base}/s/tinlanterns",)


@pytest.mark.parametrize(
    ("body", "ending"),
    [
        ('<div class="tgme_page">View in Telegram</div>', "no_preview: landing_page"),
        ("<p>blue kites</p>", "no_preview: not_a_preview"),
        ("", "no_preview: not_a_preview"),
        ('<div class="tgme_channel_info"></div>', "restricted: no_messages"),
        ('<div class="tgme_widget_message" data-post="tinlanterns/1">', "error: no_channel_id"),
    ],
)
async def test_a_page_that_is_no_preview(body: str, ending: str) -> None:
    async def answer(_: web.Request) -> web.Response:
        return html(body)

    async with serving(answer) as server, source_for(server.base) as source:
        assert await ending_of(source, channel()) == ending


async def test_nobody_listens() -> None:
    async with serving(PreviewServer([1])) as server:
        gone = server.base
    async with source_for(gone) as source:
        assert await ending_of(source, channel()) == "unreachable: unreachable"


async def test_the_guard_refuses_and_nothing_is_sent() -> None:
    traffic = Traffic()
    async with serving(PreviewServer([1])) as server:
        async with source_for(server.base, policy=EgressPolicy(enrolled=True)) as source:
            with pytest.raises(EgressRefused) as caught:
                await look(source, channel(), traffic)
        assert caught.value.code == "loopback"
        assert server.requests == []
        assert traffic == Traffic()


@pytest.mark.parametrize("cursor", ["", "tin", "-5", "1.5", "٣x"])
async def test_a_cursor_nobody_wrote(cursor: str) -> None:
    async with serving(PreviewServer([1])) as server, source_for(server.base) as source:
        assert await ending_of(source, channel(cursor=cursor)) == "error: bad_cursor"


async def test_a_locator_nobody_made_is_never_fetched() -> None:
    target = SourceTarget(platform=Platform.TELEGRAM_WEB, locator="https://t.me/s/a/../b")
    async with serving(PreviewServer([1])) as server, source_for(server.base) as source:
        with pytest.raises(VisitEnded, match="bad_locator"):
            await look(source, target)
        assert server.requests == []
