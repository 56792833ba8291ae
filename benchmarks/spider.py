"""
Time reading preview pages beside a default Scrapy spider, from the same loopback server.

Both read the same pages (20 posts, 64 kB) and take the same fields from them.
The peer is Scrapy as it comes, parsel and one item a post, with its log
silenced; ours is `ScrapySource` with eight visits at a time, each page asked
for one by one. A second peer is ours without the guard at connect and without
the governor, which shows what those two cost. Server and contestants are processes of their own (Scrapy's
reactor modes exclude each other); rounds alternate, figures are medians.
"""

from __future__ import annotations

import asyncio
import base64
import ipaddress
import json
import statistics
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import aiohttp
from aiohttp import web
from scrapy import Request, Spider
from scrapy.crawler import CrawlerProcess

from crawler.source import ScrapySource
from domain.observations import Platform, Traffic
from domain.ports import SourceTarget
from net.governor import HostGovernor
from net.guard import EgressPolicy
from net.session import CONNECTIONS, PeerResponse, guarded_session

ROUNDS = 5
VISITS = 8
PAGES_OF_A_VISIT = 50
POSTS = 20
PAGE_BYTES = 64_000
HIGHEST = PAGES_OF_A_VISIT * POSTS


def post(number: int) -> str:
    view = base64.urlsafe_b64encode(json.dumps({"c": -1000555, "p": number}).encode()).decode().rstrip("=")
    words = f"Tin lanterns and blue kites, number {number}. " * 8
    markup = (
        '<div class="tgme_widget_message_wrap js-widget_message_wrap">'
        f'<div class="tgme_widget_message js-widget_message" data-post="lanterns/{number}" data-view="{view}">'
        '<div class="tgme_widget_message_bubble">'
        f'<a class="tgme_widget_message_photo_wrap 53775902{number:010}" href="https://t.me/lanterns/{number}"'
        f" style=\"width:800px;background-image:url('/file/{number}.jpg')\"></a>"
        f'<div class="tgme_widget_message_text js-message_text">{words}<br/><a href="https://kites.example/{number}">more'
        '</a></div><div class="tgme_widget_message_footer"><span class="tgme_widget_message_from_author">desk</span>'
        f'<a class="tgme_widget_message_date" href="https://t.me/lanterns/{number}">'
        '<time datetime="2026-03-01T08:00:00+00:00">08:00</time></a></div>'
    )
    filling = '<span class="tgme_widget_message_views">1.2K</span><i class="icon"></i>'
    missing = PAGE_BYTES // POSTS - len(markup) - len("</div></div></div>\n")
    return markup + filling * (missing // len(filling)) + "</div></div></div>\n"


def page(after: int) -> bytes:
    posts = "".join(post(number) for number in range(after + 1, after + POSTS + 1))
    head = '<html><body><div class="tgme_channel_info"></div><section class="tgme_channel_history">'
    return f"{head}{posts}</section></body></html>".encode()


def serve() -> None:
    pages = {after: page(after) for after in range(0, HIGHEST, POSTS)}

    async def answer(request: web.BaseRequest) -> web.Response:
        after = int(request.query.get("after", HIGHEST - POSTS))
        return web.Response(body=pages[after], content_type="text/html", charset="utf-8")

    async def main() -> None:
        runner = web.ServerRunner(web.Server(answer, access_log=None))
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        print(runner.addresses[0][1], flush=True)
        await asyncio.to_thread(sys.stdin.read)
        await runner.cleanup()

    asyncio.run(main())


def urls(base: str) -> list[str]:
    """Return what the visits ask for, visit by visit."""
    return [f"{base}/s/lanterns{visit}?after={after}" for visit in range(VISITS) for after in range(0, HIGHEST, POSTS)]


def told(pages: int, posts: int, wall: float, cpu: float) -> None:
    if (pages, posts) != (VISITS * PAGES_OF_A_VISIT, VISITS * HIGHEST):
        raise SystemExit(f"{pages} pages and {posts} posts are not what was served")
    print(json.dumps({"pages_per_second": pages / wall, "cpu_ms": 1000 * cpu / pages}))


def default_scrapy(base: str) -> None:
    seen = {"pages": 0, "posts": 0}

    class Preview(Spider):
        name = "preview"

        async def start(self) -> AsyncIterator[Any]:
            for url in urls(base):
                yield Request(url)

        def parse(self, response: Any, **_: Any) -> Any:
            seen["pages"] += 1
            for message in response.css(".tgme_widget_message[data-post]"):
                seen["posts"] += 1
                yield {
                    "post": message.attrib["data-post"],
                    "view": json.loads(base64.urlsafe_b64decode(message.attrib["data-view"] + "==")),
                    "text": "".join(message.css(".tgme_widget_message_text ::text").getall()),
                    "links": message.css(".tgme_widget_message_text a::attr(href)").getall(),
                    "time": message.css(".tgme_widget_message_date time::attr(datetime)").get(),
                    "author": message.css(".tgme_widget_message_from_author::text").get(),
                    "photos": message.css("a.tgme_widget_message_photo_wrap::attr(style)").getall(),
                }

    process = CrawlerProcess({"LOG_LEVEL": "ERROR"})
    _ = process.crawl(Preview)
    wall, cpu = time.perf_counter(), time.process_time()
    process.start()
    told(seen["pages"], seen["posts"], time.perf_counter() - wall, time.process_time() - cpu)


class Nobody:
    """What stands in the governor's place: no seats, no pauses, no rests, nothing noted."""

    rests_until = None

    @asynccontextmanager
    async def slot(self, name: str, *, crawl_delay: float = 0.0) -> AsyncIterator[Nobody]:  # noqa: ARG002
        yield self

    def heard(self, status: int, headers: Any) -> None:
        pass


def bare_session() -> aiohttp.ClientSession:
    """Return a session like ours without the guard at connect and without remembering peers' certificates."""
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=CONNECTIONS),
        cookie_jar=aiohttp.DummyCookieJar(),
        auto_decompress=False,
        response_class=PeerResponse,
        read_bufsize=65_536,
    )


