"""Delete what is long over, and keep what it sums to: by day and kind, and never by target."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, time
from typing import Any

from sqlalchemy import (
    BigInteger,
    Connection,
    RowMapping,
    Subquery,
    Table,
    and_,
    delete,
    func,
    literal,
    select,
    type_coerce,
    union_all,
)

from storage.rows import chunks, new_row
from storage.tables import lead_posts, media, posts, revisions, seen_days, targets, visit_days, visit_requests, visits

SHOWN = and_(media.c.post_id == revisions.c.post_id, media.c.seq == revisions.c.seq)  # the revision that shows a medium
SUMS = ("visits", "leads_filed", "requests", "bytes", "gaps")  # of visits
_KINDS = ("day", "platform", "outcome")
_EACH = (
    visits.c.started_at.label("day"),
    # By a query of its own: rows that are being deleted cannot be joined.
    select(targets.c.platform).where(targets.c.id == visits.c.target_id).scalar_subquery().label("platform"),
    visits.c.outcome,
    type_coerce(literal(1), BigInteger).label("visits"),
    *(visits.c[name] for name in SUMS[1:]),
)


def every_visit() -> Subquery:
    """Return the visits there are, one by one, and those there were, by day: `day` is a moment of it."""
    return union_all(select(*_EACH), select(*(visit_days.c[name] for name in (*_KINDS, *SUMS)))).subquery()


def sum_up_visits(connection: Connection, before: datetime, limit: int) -> int:
    """Delete the oldest visits that began before a moment, about so many; returns how many."""
    oldest = select(visits.c.started_at).where(visits.c.started_at < before).order_by(visits.c.started_at)
    last = connection.execute(oldest.offset(limit - 1).limit(1)).scalar()
    these = visits.c.started_at < before if last is None else visits.c.started_at <= last
    answered = visit_requests.c.visit_id.in_(select(visits.c.id).where(these))
    connection.execute(delete(visit_requests).where(answered))
    # What is summed is what this very statement deleted: two at once count nothing twice.
    gone = connection.execute(delete(visits).where(these).returning(*_EACH)).mappings().all()
    _add(connection, visit_days, _KINDS, gone)
    return len(gone)


def sum_up_posts(connection: Connection, before: datetime, limit: int) -> int:
    """Delete posts without a lead whose latest revision is older, with all that hangs on them; returns how many."""
    later = revisions.alias()
    is_later = and_(later.c.post_id == revisions.c.post_id, later.c.seen_at >= before)
    old = select(revisions.c.post_id).where(
        revisions.c.seen_at < before,
        ~select(later.c.seq).where(is_later).exists(),
        ~select(lead_posts.c.lead_id).where(lead_posts.c.post_id == revisions.c.post_id).exists(),
    )
    # Held from here on: two at once count nothing twice.
    held = select(posts.c.id).where(posts.c.id.in_(old.distinct().limit(limit))).with_for_update()
    gone = list(connection.execute(held).scalars())
    each = select(
        revisions.c.seen_at.label("day"),
        type_coerce(literal(1), BigInteger).label("observations"),
        select(func.count()).select_from(media).where(SHOWN).scalar_subquery().label("media"),
    )
    seen: list[RowMapping] = []
    for piece in chunks(gone):
        seen += connection.execute(each.where(revisions.c.post_id.in_(piece))).mappings()
        connection.execute(delete(posts).where(posts.c.id.in_(piece)))
    _add(connection, seen_days, ("day",), seen)
    return len(gone)


def _add(connection: Connection, table: Table, kinds: tuple[str, ...], rows: Sequence[RowMapping]) -> None:
    """Add rows to the sums of their days, in one order, so that two who do so wait for each other in turn."""
    names = [name for name in table.c.keys() if name not in kinds]  # noqa: SIM118 - a collection of columns
    sums: dict[tuple[Any, ...], Counter[str]] = {}
    for row in rows:
        midnight = datetime.combine(row["day"].date(), time(), UTC)
        kind = (midnight, *(row[name] for name in kinds[1:]))
        sums.setdefault(kind, Counter()).update({name: row[name] for name in names})
    for kind in sorted(sums):
        new = new_row(connection, table).values({**dict(zip(kinds, kind, strict=True)), **sums[kind]})
        more = {name: table.c[name] + new.excluded[name] for name in names}
        connection.execute(new.on_conflict_do_update(index_elements=kinds, set_=more))
