"""
Keep the hash-chained log, and apart from it the number and hash of its end.

Writers take the end's row one after the other, so two events can never
follow the same one, in one process or in many.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

from sqlalchemy import Connection, insert, select, update

from domain.audit import GENESIS, AuditDraft, AuditEvent, chained
from domain.errors import OperatorFault
from storage.rows import columns_of
from storage.tables import audit_events, audit_head

_BROKEN = "The audit log does not end where it should, so nothing was done; run `kapear audit verify`."
_AT_ONCE = 1_000  # events held in memory while reading


class Audit:
    """The log, in one transaction."""

    def __init__(self, connection: Connection) -> None:
        """Work on a connection."""
        self._connection = connection

    def append(self, draft: AuditDraft) -> AuditEvent:
        """Chain an event to the last one, within the caller's transaction; raises OperatorFault if that was altered."""
        row = self._connection.execute(
            select(audit_head.c.seq, audit_head.c.hash, audit_head.c.newest_at).with_for_update()
        ).first()
        last = self._connection.execute(
            select(audit_events.c.seq, audit_events.c.hash).order_by(audit_events.c.seq.desc()).limit(1)
        ).first()
        if row is None or (row.seq, row.hash) != (tuple(last) if last else (0, GENESIS)):
            raise OperatorFault(_BROKEN)
        # The hash covers the time as text, so it is written in the one zone in which it is read back.
        event = chained(replace(draft, at=draft.at.astimezone(UTC)), seq=row.seq + 1, previous=row.hash)
        self._connection.execute(
            insert(audit_events), columns_of(event.draft, audit_events) | columns_of(event, audit_events)
        )
        self._connection.execute(
            update(audit_head).values(seq=event.seq, hash=event.hash, newest_at=_later(row.newest_at, draft.at))
        )
        return event

    def newest(self) -> datetime | None:
        """Return the latest time that any event bears, as far as it counts; None while there is none."""
        return self._connection.execute(select(audit_head.c.newest_at)).scalar()

    def count_anew(self, now: datetime) -> None:
        """Let the times of earlier events count no more for what is newest: they were of a wrong clock."""
        self._connection.execute(update(audit_head).values(newest_at=now))

    def events(self, since_seq: int = 0) -> Iterator[AuditEvent]:
        """Return the events after a number, in order; to be read to the end within the transaction."""
        query = select(*audit_events.c).where(audit_events.c.seq > since_seq).order_by(audit_events.c.seq)
        # Closed even when the reader stops half-way, at a broken link.
        with self._connection.execute(query, execution_options={"yield_per": _AT_ONCE}) as rows:
            for row in rows:
                draft = AuditDraft(
                    at=row.at, actor=row.actor, action=row.action, subject=row.subject, details=row.details
                )
                yield AuditEvent(seq=row.seq, draft=draft, previous=row.previous, hash=row.hash)

    def head(self) -> tuple[int, str]:
        """Return number and hash of the last event as the store noted them apart from the chain."""
        row = self._connection.execute(select(audit_head.c.seq, audit_head.c.hash)).first()
        return (row.seq, row.hash) if row else (0, "")  # a lost row differs from an empty log's head


def _later(newest: datetime | None, at: datetime) -> datetime:
    return at if newest is None else max(newest, at)
