"""Hold the store to its contract, on SQLite and on PostgreSQL."""

from __future__ import annotations

from tests.contracts.store import StoreContract


class TestSqlStore(StoreContract):
    """Every test runs once a database; see the fixture `database`."""
