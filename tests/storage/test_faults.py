"""When the database fails: one clear line, nothing half written, nothing quoted."""

from __future__ import annotations

import sqlite3
import traceback
from collections.abc import Callable
from functools import partial

import pytest
from sqlalchemy import text

from domain.audit import AuditDraft, verify
from domain.errors import BadInput, KapearError, OperatorFault, WrongState
from domain.reports import Report
from domain.store import Tx
from storage import SqlStore
from storage.store import SqlTx
from tests.contracts.samples import NOW, a_list, a_match, a_post, a_report, a_target, hashed, put_claim, put_page
from tests.storage.conftest import Database

MARK = "quarter-moon-marker"


def run(statement: str) -> Callable[[Tx], None]:
    """Return work that runs a bare statement."""

    def work(tx: Tx) -> None:
        assert isinstance(tx, SqlTx)
        tx.connection.execute(text(statement))

    return work


def appended(draft: AuditDraft, tx: Tx) -> None:
    tx.audit.append(draft)


def added(report: Report, tx: Tx) -> None:
    tx.reports.add(report)


async def fault_of(store: SqlStore, work: Callable[[Tx], None]) -> KapearError:
    """Return how the work fails; no traceback quotes a value."""
    with pytest.raises(KapearError) as caught:
        await store.write(work)
    shown = "".join(traceback.format_exception(caught.value))
    assert MARK not in shown
    assert "\n" not in str(caught.value)
    return caught.value


async def test_a_full_disk_is_one_line_and_nothing_is_half_written(sqlite: Database) -> None:
    store = await sqlite.open()
    claim = await put_claim(store)

    def shrink(tx: Tx) -> int:
        assert isinstance(tx, SqlTx)
        pages = tx.connection.exec_driver_sql("PRAGMA page_count").scalar_one()
        return int(tx.connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}").scalar_one())

    await store.write(shrink)
    page = [a_post(str(number), hashed(f"m{number}", a_match()), author_digest=MARK) for number in range(500)]
    with pytest.raises(OperatorFault, match="full"):
        await put_page(store, claim, page, cursor="too far")
    assert await store.read(lambda tx: tx.targets.posts(claim.target.id)) == []
    assert (await store.read(lambda tx: tx.targets.get(claim.target.id))).cursor is None
    await store.write(run("PRAGMA max_page_count = 1000000"))
    await put_page(store, claim, page)
    assert len(await store.read(lambda tx: tx.targets.posts(claim.target.id))) == 500
    await store.close()


async def test_a_lock_held_for_too_long_is_one_line(sqlite: Database) -> None:
    store = await sqlite.open()
    other = sqlite3.connect(sqlite.data_dir / "kapear.db", isolation_level=None)
    await store.write(run("PRAGMA busy_timeout = 50"))
    other.execute("BEGIN IMMEDIATE")
    assert "locked" in str(await fault_of(store, lambda tx: tx.standing.pause_all(MARK)))
    other.execute("ROLLBACK")
    other.close()
    await store.write(lambda tx: tx.standing.pause_all("free again"))
    await store.close()


async def test_a_reader_writes_nothing(store: SqlStore) -> None:
    with pytest.raises(OperatorFault, match="may not be written"):
        await store.read(lambda tx: tx.standing.pause_all(MARK))
    assert (await store.read(lambda tx: tx.standing.get())).paused == ""


async def test_a_contradiction_is_refused_without_a_quotation(store: SqlStore) -> None:
    orphan = a_target(a_report(), authorised_by=MARK, locator_digest=MARK)
    assert isinstance(await fault_of(store, lambda tx: tx.targets.add(orphan)), WrongState)

    def twice(tx: Tx) -> None:
        tx.lists.stage(a_list(MARK))
        tx.lists.activate(a_list(MARK).id, entries=0, now=NOW)

    assert isinstance(await fault_of(store, twice), WrongState)


@pytest.mark.postgres
@pytest.mark.parametrize("database", ["postgres"], indirect=True)
async def test_a_value_that_a_server_cannot_store_is_bad_input(store: SqlStore) -> None:
    assert isinstance(await fault_of(store, lambda tx: tx.standing.pause_all(f"{MARK}\x00")), BadInput)


