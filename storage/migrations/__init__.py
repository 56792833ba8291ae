"""
Bring a database's schema up to date, in code and in one transaction.

`versions/` holds the steps. They are frozen: a step says in full what it
makes, and never looks at the tables of today.
"""

from __future__ import annotations

from pathlib import Path

from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, inspect, text

from domain.errors import OperatorFault
from storage.faults import INIT_FIRST, NOT_OURS, TOO_NEW, UPGRADE_FIRST

VERSION_TABLE = "kapear_schema"

_UPGRADING = 0x6B617065_61720001  # an advisory lock's number: "kapear", and which


def upgrade(engine: Engine) -> None:
    """Fill an empty database or bring an older one up to date; raises OperatorFault for any other."""
    with engine.begin() as connection:  # on SQLite this locks out every other writer
        advance(connection)


def advance(connection: Connection) -> None:
    """Bring the database up to date within the caller's transaction; raises OperatorFault for one that is not ours."""
    _take_steps(connection, "heads")


def build(connection: Connection, revision: str, *, refusal: str) -> None:
    """
    Make the tables of one revision in an empty database, within the caller's transaction.

    Raises OperatorFault with the refusal where the database is not empty, and
    for a revision that only a newer program knows.
    """
    if inspect(connection).get_table_names():
        raise OperatorFault(refusal)
    if revision not in _known(_scripts()):
        raise OperatorFault(TOO_NEW)
    _take_steps(connection, revision)


def is_behind(engine: Engine) -> bool:
    """Return whether the database is older than this program, and not empty; raises OperatorFault for a foreign one."""
    with engine.begin() as connection:
        scripts = _scripts()
        return _revision(connection, _context(connection), scripts) not in {None, scripts.get_current_head()}


def check(engine: Engine) -> None:
    """Raise OperatorFault unless the database's schema is the one this program was written for."""
    with engine.begin() as connection:
        scripts = _scripts()
        current = _revision(connection, _context(connection), scripts)
    if current is None:
        raise OperatorFault(INIT_FIRST)
    if current != scripts.get_current_head():
        raise OperatorFault(UPGRADE_FIRST)


def revision_of(connection: Connection) -> str:
    """Return the revision of a database that was checked."""
    return str(_context(connection).get_current_revision())


def _take_steps(connection: Connection, until: str) -> None:
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": _UPGRADING})
    context, scripts = _context(connection), _scripts()
    current = _revision(connection, context, scripts)
    steps = [*scripts.iterate_revisions(until, current or "base")]
    with Operations.context(context):
        for step in reversed(steps):
            step.module.upgrade()
            context.stamp(scripts, step.revision)


def _revision(connection: Connection, context: MigrationContext, scripts: ScriptDirectory) -> str | None:
    """Return the schema's revision, or None for an empty database; raises OperatorFault for a foreign one."""
    tables = inspect(connection).get_table_names()
    if not tables:
        return None
    current = context.get_current_revision() if VERSION_TABLE in tables else None
    if current is None:
        raise OperatorFault(NOT_OURS)
    if current not in _known(scripts):
        raise OperatorFault(TOO_NEW)
    return current


def _known(scripts: ScriptDirectory) -> set[str]:
    return {script.revision for script in scripts.walk_revisions()}


def _context(connection: Connection) -> MigrationContext:
    return MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE})


def _scripts() -> ScriptDirectory:
    return ScriptDirectory(str(Path(__file__).parent))
