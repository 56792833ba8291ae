"""
Measure claiming what is due among a million targets, beside APScheduler's job store.

    python -m benchmarks.due_claim [build/bench]

Builds a database of 1,000,000 targets in the given folder (removed in the
end), and prints a JSON line a figure, medians all: a poll with nothing due as
`Store.write` sees it (thread and transaction included), the claim of 50 that
are due, and the same with its commit, which waits for the disk; then what the
revisit policy adds: finding all prices again (every five minutes), and a decision
on one target, learned, made and dumped. The peer of the claims is
APScheduler's SQLAlchemyJobStore over 20,000 jobs: `get_due_jobs`, which only
looks, and with `update_job` for each, as its scheduler does on every tick.
"""

from __future__ import annotations

import asyncio
import json
import pickle
import shutil
import statistics
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, cast

from apscheduler.job import Job
from apscheduler.jobstores.sqlalchemy import SQLAlchemyJobStore
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.interval import IntervalTrigger
from sqlalchemy import Connection, insert

from domain.cadence import Cadence, Case, decide, dumped, hours_of, rounded
from domain.observations import Platform
from domain.outcomes import Outcome
from domain.pace import Pace, seen
from domain.ports import Vault
from domain.rates import PostRate
from domain.reports import Report, Via
from domain.rhythm import HOURS, Rhythm
from domain.store import Tx
from domain.targets import Claim, TargetStatus
from scheduler import PRICES_S
from storage import SqlStore, open_store
from storage.rows import columns_of
from storage.store import SqlTx
from storage.tables import reports, targets
from triage.desk import Desk
from triage.prices import Prices

TARGETS = 1_000_000
JOBS = 20_000
DUE = 50
POLLS = 60
PEER_POLLS = 12
HOSTS = 1_000
PRICINGS = 5
DECISIONS = 2_000
NOW = datetime(2026, 3, 4, 5, 6, tzinfo=UTC)
CADENCE = Cadence()
RATE, RHYTHM = PostRate(posts=12.5, hours=36.0), Rhythm(seen=tuple(map(float, range(HOURS))))
PACE = Pace(rate=RATE, rhythm=RHYTHM, until=hours_of(NOW))
CASE = Case(at=NOW, outcome=Outcome.NEW, pace=PACE, price=0.5, dice=0.25)
DECISION = dumped(decide(CADENCE, CASE))
SECOND = timedelta(seconds=1)


def rows(start: int, count: int) -> Iterator[dict[str, Any]]:
    """Yield targets that fall due one a second, the first a second after NOW."""
    for number in range(start, start + count):
        yield {
            "id": f"target-{number:08}",
            "platform": Platform.TELEGRAM_WEB,
            "locator": bytes(80),
            "locator_digest": f"{number:064x}",
            "report_id": "report",
            "requested_by": "analyst.one",
            "authorised_by": "the director",
            "basis": bytes(80),
            "status": TargetStatus.ACTIVE,
            "approved_by": "analyst.two",
            "created_at": NOW,
            "expires_at": NOW + timedelta(days=90),
            "backfill": 200,
            "next_due": NOW + SECOND * (number + 1),
            "decision": DECISION,
            "budget": f"{number % HOSTS:064x}",
            "pressure": number * 7 % 40 - 20,
            "pressing": number % 100 == 0,
            "failures": 0,
            "synthetic": False,
            "token": 0,
            "claimed": False,
        }


def tx_of(tx: Tx) -> Connection:
    """Return the connection under a transaction: the books would write a million targets one by one."""
    check(isinstance(tx, SqlTx), "another store")
    return cast("SqlTx", tx).connection


async def fill(store: SqlStore) -> None:
    """Write the million."""
    report = Report(id="report", reference="B-1", received_on=NOW.date(), via=Via.WEB, alleged=b"", created_at=NOW)  # type: ignore[arg-type]  # any text is an id here

    def cite(tx: Tx) -> None:
        tx_of(tx).execute(insert(reports), columns_of(report, reports))

    def write(start: int, tx: Tx) -> None:
        tx_of(tx).execute(insert(targets), list(rows(start, 50_000)))

    await store.write(cite)
    for start in range(0, TARGETS, 50_000):
        await store.write(partial(write, start))


def claimed(now: datetime, tx: Tx) -> list[Claim]:
    return tx.targets.claim_due(now, DUE)


async def timed(store: SqlStore, now: datetime, expected: int) -> tuple[float, float]:
    """Return how many milliseconds the claim took in its transaction, and as a whole."""
    inside = 0.0

    def work(tx: Tx) -> list[Claim]:
        nonlocal inside
        started = time.perf_counter()
        claims = tx.targets.claim_due(now, DUE)
        inside = time.perf_counter() - started
        return claims

    started = time.perf_counter()
    claims = await store.write(work)
    took = time.perf_counter() - started
    check(len(claims) == expected, f"{len(claims)} claims, not {expected}")
    return inside * 1000, took * 1000


