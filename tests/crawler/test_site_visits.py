"""A site authorised to a depth: its pages within the scope are posts, and nothing outside it is asked for."""

from __future__ import annotations

from dataclasses import replace

import pytest
from aiohttp import web

from crawler.site import PAGES_OF_A_VISIT
from domain.errors import VisitEnded
from domain.observations import MediaKind, ObservedPage, Platform, Traffic
from domain.ports import SourceTarget
from tests.crawler.visiting import ending_of, html, look, source_for
from tests.net.loopback import Server, serving


class Site:
    """Pages by path, with validators; `trouble` holds the status of those that have some."""

    def __init__(self, pages: dict[str, str]) -> None:
        self.pages = pages
        self.trouble: dict[str, int] = {}
        self.moved: dict[str, str] = {}

    async def __call__(self, request: web.Request) -> web.StreamResponse:
        path = request.path_qs
        if path in self.moved:
            return web.Response(status=302, headers={"Location": self.moved[path]})
        if path in self.trouble:
            return web.Response(status=self.trouble[path])
        if path not in self.pages:
            return web.Response(status=404)
        tag = f'"{hash(self.pages[path])}"'
        if request.headers.get("If-None-Match") == tag:
            return web.Response(status=304)
        return html(self.pages[path], ETag=tag)


def site_at(url: str, depth: int = 1, recall: str | None = None) -> SourceTarget:
    return SourceTarget(platform=Platform.PAGE, locator=url, depth=depth, recall=recall)


def links(*hrefs: str) -> str:
    return "".join(f'<a href="{href}">to</a> ' for href in hrefs)


def seen(pages: list[ObservedPage], server: Server) -> list[str]:
    return [post.post.removeprefix(server.base) for page in pages for post in page.posts]


def gone(pages: list[ObservedPage], server: Server) -> list[str]:
    return [post.removeprefix(server.base) for page in pages for _, post in page.deleted]


SHOP = {
    "/shop/": links("one", "/shop/two?x=1#top", "/about", "https://kites.example/shop/", "mailto:x@kites.example")
    + links("price.pdf", "/shop/../secret", "one?sid=5", "https://filehost.example/f/9"),
    "/shop/one": f"<p>one</p>{links('deep/three', '/shop/')}<img src='one.jpg'>",
    "/shop/two?x=1": "<p>two</p>",
    "/shop/deep/three": f"<p>three</p>{links('/shop/four')}",
    "/shop/four": "<p>four</p>",
}


@pytest.mark.parametrize(
    ("depth", "paths"),
    [
        (1, ["/shop/", "/shop/one", "/shop/two?x=1"]),
        (2, ["/shop/", "/shop/one", "/shop/two?x=1", "/shop/deep/three"]),
        (3, ["/shop/", "/shop/one", "/shop/two?x=1", "/shop/deep/three", "/shop/four"]),
    ],
)
async def test_links_are_followed_as_deep_as_authorised_and_no_further(depth: int, paths: list[str]) -> None:
    async with serving(Site(SHOP)) as server, source_for(server.base) as source:
        pages = await look(source, site_at(f"{server.base}/shop/", depth))
        assert seen(pages, server) == paths
        assert server.paths == paths
        assert {post.container for page in pages for post in page.posts} == {server.base}
        assert all(page.cursor is None and page.recall for page in pages)
        assert pages[0].posts[0].links[-1] == "https://filehost.example/f/9"


async def test_pictures_that_are_linked_to_are_media_only_where_links_are_authorised() -> None:
    shop = {"/shop/": links("page", "full.jpg", "film.mp4", "/else.jpg"), "/shop/page": links("deeper.png")}
    async with serving(Site(shop)) as server, source_for(server.base) as source:
        pages = await look(source, site_at(f"{server.base}/shop/"))
        assert [[(media.identity.removeprefix(server.base), media.kind) for media in page.posts[0].media]
                for page in pages if page.posts] == [
            [("/shop/full.jpg", MediaKind.IMAGE), ("/shop/film.mp4", MediaKind.VIDEO)], [],
        ]  # fmt: skip
        assert server.paths == ["/shop/", "/shop/page"]


async def test_a_quiet_visit_asks_each_page_and_is_sent_none() -> None:
    async with serving(Site(SHOP)) as server, source_for(server.base) as source:
        first = await look(source, site_at(f"{server.base}/shop/", 3))
        traffic = Traffic()
        second = await look(source, site_at(f"{server.base}/shop/", 3, first[-1].recall), traffic)
        assert (seen(second, server), gone(second, server)) == ([], [])
        assert (traffic.requests, traffic.bytes) == (5, 0)
        assert len(second) == 1  # it only says what was asked for


