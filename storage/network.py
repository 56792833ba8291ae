"""Keep when the network was away, and how hosts answer while it is there."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, insert, or_, select, update

from domain.connectivity import Outage
from domain.landmarks import Landmark
from storage.rows import new_row
from storage.tables import hosts, outages


class Outages:
    """The book of outages, in one transaction."""

    def __init__(self, connection: Connection) -> None:
        """Work on a connection."""
        self._connection = connection

    def begin(self, at: datetime) -> None:
        """Write that the network went away, unless it is away already."""
        if self.current() is None:
            self._connection.execute(insert(outages).values(started_at=at))

    def end(self, at: datetime) -> None:
        """Write that it is back, where it was away."""
        self._connection.execute(update(outages).where(outages.c.ended_at.is_(None)).values(ended_at=at))

    def current(self) -> datetime | None:
        """Return since when it is away; None while it is there."""
        latest = select(outages.c.started_at).where(outages.c.ended_at.is_(None)).order_by(outages.c.nr.desc())
        return self._connection.execute(latest).scalars().first()

    def between(self, since: datetime, until: datetime) -> list[Outage]:
        """Return the outages of a time, the latest first."""
        query = select(outages.c.started_at, outages.c.ended_at).order_by(outages.c.nr.desc())
        touching = (outages.c.started_at <= until, or_(outages.c.ended_at.is_(None), outages.c.ended_at >= since))
        return [
            Outage(started_at=row.started_at, ended_at=row.ended_at)
            for row in self._connection.execute(query.where(*touching))
        ]


class HostLandmarks:
    """The book of landmarks, in one transaction."""

    def __init__(self, connection: Connection) -> None:
        """Work on a connection."""
        self._connection = connection

    def get(self, host_digest: str) -> Landmark | None:
        """Return a host's landmark, where one was ever seen."""
        query = select(hosts.c.landmark).where(hosts.c.host_digest == host_digest)
        return Landmark.loaded(self._connection.execute(query).scalar() or "")

    def put(self, host_digest: str, landmark: Landmark) -> None:
        """Write a host's landmark."""
        said = {"landmark": landmark.dumped()}
        new = new_row(self._connection, hosts).values(host_digest=host_digest, rests_because="", failures=0, **said)
        self._connection.execute(new.on_conflict_do_update(index_elements=["host_digest"], set_=said))
