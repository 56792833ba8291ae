"""
Weigh an idle `kapear run`, its children included, beside a bare Scrapy that idles.

Memory is PSS (each page shared between processes counts once, in parts), read
from /proc after the instance has said where its console is and rested. The
peer is what anybody who crawls has at the least: a Scrapy process with its
default settings, waiting. Prints a JSON line.
"""

from __future__ import annotations

import json
import os
import shutil
import statistics
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "build" / "idle"
REST_S = 3.0
ROUNDS = 3
PEER = """
import asyncio, scrapy
from scrapy.crawler import CrawlerProcess

class Idle(scrapy.Spider):
    name = "idle"
    async def start(self):
        print("ready", flush=True)
        await asyncio.sleep(3600)
        yield

process = CrawlerProcess({"LOG_LEVEL": "ERROR"})
process.crawl(Idle)
process.start()
"""


def family(pid: int) -> list[int]:
    """Return a process and all that descend from it."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *(grandchild for child in children for grandchild in family(int(child)))]


def pss_mb(pid: int) -> float:
    total = 0
    for member in family(pid):
        for line in Path(f"/proc/{member}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                total += int(line.split()[1])
    return total / 1024


def weigh(command: list[str], sign: str, environment: dict[str, str]) -> float:
    """Start a process, wait for its sign, let it rest, weigh it, and stop it."""
    process = subprocess.Popen(
        command, env=environment, cwd=FOLDER, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    try:
        for line in process.stdout or ():
            if line.startswith(sign):
                break
        time.sleep(REST_S)
        return pss_mb(process.pid)
    finally:
        process.kill()
        process.communicate()


def main() -> None:
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(parents=True)
    plain = {name: value for name, value in os.environ.items() if not name.startswith("KAPEAR_")}
    ours = {**plain, "PYTHONPATH": str(ROOT), "KAPEAR_BIND": "127.0.0.1:0", "KAPEAR_DATA_DIR": str(FOLDER / "data")}
    pairs = [
        (
            weigh([sys.executable, "-m", "cli", "run"], "Console:", ours),
            weigh([sys.executable, "-c", PEER], "ready", plain),
        )
        for _ in range(ROUNDS)
    ]
    value, peer = (statistics.median(column) for column in zip(*pairs, strict=True))
    line = {
        "figure": "idle run with console and two fingerprint children",
        "value": round(value, 1),
        "unit": "MB PSS",
        "peer": "idle default Scrapy process",
        "peer_value": round(peer, 1),
        "ratio": round(value / peer, 2),
    }
    print(json.dumps(line))
    shutil.rmtree(FOLDER, ignore_errors=True)


if __name__ == "__main__":
    main()
