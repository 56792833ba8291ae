"""
Measure what it saves to keep visits for 30 days and then their sums by day, beside keeping them all.

    python -m benchmarks.visits_kept [build/bench]

Fills two databases in the given folder (removed in the end) with the visits of
300 targets, 96 a day each: one with a year of them, one with 31 days. Prints a
JSON line a figure: the size of each file; how long all figures of visits take
(`kapear stats`, by outcome and by platform); and how long a day's rows take to
go, in all and the longest transaction, in which nobody else writes.
"""

from __future__ import annotations

import asyncio
import json
import shutil
import statistics
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

from sqlalchemy import insert

from benchmarks.due_claim import check, rows, tx_of
from domain.books.rows import Division
from domain.ids import ReportId, uuid7
from domain.outcomes import Outcome
from domain.reports import Report, Via
from domain.store import Tx
from storage import SqlStore, open_store
from storage.columns import micros
from storage.rows import columns_of, insert_plain
from storage.tables import reports, targets, visits
from triage.retention import VISITS_AT_ONCE

TARGETS = 300
A_DAY = 96
KEPT_DAYS, ALL_DAYS = 31, 365
LOOKS = 3
FIRST = datetime(2026, 1, 1, tzinfo=UTC)
EVERY = timedelta(days=1) / (TARGETS * A_DAY)
LASTS = timedelta(seconds=2)
NAMES = (
    "id", "target_id", "started_at", "ended_at", "outcome", "code", "new_observations", "media_hashed", "matches",
    "suppressed", "leads_filed", "requests", "bytes", "gaps",
)  # fmt: skip
OUTCOMES = (Outcome.UNCHANGED,) * 15 + (Outcome.NEW,) * 4 + (Outcome.UNREACHABLE,)


def a_day(day: int) -> Iterator[tuple[str | int, ...]]:
    """Yield the rows of a day's visits."""
    for number in range(TARGETS * A_DAY):
        at = FIRST + timedelta(days=day) + EVERY * number
        outcome = OUTCOMES[number % len(OUTCOMES)]
        yield (
            uuid7(micros(at) // 1000, (day * TARGETS * A_DAY + number) * 2_654_435_761 % (1 << 62)),
            f"target-{number % TARGETS:08}", micros(at), micros(at + LASTS), outcome.value, "page_limit",
            number % 3, 0, 0, 0, 0, 1, 40_000, 0,
        )  # fmt: skip


async def filled(folder: Path, days: int) -> SqlStore:
    """Return a database with so many days of visits."""
    store = await open_store(f"sqlite:///{folder}/kapear.db", data_dir=folder, create=True)

    def cite(tx: Tx) -> None:
        report = Report(
            id=ReportId("report"), reference="B-1", received_on=FIRST.date(), via=Via.WEB, alleged=b"", created_at=FIRST
        )
        tx_of(tx).execute(insert(reports), columns_of(report, reports))
        tx_of(tx).execute(insert(targets), list(rows(0, TARGETS)))

    def write(day: int, tx: Tx) -> None:
        insert_plain(tx_of(tx), visits, NAMES, list(a_day(day)))

    await store.write(cite)
    for day in range(days):
        await store.write(partial(write, day))
    await store.checkpoint()
    return store


async def figures_ms(store: SqlStore, expected: int) -> float:
    """Return how many milliseconds all figures of visits take, the median of some looks."""

    def look(tx: Tx) -> int:
        counted = tx.figures(None, None)["visits"]
        divided = (tx.figures_by(division, None, None) for division in Division)
        check(all(sum(kind["visits"] for kind in one.values()) == counted for one in divided), "figures disagree")
        return counted

    took = []
    for _ in range(LOOKS):
        began = time.perf_counter()
        found = await store.read(look)
        took.append((time.perf_counter() - began) * 1000)
        check(found == expected, f"{found} visits, not {expected}")
    return statistics.median(took)


async def summed_up(store: SqlStore) -> list[float]:
    """Let the first day's rows go; return how many milliseconds each transaction took."""
    took, gone = [], 0
    while gone < TARGETS * A_DAY:
        began = time.perf_counter()
        gone += await store.write(lambda tx: tx.targets.sum_up_visits(FIRST + timedelta(days=1), VISITS_AT_ONCE))
        took.append((time.perf_counter() - began) * 1000)
    check(gone == TARGETS * A_DAY, f"{gone} rows went")
    return took


async def measured(folder: Path, days: int) -> tuple[float, list[float], float]:
    """Return the file's size in MB, the milliseconds of each step of summing up a day, and those of all figures."""
    store = await filled(folder, days)
    size = (folder / "kapear.db").stat().st_size / 1e6
    steps = await summed_up(store)
    look = await figures_ms(store, days * TARGETS * A_DAY)
    await store.close()
    return size, steps, look


def main(scratch: Path) -> None:
    found = []
    for days in (KEPT_DAYS, ALL_DAYS):
        folder = scratch / f"visits_kept_{days}"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        try:
            found.append(asyncio.run(measured(folder, days)))
        finally:
            shutil.rmtree(folder)
    (size, steps, look), (whole_size, _, whole_look) = found
    for name, unit, value, peer in (("file", "MB", size, whole_size), ("figures", "ms", look, whole_look)):
        line = {"figure": name, "value": round(value, 1), "unit": unit, "peer": "every row kept for a year"}
        print(json.dumps(line | {"peer_value": round(peer, 1), "ratio": round(peer / value, 2)}))
    for name, value in (("sum_up_a_day", sum(steps)), ("longest_transaction", max(steps))):
        print(json.dumps({"figure": name, "value": round(value, 1), "unit": "ms"}))


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "build/bench"))
