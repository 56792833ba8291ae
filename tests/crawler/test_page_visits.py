from __future__ import annotations

import asyncio
import base64
import gzip
import hashlib
from contextlib import aclosing
from datetime import UTC, datetime

import pytest
from aiohttp import web

from crawler.spiders.page import check_scope
from domain.errors import EgressRefused, VisitEnded
from domain.observations import MediaKind, Traffic
from net.governor import HostGovernor
from net.guard import EgressPolicy
from tests.crawler.visiting import ending_of, html, look, page_at, source_for
from tests.net.loopback import serving

PICTURE = bytes(range(256)) * 8


async def test_one_page_is_one_post() -> None:
    async def shop(_: web.Request) -> web.Response:
        return html('<h1>Tin lanterns</h1><p>made here</p><a href="/about">about</a><img src="one.jpg">')

    async with serving(shop) as server, source_for(server.base) as source:
        url = f"{server.base}/shop/front"
        (page,) = await look(source, page_at(url))
        (post,) = page.posts
        assert page.cursor is None
        assert (post.container, post.post, post.url) == (server.base, url, url)
        assert post.text == "Tin lanterns\nmade here\nabout"
        assert post.links == (f"{server.base}/about",)
        assert [(media.identity, media.kind) for media in post.media] == [
            (f"{server.base}/shop/one.jpg", MediaKind.IMAGE)
        ]
        assert len(server.requests) == 1  # neither link nor picture was fetched


async def test_media_are_read_only_when_somebody_reads() -> None:
    async def shop(request: web.Request) -> web.Response:
        return web.Response(body=PICTURE) if request.path.endswith(".jpg") else html('<img src="one.jpg">')

    traffic = Traffic()
    async with serving(shop) as server, source_for(server.base) as source:
        (page,) = await look(source, page_at(f"{server.base}/"), traffic)
        media = page.posts[0].media[0]
        assert await media.source.read(0, 10_000) == PICTURE
        await media.source.close()
        assert traffic.requests == 2
        assert media.url is not None
        again = source.media(media.url, traffic)
        assert await again.read(0, 10) == PICTURE[:10]
        await again.close()
        assert traffic.requests == 3
        assert all("Referer" not in request.headers and "Cookie" not in request.headers for request in server.requests)


async def test_pictures_inside_the_page_are_handed_over_as_media() -> None:
    encoded = base64.b64encode(PICTURE).decode()

    async def shop(_: web.Request) -> web.Response:
        return html(f'<p>inside</p><img src="data:image/png;base64,{encoded}">')

    async with serving(shop) as server, source_for(server.base) as source:
        (page,) = await look(source, page_at(f"{server.base}/"))
        (media,) = page.posts[0].media
        assert media.url is None
        assert media.identity == f"inline:{hashlib.sha256(PICTURE).hexdigest()}"
        assert await media.source.read(0, 100_000) == PICTURE
        assert encoded[:24] not in repr(page)
        await media.source.close()


@pytest.mark.parametrize("packed", [False, True])
async def test_the_capture_record_tells_what_was_received(*, packed: bool) -> None:
    body = b"<p>blue kites</p>" * 100
    sent = gzip.compress(body) if packed else body

    async def shop(_: web.Request) -> web.Response:
        headers = {"Content-Type": "text/html", **({"Content-Encoding": "gzip"} if packed else {})}
        return web.Response(body=sent, headers={**headers, "Date": "Sun, 01 Mar 2026 08:00:00 GMT"})

    before = datetime.now(UTC)
    async with serving(shop) as server, source_for(server.base) as source:
        (page,) = await look(source, page_at(f"{server.base}/x"))
        capture = page.capture
        assert before <= capture.received_at <= datetime.now(UTC)
        assert capture.received_at.tzinfo is UTC
        assert (capture.final_url, capture.redirects) == (f"{server.base}/x", ())
        assert (capture.status, capture.ip, capture.port) == (200, "127.0.0.1", server.port)
        assert (capture.length, capture.body_sha256) == (len(sent), hashlib.sha256(sent).hexdigest())
        assert (capture.server_date, capture.tool) == ("Sun, 01 Mar 2026 08:00:00 GMT", "kapear tests")
        assert page.posts[0].text.startswith("blue kites\nblue kites")
        assert server.requests[0].headers["Accept-Encoding"] == "gzip"


