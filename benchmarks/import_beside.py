"""
Time the writing of pages while another process imports a list of four million rows.

    python -m benchmarks.import_beside [build/bench] [rows]

Works in the given folder, cleared in the end. A JSON line for pages alone and
one for pages beside the import: milliseconds of a visit that writes one page of
twenty posts, with its median and the longest. The longest beside the import is
what the import can hold a page up by; 1,000 ms are the promise.
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import sys
import time
from asyncio.subprocess import DEVNULL, Process
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from statistics import median

from benchmarks.hashlist_import import write_list
from domain.audit import SYSTEM, AuditDraft
from keys import hotline, keyfile
from tests.desk import START, OpenOffice, open_office, post

ROWS = 4_000_000
ALONE = 200  # pages
POSTS = 20  # of a page


async def paces(office: OpenOffice, target: str, numbers: Iterator[int], importing: Process | None) -> list[float]:
    """Return how long visits took, one after the other, in milliseconds."""
    took: list[float] = []
    while importing.returncode is None if importing else len(took) < ALONE:
        posts = [post(next(numbers), "blue kites", at=START) for _ in range(POSTS)]
        began = time.perf_counter()
        await office.visit(target, *posts)
        took.append((time.perf_counter() - began) * 1000)
    return took


def told(what: str, took: list[float], **more: float) -> None:
    """Print a figure."""
    figure = {"figure": what, "pages": len(took), "median_ms": round(median(took), 1)}
    sys.stdout.write(json.dumps({**figure, "longest_ms": round(max(took), 1), **more}) + "\n")
    sys.stdout.flush()


def opened_with(folder: Path) -> AuditDraft:
    """Return the first event of an installation, by which the other process knows the keys."""
    names = {
        "host_key": keyfile.load_host_keys(folder / "host.key").id,
        "hotline_key": hotline.fingerprint(hotline.hotline_public(folder / "hotline.key")),
    }
    return AuditDraft(at=START, actor=SYSTEM, action="instance.initialised", details=names)


async def measure(folder: Path, rows: int) -> None:
    """Write pages alone, then beside an import."""
    file = folder / "list.csv"
    write_list(file, rows)
    numbers = count()  # every page is of posts never seen
    async with open_office(folder) as office:
        await office.store.write(lambda tx: tx.audit.append(opened_with(folder)))
        target = (await office.add_target()).target.id
        told("pages alone", await paces(office, target, numbers, None))
        words = ("hashlist", "import", str(file), "--name", "benchmark", "--classification", "demo")
        environment = {**os.environ, "KAPEAR_DATA_DIR": str(folder)}
        began = time.perf_counter()
        importing = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "cli", *words, env=environment, stdout=DEVNULL
        )
        took = await paces(office, target, numbers, importing)
        told(f"pages beside an import of {rows} rows", took, import_s=round(time.perf_counter() - began, 1))
        if importing.returncode:
            raise SystemExit(importing.returncode)


def main() -> None:
    """Work in a folder of its own."""
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else "build/bench") / "import_beside"
    rows = int(sys.argv[2]) if len(sys.argv) > 2 else ROWS
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    try:
        asyncio.run(measure(folder.absolute(), rows))
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
