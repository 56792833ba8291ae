"""
Open connections that hold to one transaction from its first word to its last.

Python's sqlite3 would begin a transaction only before the first write, after
what was read to decide on it. So BEGIN is said here: IMMEDIATE for a writer,
which waits for other writers before it reads, and plain for a reader.
"""

from __future__ import annotations

import os
import sqlite3
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, NullPool, QueuePool, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError

from domain.errors import OperatorFault
from storage.faults import BAD_URL, INIT_FIRST
from storage.patience import be_patient

READERS = 3
LOCK_WAIT_MS = 10_000
COMPANIONS = ("", "-wal", "-shm")  # the files of one SQLite database
AGAIN_S = 0.01

_PRAGMAS = (
    f"busy_timeout={LOCK_WAIT_MS}",  # first: the others may have to wait
    "journal_mode=WAL",
    "synchronous=FULL",  # NORMAL may lose the last commits at a power cut
    "secure_delete=ON",  # what is deleted is overwritten
    "foreign_keys=ON",
    "temp_store=MEMORY",
    "wal_autocheckpoint=1000",
    "cache_size=-512",  # KiB a connection; the system keeps the file's pages once for all of them
    "journal_size_limit=67108864",
)

# A server that lost its client frees the client's locks within a minute, not after two hours.
_POSTGRES = {
    "connect_timeout": "10",
    "application_name": "kapear",
    "keepalives_idle": "30",
    "tcp_user_timeout": "10000",  # ms; a server that is gone is missed before it misses us
    "options": (
        f"-c lock_timeout={LOCK_WAIT_MS} -c client_min_messages=warning"
        " -c tcp_keepalives_idle=30 -c tcp_keepalives_interval=10 -c tcp_keepalives_count=3"
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Engines:
    """One writer's connection, a few readers' connections; `file` is the database on SQLite."""

    writer: Engine
    readers: Engine
    file: Path | None

    def dispose(self) -> None:
        """Close every connection."""
        self.readers.dispose()
        self.writer.dispose()  # last: it folds SQLite's log back into the database


def make_engines(url: str, *, create: bool) -> Engines:
    """Return engines for a database URL; nothing is connected yet. Raises OperatorFault."""
    address = _address(url)
    file = database_file(url)
    if file is not None:
        _make_or_find(file, create=create)
        return Engines(
            writer=_sqlite(address, connections=1, begin="BEGIN IMMEDIATE"),
            readers=_sqlite(address, connections=READERS, begin="BEGIN", query_only=True),
            file=file,
        )
    readers = _postgres(address, poolclass=QueuePool, pool_size=READERS, isolation_level="REPEATABLE READ")
    return Engines(
        writer=_postgres(address, poolclass=QueuePool, pool_size=1, isolation_level="READ COMMITTED"),
        readers=readers.execution_options(postgresql_readonly=True),
        file=None,
    )


def database_file(url: str) -> Path | None:
    """Return SQLite's file, which need not be there; None for a server. Raises OperatorFault."""
    address = _address(url)
    return Path(str(address.database)).absolute() if address.get_backend_name() == "sqlite" else None


def make_lone_engine(engine: Engine) -> Engine:
    """Return an engine to the same PostgreSQL server whose connections are apart from every pool."""
    return _postgres(engine.url, poolclass=NullPool, isolation_level="AUTOCOMMIT")


def server_address(url: str) -> tuple[str, dict[str, str]] | None:
    """Return PostgreSQL's address and the options that we connect with, for another client; None on SQLite."""
    address = _address(url)
    if address.get_backend_name() == "sqlite":
        return None
    plain = address.set(drivername="postgresql").render_as_string(hide_password=False)
    return plain, {name: value for name, value in _POSTGRES.items() if name not in address.query}


def _address(url: str) -> URL:
    """Return the parts of a URL that names one of the two databases."""
    try:
        address = make_url(url)
    except (ArgumentError, ValueError):  # the latter for a port that is no number
        raise OperatorFault(BAD_URL) from None
    in_memory = address.database in {None, "", ":memory:"}
    if address.drivername in {"sqlite", "sqlite+pysqlite"} and not in_memory and not address.query:
        return address
    if address.drivername in {"postgresql", "postgresql+psycopg"}:
        return address.set(drivername="postgresql+psycopg")
    raise OperatorFault(BAD_URL)


def _make_or_find(file: Path, *, create: bool) -> None:
    """Make SQLite's file readable for its owner only, for its companions take their mode from it; or find it there."""
    if create:
        try:
            os.close(os.open(file, os.O_RDWR | os.O_CREAT, 0o600))
        except OSError:
            raise OperatorFault(
                "The database file cannot be made; check that its folder exists and may be written."
            ) from None
    elif not file.exists():
        raise OperatorFault(INIT_FIRST)


def _sqlite(address: URL, *, connections: int, begin: str, query_only: bool = False) -> Engine:
    engine = create_engine(
        address,
        connect_args={"isolation_level": None, "timeout": LOCK_WAIT_MS / 1000},
        poolclass=QueuePool,
        pool_size=connections,
        max_overflow=0,
        hide_parameters=True,
    )
    pragmas = (*_PRAGMAS, "query_only=ON") if query_only else _PRAGMAS

    def prepare(connection: Any, _record: object) -> None:
        cursor = connection.cursor()
        for pragma in pragmas:
            _patiently(cursor, f"PRAGMA {pragma}")
        cursor.close()

    def start(connection: Connection) -> None:
        connection.exec_driver_sql(begin)

    event.listen(engine, "connect", prepare)
    event.listen(engine, "begin", start)
    return engine


def _patiently(cursor: sqlite3.Cursor, statement: str) -> None:
    """Execute a statement; wait for others even where SQLite does not: two that make a new file a WAL file at once."""
    until = time.monotonic() + LOCK_WAIT_MS / 1000
    while True:
        try:
            cursor.execute(statement)
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > until:
                raise
            time.sleep(AGAIN_S)
        else:
            return


def _postgres(address: URL, **options: Any) -> Engine:
    arguments = {name: value for name, value in _POSTGRES.items() if name not in address.query}
    pool = {} if options["poolclass"] is NullPool else {"max_overflow": 0, "pool_pre_ping": True}
    # Nothing here is an hstore, for which each engine's first connection would ask in a transaction of its own.
    engine = create_engine(
        address, connect_args=arguments, hide_parameters=True, use_native_hstore=False, **pool, **options
    )
    be_patient(engine)
    return engine
