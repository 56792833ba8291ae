"""
Write the rows of a backup into a new database, of either kind.

They are written under the schema that they were read from, and only then
brought up to date by the same steps as any older database.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TypeVar

from sqlalchemy import Connection, Table, delete, func, insert, select, text
from sqlalchemy.exc import DBAPIError

from domain.backups import TableHead, TableRow
from domain.errors import OperatorFault
from domain.store import Tx
from storage import migrations
from storage.archive import AT_ONCE, as_they_stand
from storage.engine import COMPANIONS, database_file, make_engines
from storage.faults import fault
from storage.store import SqlTx
from storage.visitor import alone

T = TypeVar("T")

_NOT_EMPTY = (
    "The database is not empty, and a backup is restored into an empty one only: name another by KAPEAR_DATABASE_URL, "
    "or another folder by KAPEAR_DATA_DIR."
)
_UNKNOWN = "The backup holds a table that this version of the program does not know; install the one that made it."


async def restore(
    url: str, records: Iterable[TableHead | TableRow], *, schema: str, data_dir: Path, finish: Callable[[Tx], T]
) -> T:
    """
    Fill an empty database with the rows of a backup and bring them up to date; all of it or nothing.

    `finish` is called in the same transaction, once every record was read; what it returns is returned.
    Raises OperatorFault for a database that is not empty, and for a schema of
    a newer program.
    """
    return await asyncio.to_thread(_restore, url, records, schema, data_dir, finish)


def _restore(
    url: str, records: Iterable[TableHead | TableRow], schema: str, data_dir: Path, finish: Callable[[Tx], T]
) -> T:
    file = database_file(url)
    was_there = file is None or file.exists()
    engines = make_engines(url, create=True)
    restored = False
    try:
        with alone(engines, data_dir), engines.writer.begin() as connection:
            migrations.build(connection, schema, refusal=_NOT_EMPTY)
            _fill(connection, records)
            migrations.advance(connection)
            finished = finish(SqlTx(connection, writes=True))
        restored = True
        return finished  # noqa: TRY300 - said as it is read
    except DBAPIError as error:
        raise fault(error) from None
    finally:
        engines.dispose()
        if file is not None and not (restored or was_there):
            for companion in COMPANIONS:
                file.with_name(file.name + companion).unlink(missing_ok=True)


def _fill(connection: Connection, records: Iterable[TableHead | TableRow]) -> None:
    tables = {table.name: table for table in as_they_stand(connection)}
    for name in [name for name in reversed(tables) if name != migrations.VERSION_TABLE]:
        connection.execute(delete(tables[name]))  # the steps put first rows into some
    for table, columns, batch in _batches(tables, records):
        connection.execute(insert(table), [dict(zip(columns, row.values, strict=True)) for row in batch])
    if connection.dialect.name == "postgresql":
        _count_on(connection, tables.values())


def _batches(
    tables: dict[str, Table], records: Iterable[TableHead | TableRow]
) -> Iterator[tuple[Table, tuple[str, ...], list[TableRow]]]:
    """Return rows by the thousand, with where they belong."""
    head: TableHead | None = None
    batch: list[TableRow] = []
    for record in records:
        if isinstance(record, TableRow):
            batch.append(record)
        if batch and head is not None and (isinstance(record, TableHead) or len(batch) == AT_ONCE):
            yield tables[head.table], head.columns, batch
            batch = []
        if isinstance(record, TableHead):
            head = record
            if record.table not in tables or not set(record.columns) <= set(tables[record.table].columns.keys()):
                raise OperatorFault(_UNKNOWN)
    if batch and head is not None:
        yield tables[head.table], head.columns, batch


def _count_on(connection: Connection, tables: Iterable[Table]) -> None:
    """Let PostgreSQL number new rows from behind those that were written."""
    for table in tables:
        for column in table.primary_key:
            named = {"table": f'"{table.name}"', "column": column.name}
            sequence = connection.execute(text("SELECT pg_get_serial_sequence(:table, :column)"), named).scalar()
            if sequence is not None:
                last = connection.execute(select(func.max(column))).scalar()
                if last is not None:
                    connection.execute(text("SELECT setval(:sequence, :last)"), {"sequence": sequence, "last": last})
