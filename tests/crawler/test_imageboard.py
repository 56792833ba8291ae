from __future__ import annotations

import json
from dataclasses import asdict, replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st

from crawler.parse.imageboard import ListedThread, read_catalogue, read_thread
from crawler.platforms import Platforms
from crawler.spiders.imageboard import place_of
from domain.errors import VisitEnded
from domain.observations import ObservedPage, Platform, Traffic
from domain.ports import SourceTarget
from tests.crawler.test_parsers import cases, expected, plain
from tests.crawler.visiting import QUICK, ending_of, look, source_for
from tests.net.loopback import serving

FORESEEN = (AttributeError, KeyError, IndexError, TypeError, ValueError, OverflowError)  # as `Received.json` takes them
FOURCHAN = place_of("https://boards.4chan.org/po/thread/570368", Platforms())
VICHAN = place_of("https://rakes.example/rakes/res/12.html", Platforms())


@pytest.mark.parametrize("case", cases("imageboard"), ids=lambda case: case.name)
def test_a_thread_is_read(case: Path) -> None:
    said = json.loads((case / "input.json").read_text(encoding="utf-8"))
    place = FOURCHAN if case.name == "fourchan" else VICHAN
    try:
        seen = plain([asdict(post) for post in read_thread(said, layout=place.layout, number=place.thread or 0)])
    except FORESEEN:
        seen = {"error": "malformed"}
    assert seen == expected(case)


def test_a_catalogue_is_read() -> None:
    said = [
        {"page": 1, "threads": [{"no": 3, "last_modified": 50, "replies": 4}, {"no": 2, "time": 70, "replies": -1}]},
        {"page": 2, "threads": [{"no": 1, "last_modified": 50}, "kite"]},
    ]
    assert read_catalogue(said) == (
        ListedThread(number=1, changed=50, posts=1),
        ListedThread(number=3, changed=50, posts=5),
        ListedThread(number=2, changed=70, posts=1),
    )
    lynxchan = [{"threadId": 9, "lastBump": "1970-01-01T00:01:00.000Z", "postCount": 6}]
    assert read_catalogue(lynxchan) == (ListedThread(number=9, changed=60, posts=7),)
    assert read_catalogue([{"page": 1, "threads": []}]) == read_catalogue([]) == ()


@pytest.mark.parametrize(
    "said", [{}, None, "kites", [7], [{"kites": []}], [{"threads": [{"no": 0}]}], [{"threads": 7}]]
)
def test_what_is_no_catalogue(said: object) -> None:
    with pytest.raises(FORESEEN):
        read_catalogue(said)


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
NAMES = [
    *("no", "com", "sub", "time", "tim", "ext", "md5", "name", "trip", "id", "filename", "filedeleted", "extra_files"),
    *("threadId", "postId", "files", "markdown", "creation", "path", "mime", "last_modified", "replies", "lastBump"),
]
ROWS = st.dictionaries(
    st.sampled_from(NAMES), ANYTHING | st.integers(1, 99) | st.sampled_from([".jpg", "uZUeZeB14FVR+Mc2ScHvVA=="])
)


@given(st.fixed_dictionaries({"posts": ANYTHING | st.lists(ROWS, max_size=3)}, optional={"threadId": st.integers()}))
def test_no_thread_breaks_the_reader(said: object) -> None:
    try:
        seen = read_thread(said, layout=VICHAN.layout, number=12)
    except FORESEEN:
        return
    assert all(post.post.startswith("12/") for post in seen)
    assert all(media.md5 is None or len(bytes.fromhex(media.md5)) == 16 for post in seen for media in post.media)


@given(ANYTHING | st.lists(st.fixed_dictionaries({"threads": st.lists(ROWS, max_size=3)}) | ROWS, max_size=3))
def test_no_catalogue_breaks_the_reader(said: object) -> None:
    try:
        read_catalogue(said)
    except FORESEEN:
        return


