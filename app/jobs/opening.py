"""Open the queue that machines share, where there is one: procrastinate takes a while to import."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from typing import TYPE_CHECKING

from app.config import Config
from storage.engine import server_address

if TYPE_CHECKING:
    from app.jobs.shared import SharedQueue


def shared_queue(config: Config, *, works: bool = False) -> AbstractAsyncContextManager[SharedQueue] | None:
    """Return the queue to be opened, or None on SQLite; with `works` this process takes turns from it."""
    server = server_address(config.database_url)
    if server is None:
        return None
    from app.jobs.shared import opened  # noqa: PLC0415 - see the module

    address, options = server
    return opened(address, options, config.visits_at_once, works=works)