def kapear(base: str, *, bare: bool = False) -> None:
    async def main() -> None:
        policy = EgressPolicy(enrolled=False, allow_networks=(ipaddress.ip_network("127.0.0.0/8"),))
        async with bare_session() if bare else guarded_session(policy, user_agent="Kapear-benchmark") as session:
            governor: Any = Nobody() if bare else HostGovernor(per_host=VISITS, delay=0)
            source = ScrapySource(
                session=session, governor=governor, tool="benchmark", robots=None, telegram_web_base=base
            )

            async def visit(number: int) -> tuple[int, int]:
                locator = f"https://t.me/s/lanterns{number}"
                target = SourceTarget(platform=Platform.TELEGRAM_WEB, locator=locator, backfill=None)
                pages = [len(page.posts) async for page in source.pages(target, Traffic())]
                return len(pages), sum(pages)

            wall, cpu = time.perf_counter(), time.process_time()
            seen = await asyncio.gather(*(visit(number) for number in range(VISITS)))
            wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
            told(sum(pages for pages, _ in seen), sum(posts for _, posts in seen), wall, cpu)

    asyncio.run(main())


def contestant(role: str, base: str) -> dict[str, float]:
    done = subprocess.run([sys.executable, __file__, role, base], capture_output=True, text=True, check=True)
    figures: dict[str, float] = json.loads(done.stdout)
    return figures


def compare() -> None:
    server = subprocess.Popen(
        [sys.executable, __file__, "serve"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    base = f"http://127.0.0.1:{int(server.stdout.readline() if server.stdout else 0)}"
    rounds: dict[str, list[dict[str, float]]] = {"scrapy": [], "bare": [], "kapear": []}
    try:
        for _ in range(ROUNDS):
            for role, figures in rounds.items():
                figures.append(contestant(role, base))
    finally:
        server.communicate("")
    for role, peer_name in (("scrapy", "Scrapy, default settings"), ("bare", "the same without guard and governor")):
        for name, unit, better_is_more in (("pages_per_second", "pages/s", True), ("cpu_ms", "ms/page", False)):
            value = statistics.median(round_[name] for round_ in rounds["kapear"])
            peer = statistics.median(round_[name] for round_ in rounds[role])
            ratio = value / peer if better_is_more else peer / value
            figure = f"spider_{name}" + ("_beside_bare" if role == "bare" else "")
            line = {"figure": figure, "value": round(value, 2), "unit": unit, "peer": peer_name}
            print(json.dumps({**line, "peer_value": round(peer, 2), "ratio": round(ratio, 2)}))


def governor_cost() -> None:
    """Print what the governor costs a request, in the process: a turn taken, its answer told, and given back."""
    turns = 20_000
    headers = {"Content-Type": "text/html", "Server": "kites"}

    async def main() -> float:
        governor = HostGovernor(per_host=2, delay=0)
        began = time.process_time()
        for _ in range(turns):
            async with governor.slot("kites.example") as turn:
                turn.heard(200, headers)
        return time.process_time() - began

    least = min(asyncio.run(main()) for _ in range(ROUNDS))
    print(json.dumps({"figure": "governor_us_a_request", "value": round(1e6 * least / turns, 1), "unit": "us"}))


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["serve"]:
            serve()
        case ["scrapy", base]:
            default_scrapy(base)
        case ["kapear", base]:
            kapear(base)
        case ["bare", base]:
            kapear(base, bare=True)
        case ["governor"]:
            governor_cost()
        case _:
            compare()
            governor_cost()