class Board:
    """A board that speaks 4chan's JSON, or vichan's; it notes what it was asked."""

    def __init__(self, *threads: int) -> None:
        self.changed = dict.fromkeys(threads, 1_000)
        self.answers: dict[int, web.Response] = {}

    async def __call__(self, request: web.Request) -> web.Response:
        name = request.path.rpartition("/")[2]
        if name == "catalog.json":
            rows = [{"no": number, "last_modified": at, "replies": 1} for number, at in self.changed.items()]
            tag = f'"{hash(tuple(sorted(self.changed.items())))}"'
            if request.headers.get("If-None-Match") == tag:
                return web.Response(status=304)
            return web.json_response([{"page": 1, "threads": rows}], headers={"ETag": tag})
        number = int(name.partition(".")[0])
        if number in self.answers:
            told = self.answers[number]
            return web.Response(status=told.status, body=told.body, headers=told.headers)  # an answer goes out once
        if number not in self.changed:
            return web.Response(status=404)
        return web.json_response({"posts": [row(number), row(number + 1, resto=number)]})


def row(number: int, **more: Any) -> dict[str, Any]:
    return {"no": number, "com": f"kite {number}", "time": 1_772_352_000 + number, **more}


def at(locator: str, page: ObservedPage | None = None, **more: Any) -> SourceTarget:
    """Return a target as it is visited after a page of it was committed."""
    cursor, recall = (page.cursor, page.recall) if page else (None, None)
    return replace(SourceTarget(platform=Platform.IMAGEBOARD, locator=locator, cursor=cursor, recall=recall), **more)


def names(pages: list[ObservedPage]) -> list[list[str]]:
    return [[post.post for post in page.posts] for page in pages]


async def test_a_board_costs_one_question_and_one_for_each_thread_that_changed() -> None:
    board = Board(10, 20, 30)
    async with serving(board) as server, source_for(server.base) as source:
        locator = f"{server.base}/kites/"
        first = await look(source, at(locator))
        assert names(first) == [["10/10", "10/11"], ["20/20", "20/21"], ["30/30", "30/31"]]
        assert [page.is_newest for page in first] == [False, False, True]
        assert [page.recall is None for page in first] == [True, True, False]
        assert server.paths == ["/kites/catalog.json", *(f"/kites/res/{number}.json" for number in (10, 20, 30))]
        traffic = Traffic()
        assert await look(source, at(locator, first[-1]), traffic) == []
        assert traffic.requests == 1
        board.changed[10] = 2_000
        second = await look(source, at(locator, first[-1]))
        assert names(second) == [["10/10", "10/11"]]
        assert server.paths[-2:] == ["/kites/catalog.json", "/kites/res/10.json"]


async def test_a_visit_that_reads_only_so_many_threads_leaves_the_rest_to_the_next() -> None:
    board = Board(10, 20, 30)
    limits = replace(QUICK, pages=2)
    async with serving(board) as server, source_for(server.base, limits=limits) as source:
        first = await look(source, at(f"{server.base}/kites/"))
        assert (names(first)[-1], first[-1].recall, first[-1].is_newest) == (["20/20", "20/21"], None, False)
        second = await look(source, at(f"{server.base}/kites/", first[-1]))
        assert (names(second), second[-1].is_newest) == ([["30/30", "30/31"]], True)


@pytest.mark.parametrize(
    ("more", "threads"), [({"backfill": 3}, 2), ({"backfill": 0}, 0), ({"backfill_since": date(2026, 1, 1)}, 0)]
)
async def test_a_first_visit_of_a_board_goes_back_as_far_as_it_was_told(more: dict[str, Any], threads: int) -> None:
    board = Board(10, 20, 30)
    async with serving(board) as server, source_for(server.base) as source:
        first = await look(source, at(f"{server.base}/kites/", **more))
        assert len([page for page in first if page.posts]) == threads
        board.changed[10] = 2_000
        assert names(await look(source, at(f"{server.base}/kites/", first[-1], **more))) == [["10/10", "10/11"]]


