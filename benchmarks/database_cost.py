"""
Weigh what a visit costs PostgreSQL, and what it costs the worker that makes it.

    python -m benchmarks.database_cost [build/bench]

Starts a private server in the given folder, cleared in the end, and lets the
product's own intake visit 200 targets by a source that needs no network:
visits that find nothing, then visits that each bring a page of twenty new
posts. Prints the processor time of the server's processes and of this one, in
ms a visit, beside the same visits on SQLite: time on the wall would tell of the
machine's other work.
Flushes are off, for they are no work of a processor. `benchmarks.scaling`
reckons with these figures.
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from itertools import count
from pathlib import Path

import psycopg

from benchmarks.idle_memory import family
from domain.observations import ObservedPage, Platform, Traffic
from domain.ports import SourceTarget
from domain.store import Store
from storage.opening import open_store
from tests.desk import LOCAL, START, OpenOffice, Shelf, open_office, post
from tests.postgres import PostgresServer, running_postgres
from triage.watchlist import NewTarget, WatchList

TARGETS, BATCH, POSTS = 200, 20, 20
QUIET_ROUNDS, PAGE_ROUNDS = 6, 2  # of every target
NUMBERS = count()  # of posts; none is seen twice
_TICK_MS = 1_000 / os.sysconf("SC_CLK_TCK")
_CPU = slice(11, 13)  # of what follows the name in /proc/PID/stat: user and system ticks


@dataclass
class Silent(Shelf):
    """A shelf without any page while there is no post on it, as a platform that answers 304."""

    async def pages(self, target: SourceTarget, traffic: Traffic) -> AsyncIterator[ObservedPage]:
        traffic.requests += 1
        if self.posts:
            async with aclosing(super().pages(target, traffic)) as pages:  # type: ignore[type-var]  # a generator
                async for page in pages:
                    yield page


def server_ms(folder: Path) -> float:
    """Return the processor time of a server and its sessions so far."""
    first = int((folder / "data" / "postmaster.pid").read_text().split()[0])
    stats = (Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[_CPU] for pid in family(first))
    return sum(int(ticks) for used in stats for ticks in used) * _TICK_MS


async def weigh(server: PostgresServer, folder: Path) -> None:
    """Visit without and with posts, on PostgreSQL and on SQLite, and print what each visit took."""
    async with open_office(folder) as office:
        url = server.create()
        shared = await open_store(url, data_dir=folder, create=True)
        for what, posts, rounds in (("nothing new", 0, QUIET_ROUNDS), (f"{POSTS} new posts", POSTS, PAGE_ROUNDS)):
            served_ms, analyse = partial(server_ms, server.folder), partial(analyse_all, url)
            worker, served = await visits(office, shared, posts, rounds, served_ms, analyse=analyse)
            embedded, _ = await visits(office, office.store, posts, rounds, lambda: 0.0, analyse=lambda: None)
            figure = {
                "figure": f"processor time of a visit that finds {what}, on PostgreSQL",
                "server_ms": round(served, 2),
                "worker_ms": round(worker, 2),
                "peer": "all of it on SQLite",
                "peer_value": round(embedded, 2),
                "ratio": round((served + worker) / embedded, 2),
            }
            sys.stdout.write(json.dumps(figure) + "\n")
            sys.stdout.flush()
        await shared.close()


def analyse_all(url: str) -> None:
    """Do what autovacuum does within a minute: statements that were prepared over empty tables are planned anew."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("ANALYZE")


async def visits(
    office: OpenOffice,
    store: Store,
    posts: int,
    rounds: int,
    server: Callable[[], float],
    *,
    analyse: Callable[[], None],
) -> tuple[float, float]:
    """Visit every target so many times; return what a visit took of this process and of the server, in ms."""
    desk, shelf = replace(office.office.desk, store=store), Silent()
    intake = replace(office.intake, desk=desk, sources={Platform.PAGE: shelf})
    watched = len(await store.read(lambda tx: tx.targets.all()))
    for number in range(watched, TARGETS):
        locator = f"http://127.0.0.1:9/kites/{number}"
        wanted = NewTarget(locator=locator, report="B-1", authorised_by="none", basis="a benchmark")
        await WatchList(desk=desk).add(LOCAL, wanted)
    before = (0.0, 0.0)
    for nth in range(1 + rounds):
        office.clock.forward(timedelta(hours=25))
        for _ in range(TARGETS // BATCH):
            for claim in await store.write(lambda tx: tx.targets.claim_due(office.clock(), BATCH)):
                shelf.posts = tuple(post(next(NUMBERS), "blue kites", at=START) for _ in range(posts))
                await intake.visit(claim, 0.5)
        if nth == 0:  # what is made once is made
            analyse()
            before = (time.process_time() * 1_000, server())
    count = rounds * TARGETS
    return (time.process_time() * 1_000 - before[0]) / count, (server() - before[1]) / count


def main() -> None:
    """Work in a folder of its own, with a server of its own."""
    folder = (Path(sys.argv[1] if len(sys.argv) > 1 else "build/bench") / "database_cost").absolute()
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    try:
        with running_postgres(folder) as server:
            asyncio.run(weigh(server, folder))
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
