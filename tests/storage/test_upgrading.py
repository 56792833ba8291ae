"""A database of every released version is brought up to date, with everything that it holds."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, select

from domain.audit import verify
from domain.errors import AlreadyRunning, OperatorFault
from domain.hashlists import Algorithm, Opinion, QuotedHash
from domain.ids import LeadId, ListId
from storage import open_store
from storage.archive import as_they_stand
from storage.engine import make_engines
from storage.migrations import VERSION_TABLE, check, upgrade
from storage.tables import METADATA
from storage.visitor import take
from tests.storage.dump_release import FOLDER, file_of, newest, revisions

REVISIONS = sorted({path.name.split(".")[0].removeprefix("r") for path in FOLDER.glob("*.sql")})
BACKENDS = ("sqlite", pytest.param("postgresql", marks=pytest.mark.postgres))
# What a step changes on purpose; shown in test_opening.py and below.
CHANGED = {("posts", "platform"), ("leads", "lead_group"), ("hash_lists", "generation"), ("instance", "generation")}

Rows = Mapping[str, Sequence[Mapping[str, Any]]]


@pytest.fixture(params=BACKENDS)
def backend(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def url(backend: str, request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if backend == "sqlite":
        return f"sqlite:///{tmp_path}/kapear.db"
    return str(request.getfixturevalue("empty_postgres_url"))


def load(url: str, backend: str, revision: str) -> None:
    """Make the database that a dump says."""
    said = file_of(revision, backend).read_text()
    if backend == "sqlite":
        connection = sqlite3.connect(url.removeprefix("sqlite:///"))
        connection.executescript(said)
        connection.close()
        return
    with psycopg.connect(url, autocommit=True) as server:
        server.execute(said.encode())


def rows_of(connection: Connection) -> Rows:
    tables = [table for table in as_they_stand(connection) if table.name != VERSION_TABLE]
    return {
        table.name: sorted((dict(row._mapping) for row in connection.execute(select(table))), key=repr)
        for table in tables
    }


def kept(before: Rows, after: Rows) -> Rows:
    """Return what of the later rows the earlier ones had columns for, but for what changes on purpose."""
    return {
        name: [{column: row[column] for column in rows[0] if (name, column) not in CHANGED} for row in after[name]]
        for name, rows in before.items()
    }


def test_every_revision_has_its_dump() -> None:
    known = revisions()
    assert known == REVISIONS, f"write it: python -m tests.storage.dump_release {newest()}"
    assert all(file_of(revision, backend).exists() for revision in known for backend in ("sqlite", "postgresql"))


@pytest.mark.parametrize("revision", REVISIONS)
async def test_every_row_of_a_released_version_is_kept(revision: str, url: str, backend: str, tmp_path: Path) -> None:
    load(url, backend, revision)
    engines = make_engines(url, create=False)
    with engines.readers.begin() as connection:
        before = rows_of(connection)
    assert all(before.values()), "every table has a row"
    upgrade(engines.writer)
    check(engines.readers)
    with engines.writer.begin() as connection:
        after = rows_of(connection)
        context = MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE})
        differences = compare_metadata(context, METADATA)
    engines.dispose()
    assert kept(before, after) == kept(before, before)
    assert differences == [], "the dump is not of this revision as it is now"
    store = await open_store(url, data_dir=tmp_path, create=False)
    verdict = await store.read(lambda tx: verify(tx.audit.events(), head=tx.audit.head()))
    await store.close()
    assert (verdict.broken_at, verdict.events) == (None, 3)


async def test_what_was_said_of_a_hash_before_leads_were_remembered_still_stands(
    url: str, backend: str, tmp_path: Path
) -> None:
    load(url, backend, "0004")
    with pytest.raises(OperatorFault, match="kapear upgrade"):
        await open_store(url, data_dir=tmp_path, create=False)
    store = await open_store(url, data_dir=tmp_path, create=True)
    name, disabled = "list name of kite 1", Opinion.DISABLED
    kite = QuotedHash(list_id=ListId("kites-1"), entry_id=4, algorithm=Algorithm.PDQ, hash=bytes([1]) * 32)
    assert await store.read(lambda tx: tx.opinions.counts(name)) == {disabled: 1}
    now, by = datetime(2026, 4, 1, tzinfo=UTC), "actor of kite 1"
    added = store.write(lambda tx: tx.opinions.add(name, kite, disabled, lead_id=LeadId("lead"), by=by, now=now))
    assert not await added
    assert await store.write(lambda tx: tx.opinions.remove(name, kite, disabled))
    await store.close()


async def test_nothing_is_upgraded_beneath_an_instance_that_runs(url: str, backend: str, tmp_path: Path) -> None:
    load(url, backend, "0007")
    engines = make_engines(url, create=False)
    running = take(engines, tmp_path)
    assert running is not None
    with pytest.raises(AlreadyRunning, match="stop that instance first"):
        await open_store(url, data_dir=tmp_path, create=True)
    with pytest.raises(OperatorFault, match="kapear upgrade"):
        check(engines.readers)
    running.let_go()
    if engines.file is None:
        with pytest.raises(
            AlreadyRunning, match="workers and consoles"
        ):  # one of those is connected, and holds no lock
            await open_store(url, data_dir=tmp_path, create=True)
    engines.dispose()
    await (await open_store(url, data_dir=tmp_path, create=True)).close()
    check(engines.readers)
    engines.dispose()
