"""
Serve the demo's platforms on loopback, in a process of their own.

Started as `python -m demo.platform`. Writes one JSON line once it listens, and
nothing else but the hash list; goes when its stdin closes, so that it never
outlives whoever started it.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import math
import os
import signal
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from aiohttp import web
from aiohttp.typedefs import Handler

from demo.building import build_world
from demo.dice import Dice
from demo.gallery import Gallery
from demo.planting import Row, as_csv, plant
from demo.shop import BROKEN, STAND_IN
from demo.shoppages import STAND_IN_PAGE, shop_page
from demo.telegram.server import TelegramServer
from demo.telegram.stage import Stage, keep_filled, told
from demo.telegrampages import channel_page, contact_page, file_path, film_path, post_page
from demo.world import Channel, Message, World

HASH_LIST = "hash-list.csv"
LOG = "/_log"
MOST_LOGGED = 10_000  # distinct paths
# The platform's own channel, which is always there: by it others know that they speak with the platform.
OWN = Channel(
    name="telegram",
    id=1_000_001,
    title="News",
    about="",
    subscribers=3,
    messages=(Message(id=1, at=datetime(2026, 1, 1, tzinfo=UTC), text="All is well"),),
)


class Site:
    """Answers for every path of the world, and counts who asked for what."""

    def __init__(self, seed: int, world: World, gallery: Gallery, clock: Callable[[], float]) -> None:
        """`clock` says how many seconds have passed since the start."""
        self.base = ""
        self._world, self._gallery, self._clock = world, gallery, clock
        self._asked: Counter[str] = Counter()
        self._files = {file_path(name): name for name in world.pictures}
        self._films = {film_path(name) for name in world.pictures}
        self._noise = Dice(seed, "noise").raw(4096)
        # One thread: the gallery is not for two, and the loop must go on answering.
        self._artist = ThreadPoolExecutor(1)

    def application(self) -> web.Application:
        """Return the application with its routes."""
        application = web.Application(middlewares=[self._count])
        application.add_routes(
            [
                web.get(LOG, self._log),
                web.get("/s/{channel}", self._preview),
                web.get("/shop/{page}", self._page),
                web.get("/media/{file}", self._media),
                web.get("/file/{file}", self._file),
                web.get("/{channel}", self._card),
                web.get("/{channel}/{post}", self._post),
            ]
        )
        return application

    @web.middleware
    async def _count(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.path != LOG and (request.path in self._asked or len(self._asked) < MOST_LOGGED):
            self._asked[request.path] += 1
        return await handler(request)

    async def _log(self, request: web.Request) -> web.Response:
        asked = dict(self._asked)
        if request.query.get("reset") == "1":
            self._asked.clear()
        return web.json_response(asked)

    async def _preview(self, request: web.Request) -> web.Response:
        name = request.match_info["channel"]
        channel = OWN if name == OWN.name else self._world.channels.get(name)
        if channel is None:
            raise web.HTTPFound(f"/{name}")
        before, after = (_number(request.query.get(side)) for side in ("before", "after"))
        return _html(channel_page(channel, self.base, channel.visible(self._clock()), before, after))

    async def _card(self, request: web.Request) -> web.Response:
        return _html(contact_page(request.match_info["channel"]))

    async def _post(self, request: web.Request) -> web.Response:
        channel = self._world.channels.get(request.match_info["channel"])
        number = _number(request.match_info["post"])
        if channel is None or number is None:
            return _html(contact_page(request.match_info["channel"]))
        return _html(post_page(channel, self.base, channel.visible(self._clock()), number))

    async def _page(self, request: web.Request) -> web.Response:
        page = self._world.pages.get(request.path)
        if page is None:
            raise web.HTTPNotFound
        return _html(await self._in_thread(shop_page, page, self.base, self._gallery))

    async def _media(self, request: web.Request) -> web.Response:
        if request.path == STAND_IN:
            return _html(STAND_IN_PAGE)
        if request.path == BROKEN:
            return web.Response(body=b"\xff\xd8\xff\xe0" + self._noise, content_type="image/jpeg")
        name = self._world.media.get(request.path)
        if name is None:
            raise web.HTTPNotFound
        change = self._world.changes.get(request.path)
        return await self._picture(change[1] if change is not None and self._clock() >= change[0] else name)

    async def _file(self, request: web.Request) -> web.Response:
        if request.path in self._films:
            return web.Response(
                body=b"\x00\x00\x00\x10ftypisom\x00\x00\x00\x00" + self._noise, content_type="video/mp4"
            )
        if request.path not in self._files:
            raise web.HTTPNotFound
        return await self._picture(self._files[request.path])

    async def _picture(self, name: str) -> web.Response:
        body = await self._in_thread(self._gallery.body, name)
        return web.Response(body=body, content_type=self._gallery.content_type(name))

    async def _in_thread(self, do: Callable[..., Any], *given: object) -> Any:
        return await asyncio.get_running_loop().run_in_executor(self._artist, do, *given)


def announcement(world: World, planted: list[dict[str, Any]], base: str, hash_list: Path) -> dict[str, Any]:
    """Return the line that tells what is served, in the contract's words."""
    locators = {name: f"https://t.me/{name}" for name in world.channels} | {
        path: f"{base}{path}" for path in world.pages
    }
    posts = {locators[name]: channel.posts for name, channel in world.channels.items()}
    posts |= {locators[path]: [locators[path]] for path in world.pages}
    found = []
    for each in planted:
        if each["place"] == world.closed_channel:
            continue
        about = {key: value for key, value in each.items() if key != "place"}
        about["post"] = locators.get(about["post"], about["post"])
        found.append({"target": locators[each["place"]], **about})
    again = world.repost
    first = {"target": locators[again.first_place], "post": again.first_post}
    reposts = [{"target": locators[again.place], "post": again.post, "first": first}]
    return {
        "allow_networks": "127.0.0.0/8",
        "telegram_web_base": base,
        "targets": list(locators.values()),
        "no_preview": f"https://t.me/{world.closed_channel}",
        "hash_list": str(hash_list),
        "served": {"posts": posts, "planted": found, "reposts": reposts},
    }


