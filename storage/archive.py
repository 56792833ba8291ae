"""Read every table out as it stands, for a backup."""

from __future__ import annotations

from collections.abc import Collection, Generator

from sqlalchemy import Connection, MetaData, Table, func, select

from domain.backups import LEFT_OUT, TableHead, TableRow
from storage import migrations
from storage.tables import METADATA

AT_ONCE = 1_000  # rows held in memory


class Archive:
    """What a backup is made of, in one transaction."""

    def __init__(self, connection: Connection) -> None:
        """Work on a connection."""
        self._connection = connection

    def schema(self) -> str:
        """Return the schema's revision."""
        return migrations.revision_of(self._connection)

    def count(self) -> int:
        """Return how many rows there are."""
        return sum(
            self._connection.execute(select(func.count()).select_from(table)).scalar_one() for table in self._tables()
        )

    def records(self) -> Generator[TableHead | TableRow]:
        """Return every table and its rows; what rows refer to stands before them."""
        for table in self._tables():
            yield TableHead(table=table.name, columns=tuple(table.columns.keys()))
            with self._connection.execute(select(table), execution_options={"yield_per": AT_ONCE}) as rows:
                for row in rows:
                    yield TableRow(values=tuple(row))

    def _tables(self) -> list[Table]:
        return as_they_stand(self._connection, set(METADATA.tables) - LEFT_OUT)


def as_they_stand(connection: Connection, names: Collection[str] | None = None) -> list[Table]:
    """Return tables as the database itself describes them, those that others refer to first; all, or the named ones."""
    found = MetaData()
    found.reflect(connection, only=lambda name, _: names is None or name in names)
    return list(found.sorted_tables)
