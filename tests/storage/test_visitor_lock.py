"""A visitor's lock on PostgreSQL ends with its connection: its holder notices, and has it again or not any more."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import psycopg
import pytest

from storage import SqlStore, open_store

pytestmark = pytest.mark.postgres


async def opened(url: str, folder: Path) -> SqlStore:
    folder.mkdir()  # noqa: ASYNC240 - a moment
    return await open_store(url, data_dir=folder, create=False)


@pytest.fixture
async def stores(postgres_url: str, tmp_path: Path) -> AsyncIterator[tuple[SqlStore, SqlStore]]:
    """Return two machines' ends of one database."""
    first, second = await opened(postgres_url, tmp_path / "first"), await opened(postgres_url, tmp_path / "second")
    yield first, second
    await first.close()
    await second.close()


def cut_connections(url: str) -> None:
    with psycopg.connect(url) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


async def test_a_lock_whose_connection_was_lost_is_taken_again(
    stores: tuple[SqlStore, SqlStore], postgres_url: str
) -> None:
    first, second = stores
    lock = await first.take_visitor_lock()
    assert lock is not None
    assert await lock.is_held()
    cut_connections(postgres_url)
    assert await lock.is_held()
    assert await second.take_visitor_lock() is None
    await lock.release()


async def test_who_lost_the_lock_to_another_is_told(stores: tuple[SqlStore, SqlStore], postgres_url: str) -> None:
    first, second = stores
    lock = await first.take_visitor_lock()
    assert lock is not None
    cut_connections(postgres_url)
    other = await second.take_visitor_lock()
    assert other is not None
    assert not await lock.is_held()
    await other.release()
    assert await lock.is_held()
    await lock.release()
