"""Fill every table of any version's schema with two rows: invented words, and in the second what may be absent."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    Boolean,
    Column,
    Connection,
    Float,
    Integer,
    LargeBinary,
    Table,
    insert,
    update,
)
from sqlalchemy.types import TypeEngine

from domain.audit import GENESIS, AuditDraft, AuditEvent, chained
from storage.archive import as_they_stand
from storage.columns import Day, Details, Moment, Word, Words, micros
from storage.migrations import VERSION_TABLE
from storage.tables import METADATA

START = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)
KEYED_AS_TELEGRAM = "0003"  # from here on a preview's posts bear the platform's own name
LENGTHS = {"pdq_dihedral": 256, "phash": 8, "phash256": 32}
EMPTY = {"decision", "checkpoint", "columns"}  # texts with a grammar of their own, which may be empty


def fill(connection: Connection, revision: str) -> None:
    """Write the rows; the tables are those of the revision."""
    for table in as_they_stand(connection):
        if table.name in {VERSION_TABLE, "audit_events", "audit_head"}:
            continue
        rows = [_row(table, number, revision) for number in ((1,) if _is_single(table) else (1, 2))]
        if table.name == "instance":
            connection.execute(update(table).values(**rows[0]))
        else:
            connection.execute(insert(table), rows)
    _log(connection)


def _is_single(table: Table) -> bool:
    known = METADATA.tables.get(table.name)
    return known is not None and any("id = 1" in str(getattr(each, "sqltext", "")) for each in known.constraints)


def _log(connection: Connection) -> None:
    """Write a whole chain of three events."""
    tables = {table.name: table for table in as_they_stand(connection)}
    previous, events = GENESIS, list[AuditEvent]()
    said: list[tuple[str, dict[str, str | int]]] = [
        ("instance.initialised", {"host_key": "00" * 8, "hotline_key": "kite"}),
        ("report.added", {"reference": "IHC-1"}),
        ("kite.flown", {"times": 2, "colour": "blue"}),
    ]
    for number, (action, details) in enumerate(said, start=1):
        draft = AuditDraft(at=START.replace(second=number), actor="amber", action=action, details=details)
        events.append(chained(draft, seq=number, previous=previous))
        previous = events[-1].hash
    for event in events:
        row = {
            "seq": event.seq,
            "at": micros(event.draft.at),
            "actor": event.draft.actor,
            "action": event.draft.action,
            "subject": event.draft.subject,
            "details": Details().process_bind_param(event.draft.details, connection.dialect),
            "previous": event.previous,
            "hash": event.hash,
        }
        connection.execute(insert(tables["audit_events"]), row)
    head = {"seq": len(events), "hash": previous, "newest_at": micros(events[-1].draft.at)}
    known = tables["audit_head"].columns.keys()
    connection.execute(update(tables["audit_head"]).values({name: head[name] for name in head if name in known}))


def _row(table: Table, number: int, revision: str) -> dict[str, Any]:
    row = {column.name: _value(column, number) for column in table.columns}
    if revision < KEYED_AS_TELEGRAM and table.name == "posts":
        row["platform"] = "telegram_web"
    if revision < KEYED_AS_TELEGRAM and table.name == "leads":
        row["lead_group"] = f"post:telegram_web:7:{number}"
    return row


def _value(column: Column[Any], number: int) -> Any:
    for foreign in column.foreign_keys:
        if number == 1 or not column.nullable:
            return _value(foreign.column, number)
    if column.nullable and number != 1:
        return None
    table = column.table.name
    known = METADATA.tables[table].c.get(column.name) if table in METADATA.tables else None
    return _of_type(column.name, column.type if known is None else known.type, number)


def _of_type(name: str, kind: TypeEngine[Any], number: int) -> Any:
    if isinstance(kind, Word | Words):
        words = sorted(str(word.value) for word in kind.words)
        return words[number % len(words)]
    if isinstance(kind, LargeBinary):
        return bytes([number]) * LENGTHS.get(name, 32)
    simple: dict[type[TypeEngine[Any]], Any] = {
        Day: f"2026-03-{number:02}",
        Moment: micros(START) + number,
        Boolean: number == 1,
        Float: number + 0.5,
        Integer: number,
    }
    text = "" if name in EMPTY else f"{name.replace('_', ' ')} of kite {number}"
    return next((value for each, value in simple.items() if isinstance(kind, each)), text)