async def ours(folder: Path) -> list[float]:
    """Return medians: prices, a decision, a poll with nothing due, a claim of fifty, and that with its commit."""
    store = await open_store(f"sqlite:///{folder}/kapear.db", data_dir=folder, create=True)
    await fill(store)
    await store.checkpoint()
    idle = [await timed(store, NOW, 0) for _ in range(POLLS)]
    busy = [await timed(store, NOW + SECOND * DUE * poll, DUE) for poll in range(1, POLLS + 1)]
    vault = cast("Vault", None)  # nothing here is encrypted
    budgets = Prices(desk=Desk(store=store, vault=vault, now=lambda: NOW), cadence=CADENCE)
    priced = [await pricing(budgets) for _ in range(PRICINGS)]
    await store.close()
    return [
        statistics.median(priced),
        statistics.median(deciding() for _ in range(PRICINGS)),
        statistics.median(whole for _, whole in idle),
        statistics.median(inside for inside, _ in busy),
        statistics.median(whole for _, whole in busy),
    ]


async def pricing(budgets: Prices) -> float:
    """Return how many milliseconds it takes to find all prices again."""
    started = time.perf_counter()
    await budgets.refresh()
    return (time.perf_counter() - started) * 1000


def deciding() -> float:
    """Return how many milliseconds it takes to learn from a visit and to decide on the next."""
    started = time.perf_counter()
    for number in range(DECISIONS):
        now = NOW + SECOND * number
        pace = rounded(seen(PACE, now=hours_of(now), posted=[hours_of(now)]))
        dumped(decide(CADENCE, replace(CASE, at=now, pace=pace)))
    return (time.perf_counter() - started) * 1000 / DECISIONS


def peer(folder: Path) -> list[float]:
    """Return what the peer takes: to find nothing, to find fifty, and to find and reschedule fifty."""
    scheduler = BackgroundScheduler()
    store = SQLAlchemyJobStore(url=f"sqlite:///{folder}/jobs.db")
    store.start(scheduler, "default")
    trigger = IntervalTrigger(hours=1000)
    with store.engine.begin() as connection:
        for number in range(JOBS):
            due = NOW + SECOND * (number + 1)
            job = Job(
                scheduler, id=f"job-{number}", func="time:time", args=(), kwargs={}, trigger=trigger, name="visit",
                executor="default", misfire_grace_time=None, coalesce=True, max_instances=1, next_run_time=due,
            )  # fmt: skip
            row = {"id": job.id, "next_run_time": due.timestamp(), "job_state": store_state(job)}
            connection.execute(store.jobs_t.insert(), row)
    samples: list[list[float]] = [[], [], []]
    for poll in range(1, PEER_POLLS + 1):
        samples[0].append(look(store, NOW, 0)[0])
        took, jobs = look(store, NOW + SECOND * DUE * poll, DUE)
        samples[1].append(took)
        started = time.perf_counter()
        for job in jobs:
            job._modify(next_run_time=NOW + timedelta(days=400))  # noqa: SLF001 - as its own scheduler does
            store.update_job(job)
        samples[2].append(took + (time.perf_counter() - started) * 1000)
    store.shutdown()
    return [statistics.median(sample) for sample in samples]


def look(store: SQLAlchemyJobStore, now: datetime, expected: int) -> tuple[float, list[Job]]:
    started = time.perf_counter()
    jobs = store.get_due_jobs(now)
    took = (time.perf_counter() - started) * 1000
    check(len(jobs) == expected, f"{len(jobs)} jobs, not {expected}")
    return took, jobs


def check(holds: bool, what: str) -> None:  # noqa: FBT001 - reads like assert, and stays under -O
    if not holds:
        raise SystemExit(f"The benchmark went wrong: {what}.")


def store_state(job: Job) -> bytes:
    """Return a job as the peer's store keeps it."""
    return pickle.dumps(job.__getstate__(), pickle.HIGHEST_PROTOCOL)


def main(scratch: Path) -> None:
    folder = scratch / "due_claim"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    try:
        mine, theirs = asyncio.run(ours(folder)), peer(folder)
    finally:
        shutil.rmtree(folder)
    figures = [
        (f"poll_nothing_due_of_{TARGETS}", f"get_due_jobs, none due of {JOBS}"),
        (f"claim_{DUE}_due_of_{TARGETS}", f"get_due_jobs, {DUE} due of {JOBS}"),
        (f"claim_and_commit_{DUE}_due_of_{TARGETS}", f"get_due_jobs + update_job each, {DUE} due of {JOBS}"),
    ]
    (priced, decided), claims = mine[:2], mine[2:]
    for name, value in ((f"prices_of_{TARGETS}", priced), ("learn_and_decide", decided)):
        print(json.dumps({"figure": name, "value": round(value, 3), "unit": "ms"}))
    tick = {"figure": f"claim_{DUE}_and_share_of_prices", "value": round(claims[1] + priced / PRICES_S, 3)}
    print(json.dumps(tick | {"unit": "ms a tick"}))
    for (name, other), value, peer_value in zip(figures, claims, theirs, strict=True):
        line = {
            "figure": name,
            "value": round(value, 3),
            "unit": "ms",
            "peer": f"APScheduler SQLAlchemyJobStore: {other}",
            "peer_value": round(peer_value, 3),
            "ratio": round(peer_value / value, 2),
        }
        print(json.dumps(line))


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "build/bench"))
