"""
Time visits that find nothing new: ten thousand targets on five hundred hosts, one process, everything on.

    python -m benchmarks.quiet_visits [--visits 50000] [--targets 10000] [--hosts 500]

The whole instance monitors, as `kapear run` does: claims, guard, governor, database with its flushes, two locked
fingerprint children; only the default of four visits at once is set to 48, and the interval to a second, so that
targets are always due. Every address answers 304 (a process of its own; the hosts are addresses of this machine).
The peer asks the same addresses with the same conditional header by bare aiohttp and keeps nothing. JSON lines; memory
is this process's own anonymous memory, at the first and the last tenth of the visits.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import IO, Any, cast

import aiohttp
from sqlalchemy import insert

from app.config import load
from app.instance import Instance, open_instance
from app.visitor import open_visitor
from crawler.question import Recall, digest_of
from domain.cadence import Cadence
from domain.observations import Platform
from domain.outcomes import Outcome
from domain.reports import Report, Via
from domain.store import Tx
from domain.targets import TargetStatus, Visit
from scheduler import Monitor
from storage.rows import columns_of
from storage.store import SqlTx
from storage.tables import reports, targets
from triage.desk import alleged_place, basis_place, locator_place, recall_place

ETAG = '"unchanged"'
AT_ONCE = 48
NOT_MODIFIED = b'HTTP/1.1 304 Not Modified\r\nETag: "unchanged"\r\n\r\n'
NOT_FOUND = b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"
PEER_REQUESTS = 5_000


class Unchanged(asyncio.Protocol):
    """Answers 304 to whoever names the page's tag, and 404 to all else: robots files and mistakes."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)
        self.received = b""

    def data_received(self, data: bytes) -> None:
        self.received += data
        while b"\r\n\r\n" in self.received:
            head, _, self.received = self.received.partition(b"\r\n\r\n")
            self.transport.write(NOT_MODIFIED if b"If-None-Match: " + ETAG.encode() in head else NOT_FOUND)


def serve() -> None:
    async def main() -> None:
        server = await asyncio.get_running_loop().create_server(Unchanged, "0.0.0.0", 0, backlog=1024)
        print(server.sockets[0].getsockname()[1], flush=True)
        await asyncio.to_thread(sys.stdin.read)

    asyncio.run(main())


def address(number: int, hosts: int, port: int) -> str:
    host = number % hosts
    return f"http://127.1.{host // 250}.{host % 250 + 1}:{port}/page/{number}"


def rows(instance: Instance, urls: list[str]) -> Iterator[dict[str, Any]]:
    """Yield targets that were seen before: each recalls the tag of its page."""
    vault, now = instance.vault, datetime.now(UTC)
    for number, url in enumerate(urls):
        target_id = f"target-{number:06}"
        recall = Recall(url_digest=digest_of(url), etag=ETAG, body="0" * 64).dumped()
        yield {
            "id": target_id,
            "platform": Platform.PAGE,
            "locator": vault.encrypt(url, locator_place(target_id)),
            "locator_digest": vault.digest("locator", url),
            "report_id": "report",
            "requested_by": "analyst.one",
            "authorised_by": "the director",
            "basis": vault.encrypt("benchmark", basis_place(target_id)),
            "status": TargetStatus.ACTIVE,
            "created_at": now,
            "expires_at": now + timedelta(days=80),
            "backfill": 200,
            "recall": vault.encrypt(recall, recall_place(target_id)),
            "next_due": now,
            "failures": 0,
            "synthetic": True,
            "token": 0,
            "claimed": False,
        }


async def fill(instance: Instance, urls: list[str]) -> None:
    alleged = instance.vault.encrypt("", alleged_place("report"))
    now = datetime.now(UTC)
    report = Report(
        id="report", reference="B-1", received_on=now.date(), via=Via.WEB, alleged=alleged, created_at=now,  # type: ignore[arg-type]  # any text is an id here
        synthetic=True,
    )  # fmt: skip

    def work(tx: Tx) -> None:
        connection = cast("SqlTx", tx).connection
        connection.execute(insert(reports), columns_of(report, reports))
        connection.execute(insert(targets), list(rows(instance, urls)))

    await instance.store.write(work)