async def test_a_statement_that_fails_is_named_by_its_code_only(store: SqlStore) -> None:
    fault = await fault_of(store, run(f"SELECT '{MARK}' FROM no_such_table"))  # noqa: S608 - a constant
    assert isinstance(fault, OperatorFault)


@pytest.mark.postgres
@pytest.mark.parametrize("database", ["postgres"], indirect=True)
async def test_a_server_that_dropped_its_clients_is_asked_again(store: SqlStore, other_store: SqlStore) -> None:
    await store.read(lambda tx: tx.standing.get())
    await store.write(lambda tx: tx.standing.pause_all("before"))
    others = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'kapear'"
    await other_store.write(run(f"{others} AND pid <> pg_backend_pid()"))
    await store.write(lambda tx: tx.standing.pause_all("after"))
    assert (await store.read(lambda tx: tx.standing.get())).paused == "after"


# Tampering, and what is left on the disk.


TAMPERINGS = [
    ("UPDATE audit_events SET actor = 'somebody' WHERE seq = 2", 2),
    ("UPDATE audit_events SET details = '{}' WHERE seq = 3", 3),
    ("UPDATE audit_events SET at = at + 1 WHERE seq = 1", 1),
    ("DELETE FROM audit_events WHERE seq = 2", 2),
    ("DELETE FROM audit_events WHERE seq >= 3", 3),
    ("DELETE FROM audit_events", 1),
    ("UPDATE audit_head SET seq = 2", 4),
    ("DELETE FROM audit_head", 4),
]


@pytest.mark.parametrize(("statement", "broken_at"), TAMPERINGS)
async def test_tampering_with_the_audit_log_is_found(store: SqlStore, statement: str, broken_at: int) -> None:
    for number in range(3):
        draft = AuditDraft(at=NOW, actor="analyst.one", action="lead.claimed", details={"number": number})
        await store.write(partial(appended, draft))
    await store.write(run(statement))
    verdict = await store.read(lambda tx: verify(tx.audit.events(), head=tx.audit.head()))
    assert verdict.broken_at == broken_at


@pytest.mark.parametrize("statement", [TAMPERINGS[4][0], TAMPERINGS[5][0], TAMPERINGS[6][0], TAMPERINGS[7][0]])
async def test_nothing_is_done_while_the_end_of_the_log_is_wrong(store: SqlStore, statement: str) -> None:
    for _ in range(3):
        await store.write(lambda tx: tx.audit.append(AuditDraft(at=NOW, actor="analyst.one", action="x")))
    await store.write(run(statement))

    def work(tx: Tx) -> None:
        tx.standing.pause_all("must not be")
        tx.audit.append(AuditDraft(at=NOW, actor="analyst.one", action="visits.paused"))

    assert "kapear audit verify" in str(await fault_of(store, work))
    assert (await store.read(lambda tx: tx.standing.get())).paused == ""


async def test_bytes_of_a_deleted_row_are_gone_from_the_disk(sqlite: Database) -> None:
    store = await sqlite.open()
    files = [sqlite.data_dir / name for name in ("kapear.db", "kapear.db-wal")]
    marks = [f"{MARK}-{number}" for number in range(300)]
    for mark in marks:
        report = a_report(alleged=mark.encode() * 40, reference=mark)
        await store.write(partial(added, report))
    assert any(MARK.encode() in file.read_bytes() for file in files)
    await store.write(run("DELETE FROM reports"))
    assert await store.checkpoint()
    assert not any(MARK.encode() in file.read_bytes() for file in files)
    await store.close()


async def test_a_checkpoint_says_when_a_reader_stands_in_its_way(sqlite: Database) -> None:
    store = await sqlite.open()
    await store.write(run("PRAGMA busy_timeout = 50"))
    reader = sqlite3.connect(sqlite.data_dir / "kapear.db", isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT * FROM reports").fetchall()
    await store.write(lambda tx: tx.reports.add(a_report()))
    assert not await store.checkpoint()
    reader.close()
    assert await store.checkpoint()
    await store.close()
