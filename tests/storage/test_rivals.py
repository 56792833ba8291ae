"""Two processes on one database: fencing, waiting, and sudden death."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from domain.errors import LostClaim
from domain.store import Tx
from storage import SqlStore
from storage.store import SqlTx
from storage.tables import METADATA
from tests.contracts.samples import a_match, a_post, a_visit, hashed, put_claim, put_page, put_target, write_page
from tests.storage.conftest import Database

ROOT = Path(__file__).resolve().parents[2]

Starter = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def rival(database: Database) -> Iterator[Starter]:
    """Return how to start another process on the same database; what still runs is killed."""
    started: list[subprocess.Popen[str]] = []

    def start(command: str, argument: object) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.storage.rival", command, database.url, str(database.data_dir), str(argument)],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.wait()
        assert process.stdout is not None
        process.stdout.close()


async def word_of(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return (await asyncio.to_thread(process.stdout.readline)).strip()


def rows(tx: Tx) -> dict[str, int]:
    """Return how many rows each table has."""
    assert isinstance(tx, SqlTx)
    count = tx.connection.execute
    return {
        name: count(select(func.count()).select_from(table)).scalar_one() for name, table in METADATA.tables.items()
    }


PAGE: list[Any] = [a_post("1", hashed("m1", a_match())), a_post("2")]


async def test_a_page_of_a_target_taken_by_another_process_leaves_no_row(store: SqlStore, rival: Starter) -> None:
    claim = await put_claim(store)
    await put_page(store, claim, [a_post("0")], cursor="kept")
    before = await store.read(rows)
    thief = rival("steal", claim.target.id)
    assert await word_of(thief) == "trying"
    assert await word_of(thief) == "taken"
    with pytest.raises(LostClaim):
        await put_page(store, claim, PAGE)
    with pytest.raises(LostClaim):
        await store.write(lambda tx: tx.targets.finish(claim, a_visit(claim.target.id), None, 0))
    assert await store.read(rows) == before
    assert (await store.read(lambda tx: tx.targets.get(claim.target.id))).cursor == "kept"


async def test_what_was_written_before_the_loss_was_noticed_rolls_back(store: SqlStore, rival: Starter) -> None:
    claim = await put_claim(store)
    before = await store.read(rows)
    thief = rival("steal", claim.target.id)
    assert [await word_of(thief), await word_of(thief)] == ["trying", "taken"]

    def work(tx: Tx) -> None:
        tx.standing.pause_all("written first")
        tx.reports.add(tx.reports.get(claim.target.report_id).__class__(**other_report(tx)))
        write_page(tx, claim, PAGE)

    def other_report(tx: Tx) -> dict[str, Any]:
        report = tx.reports.get(claim.target.report_id)
        return {name: getattr(report, name) for name in report.__slots__} | {"id": "other", "reference": "other"}

    with pytest.raises(LostClaim):
        await store.write(work)
    assert await store.read(rows) == before
    assert (await store.read(lambda tx: tx.standing.get())).paused == ""


async def test_a_thief_waits_for_the_page_under_way(store: SqlStore, rival: Starter) -> None:
    claim = await put_claim(store)
    thief: list[subprocess.Popen[str]] = []

    def steal() -> None:
        thief.append(rival("steal", claim.target.id))
        assert thief[0].stdout is not None
        assert thief[0].stdout.readline() == "trying\n"

    await put_page(store, claim, PAGE, between=steal)
    assert await word_of(thief[0]) == "taken"
    assert len(await store.read(lambda tx: tx.targets.posts(claim.target.id))) == 2
    with pytest.raises(LostClaim):
        await put_page(store, claim, [a_post("3")])


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
async def test_two_processes_that_read_then_write_never_fail(store: SqlStore, rival: Starter) -> None:
    """Each reads the count to name the next report: a stale read would collide, a lock in between would fail."""
    first, second = rival("add", 150), rival("add", 150)
    assert [await word_of(first), await word_of(second)] == ["done", "done"]
    reports = await store.read(lambda tx: tx.reports.all())
    assert {report.reference for report in reports} == {str(number) for number in range(1, 301)}


async def test_nothing_is_left_of_a_process_killed_in_a_transaction(store: SqlStore, rival: Starter) -> None:
    target = await put_target(store)
    before = await store.read(rows)
    process = rival("hang", target.id)
    assert await word_of(process) == "written"
    process.kill()
    process.wait()
    claim = await store.write(lambda tx: tx.targets.claim(target.id))  # waits for no lock of the dead
    assert claim is not None
    assert await store.read(rows) == before
    await put_page(store, claim, PAGE)
    assert len(await store.read(lambda tx: tx.leads.queue())) == 1


async def test_the_visitor_s_lock_is_freed_by_death_and_its_claims_are_void(store: SqlStore, rival: Starter) -> None:
    target = await put_target(store)
    process = rival("visit", target.id)
    assert await word_of(process) == "visiting"
    assert await store.take_visitor_lock() is None
    assert await store.write(lambda tx: tx.targets.claim(target.id)) is None
    process.kill()
    process.wait()
    lock = None
    while lock is None:  # a server notices a lost client within a moment
        lock = await store.take_visitor_lock()
        await asyncio.sleep(0.02)
    claim = await store.write(lambda tx: tx.targets.claim(target.id))
    assert claim is not None
    assert claim.token == 3  # its claim, the voiding, ours
    await lock.release()
