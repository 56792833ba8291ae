"""Keep on whose behalf the instance acts."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, delete, func, insert, select, update

from domain.condition import Beat
from domain.mandate import Mandate, Organisation, Standing
from storage.rows import columns_of, made
from storage.tables import instance, mandate, organisation, users

_MANDATE = tuple(mandate.c[name] for name in Mandate.__slots__)


class StandingOrder:
    """The standing, in one transaction."""

    def __init__(self, connection: Connection) -> None:
        """Work on a connection."""
        self._connection = connection

    def get(self) -> Standing:
        """Return the organisation, the mandate, how many people are named, and whether all is paused."""
        run = self._connection.execute
        who = run(select(organisation.c.name, organisation.c.contact, organisation.c.zone)).first()
        what = run(select(*_MANDATE)).first()
        named = run(select(func.count()).select_from(users).where(users.c.disabled_at.is_(None))).scalar_one()
        return Standing(
            organisation=made(Organisation, who) if who else None,
            mandate=made(Mandate, what) if what else None,
            users=named,
            paused=run(select(instance.c.paused)).scalar_one(),
        )

    def enrol(self, organisation_: Organisation, mandate_: Mandate, now: datetime) -> None:
        """Write (or replace) the organisation and the mandate."""
        for table, value in ((organisation, organisation_), (mandate, mandate_)):
            self._connection.execute(delete(table))
            self._connection.execute(insert(table), columns_of(value, table, id=1, written_at=now))

    def pause_all(self, reason: str) -> None:
        """Stop all visits with a reason; an empty reason lets them go on."""
        self._connection.execute(update(instance).values(paused=reason))

    def beat(self, beat: Beat) -> None:
        """Write the last sign of the process that visits."""
        self._connection.execute(update(instance).values(beat_at=beat.at, beat_fault=beat.fault))

    def last_beat(self) -> Beat:
        """Return the last sign of the process that visits."""
        row = self._connection.execute(select(instance.c.beat_at, instance.c.beat_fault)).one()
        return Beat(at=row.beat_at, fault=row.beat_fault)