async def test_what_changed_is_read_and_what_is_new_is_found() -> None:
    site = Site(dict(SHOP))
    async with serving(site) as server, source_for(server.base) as source:
        first = await look(source, site_at(f"{server.base}/shop/", 3))
        site.pages["/shop/deep/three"] = f"<p>three again</p>{links('/shop/five')}"
        site.pages["/shop/five"] = "<p>five</p>"
        second = await look(source, site_at(f"{server.base}/shop/", 3, first[-1].recall))
        assert seen(second, server) == ["/shop/deep/three", "/shop/five"]
        assert second[0].posts[0].text.startswith("three again")


async def test_only_pages_seen_before_can_be_gone_and_nobody_ends_with_them() -> None:
    shop = {**SHOP, "/shop/one": f"<p>one</p>{links('never', 'deep/three')}"}
    site = Site(shop)
    async with serving(site) as server, source_for(server.base) as source:
        first = await look(source, site_at(f"{server.base}/shop/", 3))
        assert "/shop/never" in server.paths
        assert (gone(first, server), "/shop/four" in seen(first, server)) == ([], True)
        site.trouble = {"/shop/two?x=1": 410, "/shop/four": 503, "/shop/deep/three": 403}
        del site.pages["/shop/one"]
        second = await look(source, site_at(f"{server.base}/shop/", 3, first[-1].recall))
        assert seen(second, server) == []
        assert sorted(gone(second, server)) == ["/shop/one", "/shop/two?x=1"]
        assert {container for page in second for container, _ in page.deleted} == {server.base}
        assert {page.capture.status for page in second if page.deleted} == {404, 410}
        site.trouble, site.pages = {}, dict(SHOP)
        site.pages["/shop/"] += " back"
        third = await look(source, site_at(f"{server.base}/shop/", 3, second[-1].recall))
        assert sorted(seen(third, server)) == ["/shop/", "/shop/one", "/shop/two?x=1"]
        assert gone(third, server) == []


async def test_the_entry_decides_how_the_visit_ends() -> None:
    site = Site(dict(SHOP))
    site.trouble = {"/shop/": 404}
    async with serving(site) as server, source_for(server.base) as source:
        assert await ending_of(source, site_at(f"{server.base}/shop/")) == "gone: http_404"
        site.trouble = {"/shop/two?x=1": 429}
        assert await ending_of(source, site_at(f"{server.base}/shop/")) == "limited: http_429"


async def test_a_site_that_fails_page_after_page_is_left_alone() -> None:
    names = [f"page-{letter}" for letter in "abcdefgh"]
    site = Site({"/": links(*names)})
    site.trouble = {f"/{name}": 503 for name in names}
    async with serving(site) as server, source_for(server.base) as source:
        pages = await look(source, site_at(f"{server.base}/"))
        assert seen(pages, server) == ["/"]
        assert len(server.paths) == 4
        site.trouble = {}
        site.pages |= {f"/{name}": name for name in names}
        pages = await look(source, site_at(f"{server.base}/", recall=pages[-1].recall))
        assert sorted(seen(pages, server)) == [f"/{name}" for name in names]


async def test_a_redirect_out_of_the_scope_ends_only_its_page() -> None:
    site = Site({"/shop/": links("one", "two", "three"), "/shop/two": "two", "/shop/there": "there"})
    site.moved = {"/shop/one": "https://kites.example/shop/", "/shop/three": "there"}
    async with serving(site) as server, source_for(server.base) as source:
        pages = await look(source, site_at(f"{server.base}/shop/"))
        assert seen(pages, server) == ["/shop/", "/shop/two", "/shop/three"]
        assert pages[2].capture.redirects == (f"{server.base}/shop/three",)
        again = await look(source, site_at(f"{server.base}/shop/", recall=pages[-1].recall))
        assert "/shop/one" not in server.paths[5:]
        assert seen(again, server) == ["/shop/three"]  # what redirects is asked for anew


async def test_a_calendar_without_end_is_read_a_bounded_piece_a_visit() -> None:
    async def calendar(request: web.Request) -> web.Response:
        month = int(request.query.get("month", 0))
        return html(f"month {month} {links(f'/?month={month + 1}', f'/?month={month + 1}&view=week')}")

    async with serving(calendar) as server, source_for(server.base) as source:
        recall = None
        asked: list[str] = []
        for _ in range(6):
            pages = await look(source, site_at(f"{server.base}/", 1_000, recall))
            recall = pages[-1].recall
            assert len(server.paths) - len(asked) <= PAGES_OF_A_VISIT
            asked = list(server.paths)
        assert len(set(asked)) <= 1 + 2 * 50


async def test_one_page_of_a_site_is_looked_at_again_by_the_name_in_the_books() -> None:
    async with serving(Site(SHOP)) as server, source_for(server.base) as source:
        pages = await look(source, site_at(f"{server.base}/shop/"))
        target = replace(site_at(f"{server.base}/shop/", recall=pages[-1].recall), named=lambda url: url[-1])
        page = await source.post(target, "e", Traffic())
        assert page is not None
        assert [post.post for post in page.posts] == [f"{server.base}/shop/one"]
        assert page.recall is None
        with pytest.raises(VisitEnded, match="page_forgotten"):
            await source.post(target, "z", Traffic())
