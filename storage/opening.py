"""Open a store: make or check its schema before anybody works with it."""

from __future__ import annotations

import asyncio
from pathlib import Path

from sqlalchemy.exc import DBAPIError

from storage.engine import Engines, make_engines
from storage.faults import fault
from storage.migrations import check, upgrade
from storage.store import SqlStore


async def open_store(url: str, *, data_dir: Path, create: bool) -> SqlStore:
    """
    Open the store behind a database URL.

    With `create` an empty database is filled and an older one brought up to
    date. Without, both raise OperatorFault saying which command to run, as
    does a database of a newer program, of another program, or out of reach.
    """
    return SqlStore(await asyncio.to_thread(_engines, url, data_dir, create=create), data_dir=data_dir)


def _engines(url: str, data_dir: Path, *, create: bool) -> Engines:
    if create:
        data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    engines = make_engines(url, create=create)
    try:
        if create:
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
