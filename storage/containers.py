"""Let one transaction at a time work on the posts of a channel or page."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection, text

from domain.filing import PostKey


def hold_containers(connection: Connection, keys: Iterable[PostKey]) -> None:
    """Let nobody else write posts or evidence of the same containers until this transaction ends."""
    if connection.dialect.name != "postgresql":
        return  # on SQLite this transaction is the only one that writes
    lock = text("SELECT pg_advisory_xact_lock(hashtextextended(:name, 0))")
    for name in sorted({f"{key.platform}:{key.container}" for key in keys}):  # in one order: no deadlock
        connection.execute(lock, {"name": name})
