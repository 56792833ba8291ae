from __future__ import annotations

import json
from dataclasses import asdict, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st

from crawler.parse.discourse import read_list, read_post, read_posts, read_topic
from crawler.spiders.discourse import BATCH
from domain.errors import VisitEnded
from domain.observations import ObservedPage, Platform, Traffic
from domain.ports import SourceTarget
from tests.crawler.test_imageboard import ANYTHING, FORESEEN
from tests.crawler.test_parsers import cases, expected, plain
from tests.crawler.visiting import QUICK, ending_of, look, source_for
from tests.net.loopback import serving

BASE = "https://boats.example"
START = datetime(2026, 3, 1, 8, tzinfo=UTC)
CHUNK = 20  # posts that come with a topic


@pytest.mark.parametrize("case", cases("discourse"), ids=lambda case: case.name)
def test_a_topic_is_read(case: Path) -> None:
    try:
        seen = plain(asdict(read_topic(json.loads((case / "input.json").read_text(encoding="utf-8")), base=BASE)))
    except FORESEEN:
        seen = {"error": "malformed"}
    assert seen == expected(case)


IDS = st.integers(-1, 9)
ROWS = st.dictionaries(
    st.sampled_from(
        ["id", "topic_id", "cooked", "username", "created_at", "post_number", "version", "deleted_at", "bumped_at"]
    ),
    ANYTHING | IDS,
)
STREAMS = st.fixed_dictionaries(
    {"posts": st.lists(ROWS | ANYTHING, max_size=3)}, optional={"stream": st.lists(IDS) | ANYTHING}
)
TOPICS = st.fixed_dictionaries(
    {"id": IDS, "post_stream": STREAMS | ANYTHING},
    optional={
        "title": ANYTHING,
        "topic_list": st.fixed_dictionaries({"topics": st.lists(ROWS, max_size=3)}) | ANYTHING,
    },
)


@given(TOPICS | ANYTHING)
def test_no_answer_breaks_the_reader(said: Any) -> None:
    for read in (
        read_list,
        lambda each: read_topic(each, base=BASE),
        lambda each: read_posts(each, base=BASE, title="kites"),
        lambda each: read_post(each, base=BASE),
    ):
        try:
            read(said)
        except FORESEEN:
            continue


class Forum:
    """A forum that speaks Discourse's JSON: topics of so many posts, numbered across the forum as they come."""

    def __init__(self, **topics: int) -> None:
        self.posts: dict[int, list[int]] = {}
        self.bumped: dict[int, int] = {}
        self.newest = 0
        self.answers: dict[str, web.Response] = {}
        self.page_size = 30
        for name, posts in topics.items():
            self.say(int(name[1:]), posts)

    def say(self, topic: int, posts: int = 1) -> None:
        """Write posts in a topic."""
        for _ in range(posts):
            self.newest += 1
            self.posts.setdefault(topic, []).append(self.newest)
        self.bumped[topic] = self.newest

    async def __call__(self, request: web.Request) -> web.Response:
        if request.path in self.answers:
            told = self.answers[request.path]
            return web.Response(status=told.status, body=told.body, headers=told.headers)
        name = request.path.rpartition("/")[2].removesuffix(".json")
        if name == "latest":
            return self._list(int(request.query.get("page", 0)))
        if name == "posts":
            topic = int(request.path.split("/")[-2])
            wanted = [int(number) for number in request.query.getall("post_ids[]")]
            return web.json_response(
                {"post_stream": {"posts": [self._post(topic, number) for number in wanted]}, "id": topic}
            )
        if request.path.startswith("/posts/"):
            topics = [topic for topic, posts in self.posts.items() if int(name) in posts]
            return web.json_response(self._post(topics[0], int(name))) if topics else web.Response(status=404)
        if int(name) not in self.posts:
            return web.json_response({"errors": ["…"], "error_type": "not_found"}, status=404)
        stream = self.posts[int(name)]
        posts = [self._post(int(name), number) for number in stream[:CHUNK]]
        said = {"id": int(name), "title": f"Kites {name}", "post_stream": {"posts": posts, "stream": stream}}
        return web.json_response(said)

    def _list(self, page: int) -> web.Response:
        topics = sorted(self.bumped, key=lambda topic: -self.bumped[topic])
        shown = topics[page * self.page_size : (page + 1) * self.page_size]
        rows = [
            {
                "id": topic,
                "bumped_at": at(self.bumped[topic]),
                "posts_count": len(self.posts[topic]),
                "pinned": topic == 1,
            }
            for topic in shown
        ]
        more = "/latest?page=1" if len(topics) > (page + 1) * self.page_size else None
        return web.json_response({"topic_list": {"more_topics_url": more, "topics": rows}})

    def _post(self, topic: int, number: int) -> dict[str, Any]:
        place = self.posts[topic].index(number) + 1
        return {
            "id": number, "topic_id": topic, "post_number": place, "post_type": 1, "username": "kite_hand",
            "created_at": at(number), "cooked": f"<p>kite {number}</p>",
        }  # fmt: skip


