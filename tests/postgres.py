"""
Run a private PostgreSQL for the tests, from the system's server programs.

It listens on a Unix socket in its own folder and nowhere else. A server
refuses to run as root, so root hands it to an unprivileged user.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import pwd
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from storage.engine import make_engines
from storage.migrations import upgrade
from storage.tables import METADATA
from tests.requirements_for import require

_numbers = itertools.count(1)


def _programs() -> Path | None:
    """Return the folder of the newest installed server's programs."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    if found:
        return found[-1].parent
    on_path = shutil.which("initdb")
    return Path(on_path).resolve().parent if on_path else None


def _unprivileged() -> pwd.struct_passwd | None:
    """Return who runs the server when we are root."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    return None


class PostgresServer:
    """A running server; `url` names one of its databases."""

    def __init__(self, folder: Path, programs: Path, user: pwd.struct_passwd | None, *, flushes: bool = False) -> None:
        self.folder = folder
        self.programs = programs
        self._user = user
        # The power is not cut in tests: kill -9 of a client needs no fsync of the server.
        self._fsync = "on" if flushes else "off"

    def url(self, database: str) -> str:
        return f"postgresql://kapear@/{database}?host={self.folder}"

    def sql(self, statement: str) -> None:
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(statement.encode())

    def create(self) -> str:
        """Make a database and return its URL."""
        name = f"kapear_{next(_numbers)}"
        self.sql(f'CREATE DATABASE "{name}" TEMPLATE template0')
        return self.url(name)

    def drop(self, url: str) -> None:
        name = url.partition("@/")[2].partition("?")[0]
        self.sql(f'DROP DATABASE "{name}" WITH (FORCE)')

    def start(self) -> None:
        data = str(self.folder / "data")
        self._run("initdb", "-D", data, "-U", "kapear", "-A", "trust", "-E", "UTF8", "--no-locale", "--no-sync")
        self._begin()

    def restart(self) -> None:
        """End it as a power cut does, and begin it again."""
        self._run("pg_ctl", "-D", str(self.folder / "data"), "-m", "immediate", "-w", "stop")
        self._begin()

    def _begin(self) -> None:
        listening = f"-k {self.folder} -c listen_addresses=''"
        options = f"{listening} -c fsync={self._fsync} -c shared_buffers=32MB -c max_connections=60"
        data = str(self.folder / "data")
        self._run("pg_ctl", "-D", data, "-l", str(self.folder / "log"), "-w", "-o", options, "start")

    def stop(self) -> None:
        try:
            self._run("pg_ctl", "-D", str(self.folder / "data"), "-m", "immediate", "-w", "stop")
        finally:
            shutil.rmtree(self.folder, ignore_errors=True)

    def _run(self, program: str, *arguments: str) -> None:
        done = subprocess.run(
            [self.programs / program, *arguments],
            cwd=self.folder,
            user=self._user.pw_uid if self._user else None,
            group=self._user.pw_gid if self._user else None,
            extra_groups=[] if self._user else None,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,  # a pipe would stay open as long as the server lives
            stderr=subprocess.DEVNULL,
            timeout=120,
            check=False,
        )
        if done.returncode:
            log = self.folder / "log"
            pytest.fail(f"{program} failed: {log.read_text() if log.exists() else 'no log'}", pytrace=False)


def _folder(near: Path, user: pwd.struct_passwd | None) -> Path:
    """
    Make a folder that the server's user can reach, in `near` or above it.

    pytest closes root's temporary folder to everybody else, again with every
    run that starts, so under root the server's folder stands beside it.
    """
    if user is None:
        made = near / "pg"
        made.mkdir(mode=0o700)
        return made
    open_to_all = (
        folder
        for folder in near.resolve().parents
        if all(above.stat().st_mode & 0o001 for above in (folder, *folder.parents))
    )
    made = next(open_to_all) / f"kapear-pg-{os.getpid()}-{next(_numbers)}"
    made.mkdir(mode=0o700)
    os.chown(made, user.pw_uid, user.pw_gid)
    return made


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PostgresServer]:
    """Return a server that lives as long as the session."""
    with running_postgres(tmp_path_factory.mktemp("pg")) as server:
        yield server


@contextlib.contextmanager
def running_postgres(near: Path, *, flushes: bool = False) -> Iterator[PostgresServer]:
    """Run a server for the length of the block, in a folder in `near`, or above it where its user can reach that."""
    programs = _programs()
    require("postgresql", present=programs is not None)
    assert programs is not None
    user = _unprivileged()
    server = PostgresServer(_folder(near, user), programs, user, flushes=flushes)
    try:
        server.start()
        yield server
    finally:
        server.stop()


@pytest.fixture(scope="session")
def filled_postgres_url(postgres: PostgresServer) -> str:
    """Return the URL of the database with Kapear's tables that tests use one after the other."""
    url = postgres.create()
    engines = make_engines(url, create=True)
    upgrade(engines.writer)
    engines.dispose()
    return url


@pytest.fixture
def postgres_url(filled_postgres_url: str) -> str:
    """
    Return the URL of a database with Kapear's tables, as fresh as after its making.

    Emptying one takes a twentieth of the time of making another.
    """
    tables = ", ".join(f'"{name}"' for name in METADATA.tables)
    with psycopg.connect(filled_postgres_url, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        connection.execute(f"TRUNCATE {tables} RESTART IDENTITY CASCADE".encode())
        connection.execute("INSERT INTO instance (id, paused, generation) VALUES (1, '', 0)")
        connection.execute("INSERT INTO audit_head (id, seq, hash) VALUES (1, 0, repeat('0', 64))")
    return filled_postgres_url


@pytest.fixture
def empty_postgres_url(postgres: PostgresServer) -> Iterator[str]:
    """Return the URL of a fresh database with nothing in it."""
    url = postgres.create()
    yield url
    postgres.drop(url)
