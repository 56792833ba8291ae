"""
Visit servers that mean harm, one by one, and print how each visit ends, how long it takes, and how much memory.

Server and visit are processes of their own, a pair for each case, so that
memory is the visit's alone: by how much its peak exceeds what was in use after a
harmless visit (Linux). The cases and the endings that are expected stand in
tests/crawler/evil.py. A visit must end within its timeout and a second, by
150 MB, and as expected; a harmless visit made at the same time must succeed.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from aiohttp import web

from crawler.visit import Limits
from tests.crawler.evil import EVIL, served, visited
from tests.crawler.visiting import html, look, page_at, source_for
from tests.net.loopback import serving

MOST_MB = 150
OVER_S = 1.0


def megabytes(name: str) -> float:
    """Return what is in use (VmRSS), or was at most (VmHWM) since the last `forget_peak`."""
    status = Path("/proc/self/status").read_text()
    return int(status.split(f"{name}:")[1].split()[0]) / 1024


def forget_peak() -> None:
    Path("/proc/self/clear_refs").write_text("5")


async def kind(_: web.Request) -> web.StreamResponse:
    return html("<p>kites")


async def serve(name: str) -> None:
    async with served(EVIL[name]) as base, serving(kind) as other:
        print(json.dumps([base, other.port]), flush=True)
        await asyncio.to_thread(sys.stdin.read)


async def visit(name: str, base: str, port: int) -> None:
    case = EVIL[name]
    harmless = page_at(f"http://localhost:{port}/")
    limits = Limits(timeout=case.timeout)
    async with source_for(base, limits=limits, heeds_robots=case.heeds_robots) as source:
        await look(source, harmless)
        forget_peak()
        before, began = megabytes("VmRSS"), time.perf_counter()
        neighbour = asyncio.create_task(look(source, harmless))
        ending = await visited(source, case, base)
        seconds = time.perf_counter() - began
        others = len(await neighbour) == 1
    figures = {"case": name, "ending": ending, "seconds": seconds, "mb": megabytes("VmHWM") - before, "others": others}
    print(json.dumps({**figures, "timeout": case.timeout}))


def measured(name: str) -> dict[str, object]:
    server = subprocess.Popen(
        [sys.executable, __file__, "serve", name], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        base, port = json.loads(server.stdout.readline() if server.stdout else "")
        command = [sys.executable, __file__, "visit", name, base, str(port)]
        done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)
        figures: dict[str, object] = json.loads(done.stdout)
        return figures
    finally:
        server.kill()
        server.communicate()


def table() -> None:
    broken = []
    print("| case | ending | seconds | MB |\n|---|---|---|---|")
    for name, case in EVIL.items():
        row = measured(name)
        seconds, mb = float(str(row["seconds"])), float(str(row["mb"]))
        print(f"| {name} | {row['ending']} | {seconds:.1f} | {mb:.0f} |", flush=True)
        if row["ending"] != case.ending or not row["others"] or seconds > case.timeout + OVER_S or mb > MOST_MB:
            broken.append(name)
    if broken:
        raise SystemExit(f"not as it should be: {', '.join(broken)}")


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["serve", name]:
            asyncio.run(serve(name))
        case ["visit", name, base, port]:
            asyncio.run(visit(name, base, int(port)))
        case _:
            table()
