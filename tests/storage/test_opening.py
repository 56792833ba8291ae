"""Opening a database: what is made, what is refused, and in which words."""

from __future__ import annotations

import asyncio
import sqlite3
from pathlib import Path

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, text

import storage.migrations
from domain.errors import OperatorFault
from domain.observations import Platform
from storage import SqlStore, open_store
from storage.engine import make_engines
from storage.migrations import VERSION_TABLE
from storage.store import SqlTx
from storage.tables import METADATA
from tests.storage.conftest import Database

SECRET = "tin-lantern-password"


async def fault_of(url: str, data_dir: Path, *, create: bool = False) -> str:
    """Return the one line that an attempt to open ends with."""
    with pytest.raises(OperatorFault) as caught:
        await open_store(url, data_dir=data_dir, create=create)
    message = str(caught.value)
    assert "\n" not in message
    assert SECRET not in message
    assert caught.value.__cause__ is None
    return message


async def test_the_migrations_make_exactly_the_tables(database: Database) -> None:
    engines = make_engines(database.url, create=False)
    with engines.writer.begin() as connection:
        context = MigrationContext.configure(
            connection, opts={"version_table": VERSION_TABLE, "compare_server_default": True}
        )
        assert compare_metadata(context, METADATA) == []
    engines.dispose()


def test_the_migrations_make_the_very_same_indexes(sqlite: Database, tmp_path: Path) -> None:
    """Alembic does not compare the conditions of partial indexes; their text is the same or a query misses them."""
    plain = create_engine(f"sqlite:///{tmp_path}/plain.db")
    METADATA.create_all(plain)
    plain.dispose()
    query = "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL ORDER BY name"
    found = []
    for file in (tmp_path / "plain.db", sqlite.data_dir / "kapear.db"):
        connection = sqlite3.connect(file)
        found.append(connection.execute(query).fetchall())
        connection.close()
    assert found[0] == found[1]
    assert any("WHERE" in sql for _, sql in found[0])


@pytest.mark.parametrize("backend", ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
async def test_what_the_preview_showed_is_keyed_as_telegram_s_own_from_the_second_step_on(
    tmp_path: Path, request: pytest.FixtureRequest, backend: str
) -> None:
    url = f"sqlite:///{tmp_path}/kapear.db" if backend == "sqlite" else request.getfixturevalue("empty_postgres_url")
    engines = make_engines(url, create=True)
    with engines.writer.begin() as connection:
        context = MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE})
        scripts = ScriptDirectory(str(Path(storage.migrations.__file__).parent))
        with Operations.context(context):
            first = scripts.get_revision("0001")
            first.module.upgrade()
            context.stamp(scripts, first.revision)
        run = connection.exec_driver_sql
        run("INSERT INTO reports VALUES ('r', 'IHC-1', '2026-03-01', 'web', '', 0, false)")
        run(
            "INSERT INTO targets (id, platform, locator, locator_digest, report_id, requested_by, authorised_by, basis,"
            " status, created_at, expires_at, failures, synthetic, token, claimed)"
            " VALUES ('t', 'telegram_web', '', 'd', 'r', 'a', 'b', '', 'active', 0, 9, 0, false, 0, false)"
        )
        for number, platform in enumerate(("telegram_web", "page")):
            post = text(
                "INSERT INTO posts (id, platform, container, post, target_id, first_seen, seq)"
                " VALUES (:id, :platform, 'telegram_web:', '7', 't', 0, 1)"
            )
            connection.execute(post, {"id": f"p{number}", "platform": platform})
        groups = (
            "post:telegram_web:77:5",
            "album:telegram_web:77:5",
            "post:page:telegram_web:5",
            "author:t:telegram_web",
        )
        for number, group in enumerate(groups):
            lead = text(
                "INSERT INTO leads (id, lead_group, kind, status, target_id, platform, urgency, value, seen_at,"
                " filed_at, posts, key_public, key_wrapped)"
                " VALUES (:id, :group, 'hash', 'new', 't', 'telegram_web', 1, 1, 0, 0, 1, '', '')"
            )
            connection.execute(lead, {"id": f"l{number}", "group": group})
    engines.dispose()
    store = await open_store(url, data_dir=tmp_path, create=True)
    found = await store.read(lambda tx: tx.leads.queue())
    assert [(lead.group, lead.platform) for lead in found] == [
        ("post:telegram:77:5", Platform.TELEGRAM_WEB),
        ("album:telegram:77:5", Platform.TELEGRAM_WEB),
        ("post:page:telegram_web:5", Platform.TELEGRAM_WEB),
        ("author:t:telegram_web", Platform.TELEGRAM_WEB),
    ]
    engines = make_engines(url, create=False)
    with engines.readers.begin() as connection:
        rows = connection.exec_driver_sql("SELECT platform, container, post FROM posts ORDER BY nr").all()
    engines.dispose()
    assert [tuple(row) for row in rows] == [("telegram", "telegram_web:", "7"), ("page", "telegram_web:", "7")]
    await store.close()


async def test_opening_twice_changes_nothing(database: Database) -> None:
    for create in (True, False, True):
        store = await open_store(database.url, data_dir=database.data_dir, create=create)
        await store.write(lambda tx: tx.standing.pause_all(tx.standing.get().paused + "."))
        await store.close()
    store = await database.open()
    assert (await store.read(lambda tx: tx.standing.get())).paused == "..."
    await store.close()


