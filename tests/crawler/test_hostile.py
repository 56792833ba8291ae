"""Servers that mean harm: every visit ends with a reason, within its limits."""

from __future__ import annotations

import asyncio
import resource
import threading
from collections.abc import Callable

import pytest
from aiohttp import web

from crawler.parse.bounds import MAX_ATTRIBUTES, has_monstrous_tag
from crawler.parse.page import SeenPage, TooComplex, read_page
from crawler.visit import Limits
from domain.observations import Traffic
from tests.crawler.evil import EVIL, page_of, served, visited
from tests.crawler.visiting import ending_of, html, look, page_at, source_for
from tests.net.loopback import serving, talking


@pytest.mark.parametrize("name", EVIL)
async def test_it_ends_with_a_reason_and_others_go_on(name: str) -> None:
    case = EVIL[name]

    async def kind(_: web.Request) -> web.StreamResponse:
        return html("<p>kites")

    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    async with (
        asyncio.timeout(60),
        served(case) as base,
        serving(kind) as other,
        source_for(base, limits=Limits(timeout=case.timeout), heeds_robots=case.heeds_robots) as source,
    ):
        neighbour = asyncio.create_task(look(source, page_at(f"http://localhost:{other.port}/")))
        assert await visited(source, case, base) == case.ending
        assert len(await neighbour) == 1
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 150_000  # kilobytes


LARGE = 2_000_000
DATA = '<script type="application/ld+json">'
PAGES: dict[str, Callable[[], str]] = {
    "links": lambda: "<a href=/x>y</a>" * (LARGE // 16),
    "different links": lambda: "".join(f"<a href=/{n}>" for n in range(LARGE // 16)),
    "pictures": lambda: "".join(f"<img src=/{n}.png>" for n in range(LARGE // 20)),
    "one picture of many sizes": lambda: f"<img srcset='{'a.png 1w,' * (LARGE // 9)}'>",
    "runs just too short": lambda: ("A" * 256 + " ") * (LARGE // 257),
    "angles": lambda: "<" * LARGE,
    "comments": lambda: "<!--" * (LARGE // 4),
    "entities": lambda: "&amp;&#x41;&kite" * (LARGE // 16),
    "half scripts": lambda: "<script><!--<script>" * (LARGE // 20),
    "paragraphs": lambda: "<p><b><i>" * (LARGE // 9),
    "data uris": lambda: "<img src='data:image/png;base64,AAAA'>" * (LARGE // 38),
    "nulls": lambda: "\0" * LARGE,
    "blanks": lambda: " \n" * (LARGE // 2),
    "short tags": lambda: ("<a " + "b " * 1000 + ">") * (LARGE // 2004),
    "one picture of many commas": lambda: f"<img srcset='{'a, b 1w,c ' * (LARGE // 10)}'>",
    "styles": lambda: (
        "<style>" + "url(" * (LARGE // 16) + 'url("' * (LARGE // 16) + "url( " * (LARGE // 16) + "</style>"
    ),
    "many styles": lambda: "<hr style=background:url(/k.png)>" * (LARGE // 33),
    "pictures in pictures": lambda: "<picture>" * 200 + "<img src=/k.png>" * (LARGE // 16),
    "films": lambda: "<video>" * 200 + "<source src=/k.mp4>" * 20 + "<video src=/k.mp4>" * 20 + "<b>k</b>" * 200_000,
    "sources": lambda: "<picture><source srcset='k.png 1w'></picture>" * (LARGE // 46),
    "linked data": lambda: DATA + '[{"image":' * 20_000 + "</script>",
    "much linked data": lambda: (DATA + "[" + '{"image":"k"},' * 15_000 + "0]</script>") * 8,
    "tags within tags": lambda: ("<a b " * 1000 + ">") * (LARGE // 5001),
}


@pytest.mark.parametrize("kind", PAGES)
async def test_a_large_page_is_read_within_its_bounds(kind: str) -> None:
    body = PAGES[kind]().encode()
    traffic = Traffic()
    async with asyncio.timeout(30), talking(page_of(body)) as base, source_for(base) as source:
        (page,) = await look(source, page_at(f"{base}/"), traffic)
    assert len(page.posts[0].links) <= 2000
    assert len(page.posts[0].media) <= 200
    assert traffic.bytes == len(body)


@pytest.mark.parametrize(("size", "on_the_loop"), [(1000, True), (200_000, False)])
async def test_large_pages_are_parsed_beside_the_loop(
    size: int, *, on_the_loop: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    places: list[threading.Thread] = []

    def watched(html: str, *, page_url: str) -> SeenPage:
        places.append(threading.current_thread())
        return read_page(html, page_url=page_url)

    monkeypatch.setattr("crawler.spiders.page.read_page", watched)
    async with talking(page_of(b"k" * size)) as base, source_for(base) as source:
        await look(source, page_at(f"{base}/"))
    assert (places == [threading.current_thread()]) is on_the_loop


@pytest.mark.parametrize(
    "body",
    [
        *("<div>" * 400_000, "<ul><li>" * 200_000, "<b>" * 300_000, "<table>" * 200_000, "<svg>" * 300_000),
        *("<p " + "a " * 500_000 + ">", "<p " + " ".join(f"a{n}=1" for n in range(250_000)) + ">"),
        '<script>i<n x="</script><p ' + "a " * 400_000 + '><b y=">',
    ],
    ids=["nested", "lists", "bold", "tables", "svg", "attributes", "valued attributes", "hidden attributes"],
)
async def test_a_page_no_one_would_write_is_refused(body: str) -> None:
    sent = body.encode()[:LARGE]
    async with asyncio.timeout(30), talking(page_of(sent)) as base, source_for(base) as source:
        assert await ending_of(source, page_at(f"{base}/")) == "error: too_complex"


def test_many_attributes_are_counted_whatever_stands_between() -> None:
    filler = "x" * 40_000
    just = "<p " + "a='>' b=\"<\" / " * (MAX_ATTRIBUTES // 2)
    assert not has_monstrous_tag(filler + just + ">")
    assert has_monstrous_tag(filler + just + "one=more>")
    assert has_monstrous_tag(filler + f"<!-- {just} more> -->")
    assert not has_monstrous_tag("<p " + "a " * 10_000)  # too short to hurt


def test_honest_depth_is_fine_and_dishonest_depth_is_not() -> None:
    assert read_page("<div>" * 200 + "kites", page_url="https://kites.example/").text == "kites"
    with pytest.raises(TooComplex):
        read_page("<div>" * 300 + "kites", page_url="https://kites.example/")
