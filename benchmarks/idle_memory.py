"""
Weigh an idle `kapear run` with 10,000 targets, its children included, beside a bare Scrapy that idles.

Memory is PSS (each page shared between processes counts once, in parts), read
from /proc after the instance has said where its console is and rested. The
peer is what anybody who crawls has at the least: a Scrapy process with its
default settings, waiting. Prints a JSON line, with what each process weighs.
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import statistics
import subprocess
import sys
import time
from datetime import datetime, timedelta
from pathlib import Path

from app.config import load
from app.instance import open_instance
from domain.clock import utc_now
from domain.ids import ReportId, TargetId, new_id
from domain.observations import Platform
from domain.reports import Report, Via
from domain.store import Tx
from domain.targets import TargetStatus, WatchTarget
from triage.desk import Desk, basis_place, locator_place

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "build" / "idle"
REST_S = 3.0
ROUNDS = 3
TARGETS = 10_000
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
    """Return what a process and its descendants weigh."""
    return sum(each_pss_mb(pid))


def each_pss_mb(pid: int) -> list[float]:
    """Return what a process and its descendants weigh, each, the eldest first."""
    return [
        int(line.split()[1]) / 1024
        for member in family(pid)
        for line in Path(f"/proc/{member}/smaps_rollup").read_text().splitlines()
        if line.startswith("Pss:")
    ]


def weigh(command: list[str], sign: str, environment: dict[str, str]) -> list[float]:
    """Start a process, wait for its sign, let it rest, weigh it, and stop it."""
    process = subprocess.Popen(
        command, env=environment, cwd=FOLDER, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    try:
        for line in process.stdout or ():
            if line.startswith(sign):
                break
        time.sleep(REST_S)
        return each_pss_mb(process.pid)
    finally:
        process.kill()
        process.communicate()


async def furnish(environment: dict[str, str]) -> None:
    """Make an installation that watches 10,000 targets, none of them due today."""
    now = utc_now()
    async with open_instance(load(environment), create=True) as instance:
        desk = instance.office.desk
        report = Report(
            id=ReportId(new_id()), reference="B-1", received_on=now.date(), via=Via.WEB, alleged=b"", created_at=now,
            synthetic=True,
        )  # fmt: skip

        def work(tx: Tx) -> None:
            tx.reports.add(report)
            for number in range(TARGETS):
                tx.targets.add(a_target(desk, report, number, now))

        await instance.store.write(work)


def a_target(desk: Desk, report: Report, number: int, now: datetime) -> WatchTarget:
    """Return a target that is due tomorrow."""
    target_id, locator = TargetId(new_id()), f"http://127.0.0.1:9/kites/{number}"
    return WatchTarget(
        id=target_id, platform=Platform.PAGE, locator=desk.vault.encrypt(locator, locator_place(target_id)),
        locator_digest=desk.vault.digest("locator", locator), report_id=report.id, requested_by="nobody",
        authorised_by="nobody", basis=desk.vault.encrypt("a benchmark", basis_place(target_id)),
        status=TargetStatus.ACTIVE, created_at=now, approved_at=now, expires_at=now + timedelta(days=90),
        next_due=now + timedelta(days=1), synthetic=True,
    )  # fmt: skip


def main() -> None:
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(parents=True)
    plain = {name: value for name, value in os.environ.items() if not name.startswith("KAPEAR_")}
    ours = {**plain, "PYTHONPATH": str(ROOT), "KAPEAR_BIND": "127.0.0.1:0", "KAPEAR_DATA_DIR": str(FOLDER / "data")}
    asyncio.run(furnish(ours))
    pairs = [
        (
            weigh([sys.executable, "-m", "cli", "run"], "Console:", ours),
            weigh([sys.executable, "-c", PEER], "ready", plain),
        )
        for _ in range(ROUNDS)
    ]
    processes = [round(statistics.median(column), 1) for column in zip(*(own for own, _ in pairs), strict=True)]
    value, peer = (statistics.median(map(sum, column)) for column in zip(*pairs, strict=True))
    line = {
        "figure": "idle run with 10,000 targets, console and two fingerprint children",
        "value": round(value, 1),
        "unit": "MB PSS",
        "by_process": processes,
        "wanted": 380,
        "peer": "idle default Scrapy process",
        "peer_value": round(peer, 1),
        "ratio": round(value / peer, 2),
    }
    print(json.dumps(line))
    shutil.rmtree(FOLDER, ignore_errors=True)


if __name__ == "__main__":
    main()