@pytest.mark.postgres
async def test_several_may_fill_one_empty_server_database(empty_postgres_url: str, tmp_path: Path) -> None:
    openings = (open_store(empty_postgres_url, data_dir=tmp_path, create=True) for _ in range(3))
    for store in await asyncio.gather(*openings):
        await store.close()


async def test_several_may_fill_one_empty_file(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/kapear.db"
    for store in await asyncio.gather(*(open_store(url, data_dir=tmp_path, create=True) for _ in range(3))):
        await store.close()


async def test_the_database_is_its_owner_s_alone(tmp_path: Path) -> None:
    folder = tmp_path / "new"
    store = await open_store(f"sqlite:///{folder}/kapear.db", data_dir=folder, create=True)
    lock = await store.take_visitor_lock()
    assert lock is not None
    modes = {file.name: file.stat().st_mode & 0o777 for file in folder.iterdir()}
    assert modes == dict.fromkeys(("kapear.db", "kapear.db-wal", "kapear.db-shm", "visitor.lock"), 0o600)
    assert folder.stat().st_mode & 0o777 == 0o700
    await lock.release()
    await store.close()


async def test_a_missing_database_says_to_run_init(tmp_path: Path) -> None:
    assert "kapear init" in await fault_of(f"sqlite:///{tmp_path}/none.db", tmp_path)
    assert not (tmp_path / "none.db").exists()
    (tmp_path / "empty.db").touch()
    assert "kapear init" in await fault_of(f"sqlite:///{tmp_path}/empty.db", tmp_path)


@pytest.mark.postgres
async def test_an_empty_server_database_says_to_run_init(empty_postgres_url: str, tmp_path: Path) -> None:
    assert "kapear init" in await fault_of(empty_postgres_url, tmp_path)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "kapear.db",
        "sqlite://",
        "sqlite:///:memory:",
        "sqlite:///a.db?mode=memory",
        f"mysql://somebody:{SECRET}@127.0.0.1/kapear",
        f"postgresql+asyncpg://somebody:{SECRET}@127.0.0.1/kapear",
        f"postgresql://somebody:{SECRET}@127.0.0.1:port/kapear",
    ],
)
async def test_a_wrong_url_is_one_line(url: str, tmp_path: Path) -> None:
    assert "KAPEAR_DATABASE_URL" in await fault_of(url, tmp_path, create=True)


async def test_an_unreachable_server_is_one_line(tmp_path: Path) -> None:
    url = f"postgresql://somebody:{SECRET}@127.0.0.1:1/kapear"
    assert "cannot be reached" in await fault_of(url, tmp_path, create=True)


@pytest.mark.postgres
async def test_a_database_that_does_not_exist_is_one_line(empty_postgres_url: str, tmp_path: Path) -> None:
    url = empty_postgres_url.replace("/kapear_", "/missing_")
    assert "cannot be reached" in await fault_of(url, tmp_path, create=True)


async def test_a_file_that_is_no_database_is_one_line(tmp_path: Path) -> None:
    file = tmp_path / "kapear.db"
    file.write_text("blue kites " * 200)
    assert "not Kapear's" in await fault_of(f"sqlite:///{file}", tmp_path, create=True)
    assert file.read_text() == "blue kites " * 200


async def test_a_folder_that_does_not_exist_is_one_line(tmp_path: Path) -> None:
    assert "cannot be made" in await fault_of(f"sqlite:///{tmp_path}/none/kapear.db", tmp_path, create=True)


@pytest.mark.parametrize("create", [True, False])
async def test_a_database_of_another_program_is_left_alone(tmp_path: Path, *, create: bool) -> None:
    connection = sqlite3.connect(tmp_path / "other.db")
    connection.execute("CREATE TABLE kites (colour TEXT)")
    connection.close()
    assert "not Kapear's" in await fault_of(f"sqlite:///{tmp_path}/other.db", tmp_path, create=create)
    connection = sqlite3.connect(tmp_path / "other.db")
    assert connection.execute("SELECT name FROM sqlite_master").fetchall() == [("kites",)]
    connection.close()


@pytest.mark.postgres
async def test_a_server_database_of_another_program_is_left_alone(empty_postgres_url: str, tmp_path: Path) -> None:
    with psycopg.connect(empty_postgres_url, autocommit=True) as connection:
        connection.execute("CREATE TABLE kites (colour TEXT)")
    assert "not Kapear's" in await fault_of(empty_postgres_url, tmp_path, create=True)


@pytest.mark.parametrize("create", [True, False])
async def test_a_newer_database_is_left_alone(sqlite: Database, *, create: bool) -> None:
    connection = sqlite3.connect(sqlite.data_dir / "kapear.db")
    connection.execute(f"UPDATE {VERSION_TABLE} SET version_num = '9999'")  # noqa: S608 - a constant
    connection.commit()
    connection.close()
    assert "newer version" in await fault_of(sqlite.url, sqlite.data_dir, create=create)


async def test_every_connection_is_set_up_for_safety(sqlite: Database) -> None:
    expected = {
        "journal_mode": "wal",
        "synchronous": 2,  # FULL
        "secure_delete": 1,
        "foreign_keys": 1,
        "busy_timeout": 10_000,
        "temp_store": 2,  # MEMORY
    }

    def settings(tx: object) -> dict[str, object]:
        assert isinstance(tx, SqlTx)
        return {name: tx.connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in expected}

    store: SqlStore = await sqlite.open()
    assert await store.write(settings) == expected
    assert await store.read(settings) == expected
    await store.close()