async def test_other_encodings_of_text_are_read() -> None:
    async def shop(_: web.Request) -> web.Response:
        return web.Response(body="<p>kèo ខ្មែរ".encode("utf-16"), headers={"Content-Type": "text/html; charset=utf-16"})

    async with serving(shop) as server, source_for(server.base) as source:
        (page,) = await look(source, page_at(f"{server.base}/"))
        assert page.posts[0].text == "kèo ខ្មែរ"


async def test_a_redirect_inside_the_scope_is_followed() -> None:
    async def shop(request: web.Request) -> web.Response:
        step = int(request.query.get("step", 0))
        if step < 5:
            return web.Response(status=302, headers={"Location": f"/shop/lanterns?step={step + 1}"})
        return html("<p>here")

    async with serving(shop) as server, source_for(server.base) as source:
        url = f"{server.base}/shop/front"
        (page,) = await look(source, page_at(url))
        assert page.capture.final_url == f"{server.base}/shop/lanterns?step=5"
        assert page.capture.redirects == (url, *(f"{server.base}/shop/lanterns?step={n}" for n in range(1, 5)))
        assert page.posts[0].post == url


@pytest.mark.parametrize(
    ("location", "ending"),
    [
        *(("/elsewhere", "moved: left_scope"), ("https://kites.example/shop/x", "moved: left_scope")),
        *(("/shop/../x", "moved: left_scope"), ("/shop/again", "error: redirects")),
    ],
)
async def test_a_redirect_out_of_the_scope_is_not_followed(location: str, ending: str) -> None:
    async def shop(_: web.Request) -> web.Response:
        return web.Response(status=307, headers={"Location": location})

    async with serving(shop) as server, source_for(server.base) as source:
        assert await ending_of(source, page_at(f"{server.base}/shop/front")) == ending
        assert len(server.requests) == (6 if "again" in location else 1)


LOCATOR = "https://lanterns.example/shop/front"
OUTSIDE = [
    *("https://lanterns.example/", "https://lanterns.example/shop", "https://lanterns.example/shopping/x"),
    *("http://lanterns.example/shop/x", "https://lanterns.example:8443/shop/x", "https://www.lanterns.example/shop/x"),
    *("https://lanterns.example/shop/../x", "https://lanterns.example/shop/%2e%2e/x", "//kites.example/shop/x"),
    *("https://lanterns.example/shop/..%2fx", "https://lanterns.example/shop/..\\x", "https://[broken/shop/x"),
    *("https://user@lanterns.example/shop/x", "https://:word@lanterns.example/shop/x", "ftp://lanterns.example/shop/x"),
    *("https://lanterns.example@kites.example/shop/x", "https://lanterns.example:99999/shop/x", "data:text/html,shop"),
]


@pytest.mark.parametrize("url", OUTSIDE)
def test_outside_the_scope(url: str) -> None:
    with pytest.raises(VisitEnded, match="left_scope"):
        check_scope(url, LOCATOR)


@pytest.mark.parametrize(
    "url",
    ["https://lanterns.example/shop/", "https://lanterns.example:443/shop/a/b?q", "https://LANTERNS.example/shop/x"],
)
def test_inside_the_scope(url: str) -> None:
    check_scope(url, LOCATOR)


async def test_a_meta_refresh_is_not_followed() -> None:
    async def shop(_: web.Request) -> web.Response:
        return html('<meta http-equiv="refresh" content="0; url=/other"><p>stay')

    async with serving(shop) as server, source_for(server.base) as source:
        (page,) = await look(source, page_at(f"{server.base}/"))
        assert page.posts[0].text == "stay"
        assert len(server.requests) == 1


@pytest.mark.parametrize("kind", ["image/png", "application/octet-stream", "video/mp4", "application/pdf"])
async def test_what_is_no_page_is_not_read(kind: str) -> None:
    async def file(_: web.Request) -> web.Response:
        return web.Response(body=PICTURE, headers={"Content-Type": kind})

    traffic = Traffic()
    async with serving(file) as server, source_for(server.base) as source:
        assert await ending_of(source, page_at(f"{server.base}/"), traffic) == "error: not_html"
        assert traffic.bytes == 0


