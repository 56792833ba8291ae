"""
Serve channels that post quickly, and know exactly what they have posted.

A process of its own, `python -m tests.faults.channels`: previews as t.me/s shows them, by the demo's pages. What a
message says and shows follows from its channel and number, so the truth is a count a channel. Every PICTURES-th
message has a picture, and of those every PLANTED-th one that is listed.
"""

from __future__ import annotations

import argparse
import asyncio
import csv
import hashlib
import io
import json
import random
import subprocess
import sys
import time
import urllib.request
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Self

from aiohttp import web

from demo.platform import OWN
from demo.telegrampages import channel_page, contact_page, file_path
from demo.world import PAGE_SIZE, Channel, Message
from tests.fingerprint.pictures import photo

ROOT = Path(__file__).parents[2]
FIRST_ID = 2_000_001
PICTURES = 10
PLANTED = 10
LISTED = 5  # pictures on the list
TICK_S = 0.1


def has_picture(number: int) -> bool:
    return number % PICTURES == 0


def is_planted(number: int) -> bool:
    return number % (PICTURES * PLANTED) == 0


def planted_of(count: int) -> int:
    """Return how many of so many messages show a listed picture."""
    return count // (PICTURES * PLANTED)


def jpeg(seed: int) -> bytes:
    encoded = io.BytesIO()
    photo(320, 240, seed).convert("RGB").save(encoded, "JPEG", quality=80)
    return encoded.getvalue()


@dataclass
class Served:
    """A channel, when it posted what it shows, and which pictures its pages have named."""

    name: str
    id: int
    times: list[datetime] = field(default_factory=list)

    def post(self, at: datetime) -> None:
        self.times.append(at.replace(microsecond=0))

    def message(self, number: int) -> Message:
        picture = f"{self.name}/{number}"
        return Message(
            id=number,
            at=self.times[number - 1],
            text=f"kite number {number} of {self.name}",
            photos=(picture,) if has_picture(number) else (),
        )

    def around(self, before: int | None, after: int | None) -> list[Message]:
        """Return what a page needs: what it shows, and one more on each side."""
        first = after if after is not None else (len(self.times) + 1 if before is None else before) - PAGE_SIZE - 1
        first = max(1, first)
        return [self.message(number) for number in range(first, min(len(self.times), first + PAGE_SIZE + 1) + 1)]

    def as_channel(self) -> Channel:
        return Channel(name=self.name, id=self.id, title=self.name, about="", subscribers=7, messages=())


class Site:
    """Answers for every path, counts them, and posts at the rate it was told."""

    def __init__(self, channels: int, posts: int, rate: float) -> None:
        self.rate = rate
        self.asked: Counter[str] = Counter()
        self.channels = {f"kites{number}": Served(f"kites{number}", FIRST_ID + number) for number in range(channels)}
        begun = datetime.now(UTC) - timedelta(days=1)
        for channel in self.channels.values():
            for number in range(posts):
                channel.post(begun + timedelta(seconds=number))
        self.files: dict[str, str] = {}
        self.plain = jpeg(1)
        self.listed = [jpeg(100 + number) for number in range(LISTED)]

    def application(self) -> web.Application:
        application = web.Application()
        application.add_routes(
            [
                web.get("/_truth", self.truth),
                web.get("/_pace", self.pace),
                web.get("/s/{channel}", self.preview),
                web.get("/file/{file}", self.file),
                web.get("/{channel}", self.card),
            ]
        )
        return application

    async def truth(self, _: web.Request) -> web.Response:
        counts = {name: len(channel.times) for name, channel in self.channels.items()}
        return web.json_response({"counts": counts, "asked": dict(self.asked)})

    async def pace(self, request: web.Request) -> web.Response:
        self.rate = float(request.query["rate"])
        return web.json_response({})

    async def preview(self, request: web.Request) -> web.Response:
        self.asked["preview"] += 1
        name = request.match_info["channel"]
        base = f"http://{request.host}"
        before, after = (int(given) if (given := request.query.get(side)) else None for side in ("before", "after"))
        if name == OWN.name:
            return _html(channel_page(OWN, base, list(OWN.messages), before, after))
        served = self.channels[name]
        messages = served.around(before, after)
        self.files |= {file_path(picture): picture for message in messages for picture in message.photos}
        return _html(channel_page(served.as_channel(), base, messages, before, after))

    async def file(self, request: web.Request) -> web.Response:
        self.asked["file"] += 1
        number = int(self.files[request.path].rpartition("/")[2])
        if is_planted(number):
            return web.Response(body=self.listed[number // PICTURES // PLANTED % LISTED], content_type="image/jpeg")
        # What stands behind a picture's end is not drawn, but no two files are alike.
        return web.Response(body=self.plain + self.files[request.path].encode(), content_type="image/jpeg")

    async def card(self, request: web.Request) -> web.Response:
        return _html(contact_page(request.match_info["channel"]))

    async def go_on_posting(self) -> None:
        """Post at the rate, unevenly: the first channels the most."""
        dice = random.Random(3)  # noqa: S311 - a repeatable course
        names = list(self.channels)
        weights = [1 / (1 + number) for number in range(len(names))]
        owed, last = 0.0, time.monotonic()
        while True:
            await asyncio.sleep(TICK_S)
            now = time.monotonic()
            owed, last = owed + (now - last) * self.rate, now
            for name in dice.choices(names, weights, k=int(owed)):
                self.channels[name].post(datetime.now(UTC))
            owed -= int(owed)

    def hash_list(self) -> str:
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(("algorithm", "hash"))
        writer.writerows(("sha256", hashlib.sha256(body).hexdigest()) for body in self.listed)
        return text.getvalue()


def _html(text: str) -> web.Response:
    return web.Response(text=text, content_type="text/html")


async def serve(site: Site) -> None:
    runner = web.AppRunner(site.application(), access_log=None, shutdown_timeout=0.5)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    posting = asyncio.create_task(site.go_on_posting())
    print(json.dumps({"port": runner.addresses[0][1], "hash_list": site.hash_list()}), flush=True)  # noqa: T201 - told to its owner
    await asyncio.to_thread(sys.stdin.read)
    posting.cancel()
    await runner.cleanup()


class Channels:
    """The server in a process of its own, and what it can be asked and told."""

    def __init__(self, *, channels: int, posts: int = 0, rate: float = 0.0) -> None:
        self._options = [f"--channels={channels}", f"--posts={posts}", f"--rate={rate}"]

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.channels", *self._options],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout is not None
        told = json.loads(self._process.stdout.readline())
        self.port: int = told["port"]
        self.hash_list: str = told["hash_list"]
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.communicate()

    def counts(self) -> dict[str, int]:
        """Return how many messages each channel has by now."""
        return dict(self._get("/_truth")["counts"])

    def asked(self) -> int:
        """Return how many requests it has answered."""
        return sum(self._get("/_truth")["asked"].values())

    def pace(self, rate: float) -> None:
        """Post so many messages a second from now on, over all channels."""
        self._get(f"/_pace?rate={rate}")

    def _get(self, path: str) -> Any:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=30) as answer:
            return json.load(answer)


def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("--channels", type=int, required=True)
    options.add_argument("--posts", type=int, required=True)
    options.add_argument("--rate", type=float, required=True)
    chosen = options.parse_args()
    asyncio.run(serve(Site(chosen.channels, chosen.posts, chosen.rate)))


if __name__ == "__main__":
    main()