async def test_threads_that_went_or_cannot_be_read_do_not_hold_up_the_others() -> None:
    board = Board(10, 20, 30)
    board.answers = {10: web.Response(status=404), 20: web.json_response({"posts": [{"no": "kite"}]})}
    async with serving(board) as server, source_for(server.base) as source:
        pages: list[ObservedPage] = []

        async def visit() -> None:
            async for page in source.pages(at(f"{server.base}/kites/"), Traffic()):
                pages.append(page)  # noqa: PERF401 - what came before the end counts

        with pytest.raises(VisitEnded, match="error: malformed"):
            await visit()
        assert names(pages) == [[], [], ["30/30", "30/31"]]
        assert await look(source, at(f"{server.base}/kites/", pages[-1])) == []


async def test_a_thread_is_read_from_where_its_first_visit_began() -> None:
    board = Board(10)
    async with serving(board) as server, source_for(server.base) as source:
        locator = f"{server.base}/a/kites/res/10.html"
        (first,) = await look(source, at(locator, backfill=1))
        assert (names([first]), first.is_newest) == ([["10/11"]], True)
        assert first.posts[0].url == f"{server.base}/a/kites/res/10.html#11"
        assert server.paths == ["/a/kites/res/10.json"]
        board.answers[10] = web.json_response({"posts": [row(10), row(11), row(15)]})
        (second,) = await look(source, at(locator, first, backfill=1))
        assert names([second]) == [["10/11", "10/15"]]
        (later,) = await look(source, at(locator, backfill_since=date(2027, 1, 1)))
        assert names([later]) == [[]]


async def test_4chan_is_asked_where_its_interface_is() -> None:
    board = Board()
    board.answers[570368] = web.json_response(
        {"posts": [row(570368, tim=1772352000123, ext=".jpg", md5="uZUeZeB14FVR+Mc2ScHvVA==")]}
    )
    async with serving(board) as server:
        platforms = Platforms(fourchan_api=server.base, fourchan_media=f"{server.base}/files")
        async with source_for(server.base, platforms=platforms) as source:
            (page,) = await look(source, at("https://boards.4chan.org/po/thread/570368"))
        assert server.paths == ["/po/thread/570368.json"]
    (post,) = page.posts
    assert post.url == "https://boards.4chan.org/po/thread/570368#p570368"
    assert [(item.url, item.md5) for item in post.media] == [
        (f"{server.base}/files/po/1772352000123.jpg", "b9951e65e075e05551f8c73649c1ef54")
    ]


async def test_one_post_is_looked_for_in_its_thread() -> None:
    board = Board(10)
    async with serving(board) as server, source_for(server.base) as source:
        target = at(f"{server.base}/kites/")
        page = await source.post(target, "10/11", Traffic())
        assert page is not None
        assert names([page]) == [["10/10", "10/11"]]
        assert await source.post(target, "10/99", Traffic()) is None
        assert await source.post(target, "99/99", Traffic()) is None
        with pytest.raises(VisitEnded, match="error: bad_post"):
            await source.post(target, "../11", Traffic())


@pytest.mark.parametrize(
    ("answer", "ending"),
    [
        (web.Response(status=404), "gone: http_404"),
        (web.Response(status=429), "limited: http_429"),
        (web.Response(status=403), "restricted: http_403"),
        (web.Response(text="<html>", content_type="text/html"), "error: not_expected"),
        (web.Response(text="{", content_type="application/json"), "error: not_json"),
        (web.json_response({"posts": []}), "error: malformed"),
        (web.json_response([]), "error: malformed"),
        (web.Response(status=302, headers={"Location": "/elsewhere"}), "moved: redirected"),
    ],
)
async def test_what_is_no_thread_ends_the_visit(answer: web.Response, ending: str) -> None:
    board = Board()
    board.answers[10] = answer
    async with serving(board) as server, source_for(server.base) as source:
        assert await ending_of(source, at(f"{server.base}/kites/res/10.html")) == ending


@pytest.mark.parametrize("cursor", ["kites", "1", "1/", "²/3"])
async def test_a_cursor_that_nobody_here_wrote_ends_the_visit(cursor: str) -> None:
    async with serving(Board(10)) as server, source_for(server.base) as source:
        assert await ending_of(source, at(f"{server.base}/kites/", cursor=cursor)) == "error: bad_cursor"
