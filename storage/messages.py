"""Keep what people were told by mail, and whether mail can be sent."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime

from sqlalchemy import Connection, delete, or_, select, update

from domain.messages import Said
from storage.rows import made, new_row
from storage.tables import instance, messages

_SAID = tuple(messages.c[name] for name in Said.__slots__)


class Messages:
    """The book of messages, in one transaction."""

    def __init__(self, connection: Connection) -> None:
        """Work on a connection."""
        self._connection = connection

    def said(self, since: datetime) -> list[Said]:
        """Return what was said and is not over, or was over only after a moment."""
        recent = or_(messages.c.ended_at.is_(None), messages.c.ended_at > since)
        return [made(Said, row) for row in self._connection.execute(select(*_SAID).where(recent))]

    def put(self, said: Said) -> None:
        """Write what was said of a state last."""
        row = asdict(said)
        new = new_row(self._connection, messages).values(row)
        self._connection.execute(new.on_conflict_do_update(index_elements=["kind", "subject"], set_=row))

    def forget(self, before: datetime) -> None:
        """Delete what was over before a moment."""
        self._connection.execute(delete(messages).where(messages.c.ended_at < before))

    def fault(self) -> str:
        """Return the code of why mail cannot be sent; empty where it can."""
        return str(self._connection.execute(select(instance.c.mail_fault)).scalar_one())

    def note_fault(self, code: str) -> None:
        """Write why mail cannot be sent; empty where it can."""
        self._connection.execute(update(instance).values(mail_fault=code))
