"""A forum's threads: read on from their last page, followed from a view where that was authorised."""

from __future__ import annotations

from dataclasses import replace

import pytest
from aiohttp import web

from domain.errors import VisitEnded
from domain.observations import ObservedPage, Platform, Traffic
from domain.ports import SourceTarget
from tests.crawler.visiting import ending_of, html, look, source_for
from tests.net.loopback import Server, serving

OF_A_PAGE = 3


class Forum:
    """Threads by number, each a list of posts, a few to a page; phpBB by its markup."""

    def __init__(self, **threads: int) -> None:
        self.threads = {name: [f"{name} post {n}" for n in range(1, count + 1)] for name, count in threads.items()}
        self.trouble: dict[str, int] = {}

    async def __call__(self, request: web.Request) -> web.StreamResponse:
        name = request.query.get("t", "")
        if request.path_qs in self.trouble:
            return web.Response(status=self.trouble[request.path_qs])
        if request.path == "/board/view":
            links = (f'<a class="topictitle" href="topic?t={thread}&sid=77">{thread}</a>' for thread in self.threads)
            body = "".join(links) + '<a class="topictitle" href="/elsewhere?t=one">outside</a>'
        elif name in self.threads:
            start = int(request.query.get("start", 0))
            posts = self.threads[name][start : start + OF_A_PAGE]
            if start and not posts:
                return web.Response(status=404)
            body = "".join(
                f'<div class="post" id="p{start + n}"><div class="content">{words}</div></div>'
                for n, words in enumerate(posts)
            )
            if len(self.threads[name]) > start + OF_A_PAGE:
                following = f"topic?t={name}&start={start + OF_A_PAGE}&sid=5"
                body += f'<div class="pagination"><p class="next"><a href="{following}">next</a></p></div>'
        else:
            return web.Response(status=404)
        page = f'<html><body id="phpbb">{body}</body></html>'
        tag = f'"{abs(hash(page))}"'
        return web.Response(status=304) if request.headers.get("If-None-Match") == tag else html(page, ETag=tag)


def forum_at(url: str, recall: str | None = None, depth: int = 0) -> SourceTarget:
    return SourceTarget(platform=Platform.FORUM, locator=url, recall=recall, depth=depth)


def texts(pages: list[ObservedPage]) -> list[str]:
    return [post.text for page in pages for post in page.posts]


def asked(server: Server, since: int = 0) -> list[str]:
    return [path.removeprefix("/board/") for path in server.paths[since:]]


async def test_a_thread_is_read_page_by_page_and_then_from_its_last_page() -> None:
    forum = Forum(one=7)
    async with serving(forum) as server, source_for(server.base) as source:
        url = f"{server.base}/board/topic?t=one"
        first = await look(source, forum_at(url))
        assert texts(first) == [f"one post {n}" for n in range(1, 8)]
        assert asked(server) == ["topic?t=one", "topic?t=one&start=3", "topic?t=one&start=6"]
        assert {(post.container, post.post) for post in first[0].posts} == {(url, f"{url}#p{n}") for n in range(3)}
        traffic = Traffic()
        quiet = await look(source, forum_at(url, first[-1].recall), traffic)
        assert (texts(quiet), traffic.requests, traffic.bytes) == ([], 1, 0)
        forum.threads["one"] += ["one post 8", "one post 9", "one post 10"]
        forum.threads["one"][6] = "one post 7, edited"
        before = len(server.paths)
        more = await look(source, forum_at(url, quiet[-1].recall))
        assert texts(more) == ["one post 7, edited", "one post 8", "one post 9", "one post 10"]
        assert asked(server, before) == ["topic?t=one&start=6", "topic?t=one&start=9"]


async def test_a_thread_that_became_shorter_is_read_anew_and_one_that_is_gone_ends_the_visit() -> None:
    forum = Forum(one=4)
    async with serving(forum) as server, source_for(server.base) as source:
        url = f"{server.base}/board/topic?t=one"
        first = await look(source, forum_at(url))
        del forum.threads["one"][2:]
        second = await look(source, forum_at(url, first[-1].recall))
        assert texts(second) == ["one post 1", "one post 2"]
        forum.threads = {}
        assert await ending_of(source, forum_at(url, second[-1].recall)) == "gone: http_404"


