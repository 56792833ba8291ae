"""Open a store: make or check its schema before anybody works with it."""

from __future__ import annotations

import asyncio
from pathlib import Path

from sqlalchemy.exc import DBAPIError

from storage.engine import Engines, make_engines
from storage.faults import fault
from storage.migrations import check, is_behind, upgrade
from storage.store import SqlStore
from storage.visitor import alone


async def open_store(url: str, *, data_dir: Path, create: bool) -> SqlStore:
    """
    Open the store behind a database URL.

    With `create` an empty database is filled and an older one brought up to
    date, unless somebody visits for it now (AlreadyRunning): an older program
    would write on into a newer schema. Without, both raise OperatorFault saying
    which command to run, as does a database of a newer program, of another
    program, or out of reach.
    """
    return SqlStore(await asyncio.to_thread(_engines, url, data_dir, create=create), data_dir=data_dir)


def _engines(url: str, data_dir: Path, *, create: bool) -> Engines:
    if create:
        data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    engines = make_engines(url, create=create)
    try:
        if create and is_behind(engines.writer):
            with alone(engines, data_dir):
                upgrade(engines.writer)
        elif create:
            upgrade(engines.writer)
        else:
            check(engines.readers)
    except DBAPIError as error:
        engines.dispose()
        raise fault(error) from None
    except BaseException:
        engines.dispose()
        raise
    return engines
