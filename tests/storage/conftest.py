"""Give every storage test both databases."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from storage import SqlStore, open_store


@dataclass(frozen=True, slots=True, kw_only=True)
class Database:
    """A fresh database with Kapear's tables, and the data directory beside it."""

    url: str
    data_dir: Path

    async def open(self) -> SqlStore:
        return await open_store(self.url, data_dir=self.data_dir, create=False)


async def sqlite_database(folder: Path) -> Database:
    database = Database(url=f"sqlite:///{folder}/kapear.db", data_dir=folder)
    store = await open_store(database.url, data_dir=folder, create=True)
    await store.close()
    return database


@pytest.fixture
async def sqlite(tmp_path: Path) -> Database:
    return await sqlite_database(tmp_path)


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
async def database(request: pytest.FixtureRequest, tmp_path: Path) -> Database:
    if request.param == "sqlite":
        return await sqlite_database(tmp_path)
    return Database(url=request.getfixturevalue("postgres_url"), data_dir=tmp_path)


@pytest.fixture
async def store(database: Database) -> AsyncIterator[SqlStore]:
    opened = await database.open()
    yield opened
    await opened.close()


@pytest.fixture
async def other_store(database: Database) -> AsyncIterator[SqlStore]:
    opened = await database.open()
    yield opened
    await opened.close()