async def test_a_view_is_followed_into_its_threads_only_where_that_was_authorised() -> None:
    forum = Forum(one=4, two=1)
    async with serving(forum) as server, source_for(server.base) as source:
        view = f"{server.base}/board/view"
        assert await ending_of(source, forum_at(view)) == "error: needs_depth"
        assert len(server.paths) == 1
        first = await look(source, forum_at(view, depth=1))
        assert texts(first) == [*(f"one post {n}" for n in range(1, 5)), "two post 1"]
        assert "/elsewhere?t=one" not in server.paths
        forum.threads["two"].append("two post 2")
        forum.threads["three"] = ["three post 1"]
        second = await look(source, forum_at(view, first[-1].recall, depth=1))
        assert sorted(texts(second)) == ["three post 1", "two post 1", "two post 2"]


async def test_a_thread_of_a_view_that_is_gone_is_told_with_its_posts_and_ends_nothing() -> None:
    forum = Forum(one=2, two=1)
    async with serving(forum) as server, source_for(server.base) as source:
        view = f"{server.base}/board/view"
        first = await look(source, forum_at(view, depth=1))
        forum.trouble = {"/board/topic?t=one": 410}
        second = await look(source, forum_at(view, first[-1].recall, depth=1))
        gone = f"{server.base}/board/topic?t=one"
        assert [each for page in second for each in page.deleted] == [(gone, f"{gone}#p0"), (gone, f"{gone}#p1")]
        forum.trouble = {"/board/topic?t=two": 429}
        assert await ending_of(source, forum_at(view, second[-1].recall, depth=1)) == "limited: http_429"


async def test_threads_that_cannot_be_reached_are_left_for_the_next_visit() -> None:
    forum = Forum(**{f"thread-{letter}": 1 for letter in "abcde"})
    async with serving(forum) as server, source_for(server.base) as source:
        forum.trouble = {f"/board/topic?t={name}": 503 for name in forum.threads}
        first = await look(source, forum_at(f"{server.base}/board/view", depth=1))
        assert (texts(first), len(server.paths)) == ([], 4)
        forum.trouble = {}
        second = await look(source, forum_at(f"{server.base}/board/view", first[-1].recall, depth=1))
        assert len(texts(second)) == 5


async def test_what_no_rule_knows_and_what_shows_nothing_is_said() -> None:
    async def page(request: web.Request) -> web.Response:
        return html('<body id="phpbb">nothing' if request.path == "/empty" else "<p>no forum")

    async with serving(page) as server, source_for(server.base) as source:
        assert await ending_of(source, forum_at(f"{server.base}/")) == "error: no_forum_rule"
        assert await ending_of(source, forum_at(f"{server.base}/empty")) == "error: no_posts"


async def test_one_post_is_found_again_by_the_name_in_the_books() -> None:
    forum = Forum(one=7)
    async with serving(forum) as server, source_for(server.base) as source:
        url = f"{server.base}/board/topic?t=one"
        pages = await look(source, forum_at(url))
        target = replace(forum_at(url, pages[-1].recall), named=lambda name: name.rpartition("#")[2])
        page = await source.post(target, "p4", Traffic())
        assert page is not None
        assert [post.text for post in page.posts] == ["one post 4", "one post 5", "one post 6"]
        assert page.recall is None
        with pytest.raises(VisitEnded, match="post_not_found"):
            await source.post(target, "p99", Traffic())
        forum.threads = {}
        assert await source.post(target, "p4", Traffic()) is None  # gone with its thread


async def test_a_thread_without_end_is_read_a_piece_a_visit() -> None:
    async def endless(request: web.Request) -> web.Response:
        start = int(request.query.get("start", 0))
        post = f'<div class="post" id="p{start}"><div class="content">post {start}</div></div>'
        following = f'<div class="pagination"><p class="next"><a href="?start={start + 1}">next</a></p></div>'
        return html(f'<body id="phpbb">{post}{following}')

    async with serving(endless) as server, source_for(server.base) as source:
        first = await look(source, forum_at(f"{server.base}/"))
        assert len(server.paths) == 40
        second = await look(source, forum_at(f"{server.base}/", first[-1].recall))
        assert texts(second)[:2] == ["post 40", "post 41"]
