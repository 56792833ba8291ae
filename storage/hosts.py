"""Keep what hosts asked for: until when they rest, and what their robots files say."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from domain.courtesy import QUIET, HostState
from storage.rows import new_row
from storage.tables import hosts

_NOTHING = {"rests_because": "", "failures": 0, "landmark": ""}


class Hosts:
    """The book of hosts, in one transaction."""

    def __init__(self, connection: Connection) -> None:
        """Work on a connection."""
        self._connection = connection

    def state(self, host_digest: str) -> HostState:
        """Return how a host stands; QUIET for one of which nothing is written."""
        chosen = select(hosts.c.rests_until, hosts.c.rests_because, hosts.c.failures)
        row = self._connection.execute(chosen.where(hosts.c.host_digest == host_digest)).first()
        return QUIET if row is None else HostState(**row._asdict())

    def note(self, host_digest: str, state: HostState) -> None:
        """Write how a host stands."""
        self._put(host_digest, {name: getattr(state, name) for name in HostState.__slots__})

    def robots(self, host_digest: str) -> tuple[bytes, datetime] | None:
        """Return an origin's robots file, encrypted, and when it was read."""
        chosen = select(hosts.c.robots, hosts.c.robots_at)
        row = self._connection.execute(chosen.where(hosts.c.host_digest == host_digest)).first()
        return None if row is None or row.robots is None else (row.robots, row.robots_at)

    def keep_robots(self, host_digest: str, robots: bytes, read_at: datetime) -> None:
        """Write an origin's robots file, encrypted."""
        self._put(host_digest, {"robots": robots, "robots_at": read_at})

    def _put(self, host_digest: str, values: Mapping[str, Any]) -> None:
        """Write columns of a host's row, which there may or may not be."""
        row = {"host_digest": host_digest, **_NOTHING, **values}
        new = new_row(self._connection, hosts).values(row)
        self._connection.execute(new.on_conflict_do_update(index_elements=["host_digest"], set_=dict(values)))
