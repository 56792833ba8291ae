"""Hold the one collection of tables, and what several of them share."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, Integer, MetaData, Text, text

from storage.columns import ROW_NUMBER

METADATA = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# Written out, not bound: a database uses a partial index only where a query says the very same.
ACTIVE = text("status = 'active'")
DUE = text("status = 'active' AND NOT claimed")
PRESSING = text("status = 'active' AND NOT claimed AND pressing")
LIVING = text("status NOT IN ('retired', 'expired')")
PENDING = text("status = 'pending'")
PINNED = text("pinned")
OPEN = text("status <> 'closed'")
AWAITED = text("capture = 'awaited'")


def key(name: str = "id") -> Column[str]:
    """Return a key that is text."""
    return Column(name, Text, primary_key=True)


def number(name: str = "nr") -> Column[int]:
    """Return a column that keeps rows in the order in which they were written."""
    return Column(name, ROW_NUMBER, primary_key=True, autoincrement=True)


def only_one() -> tuple[Column[int], CheckConstraint]:
    """Return the key of a table that has one row at most."""
    return Column("id", Integer, primary_key=True, autoincrement=False), CheckConstraint("id = 1", name="only_one")
