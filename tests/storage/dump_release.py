"""
Write a schema with a few rows in every table as SQL, for later versions to migrate.

    python -m tests.storage.dump_release [REVISION…]      by default the newest

Run it when a migration is released; from then on its dump is never changed.
"""

from __future__ import annotations

import re
import sqlite3
import subprocess
import sys
from pathlib import Path

from alembic.script import ScriptDirectory

import storage.migrations
from storage.engine import make_engines
from storage.migrations import build
from tests.postgres import PostgresServer, running_postgres
from tests.storage.full_rows import fill

FOLDER = Path(__file__).parent / "releases"
BUILD = Path(__file__).parents[2] / "build" / "releases"


def revisions() -> list[str]:
    """Return every revision, the newest last."""
    steps = ScriptDirectory(str(Path(storage.migrations.__file__).parent)).walk_revisions()
    return [step.revision for step in steps][::-1]


def newest() -> str:
    """Return the newest revision."""
    return revisions()[-1]


def file_of(revision: str, backend: str) -> Path:
    """Return where a revision's dump stands."""
    return FOLDER / f"r{revision}.{backend}.sql"


def filled(url: str, revision: str) -> None:
    """Make the tables of a revision, with rows."""
    engines = make_engines(url, create=True)
    with engines.writer.begin() as connection:
        build(connection, revision, refusal="not empty")
        fill(connection, revision)
    engines.dispose()


def sqlite_dump(folder: Path, revision: str) -> str:
    """Return the SQL that makes such a database on SQLite."""
    file = folder / f"r{revision}.db"
    file.unlink(missing_ok=True)
    filled(f"sqlite:///{file}", revision)
    connection = sqlite3.connect(file)
    lines = list(connection.iterdump())
    connection.close()
    return "\n".join(lines) + "\n"


def postgresql_dump(server: PostgresServer, revision: str) -> str:
    """Return the SQL that makes such a database on PostgreSQL: what pg_dump says, without its settings."""
    url = server.create()
    filled(url, revision)
    command = [str(server.programs / "pg_dump"), "--column-inserts", "--no-owner", "--no-privileges", url]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    server.drop(url)
    kept = [line for line in said.splitlines() if not re.match(r"SET |--|\\|SELECT pg_catalog.set_config|$", line)]
    return "\n".join(kept) + "\n"


def main(wanted: list[str]) -> None:
    """Write the dumps."""
    BUILD.mkdir(parents=True, exist_ok=True)
    FOLDER.mkdir(exist_ok=True)
    with running_postgres(BUILD) as server:
        for revision in wanted or [newest()]:
            file_of(revision, "sqlite").write_text(sqlite_dump(BUILD, revision))
            file_of(revision, "postgresql").write_text(postgresql_dump(server, revision))


if __name__ == "__main__":
    main(sys.argv[1:])