@pytest.mark.parametrize(
    ("status", "ending"), [(404, "gone: http_404"), (410, "gone: http_410"), (429, "limited: http_429")]
)
async def test_a_status_is_an_outcome(status: int, ending: str) -> None:
    async def answer(_: web.Request) -> web.Response:
        return web.Response(status=status, text="<p>sorry", content_type="text/html")

    async with serving(answer) as server, source_for(server.base) as source:
        assert await ending_of(source, page_at(f"{server.base}/")) == ending


async def test_the_guard_refuses_and_nothing_is_sent() -> None:
    async def shop(_: web.Request) -> web.Response:
        return html("never")

    async with serving(shop) as server, source_for(server.base, policy=EgressPolicy(enrolled=False)) as source:
        with pytest.raises(EgressRefused):
            await look(source, page_at(f"{server.base}/"))
        assert server.requests == []


async def test_a_defect_of_ours_is_an_outcome_without_its_message(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def shop(_: web.Request) -> web.Response:
        return html("tin")

    def broken(html: str, *, page_url: str) -> None:
        raise LookupError(f"{html} of {page_url}")

    monkeypatch.setattr("crawler.spiders.page.read_page", broken)
    async with serving(shop) as server, source_for(server.base) as source:
        assert await ending_of(source, page_at(f"{server.base}/")) == "error: defect_LookupError"
        assert server.base not in caplog.text
        assert "LookupError at test_page_visits.py:" in caplog.text


async def test_many_visits_share_one_governor() -> None:
    inside = peak = 0

    async def slow(_: web.Request) -> web.Response:
        nonlocal inside, peak
        inside += 1
        peak = max(peak, inside)
        await asyncio.sleep(0.02)
        inside -= 1
        return html("<p>kite")

    governor = HostGovernor(per_host=2, delay=0)
    async with serving(slow) as server, source_for(server.base, governor=governor) as source:
        found = await asyncio.gather(*(look(source, page_at(f"{server.base}/{number}")) for number in range(8)))
        assert [page.posts[0].post for (page,) in found] == [f"{server.base}/{number}" for number in range(8)]
        assert peak == 2


async def forever(_: web.Request) -> web.StreamResponse:
    await asyncio.sleep(60)
    return web.Response()


@pytest.mark.parametrize("moment", [0.0, 0.001, 0.01, 0.1])
async def test_a_cancelled_visit_ends_at_once_and_leaves_nothing_running(moment: float) -> None:
    async with serving(forever) as server, source_for(server.base) as source:
        before = asyncio.all_tasks()
        visit = asyncio.create_task(look(source, page_at(f"{server.base}/")))
        await asyncio.sleep(moment)
        visit.cancel()
        with pytest.raises(asyncio.CancelledError):
            async with asyncio.timeout(3):  # the fetch itself would take five
                await visit
        await asyncio.sleep(0.01)  # sockets that are closing need a turn
        assert not [task for task in asyncio.all_tasks() - before if "RequestHandler" not in repr(task.get_coro())]


async def test_a_visit_that_waits_for_a_seat_can_be_closed() -> None:
    governor = HostGovernor(per_host=1, delay=0)
    async with serving(forever) as server, source_for(server.base, governor=governor) as source:
        async with governor.slot("127.0.0.1"):
            visit = asyncio.create_task(look(source, page_at(f"{server.base}/")))
            await asyncio.sleep(0.05)
            visit.cancel()
            async with asyncio.timeout(3):
                await asyncio.wait([visit])
        assert server.requests == []


async def test_closing_early_ends_the_crawl() -> None:
    async def shop(_: web.Request) -> web.Response:
        return html("<p>kite")

    async with serving(shop) as server, source_for(server.base) as source:
        async with aclosing(source.pages(page_at(f"{server.base}/"), Traffic())) as pages:
            await anext(pages)
        never_started = source.pages(page_at(f"{server.base}/"), Traffic())
        await never_started.aclose()
        assert len(server.requests) == 1
        assert source._runner.crawlers == set()


def test_a_site_may_move_its_page_from_http_to_https() -> None:
    check_scope("https://lanterns.example/shop/x", "http://lanterns.example/shop/front")
    with pytest.raises(VisitEnded):
        check_scope("https://kites.example/shop/x", "http://lanterns.example/shop/front")
