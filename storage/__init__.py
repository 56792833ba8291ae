"""Keep what Kapear knows in one SQL database: SQLite embedded, PostgreSQL beyond one machine."""

from storage.opening import open_store
from storage.store import SqlStore

__all__ = ["SqlStore", "open_store"]
