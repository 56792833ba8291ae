"""Read the times of leads: by one index, and no more of them than one look needs."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, ColumnElement, Connection, select, type_coerce

from domain.ids import TargetId
from domain.latency import MOST_LEADS, LeadTimes, Timing
from domain.leads import LeadStatus
from storage.columns import micros
from storage.tables import leads

_SECOND = 1_000_000  # microseconds
_CLOSED = (leads.c.status == LeadStatus.CLOSED).label("closed")


def _number(column: ColumnElement[datetime | None]) -> ColumnElement[int]:
    """Return a moment as the number that it is stored as: made into moments, they take five times as long."""
    return type_coerce(column, BigInteger)


def lead_times(
    connection: Connection,
    now: datetime,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    target_id: TargetId | None = None,
    limit: int = MOST_LEADS,
) -> list[LeadTimes]:
    """Return the times of leads filed from `since` to before `until`, in all or of one target, newest first."""
    query = (
        select(
            leads.c.timing,
            _CLOSED,
            _number(leads.c.appeared_at),
            _number(leads.c.seen_at),
            _number(leads.c.filed_at),
            _number(leads.c.first_claimed_at),
        )
        .order_by(leads.c.filed_at.desc())
        .limit(limit)
    )
    if since is not None:
        query = query.where(leads.c.filed_at >= since)
    if until is not None:
        query = query.where(leads.c.filed_at < until)
    if target_id is not None:
        query = query.where(leads.c.target_id == target_id)
    today = micros(now)
    found = []
    for timing, closed, appeared, seen, filed, claimed in connection.execute(query):
        since_it_appeared = appeared if timing is Timing.WATCHED else None
        found.append(
            LeadTimes(
                timing=timing,
                to_seen=_seconds(since_it_appeared, seen),
                to_lead=_seconds(since_it_appeared, filed),
                to_person=_seconds(filed, claimed),
                waiting=_seconds(filed, today) if claimed is None and not closed else None,
            )
        )
    return found


def _seconds(since: int | None, until: int | None) -> float | None:
    """Return how long it took; no less than nothing, for clocks differ."""
    return None if since is None or until is None else max(0, until - since) / _SECOND
