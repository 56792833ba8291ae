"""
Let `kapear run` watch 200 places on the smallest machine that a hotline is expected to have, for real.

    sudo python -m benchmarks.reference_machine [--targets 200] [--minutes 10] [--interval 900] [--changes 3600]
        [--bytes-per-day 0]

Two cores (taskset), 4 GB (a memory control group), 5 Mbit/s for all there is to and fro (a token bucket on the loopback
of a network namespace of its own). In it a server of 200 hosts, each with a page of 40 KB and three pictures of 1280
by 960; a page gets a new picture every `--changes` seconds on average. Everything is on and at its defaults but the
interval, the average seconds between two visits of a target. Whoever watches 200 places adds them over weeks; here all
are due at once, so the first round tells how fast the line is filled and emptied. With `--bytes-per-day` that budget is
set, and the bytes of the second half are held against it: the price that keeps within it is found after five minutes.

JSON lines: how long the first round takes, how late visits are after it, memory (PSS of all processes, sampled, beside
the control group's own count), processor, and bytes beside what the line carries. The peer of the bytes is that line.
Without the rights for it, one line says what the kernel refused.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, cast

from aiohttp import web

from app.config import load
from app.instance import open_instance
from benchmarks.idle_memory import family, pss_mb
from benchmarks.quiet_visits import fill
from tests.fingerprint.pictures import encoded, photo

ROOT = Path(__file__).resolve().parents[1]
NAME = "kapear-reference"
LINE = "5mbit"
LINE_BYTES = 5_000_000 / 8
MEMORY = 4 * 1024**3
CORES = "0,1"
PICTURES = 24
WORDS = "blue kites beside the old harbour wall "


class Refused(Exception):
    """The kernel, or who runs it, does not let this machine be made smaller."""


# ------------------------------------------------------------------ the places


class Places:
    """Pages that get a new picture now and then."""

    def __init__(self, changes_s: float) -> None:
        self._changes = changes_s
        self._start = time.time()
        self._pictures = [encoded(photo(1280, 960, seed), "JPEG") for seed in range(PICTURES)]
        self._plain = f"<p>{WORDS * 1000}</p>"

    def newest(self, host: str) -> int:
        """Return how many pictures a page has had by now."""
        dice, at, number = random.Random(host), self._start, 3  # noqa: S311 - the same page for whoever asks
        while (at := at + dice.expovariate(1 / self._changes)) <= time.time():
            number += 1
        return number

    async def page(self, request: web.Request) -> web.Response:
        newest = self.newest(request.host)
        shown = "".join(f'<img src="/picture/{number}.jpg">' for number in range(newest, newest - 3, -1))
        body = f"<html><head><title>{newest}</title></head><body>{shown}{self._plain}</body></html>"
        return web.Response(text=body, content_type="text/html")

    async def picture(self, request: web.Request) -> web.Response:
        number = int(request.match_info["number"])
        # What follows a picture's end is not drawn, and makes it one that nobody has seen.
        body = self._pictures[hash((request.host, number)) % PICTURES] + f"{request.host} {number}".encode()
        return web.Response(body=body, content_type="image/jpeg")


async def serve(changes_s: float) -> None:
    places = Places(changes_s)
    app = web.Application()
    app.add_routes([web.get("/page", places.page), web.get("/picture/{number}.jpg", places.picture)])
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "0.0.0.0", 0)
    await site.start()
    print(runner.addresses[0][1], flush=True)
    await asyncio.to_thread(sys.stdin.read)
    await runner.cleanup()


# ------------------------------------------------------------------ the machine


def run(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise Refused(f"{' '.join(command)}: {done.stderr.strip() or done.returncode}")
    return done.stdout


@contextmanager
def narrow_line() -> Iterator[None]:
    """Make a network namespace whose loopback carries 5 Mbit/s."""
    run("ip", "netns", "add", NAME)
    try:
        inside = ("ip", "netns", "exec", NAME)
        run(*inside, "ip", "link", "set", "lo", "up", "mtu", "1500")
        run(
            *inside, "tc", "qdisc", "add", "dev", "lo", "root", "tbf", "rate", LINE, "burst", "64kb", "latency", "400ms"
        )
        yield
    finally:
        run("ip", "netns", "del", NAME)


@contextmanager
def small_memory() -> Iterator[Path]:
    """Make a control group of 4 GB, in whichever of the two hierarchies there is."""
    first = Path("/sys/fs/cgroup/memory")
    folder, limit = (first / NAME, "memory.limit_in_bytes") if first.is_dir() else (first.parent / NAME, "memory.max")
    try:
        folder.mkdir(exist_ok=True)
        (folder / limit).write_text(str(MEMORY))
    except OSError as error:
        raise Refused(f"{folder / limit}: {error.strerror}") from None
    try:
        yield folder
    finally:
        folder.rmdir()


def most_used(group: Path) -> float:
    """Return the most memory that the control group ever had, page cache included, in MB."""
    for name in ("memory.max_usage_in_bytes", "memory.peak"):
        if (group / name).exists():
            return int((group / name).read_text()) / 1024**2
    return float("nan")


# ------------------------------------------------------------------ the figures


def figure(name: str, value: float, unit: str, peer: tuple[str, float] | None = None) -> None:
    line: dict[str, object] = {"figure": f"reference machine: {name}", "value": round(value, 2), "unit": unit}
    if peer is not None:
        line |= {"peer": peer[0], "peer_value": round(peer[1], 2), "ratio": round(value / peer[1], 4)}
    print(json.dumps(line), flush=True)


@dataclass(frozen=True, kw_only=True)
class Seen:
    """What was measured while it ran."""

    minutes: float
    pss_mb: list[float]
    group_mb: float
    cpu_s: float


def cpu_of(pid: int) -> float:
    """Return the processor seconds of a process and all that descend from it."""
    ticks = 0
    for member in family(pid):
        fields = Path(f"/proc/{member}/stat").read_text().rpartition(")")[2].split()
        ticks += sum(map(int, fields[11:15]))
    return ticks / os.sysconf("SC_CLK_TCK")


def watch(process: subprocess.Popen[str], group: Path, minutes: float) -> Seen:
    """Sample a running instance for so many minutes."""
    pss: list[float] = []
    cpu = 0.0
    start = time.monotonic()
    while time.monotonic() - start < minutes * 60:
        time.sleep(2)
        if process.poll() is not None:
            raise SystemExit("kapear run ended by itself")
        pss.append(pss_mb(process.pid))
        cpu = cpu_of(process.pid)
    return Seen(minutes=minutes, pss_mb=pss, group_mb=most_used(group), cpu_s=cpu)


def tell(database: Path, targets: int, budget: int, began: float, seen: Seen) -> None:
    """Say what the instance did, from its own books."""
    connection = sqlite3.connect(database)

    def ask(query: str) -> list[tuple[Any, ...]]:
        return connection.execute(query).fetchall()

    firsts = sorted(row[0] / 1e6 - began for row in ask("SELECT min(ended_at) FROM visits GROUP BY target_id"))
    outcomes = dict(ask("SELECT outcome, count(*) FROM visits GROUP BY outcome"))
    ((visits, fetched, media),) = ask("SELECT count(*), sum(bytes), sum(media_hashed) FROM visits")
    half = (began + seen.minutes * 30) * 1e6
    ((late_bytes,),) = ask(f"SELECT coalesce(sum(bytes), 0) FROM visits WHERE started_at > {half:.0f}")  # noqa: S608
    end = (began + seen.minutes * 60) * 1e6
    late = [(end - row[0]) / 1e6 for row in ask("SELECT next_due FROM targets WHERE status = 'active'") if row[0] < end]
    connection.close()
    print(json.dumps({"outcomes": outcomes, "visits": visits, "media_hashed": media}), file=sys.stderr)
    figure("targets seen", len(firsts), "targets", ("targets due at once", targets))
    figure("the first round of all that were seen", firsts[-1] if firsts else float("nan"), "s")
    figure("targets that wait when time is up", len(late), "targets", ("targets", targets))
    figure("the longest of these waits", max(late, default=0.0), "s")
    figure("bytes fetched, beside the line", fetched / seen.minutes / 60, "bytes/s", ("line", LINE_BYTES))
    day = late_bytes / (seen.minutes / 2) * 1440 / 1e6
    limit = ("bytes_per_day", budget / 1e6) if budget else ("line", LINE_BYTES * 86_400 / 1e6)
    figure("bytes a day at the pace of the second half", day, "MB", limit)
    figure("memory at its highest", max(seen.pss_mb), "MB PSS", ("control group", MEMORY / 1024**2))
    figure("memory at the end", seen.pss_mb[-1], "MB PSS")
    figure("memory of the control group at its highest, page cache included", seen.group_mb, "MB")
    figure("processor", seen.cpu_s / seen.minutes / 60, "cores", ("cores", 2))


async def fill_targets(settings: dict[str, str], urls: list[str]) -> None:
    async with open_instance(load(settings), create=True) as instance:
        await fill(instance, urls)


def measured(folder: Path, chosen: argparse.Namespace) -> None:
    data = folder / "data"
    data.mkdir(parents=True, mode=0o700)
    settings = f"visit_interval_s = {chosen.interval}\nbytes_per_day = {chosen.bytes_per_day}\n"
    (data / "kapear.toml").write_text(settings)
    inside = ("ip", "netns", "exec", NAME, "taskset", "-c", CORES, sys.executable, "-m")
    ours = {"KAPEAR_DATA_DIR": str(data), "KAPEAR_ALLOW_NETWORKS": "127.0.0.0/8", "KAPEAR_BIND": "127.0.0.1:0"}
    environment = {**os.environ, **ours, "PYTHONPATH": str(ROOT), "OPENBLAS_NUM_THREADS": "1"}
    with ExitStack() as stack:
        stack.enter_context(narrow_line())
        group = stack.enter_context(small_memory())
        command = [*inside, "benchmarks.reference_machine", "--serve", "--changes", str(chosen.changes)]
        server = stack.enter_context(
            subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT)
        )
        stack.callback(server.kill)
        port = int(cast("IO[str]", server.stdout).readline())
        urls = [f"http://127.1.{number // 250}.{number % 250 + 1}:{port}/page" for number in range(chosen.targets)]
        asyncio.run(fill_targets(ours, urls))
        process = stack.enter_context(
            subprocess.Popen(
                ["sh", "-c", 'echo $$ > "$0/cgroup.procs" && exec "$@"', str(group), *inside, "cli", "run"],
                env=environment,
                cwd=folder,
                stderr=subprocess.DEVNULL,
                text=True,
            )
        )
        stack.callback(process.kill)
        began = time.time()
        seen = watch(process, group, chosen.minutes)
        process.send_signal(signal.SIGTERM)
        process.wait(10)
        server.kill()
        server.wait()
        tell(data / "kapear.db", chosen.targets, chosen.bytes_per_day, began, seen)


def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("--targets", type=int, default=200)
    options.add_argument("--minutes", type=float, default=10.0)
    options.add_argument("--interval", type=int, default=900)
    options.add_argument("--changes", type=float, default=3600.0)
    options.add_argument("--bytes-per-day", type=int, default=0)
    options.add_argument("--serve", action="store_true")
    chosen = options.parse_args()
    if chosen.serve:
        asyncio.run(serve(chosen.changes))
        return
    folder = ROOT / "build" / "reference"
    shutil.rmtree(folder, ignore_errors=True)
    try:
        measured(folder, chosen)
    except Refused as refusal:
        print(json.dumps({"figure": "reference machine", "refused": str(refusal)}))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
