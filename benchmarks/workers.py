"""
Time visits that find nothing new over two processes on one PostgreSQL: `kapear run` and `kapear worker`.

    python -m benchmarks.workers [--seconds 30] [--targets 2000] [--hosts 500]

PostgreSQL, the platform (it answers 304) and both processes share this machine. First the platform lets everybody
wait for half a second, so that waiting is nearly all a visit costs: the ratio is that of both processes to `kapear
run` alone, eight visits at once in each. Then it answers at once, 48 visits at once in each. In both parts every visit
is compared with the one before it of its target: two that overlap are counted. JSON lines.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO, cast

import psycopg

from app import config
from app.instance import open_instance
from benchmarks.quiet_visits import ETAG, NOT_FOUND, NOT_MODIFIED, address, fill
from tests.postgres import running_postgres

DELAY_S = 0.5
WAITING, BUSY = 8, 48
WARM_S = 8.0
OVERLAPPING = """
    SELECT count(*) FROM (
        SELECT started_at, lag(ended_at) OVER (PARTITION BY target_id ORDER BY started_at) AS before FROM visits
    ) AS in_turn WHERE before > started_at
"""


class Patient(asyncio.Protocol):
    """Answers 304 after a while to whoever names the page's tag, and 404 to all else."""

    def __init__(self, delay: float) -> None:
        self.delay = delay

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)
        self.received = b""

    def data_received(self, data: bytes) -> None:
        self.received += data
        while b"\r\n\r\n" in self.received:
            head, _, self.received = self.received.partition(b"\r\n\r\n")
            is_page = b"If-None-Match: " + ETAG.encode() in head
            answer = NOT_MODIFIED if is_page else NOT_FOUND
            asyncio.get_running_loop().call_later(self.delay if is_page else 0, self.transport.write, answer)


def serve(delay: float) -> None:
    async def main() -> None:
        server = await asyncio.get_running_loop().create_server(lambda: Patient(delay), "0.0.0.0", 0, backlog=1024)
        print(server.sockets[0].getsockname()[1], flush=True)
        await asyncio.to_thread(sys.stdin.read)

    asyncio.run(main())


@contextlib.contextmanager
def platform(delay: float) -> Iterator[int]:
    server = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.workers", "--serve", str(delay)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        yield int(cast("IO[str]", server.stdout).readline())
    finally:
        server.kill()
        server.wait()


@contextlib.contextmanager
def running(folder: Path, command: str, said: str) -> Iterator[None]:
    """Run a command of Kapear's, from when it says so."""
    process = subprocess.Popen(
        [sys.executable, "-m", "cli", command], env=environment(folder), stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    stderr = cast("IO[str]", process.stderr)
    try:
        if not any(said in line for line in stderr):
            raise SystemExit(f"kapear {command} does not start")
        threading.Thread(target=stderr.read, daemon=True).start()
        yield
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(10)


def environment(folder: Path) -> dict[str, str]:
    return {**os.environ, "KAPEAR_DATA_DIR": str(folder), "KAPEAR_ALLOW_NETWORKS": "127.0.0.0/8"}


def installed(folder: Path, url: str, urls: list[str], at_once: int) -> None:
    """Make an installation whose targets are always due."""
    folder.mkdir(parents=True)
    folder.chmod(0o700)
    (folder / "kapear.toml").write_text(
        f'database_url = "{url}"\nbind = "127.0.0.1:0"\nvisits_at_once = {at_once}\nvisit_interval_s = 1\n'
        f"visit_ceiling_s = 1\nhost_visits_per_hour = 1e9\nmax_active_targets = {len(urls)}\n"
    )

    async def make() -> None:
        async with open_instance(config.load(environment(folder)), create=True) as instance:
            await fill(instance, urls)

    asyncio.run(make())


def counted(url: str) -> int:
    with psycopg.connect(url) as connection:
        if others := connection.execute("SELECT outcome FROM visits WHERE outcome <> 'unchanged' LIMIT 1").fetchall():
            raise SystemExit(f"not all visits found nothing new: {others}")
        [[count]] = connection.execute("SELECT count(*) FROM visits").fetchall()
    return int(count)


def rate(url: str, seconds: float) -> float:
    """Return visits a second, once all have warmed up."""
    time.sleep(WARM_S)
    began, before = time.perf_counter(), counted(url)
    time.sleep(seconds)
    return (counted(url) - before) / (time.perf_counter() - began)


def measured(folder: Path, url: str, at_once: int, delay: float, options: argparse.Namespace) -> tuple[float, float]:
    """Return visits a second of `kapear run` alone, and with a worker beside it; none of them may overlap."""
    with platform(delay) as port:
        installed(folder, url, [address(number, options.hosts, port) for number in range(options.targets)], at_once)
        with running(folder, "run", "Console:"):
            alone = rate(url, options.seconds)
            with running(folder, "worker", "Working."):
                both = rate(url, options.seconds)
    with psycopg.connect(url) as connection:
        [[overlapping]] = connection.execute(OVERLAPPING).fetchall()
    figure(f"visits of one target that overlap, of {counted(url)} at {at_once} at once", overlapping, "visits")
    return alone, both


def figure(name: str, value: float, unit: str, alone: float | None = None) -> None:
    line: dict[str, object] = {"figure": f"workers: {name}", "value": round(value, 1), "unit": unit}
    if alone is not None:
        line |= {"peer": "kapear run alone", "peer_value": round(alone, 1), "ratio": round(value / alone, 2)}
    print(json.dumps(line), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--folder", type=Path, default=Path("build/bench"))
    parser.add_argument("--seconds", type=float, default=30)
    parser.add_argument("--targets", type=int, default=2_000)
    parser.add_argument("--hosts", type=int, default=500)
    parser.add_argument("--serve", type=float)
    options = parser.parse_args()
    if options.serve is not None:
        serve(options.serve)
        return
    folder: Path = options.folder / "workers"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    with running_postgres(folder.resolve(), flushes=True) as server:
        alone, both = measured(folder / "waiting", server.create(), WAITING, DELAY_S, options)
        figure("visits a second of two that wait for the platform", both, "visits/s", alone)
        alone, both = measured(folder / "busy", server.create(), BUSY, 0, options)
        figure("visits a second of two, platform and PostgreSQL beside them", both, "visits/s", alone)
    shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
