"""
Bear a PostgreSQL that stops answering.

A connection that is broken in the middle may stay open and say nothing for
ever: after a while of silence it is closed, and what waited for it fails. A
commit whose answer was lost may have been done or not: the server is asked,
so that nobody takes for undone what stands.
"""

from __future__ import annotations

import time
from collections.abc import Generator
from typing import Any, TypeVar

import psycopg
from psycopg.abc import PQGen
from sqlalchemy import Connection, Engine, event, text
from sqlalchemy.exc import DBAPIError

SILENCE_S = 20.0  # longer than a lock is waited for; no statement takes so long without a word
AGAIN_S = 0.2
ASKED_FOR_S = 120.0  # a server that was restarted is back by then

T = TypeVar("T")

_NUMBER = text("SELECT CAST(pg_current_xact_id_if_assigned() AS text)")
_STATUS = text("SELECT pg_xact_status(CAST(:number AS xid8))")
# One that still runs has lost its client: its end is not waited for, and its locks are free.
_END = text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE backend_xid = CAST(:number AS xid8)::xid")


class PatientConnection(psycopg.Connection[Any]):
    """A connection whose server may be silent for so long, and no longer."""

    def wait(self, gen: PQGen[T], *arguments: Any, **named: Any) -> T:
        """Do as ever, but close the connection and raise OperationalError after too long a silence."""
        return super().wait(self._heard(gen), *arguments, **named)

    def _heard(self, gen: PQGen[T]) -> Generator[Any, Any, T]:
        """Pass a conversation on, with an eye on the time since something was heard."""
        try:
            state = next(gen)
            since = time.monotonic()
            while True:
                ready = yield state
                if ready:
                    since = time.monotonic()
                elif time.monotonic() - since > SILENCE_S:
                    gen.close()
                    self.pgconn.finish()
                    raise psycopg.OperationalError("the server is silent")
                state = gen.send(ready)
        except StopIteration as ended:
            answer: T = ended.value
            return answer


def be_patient(engine: Engine) -> None:
    """Let an engine's connections be patient ones."""

    def connect(_dialect: object, _record: object, arguments: Any, named: Any) -> PatientConnection:
        return PatientConnection.connect(*arguments, **named)

    event.listen(engine, "do_connect", connect)


def number_of(connection: Connection) -> str | None:
    """Return by what the server knows the transaction under way; None while it has written nothing."""
    return connection.execute(_NUMBER).scalar()


def was_committed(lone: Engine, number: str) -> bool:
    """
    Return whether a transaction was committed whose connection was lost, as the server says.

    `lone` connects apart from every pool. Says no where the server is away for
    two minutes.
    """
    until = time.monotonic() + ASKED_FOR_S
    while time.monotonic() < until:
        try:
            with lone.connect() as connection:
                status = connection.execute(_STATUS, {"number": number}).scalar()
                if status != "in progress":
                    return bool(status == "committed")
                connection.execute(_END, {"number": number})
        except DBAPIError:
            pass  # it is away; it will know when it is back
        time.sleep(AGAIN_S)
    return False
