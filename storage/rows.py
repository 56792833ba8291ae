"""Move values between dataclasses and rows whose columns bear the same names."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields
from functools import cache
from itertools import islice
from typing import Any, TypeVar

from sqlalchemy import Connection, Row, Table, insert
from sqlalchemy.dialects import postgresql, sqlite

T = TypeVar("T")

CHUNK = 500  # values in one IN (…): far below what either database takes


def columns_of(value: object, table: Table, **more: Any) -> dict[str, Any]:
    """Return a value's fields that the table has columns for, and more."""
    kind: Any = type(value)
    return {name: getattr(value, name) for name in _shared(kind, table)} | more


@cache
def _shared(kind: Any, table: Table) -> tuple[str, ...]:
    """Return the names that a dataclass and a table have in common."""
    return tuple(field.name for field in fields(kind) if field.name in table.c)


def made(kind: type[T], row: Row[*tuple[Any, ...]]) -> T:
    """Return a dataclass from a row that holds exactly its fields."""
    return kind(**row._mapping)  # noqa: SLF001 - public in SQLAlchemy, in spite of its name


def new_row(connection: Connection, table: Table) -> sqlite.Insert | postgresql.Insert:
    """Return an insert that may be told what to do where there is such a row already."""
    return postgresql.insert(table) if connection.dialect.name == "postgresql" else sqlite.insert(table)


def insert_new(connection: Connection, table: Table, rows: Mapping[str, Any] | Sequence[Mapping[str, Any]]) -> int:
    """
    Insert rows except those that are there already; returns how many were new.

    Unlike a failed insert, a skipped one leaves PostgreSQL's transaction whole.
    """
    if not rows:
        return 0
    statement = new_row(connection, table).on_conflict_do_nothing().inline()
    # Without the option SQLAlchemy forgets the count of an INSERT where columns have defaults.
    return connection.execute(statement, rows, execution_options={"preserve_rowcount": True}).rowcount


def insert_plain(
    connection: Connection, table: Table, names: tuple[str, ...], rows: Sequence[tuple[str | int | bytes | None, ...]]
) -> None:
    """
    Insert rows by the thousand, in values that stand as they are in both databases.

    Through its columns SQLAlchemy takes five times as long, row by row.
    """
    if rows:
        dialect = connection.dialect
        statement = insert(table).inline().compile(dialect=dialect, column_keys=names)
        named = list(rows) if statement.positional else [dict(zip(names, row, strict=True)) for row in rows]
        connection.exec_driver_sql(str(statement), named)


def chunks(values: Sequence[T]) -> Iterator[list[T]]:
    """Return the values in pieces that fit one query."""
    remaining = iter(values)
    while piece := list(islice(remaining, CHUNK)):
        yield piece
