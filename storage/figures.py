"""
Count, for the figures a hotline owes: by kind and by time, and never by place.

No figure names, ranks or splits by a target, a channel or a person.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Connection, FromClause, and_, func, select, true, type_coerce

from domain.books.rows import Backlog, Divided, Division
from domain.leads import LeadStatus
from domain.targets import TargetStatus
from storage.retention import SHOWN, SUMS, every_visit
from storage.tables import DUE, hosts, leads, media, outages, reports, revisions, seen_days, targets, visit_days, visits

_MINUTE = 60_000_000  # microseconds


def count(connection: Connection, since: date | None, until: date | None) -> Mapping[str, int]:
    """
    Return counts by name.

    Events (visits, observations …) are those of the UTC days from `since` to
    `until`, both included; states (…_active, …_open, …_closed) are today's.
    `gaps` are the times at which posts may have scrolled away unseen, and
    `minutes_offline` those of outages that began on these days and are over.
    """
    closed = leads.c.status == LeadStatus.CLOSED
    counted: dict[str, tuple[FromClause, ColumnElement[bool]]] = {
        "reports": (reports, within(reports.c.created_at, since, until)),
        "targets_total": (targets, true()),
        "targets_active": (targets, targets.c.status == TargetStatus.ACTIVE),
        "outages": (outages, within(outages.c.started_at, since, until)),
        "visits": (visits, within(visits.c.started_at, since, until)),
        "observations": (revisions, within(revisions.c.seen_at, since, until)),
        "media": (media.join(revisions, SHOWN), within(revisions.c.seen_at, since, until)),
        "leads_filed": (leads, within(leads.c.filed_at, since, until)),
        "leads_open": (leads, ~closed),
        "leads_closed": (leads, closed),
    }
    lasted = type_coerce(outages.c.ended_at, BigInteger) - type_coerce(outages.c.started_at, BigInteger)
    summed: dict[str, tuple[ColumnElement[Any], ColumnElement[bool]]] = {
        "gaps": (func.sum(visits.c.gaps), within(visits.c.started_at, since, until)),
        "minutes_offline": (func.sum(lasted) / _MINUTE, within(outages.c.started_at, since, until)),
    }
    found = Counter(
        {
            name: int(connection.execute(select(func.count()).select_from(table).where(condition)).scalar_one())
            for name, (table, condition) in counted.items()
        }
    )
    for name, (figure, condition) in (*summed.items(), *_of_rows_that_went(since, until)):
        found[name] += int(connection.execute(select(figure).where(condition)).scalar_one() or 0)
    return found


def _of_rows_that_went(
    since: date | None, until: date | None
) -> Iterator[tuple[str, tuple[ColumnElement[Any], ColumnElement[bool]]]]:
    for table, names in ((visit_days, ("visits", "gaps")), (seen_days, ("observations", "media"))):
        for name in names:
            yield name, (func.sum(table.c[name]), within(table.c.day, since, until))


def backlog(connection: Connection, now: datetime) -> Backlog:
    """Return what waits now, by indexes; hosts, which are few, one by one."""
    new = select(func.count()).select_from(leads).where(leads.c.status == LeadStatus.NEW)
    due = select(func.count(), func.min(targets.c.next_due)).where(DUE, targets.c.next_due <= now)
    resting = select(func.count()).select_from(hosts).where(hosts.c.rests_until > now)
    number, since = connection.execute(due).one()
    return Backlog(
        leads=int(connection.execute(new).scalar_one()),
        due=int(number),
        due_since=since,
        hosts_resting=int(connection.execute(resting).scalar_one()),
    )


def count_by(connection: Connection, division: Division, since: date | None, until: date | None) -> Divided:
    """Return visits, what they took and the leads they filed, of UTC days, by the kind of platform or by outcome."""
    visited = every_visit()
    kind = {Division.PLATFORM: visited.c.platform, Division.OUTCOME: visited.c.outcome}[division]
    summed = {name: func.sum(visited.c[name]).label(name) for name in SUMS}
    grouped = (
        select(kind.label("kind"), *summed.values())
        .where(within(visited.c.day, since, until))
        .group_by(kind)
        .order_by(kind)
    )
    return {
        row["kind"].value: {name: int(row[name]) for name in summed} for row in connection.execute(grouped).mappings()
    }


def first_day(connection: Connection) -> date | None:
    """Return the day of the first report, before which there is nothing to count."""
    first = connection.execute(select(func.min(reports.c.created_at))).scalar()
    return None if first is None else first.date()


def within(moment: ColumnElement[datetime], since: date | None, until: date | None) -> ColumnElement[bool]:
    """Return the condition that a moment lies on one of the days."""
    condition: ColumnElement[bool] = true()
    if since is not None:
        condition = and_(condition, moment >= datetime.combine(since, time(), UTC))
    if until is not None:
        condition = and_(condition, moment < datetime.combine(until + timedelta(days=1), time(), UTC))
    return condition
