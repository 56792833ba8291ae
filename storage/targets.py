"""Keep what is watched, by whose decision, and until when."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime

from sqlalchemy import BigInteger, Connection, case, func, literal, select, type_coerce, update

from domain.errors import NotFound, WrongState
from domain.ids import TargetId
from domain.observations import Platform
from domain.targets import TargetStatus, WatchTarget
from storage.claims import NO_TARGET, TARGET, Claims
from storage.columns import micros
from storage.observed import Observed
from storage.retention import sum_up_posts, sum_up_visits
from storage.rows import chunks, columns_of, insert_new, made
from storage.tables import targets, visits

# What people decide about a target.
_DECIDED = (
    "status", "approved_by", "approved_at", "next_due", "expires_at", "extends_to", "extension_by", "extension_reason",
)  # fmt: skip
_OVER = (TargetStatus.EXPIRED, TargetStatus.RETIRED)


class Targets(Claims, Observed):
    """Everything about targets, in one transaction."""

    def __init__(self, connection: Connection, *, writes: bool) -> None:
        """Work on a connection."""
        super().__init__(connection)
        self._writes = writes

    def add(self, target: WatchTarget) -> None:
        """Write a new target; raises WrongState when a living one has the same locator digest."""
        if not insert_new(self._connection, targets, columns_of(target, targets)):
            raise WrongState("This place is watched already; see `kapear watch list`.")

    def find(self, locator_digest: str) -> WatchTarget | None:
        """Return the living (not retired, not expired) target with this locator digest."""
        living = select(*TARGET).where(targets.c.locator_digest == locator_digest, targets.c.status.not_in(_OVER))
        row = self._connection.execute(living).first()
        return made(WatchTarget, row) if row else None

    def get(self, target_id: TargetId) -> WatchTarget:
        """Return a target; raises NotFound. A writer holds it from here on."""
        query = select(*TARGET).where(targets.c.id == target_id)
        row = self._connection.execute(query.with_for_update() if self._writes else query).first()
        if row is None:
            raise NotFound(NO_TARGET)
        return made(WatchTarget, row)

    def all(self) -> list[WatchTarget]:
        """Return all targets by the time they were added, newest first."""
        newest_first = select(*TARGET).order_by(targets.c.created_at.desc(), targets.c.id.desc())
        return [made(WatchTarget, row) for row in self._connection.execute(newest_first)]

    def count(self, statuses: Iterable[TargetStatus]) -> int:
        """Return how many targets stand in one of these statuses."""
        counted = select(func.count()).select_from(targets).where(targets.c.status.in_(list(statuses)))
        return int(self._connection.execute(counted).scalar_one())

    def ending(self, before: datetime) -> list[tuple[TargetId, datetime]]:
        """Return active and paused targets that end before a moment, and when."""
        watched = targets.c.status.in_([TargetStatus.ACTIVE, TargetStatus.PAUSED])
        query = select(targets.c.id, targets.c.expires_at).where(watched, targets.c.expires_at < before)
        return [(row.id, row.expires_at) for row in self._connection.execute(query)]

    def failing(self, failures: int) -> list[tuple[TargetId, datetime | None]]:
        """Return active targets that failed at least so often in a row, and when they were looked at last."""
        failing = (targets.c.status == TargetStatus.ACTIVE, targets.c.failures >= failures)
        query = select(targets.c.id, targets.c.last_visit_at).where(*failing)
        return [(row.id, row.last_visit_at) for row in self._connection.execute(query)]

    def visit_count(self, since: datetime) -> int:
        """Return how many visits began from a moment on, by an index."""
        counted = select(func.count()).select_from(visits).where(visits.c.started_at >= since)
        return int(self._connection.execute(counted).scalar_one())

    def sum_up_posts(self, before: datetime, limit: int) -> int:
        """Delete posts of no lead that last changed before a moment, but for their sums; returns how many."""
        return sum_up_posts(self._connection, before, limit)

    def sum_up_visits(self, before: datetime, limit: int) -> int:
        """Delete the oldest visits that began before a moment, about so many, but for their sums; returns how many."""
        return sum_up_visits(self._connection, before, limit)

    def update(self, target: WatchTarget) -> None:
        """Write status, approval, end and next visit of a target; its claim and cursor are left alone."""
        change = update(targets).where(targets.c.id == target.id)
        changed = change.values({name: getattr(target, name) for name in _DECIDED})
        if not self._connection.execute(changed).rowcount:
            raise NotFound(NO_TARGET)

    def hurry(self, target_ids: Collection[TargetId], now: datetime) -> None:
        """Let active targets be due now, behind no bulk."""
        for piece in chunks(list(target_ids)):
            active = (targets.c.id.in_(piece), targets.c.status == TargetStatus.ACTIVE, targets.c.next_due.is_not(None))
            sooner = case((targets.c.next_due > now, literal(now, targets.c.next_due.type)), else_=targets.c.next_due)
            self._connection.execute(update(targets).where(*active).values(next_due=sooner, pressing=True))

    def adopt(self, before: Platform, after: Platform) -> list[TargetId]:
        """Let living targets of one platform be read through another from their next visit on; returns which."""
        living = update(targets).where(targets.c.platform == before, targets.c.status.not_in(_OVER))
        adopted = living.values(platform=after).returning(targets.c.id)
        return sorted(self._connection.execute(adopted).scalars())

    def expire(self, now: datetime) -> list[TargetId]:
        """Mark as expired what lived past its end; returns which."""
        over = update(targets).where(targets.c.status.not_in(_OVER), targets.c.expires_at <= now)
        expired = over.values(status=TargetStatus.EXPIRED, next_due=None).returning(targets.c.id)
        return list(self._connection.execute(expired).scalars())

    def plan_anew(self, now: datetime) -> int:
        """Plan anew what a clock that was ahead has planned; returns for how many targets."""
        due, visited = (type_coerce(column, BigInteger) for column in (targets.c.next_due, targets.c.last_visit_at))
        waits = update(targets).where(targets.c.last_visit_at > now)
        meant = type_coerce(literal(micros(now), BigInteger) + due - visited, targets.c.next_due.type)
        moved = self._connection.execute(waits.values(next_due=meant, last_visit_at=now)).rowcount
        never = update(targets).where(targets.c.last_visit_at.is_(None), targets.c.next_due > now)
        return moved + self._connection.execute(never.values(next_due=now)).rowcount