@dataclass
class Counter:
    """Counts visits, and stops when there were enough."""

    wanted: int
    enough: asyncio.Event = field(default_factory=asyncio.Event)
    outcomes: dict[Outcome, int] = field(default_factory=dict)
    done: int = 0
    memory: list[float] = field(default_factory=list)

    def __call__(self, visit: Visit) -> None:
        self.outcomes[visit.outcome] = self.outcomes.get(visit.outcome, 0) + 1
        self.done += 1
        if self.done % (self.wanted // 10) == 0:
            self.memory.append(anonymous())
        if self.done >= self.wanted:
            self.enough.set()


def anonymous() -> float:
    """Return this process's anonymous memory in MiB."""
    lines = Path("/proc/self/smaps_rollup").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("Anonymous:")) / 1024


async def bare(urls: list[str]) -> float:
    """Return the processor milliseconds of a conditional request by bare aiohttp."""
    connector = aiohttp.TCPConnector(limit=AT_ONCE)
    async with aiohttp.ClientSession(connector=connector, auto_decompress=False) as session:
        left = iter(urls)

        async def ask() -> None:
            for url in left:
                async with session.get(url, headers={"If-None-Match": ETAG}) as response:
                    if response.status != 304:
                        raise SystemExit("the server does not answer 304")

        started = time.process_time()
        await asyncio.gather(*(ask() for _ in range(AT_ONCE)))
        return (time.process_time() - started) * 1000 / len(urls)


async def measured(folder: Path, urls: list[str], visits: int) -> None:
    environment = {"KAPEAR_DATA_DIR": str(folder), "KAPEAR_ALLOW_NETWORKS": "127.0.0.0/8", "KAPEAR_BIND": "127.0.0.1:0"}
    config = replace(
        load(environment), cadence=Cadence(interval=timedelta(seconds=1)), visits_at_once=AT_ONCE,
        max_active_targets=len(urls),
    )  # fmt: skip
    async with open_instance(config, create=True) as instance:
        await fill(instance, urls)
        async with open_visitor(instance) as visitor:
            counter = Counter(visits)
            monitor = Monitor(visitor, counter, AT_ONCE)
            wall, cpu = time.perf_counter(), time.process_time()
            await monitor.run(counter.enough)
            wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    if set(counter.outcomes) != {Outcome.UNCHANGED}:
        raise SystemExit(f"not all visits found nothing new: {counter.outcomes}")
    peer = await bare([urls[number % len(urls)] for number in range(PEER_REQUESTS)])
    figure("a visit that finds nothing new", cpu * 1000 / counter.done, "ms of processor time", peer)
    figure("visits a second on one core", counter.done / cpu, "visits/s of processor time")
    figure("visits a second on the wall, server beside it", counter.done / wall, "visits/s")
    figure("memory after the last tenth over that after the first", counter.memory[-1] / counter.memory[0], "ratio")
    figure("memory", counter.memory[-1], "MiB anonymous")


def figure(name: str, value: float, unit: str, peer: float | None = None) -> None:
    line: dict[str, object] = {"figure": f"quiet visits: {name}", "value": round(value, 3), "unit": unit}
    if peer is not None:
        line |= {"peer": "bare aiohttp, nothing kept", "peer_value": round(peer, 3), "ratio": round(value / peer, 1)}
    print(json.dumps(line), flush=True)


def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("--folder", type=Path, default=Path("build/bench"))
    options.add_argument("--targets", type=int, default=10_000)
    options.add_argument("--hosts", type=int, default=500)
    options.add_argument("--visits", type=int, default=50_000)
    options.add_argument("--serve", action="store_true")
    chosen = options.parse_args()
    if chosen.serve:
        serve()
        return
    folder: Path = chosen.folder / "quiet_visits"
    shutil.rmtree(folder, ignore_errors=True)
    server = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.quiet_visits", "--serve"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        port = int(cast("IO[str]", server.stdout).readline())
        urls = [address(number, chosen.hosts, port) for number in range(chosen.targets)]
        asyncio.run(measured(folder, urls, chosen.visits))
    finally:
        server.kill()
        server.wait()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