def at(number: int) -> str:
    return (START + timedelta(hours=number)).isoformat().replace("+00:00", "Z")


def target(base: str, place: str = "/latest", page: ObservedPage | None = None, **more: Any) -> SourceTarget:
    """Return a target as it is visited after a page of it was committed."""
    cursor, recall = (page.cursor, page.recall) if page else (None, None)
    found = SourceTarget(platform=Platform.DISCOURSE, locator=base + place, cursor=cursor, recall=recall)
    return replace(found, **more)


def ids(pages: list[ObservedPage]) -> list[int]:
    return [int(post.post) for page in pages for post in page.posts]


async def test_a_forum_is_read_topic_by_topic_and_then_only_what_changed() -> None:
    forum = Forum(t1=2, t2=70, t3=1)
    async with serving(forum) as server, source_for(server.base) as source:
        first = await look(source, target(server.base))
        assert ids(first) == list(range(1, 74))
        assert [page.is_newest for page in first] == [False, False, False, True]
        assert all(page.recall is None for page in first[:-1])
        assert first[0].posts[0].text == "Kites 1\nkite 1"
        assert first[0].posts[0].url == f"{server.base}/t/1/1"
        assert await look(source, target(server.base, page=first[-1])) == []
        forum.say(2)
        forum.say(4)
        server.requests.clear()
        second = await look(source, target(server.base, page=first[-1]))
        assert ids(second) == [*range(3, 23), 74, 75]  # what comes with a topic comes again
        assert server.paths == ["/latest.json", "/t/2.json", "/t/2/posts.json?post_ids%5B%5D=74", "/t/4.json"]


async def test_a_visit_that_reads_only_so_many_topics_leaves_the_rest_to_the_next() -> None:
    forum = Forum(t1=1, t2=1, t3=1)
    async with serving(forum) as server, source_for(server.base, limits=replace(QUICK, pages=2)) as source:
        first = await look(source, target(server.base))
        assert (ids(first), first[-1].recall, first[-1].is_newest) == ([1, 2], None, False)
        second = await look(source, target(server.base, page=first[-1]))
        assert (ids(second), second[-1].is_newest) == ([3], True)


@pytest.mark.parametrize(
    ("more", "seen"), [({"backfill": 2}, [2, 3]), ({"backfill": 0}, []), ({"backfill_since": date(2026, 3, 2)}, [])]
)
async def test_a_first_visit_of_a_forum_goes_back_as_far_as_it_was_told(more: dict[str, Any], seen: list[int]) -> None:
    forum = Forum(t1=1, t2=1, t3=1)
    async with serving(forum) as server, source_for(server.base) as source:
        first = await look(source, target(server.base, **more))
        assert ids(first) == seen
        forum.say(4)
        assert ids(await look(source, target(server.base, page=first[-1], **more))) == [4]


async def test_a_long_list_is_read_as_far_as_topics_are_new() -> None:
    forum = Forum(**{f"t{number}": 1 for number in range(1, 90)})
    async with serving(forum) as server, source_for(server.base) as source:
        first = await look(source, target(server.base))
        assert ids(first) == list(range(1, 90))
        assert server.paths[:3] == ["/latest.json", "/latest.json?page=1", "/latest.json?page=2"]
        for number in range(2, 40):
            forum.say(number)
        server.requests.clear()
        second = await look(source, target(server.base, page=first[-1]))
        assert len([page for page in second if page.posts]) == 38
        assert sum(path.startswith("/latest.json") for path in server.paths) == 2
        forum.page_size = 1  # so that not all of what changed is found
        for number in range(2, 40):
            forum.say(number)
        third = await look(source, target(server.base, page=second[-1]))
        assert third[0].is_after_gap
        assert not third[1].is_after_gap


async def test_a_category_is_asked_for_by_its_own_list() -> None:
    forum = Forum(t1=1)
    async with serving(forum) as server, source_for(server.base) as source:
        (page,) = await look(source, target(server.base, "/c/kites/red/5"))
        assert (ids([page]), server.paths) == ([1], ["/c/kites/red/5/l/latest.json", "/t/1.json"])


async def test_topics_that_went_or_cannot_be_read_do_not_hold_up_the_others() -> None:
    forum = Forum(t1=1, t2=1, t3=1, t4=1)
    forum.answers["/t/1.json"] = web.Response(status=404)
    forum.answers["/t/2.json"] = web.Response(status=403)
    forum.answers["/t/3.json"] = web.json_response({"id": "kite"})
    async with serving(forum) as server, source_for(server.base) as source:
        pages: list[ObservedPage] = []

        async def visit() -> None:
            async for page in source.pages(target(server.base), Traffic()):
                pages.append(page)  # noqa: PERF401 - what came before the end counts

        with pytest.raises(VisitEnded, match="error: malformed"):
            await visit()
        assert ids(pages) == [4]


