"""
Say what a backup holds, a line each, the same whatever database it came from.

First what it is, then the small files beside the database, then each table
with its rows, then how many rows there were. Whoever reads it to that last
line has it whole.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from domain.errors import OperatorFault

FORMAT = 1
# Licensed hashes, how far a feed was read towards them, and what must not come back to life.
LEFT_OUT = frozenset({"hash_entries", "feeds", "sessions", "sign_in_links"})

Value = str | int | float | bytes | None

_TOO_NEW = "The backup was made by a newer version of this program; install that version, then restore."
_NOT_READ = "The backup says something that this version of the program does not read; install the one that made it."


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What a backup is: when it was made, of which schema, and how many rows it has."""

    made_at: datetime
    schema: str
    rows: int


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptFile:
    """A small file of the data directory; `name` is its path in there, with slashes."""

    name: str
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class TableHead:
    """The rows that follow belong to this table, their values to these columns."""

    table: str
    columns: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TableRow:
    """One row, as it stands in the database."""

    values: tuple[Value, ...] = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class TheEnd:
    """That was all, and so many rows."""

    rows: int


Record = Manifest | KeptFile | TableHead | TableRow | TheEnd


def encoded(record: Record) -> bytes:
    """Return the line that says it."""
    said: Any
    match record:
        case TableRow():
            said = record.values
        case Manifest():
            said = {
                "kapear_backup": FORMAT,
                "made_at": record.made_at.isoformat(),
                "schema": record.schema,
                "rows": record.rows,
            }
        case KeptFile():
            said = {"file": record.name, "content": record.content}
        case TableHead():
            said = {"table": record.table, "columns": record.columns}
        case _:
            said = {"end": record.rows}
    return json.dumps(said, default=_plain, ensure_ascii=True, separators=(",", ":")).encode() + b"\n"


def decoded(line: bytes) -> Record:
    """Return what a line says; raises OperatorFault for one of a newer format."""
    try:
        return _record(json.loads(line, object_hook=_value))
    except (KeyError, TypeError, ValueError, RecursionError):
        raise OperatorFault(_NOT_READ) from None


def _record(said: Any) -> Record:
    if isinstance(said, list):
        return TableRow(values=tuple(said))
    if "kapear_backup" in said:
        if int(said["kapear_backup"]) > FORMAT:
            raise OperatorFault(_TOO_NEW)
        return Manifest(
            made_at=datetime.fromisoformat(said["made_at"]), schema=str(said["schema"]), rows=int(said["rows"])
        )
    if "file" in said:
        return KeptFile(name=str(said["file"]), content=bytes(said["content"]))
    if "table" in said:
        return TableHead(table=str(said["table"]), columns=tuple(map(str, said["columns"])))
    return TheEnd(rows=int(said["end"]))


def _plain(value: object) -> Mapping[str, str]:
    """Return bytes as JSON can say them."""
    if isinstance(value, bytes | memoryview):
        return {"b": base64.b64encode(value).decode()}
    raise TypeError


def _value(said: dict[str, Any]) -> Any:
    if set(said) != {"b"}:
        return said
    try:
        return base64.b64decode(said["b"], validate=True)
    except binascii.Error:
        raise ValueError("not base64") from None