def written(directory: Path, rows: list[Row]) -> Path:
    """Write the hash list, the only file there ever is, and return its path."""
    directory.mkdir(parents=True, exist_ok=True)
    path = directory.resolve() / HASH_LIST
    path.write_text(as_csv(rows), encoding="utf-8")
    return path


async def serve(directory: Path, seed: int, anchor: datetime, *, live: bool) -> None:
    """Serve until stdin closes or SIGTERM comes."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stop.set)
    threading.Thread(target=_wait_for_end_of_input, args=(loop, stop), daemon=True).start()
    world = build_world(seed, anchor, live=live)
    gallery = Gallery(seed, world.pictures)
    rows, planted = plant(seed, world, gallery)
    hash_list = written(directory, rows)
    stage = Stage(world, gallery, Dice(seed, "film").raw(4096))
    started = time.monotonic()

    def clock() -> float:
        return time.monotonic() - started if live else math.inf

    site = Site(seed, world, gallery, clock)
    runner = web.AppRunner(site.application(), access_log=None, shutdown_timeout=0.5)
    await runner.setup()
    stage.fill(clock())
    living = asyncio.create_task(keep_filled(stage, clock)) if live else None
    try:
        async with TelegramServer(stage.platform) as telegram:
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            site.base = f"http://127.0.0.1:{runner.addresses[0][1]}"
            closed = [each for each in planted if each["place"] == world.closed_channel]
            line = announcement(world, planted, site.base, hash_list) | {"telegram": told(stage, telegram, closed)}
            sys.stdout.write(json.dumps(line) + "\n")
            sys.stdout.flush()
            await stop.wait()
    finally:
        if living is not None:
            living.cancel()
        await runner.cleanup()


def main() -> None:
    """Read the arguments and serve."""
    parser = argparse.ArgumentParser(prog="python -m demo.platform", description="Serve the demo's platforms.")
    parser.add_argument("--dir", type=Path, default=Path(".demo/platform"), help="where the hash list is written")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--live", action="store_true", help="posts appear and change while it runs")
    parser.add_argument("--anchor", type=datetime.fromisoformat, help="moment before which all posts lie")
    given = parser.parse_args()
    anchor = given.anchor or datetime.now(UTC).replace(microsecond=0)
    asyncio.run(serve(given.dir, given.seed, anchor, live=given.live))


def _wait_for_end_of_input(loop: asyncio.AbstractEventLoop, stop: asyncio.Event) -> None:
    try:
        while os.read(0, 4096):
            pass
    except OSError:
        pass  # no stdin at all is as good as a closed one
    loop.call_soon_threadsafe(stop.set)


def _html(text: str) -> web.Response:
    return web.Response(text=text, content_type="text/html", charset="utf-8")


def _number(text: str | None) -> int | None:
    return int(text) if text is not None and text.isascii() and text.isdigit() and len(text) < 12 else None  # noqa: PLR2004 - an id's length


if __name__ == "__main__":
    main()
