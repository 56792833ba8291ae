"""
Let the real program watch feeds that post quickly, and compare what it measures with the simulation of the same posts.

    python -m benchmarks.revisit_live [--targets 100] [--hours 60] [--speed 360]

A loopback server has a feed for each target; rates are lognormal (sigma 1.5, twelve posts a day on average), and the
budget is a visit a target and hour, as in benchmarks/revisit.py. The program is `scheduler.Monitor` with everything
that a visit needs; only its clock is other: it runs `speed` times as fast, so that a second is six minutes. Delays
are from the time in a post to when it is written; the first 24 hours are not counted.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import shutil
import subprocess
import sys
import time
from bisect import bisect_right
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import IO, cast

import numpy as np
from aiohttp import web
from sqlalchemy import select

import app.instance
import scheduler
from app.config import load
from app.instance import open_instance
from app.visitor import open_visitor
from benchmarks.revisit import Simulation, Target, poisson
from domain.audit import SYSTEM
from domain.cadence import Cadence, hours_of
from domain.people import Actor, Role
from domain.store import Tx
from storage.store import SqlTx
from storage.tables import revisions
from triage.desk import Desk
from triage.watchlist import NewTarget

SIGMA = 1.5
SEED = 7
WARM_H = 24.0
SHOWN = 50  # entries of a feed
HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class FastClock:
    """A clock that runs faster, from a common start."""

    start: float  # seconds since 1970
    speed: float

    def hours(self) -> float:
        """Return the hours since the start."""
        return (time.time() - self.start) * self.speed / 3600

    def now(self) -> datetime:
        """Return the moment that it shows."""
        return self.at(self.hours())

    def at(self, hours: float) -> datetime:
        """Return the moment so many hours after the start."""
        return datetime.fromtimestamp(self.start, UTC) + hours * HOUR


def drawn(count: int, hours: float) -> list[Target]:
    """Return the targets, the same for server and simulation."""
    dice = np.random.default_rng(SEED)
    return [poisson(dice, SIGMA, hours) for _ in range(count)]


def serve(count: int, hours: float, clock: FastClock) -> None:
    """Serve the feeds until standard input closes."""
    posts = [target.posts.tolist() for target in drawn(count, hours)]

    async def feed(request: web.Request) -> web.Response:
        number = int(request.match_info["number"])
        shown = bisect_right(posts[number], clock.hours())
        tag = f'"{shown}"'
        if request.headers.get("If-None-Match") == tag:
            return web.Response(status=304, headers={"ETag": tag})
        entries = "".join(
            f"<entry><id>urn:kites:{number}:{place}</id><title>Kites {place}</title>"
            f"<updated>{clock.at(posts[number][place]).isoformat()}</updated></entry>"
            for place in range(max(0, shown - SHOWN), shown)
        )
        text = f'<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom"><title>Kites</title>{entries}</feed>'
        return web.Response(text=text, content_type="application/atom+xml", headers={"ETag": tag})

    async def run() -> None:
        application = web.Application()
        application.router.add_get("/feed/{number}.xml", feed)
        runner = web.AppRunner(application, access_log=None)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        print(runner.addresses[0][1], flush=True)
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)

    asyncio.run(run())


def written(tx: Tx) -> list[tuple[datetime, datetime]]:
    """Return when each post was posted, and when it was written."""
    query = select(revisions.c.posted_at, revisions.c.seen_at).where(revisions.c.posted_at.is_not(None))
    return [(row.posted_at, row.seen_at) for row in cast("SqlTx", tx).connection.execute(query)]


async def watched(folder: Path, port: int, count: int, hours: float, clock: FastClock) -> tuple[float, int, int]:
    """Return the mean delay in hours, how many posts were seen, and how many visits there were, after warming up."""
    app.instance.Desk = cast("type[Desk]", partial(Desk, now=clock.now))  # type: ignore[attr-defined]  # nobody else has another clock
    scheduler.TICK_S, scheduler.PRICES_S = 0.1, 0.5
    environment = {"KAPEAR_DATA_DIR": str(folder), "KAPEAR_ALLOW_NETWORKS": "127.0.0.0/8", "KAPEAR_BIND": "127.0.0.1:0"}
    config = replace(load(environment), cadence=Cadence(interval=HOUR), visits_at_once=8, max_active_targets=count)
    visits, stop = 0, asyncio.Event()

    def counted(_visit: object) -> None:
        nonlocal visits
        visits += clock.hours() > WARM_H

    async with open_instance(config, create=True) as instance:
        local = Actor(name=SYSTEM, role=Role.ADMIN, local=True)
        for number in range(count):
            wanted = NewTarget(
                locator=f"http://127.0.0.1:{port}/feed/{number}.xml", report=f"B-{number}", authorised_by="bench",
                basis="kites",
            )  # fmt: skip
            await instance.office.watchlist.add(local, wanted)
        async with open_visitor(instance) as visitor:
            asyncio.get_running_loop().call_later((hours - clock.hours()) * 3600 / clock.speed, stop.set)
            await scheduler.run(visitor, counted, stop)
        seen = await instance.store.read(written)
    start = hours_of(clock.at(0))
    delays = [hours_of(at) - hours_of(posted) for posted, at in seen if hours_of(at) - start > WARM_H]
    return sum(delays) / len(delays), len(delays), visits


def simulated(count: int, hours: float) -> float:
    simulation = Simulation(drawn(count, hours), hours, "learned", float(count), warm=WARM_H)
    return simulation.run(np.random.default_rng(SEED))


def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("--folder", type=Path, default=Path("build/bench"))
    options.add_argument("--targets", type=int, default=100)
    options.add_argument("--hours", type=float, default=60.0)
    options.add_argument("--speed", type=float, default=360.0)
    options.add_argument("--serve", type=float, metavar="START")
    chosen = options.parse_args()
    if chosen.serve is not None:
        serve(chosen.targets, chosen.hours, FastClock(chosen.serve, chosen.speed))
        return
    clock = FastClock(time.time() + 2, chosen.speed)  # the targets are written by then
    folder: Path = chosen.folder / "revisit_live"
    shutil.rmtree(folder, ignore_errors=True)
    sizes = [f"--targets={chosen.targets}", f"--hours={chosen.hours}", f"--speed={chosen.speed}"]
    server = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.revisit_live", *sizes, f"--serve={clock.start}"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        port = int(cast("IO[str]", server.stdout).readline())
        delay, posts, visits = asyncio.run(watched(folder, port, chosen.targets, chosen.hours, clock))
    finally:
        server.kill()
        server.wait()
        shutil.rmtree(folder, ignore_errors=True)
    expected = simulated(chosen.targets, chosen.hours)
    line = {
        "figure": "revisit, the real program: delay", "value": round(delay, 3), "unit": "hours", "posts": posts,
        "budget_spent": round(visits / (chosen.targets * (chosen.hours - WARM_H)), 3),
        "peer": "the simulation, same posts", "peer_value": round(expected, 3), "ratio": round(delay / expected, 3),
    }  # fmt: skip
    print(json.dumps(line), flush=True)


if __name__ == "__main__":
    main()