async def test_a_topic_is_read_whole_and_then_what_is_new() -> None:
    forum = Forum(t7=BATCH + CHUNK + 5)
    async with serving(forum) as server, source_for(server.base) as source:
        first = await look(source, target(server.base, "/t/7"))
        assert [len(page.posts) for page in first] == [CHUNK, BATCH, 5]
        assert ids(first) == list(range(1, 76))
        assert [page.is_newest for page in first] == [False, False, True]
        forum.say(7)
        (again, new) = await look(source, target(server.base, "/t/7", first[-1]))
        assert (ids([again]), ids([new])) == (list(range(1, 21)), [76])


async def test_a_topic_is_read_over_several_visits() -> None:
    forum = Forum(t7=CHUNK + 2 * BATCH)
    async with serving(forum) as server, source_for(server.base, limits=replace(QUICK, pages=1)) as source:
        first = await look(source, target(server.base, "/t/7"))
        assert (ids(first), first[-1].recall) == (list(range(1, 71)), None)
        second = await look(source, target(server.base, "/t/7", first[-1]))
        assert (ids(second)[CHUNK:], second[-1].is_newest) == (list(range(71, 121)), True)


@pytest.mark.parametrize(("more", "seen"), [({"backfill": 2}, [4, 5]), ({"backfill_since": date(2026, 3, 2)}, [])])
async def test_a_topic_is_read_from_where_its_first_visit_began(more: dict[str, Any], seen: list[int]) -> None:
    forum = Forum(t7=5)
    async with serving(forum) as server, source_for(server.base) as source:
        first = await look(source, target(server.base, "/t/7", **more))
        assert ids(first) == seen
        forum.say(7)
        assert ids(await look(source, target(server.base, "/t/7", first[-1], **more))) == [*seen, 6]


async def test_deletions_are_told() -> None:
    forum = Forum(t7=1)
    gone = {"id": 2, "topic_id": 7, "post_number": 2, "cooked": "<p>(post deleted by author)</p>", "user_deleted": True}
    forum.answers["/t/7.json"] = web.json_response(
        {"id": 7, "title": "Kites", "post_stream": {"posts": [{"id": 1, "topic_id": 7}, gone], "stream": [1, 2]}}
    )
    async with serving(forum) as server, source_for(server.base) as source:
        (page,) = await look(source, target(server.base, "/t/7"))
        assert (ids([page]), page.deleted) == ([1], ((server.base, "2"),))


async def test_one_post_is_asked_for_by_its_number() -> None:
    forum = Forum(t7=2, t8=1)
    async with serving(forum) as server, source_for(server.base) as source:
        page = await source.post(target(server.base, "/t/7"), "2", Traffic())
        assert page is not None
        assert ids([page]) == [2]
        assert await source.post(target(server.base, "/t/7"), "3", Traffic()) is None  # of another topic
        assert await source.post(target(server.base), "99", Traffic()) is None
        with pytest.raises(VisitEnded, match="error: bad_post"):
            await source.post(target(server.base), "../1", Traffic())


@pytest.mark.parametrize(
    ("answer", "ending"),
    [
        (web.json_response({"errors": ["…"], "error_type": "not_found"}, status=404), "gone: http_404"),
        (web.json_response({"errors": ["…"], "error_type": "invalid_access"}, status=403), "restricted: http_403"),
        (web.json_response({"errors": ["…"], "error_type": "rate_limit"}, status=429), "limited: http_429"),
        (web.Response(text="<html>", content_type="text/html"), "error: not_expected"),
        (web.json_response({"kites": []}), "error: malformed"),
        (web.Response(status=301, headers={"Location": "/login"}), "moved: redirected"),
    ],
)
@pytest.mark.parametrize("place", ["/latest", "/t/7", "/c/kites/5"])
async def test_what_is_no_answer_ends_the_visit(answer: web.Response, ending: str, place: str) -> None:
    async def refuse(_: web.Request) -> web.Response:
        return web.Response(status=answer.status, body=answer.body, headers=answer.headers)

    async with serving(refuse) as server, source_for(server.base) as source:
        assert await ending_of(source, target(server.base, place)) == ending


@pytest.mark.parametrize("cursor", ["kites", "1/2/3", "1/2/3/²"])
async def test_a_cursor_that_nobody_here_wrote_ends_the_visit(cursor: str) -> None:
    async with serving(Forum(t1=1)) as server, source_for(server.base) as source:
        assert await ending_of(source, target(server.base, cursor=cursor)) == "error: bad_cursor"
