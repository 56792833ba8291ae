"""
Let one process visit for a database, without a clock.

The operating system (flock) or PostgreSQL (an advisory lock) holds the lock
for as long as its holder lives, so nothing expires and nothing is renewed.
The data directory is always locked; the database itself too where it may be
shared: a server's, or a file that lies elsewhere.
"""

from __future__ import annotations

import asyncio
import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError

from domain.errors import AlreadyRunning, OperatorFault
from storage.engine import Engines, make_lone_engine
from storage.faults import fault

LOCK_FILE = "visitor.lock"

_VISITING = 0x6B617065_61720002  # an advisory lock's number: "kapear", and which

# A worker or a console holds no lock, but it is connected for as long as it lives.
_OTHERS = text(
    """
    SELECT count(*) FROM pg_stat_activity
    WHERE datname = current_database() AND application_name = current_setting('application_name')
        AND pid <> pg_backend_pid()
    """
)


class Visitor:
    """The right to visit for a database; ends with `release` or with the process."""

    def __init__(self) -> None:
        """Hold nothing yet."""
        self._files: list[int] = []
        self._connection: Connection | None = None
        self._server: Engine | None = None

    def hold_file(self, file: Path) -> bool:
        """Lock a file; returns whether nobody else holds it."""
        try:
            descriptor = os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        except OSError:
            raise OperatorFault(
                f"{LOCK_FILE} cannot be opened in the data directory; check its owner and mode."
            ) from None
        self._files.append(descriptor)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        return True

    def hold_server(self, engine: Engine) -> bool:
        """Take PostgreSQL's lock on a connection of its own; returns whether nobody else holds it."""
        self._server = engine
        try:
            self._connection = make_lone_engine(engine).connect()
            taken = self._connection.execute(text("SELECT pg_try_advisory_lock(:number)"), {"number": _VISITING})
            if taken.scalar():
                return True
        except DBAPIError as error:
            raise fault(error) from None
        self._disconnect()
        return False

    async def is_held(self) -> bool:
        """Return whether it is held still, or again; raises OperatorFault while the server cannot be asked."""
        return await asyncio.to_thread(self._ask)

    def _ask(self) -> bool:
        if self._server is None:
            return True  # a file's lock ends with its process, and not before
        if self._connection is not None:
            try:
                self._connection.execute(text("SELECT 1"))
            except DBAPIError:
                self._disconnect()  # and with it the lock
            else:
                return True
        return self.hold_server(self._server)

    def _disconnect(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.invalidate()
            connection.close()

    async def release(self) -> None:
        """Give it back; may be called twice."""
        await asyncio.to_thread(self.let_go)

    def let_go(self) -> None:
        """Close what holds the lock: closing is unlocking."""
        self._disconnect()
        while self._files:
            os.close(self._files.pop())


def take(engines: Engines, data_dir: Path) -> Visitor | None:
    """Return the visitor's lock, or None when another holds it; raises OperatorFault."""
    lock = Visitor()
    try:
        held = all(lock.hold_file(file) for file in _lock_files(engines, data_dir))
        if held and engines.file is None:
            held = lock.hold_server(engines.writer)
    except BaseException:
        lock.let_go()
        raise
    if not held:
        lock.let_go()
        return None
    return lock


@contextmanager
def alone(engines: Engines, data_dir: Path) -> Iterator[None]:
    """Hold the visitor's lock for the length of a block; raises AlreadyRunning while others use the database."""
    lock = None if _is_in_use(engines) else take(engines, data_dir)
    if lock is None:
        raise AlreadyRunning("Kapear is running for this database; stop that instance first, workers and consoles too.")
    try:
        yield
    finally:
        lock.let_go()


def _is_in_use(engines: Engines) -> bool:
    """Return whether another process of Kapear is connected; who uses a file of SQLite cannot be known."""
    if engines.file is not None:
        return False
    with engines.writer.begin() as connection:
        return bool(connection.execute(_OTHERS).scalar_one())


def _lock_files(engines: Engines, data_dir: Path) -> list[Path]:
    """Return the files to lock, in the one order that everybody keeps."""
    files = [data_dir.resolve() / LOCK_FILE]
    if engines.file is not None and engines.file.resolve().parent != data_dir.resolve():
        files.append(engines.file.resolve().with_name(f"{engines.file.name}.{LOCK_FILE}"))
    return files
