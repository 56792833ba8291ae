"""Keep the triage queue: leads with the evidence that speaks for them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, func, insert, select, update

from domain.errors import NotFound
from domain.hashlists import HashMatch, MediaMatch
from domain.ids import LeadId, PostId, TargetId
from domain.leads import Capture, DeletedPost, Lead, LeadStatus, Look, PostTextHit, SealedContent
from domain.ports import LeadKey
from domain.scoring import Reason
from domain.text import TextHit
from storage.rows import chunks, columns_of
from storage.tables import OPEN, hash_matches, lead_contents, lead_posts, lead_reasons, lead_text_hits, leads, posts

_PLAIN = tuple(name for name in Lead.__slots__ if name in leads.c)
_REASON = tuple(Reason.__slots__)
_MATCH = tuple(HashMatch.__slots__)
_HIT = tuple(TextHit.__slots__)
_LOOK = (
    lead_posts.c.post_id,
    lead_posts.c.looked_at.label("at"),
    lead_posts.c.gone_since,
    lead_posts.c.taken_down_at,
)
_CONTENT = tuple(lead_contents.c[name] for name in SealedContent.__slots__)
CLAIM = ("status", "claimed_by", "claimed_at", "first_claimed_at", "closed_as")  # what people's decisions change
_NO_LEAD = "There is no such lead; see `kapear leads list`."


class _Evidence(NamedTuple):
    reasons: dict[str, list[Reason]]
    matches: dict[str, list[MediaMatch]]
    hits: dict[str, list[PostTextHit]]
    deleted: dict[str, list[DeletedPost]]
    looks: dict[str, list[Look]]
    captures: dict[str, set[Capture]]


class Leads:
    """The queue, in one transaction."""

    def __init__(self, connection: Connection, *, writes: bool) -> None:
        """Work on a connection."""
        self._connection = connection
        self._writes = writes

    def get(self, lead_id: LeadId) -> Lead:
        """Return a lead with its reasons, matches and hits; raises NotFound. A writer holds it from here on."""
        query = select(*leads.c).where(leads.c.id == lead_id)
        rows = self._connection.execute(query.with_for_update() if self._writes else query).all()
        if not rows:
            raise NotFound(_NO_LEAD)
        return self.complete(rows)[0]

    def is_open(self, target_id: TargetId) -> bool:
        """Return whether any lead of a target is open."""
        open_ones = select(leads.c.id).where(leads.c.target_id == target_id, OPEN)
        return self._connection.execute(open_ones.limit(1)).first() is not None

    def most_urgent(self, target_id: TargetId) -> int | None:
        """Return the highest removal urgency of a target's open leads; None where it has none."""
        highest = select(func.max(leads.c.urgency))
        return self._connection.execute(highest.where(leads.c.target_id == target_id, OPEN)).scalar()

    def queue(self, status: LeadStatus | None = None, limit: int | None = None) -> list[Lead]:
        """Return leads in the queue's order: points first (urgency + value), then the time of filing."""
        points = leads.c.urgency + leads.c.value
        query = select(*leads.c).order_by(points.desc(), leads.c.filed_at, leads.c.nr)
        if status is not None:
            query = query.where(leads.c.status == status)
        if limit is not None:
            query = query.limit(limit)
        return self.complete(self._connection.execute(query).all())

    def count(self, status: LeadStatus) -> int:
        """Return how many leads stand in a status, by an index."""
        counted = select(func.count()).select_from(leads).where(leads.c.status == status)
        return int(self._connection.execute(counted).scalar_one())

    def waiting(self, urgency: int, filed_before: datetime) -> list[tuple[LeadId, datetime]]:
        """Return new leads of at least this urgency that were filed before a moment, and when."""
        new = (leads.c.status == LeadStatus.NEW, leads.c.urgency >= urgency, leads.c.filed_at < filed_before)
        return [
            (row.id, row.filed_at) for row in self._connection.execute(select(leads.c.id, leads.c.filed_at).where(*new))
        ]

    def update(self, lead: Lead) -> None:
        """Write status and claim of a lead."""
        changed = {name: getattr(lead, name) for name in CLAIM}
        if not self._connection.execute(update(leads).where(leads.c.id == lead.id).values(changed)).rowcount:
            raise NotFound(_NO_LEAD)

    def contents(self, lead_id: LeadId) -> list[SealedContent]:
        """Return a lead's sealed rows, oldest first."""
        rows = select(*_CONTENT).where(lead_contents.c.lead_id == lead_id).order_by(lead_contents.c.nr)
        return [SealedContent(**row) for row in self._connection.execute(rows).mappings()]

    def add_content(self, content: SealedContent) -> None:
        """Add a sealed row (a note) to a lead."""
        self._connection.execute(insert(lead_contents), columns_of(content, lead_contents))

    def in_groups(self, groups: Sequence[str]) -> list[Lead]:
        """Return the leads of these groups; in a writer's hand until the transaction ends."""
        rows: list[Row[*tuple[Any, ...]]] = []
        for piece in chunks(groups):
            rows += self._connection.execute(select(*leads.c).where(leads.c.lead_group.in_(piece)).with_for_update())
        return self.complete(rows)

    def groups_of(self, post_ids: Sequence[PostId]) -> list[str]:
        """Return the groups of the leads that have one of these posts."""
        found: list[str] = []
        for piece in chunks(post_ids):
            having = select(leads.c.lead_group).distinct().join(lead_posts, lead_posts.c.lead_id == leads.c.id)
            found += self._connection.execute(having.where(lead_posts.c.post_id.in_(piece))).scalars()
        return found

    def complete(self, rows: Sequence[Row[*tuple[Any, ...]]]) -> list[Lead]:
        """Return whole leads for rows of the table, in the same order."""
        found = self._evidence([row.id for row in rows])
        return [
            Lead(
                **{name: row._mapping[name] for name in _PLAIN},  # noqa: SLF001 - public in SQLAlchemy
                group=row.lead_group,
                # Without the private half nothing opens the lead any more: its content is deleted.
                key=LeadKey(public=row.key_public, wrapped=row.key_wrapped) if row.key_wrapped else None,
                reasons=tuple(found.reasons[row.id]),
                matches=tuple(item for item in found.matches[row.id] if item.withdrawn is None),
                withdrawn=tuple(item for item in found.matches[row.id] if item.withdrawn is not None),
                text_hits=tuple(found.hits[row.id]),
                deleted=tuple(found.deleted[row.id]),
                looks=tuple(found.looks[row.id]),
                capture=_capture(found.captures[row.id]),
            )
            for row in rows
        ]

    def _evidence(self, lead_ids: Sequence[LeadId]) -> _Evidence:
        """Return what speaks for these leads, each in the order in which it was found."""
        found = _Evidence(
            reasons=defaultdict(list),
            matches=defaultdict(list),
            hits=defaultdict(list),
            deleted=defaultdict(list),
            looks=defaultdict(list),
            captures=defaultdict(set),
        )
        run = self._connection.execute
        for piece in chunks(lead_ids):
            reasons = select(*lead_reasons.c).where(lead_reasons.c.lead_id.in_(piece)).order_by(lead_reasons.c.nr)
            for row in run(reasons).mappings():
                found.reasons[row["lead_id"]].append(Reason(**{name: row[name] for name in _REASON}))
            matches = select(*hash_matches.c).where(hash_matches.c.lead_id.in_(piece)).order_by(hash_matches.c.nr)
            for row in run(matches).mappings():
                match = HashMatch(**{name: row[name] for name in _MATCH})
                item = MediaMatch(media_id=row["media_id"], match=match, withdrawn=row["withdrawn"])
                found.matches[row["lead_id"]].append(item)
            hits = select(*lead_text_hits.c).where(lead_text_hits.c.lead_id.in_(piece)).order_by(lead_text_hits.c.nr)
            for row in run(hits).mappings():
                hit = TextHit(**{name: row[name] for name in _HIT})
                found.hits[row["lead_id"]].append(PostTextHit(post_id=row["post_id"], hit=hit))
            gone = (
                select(lead_posts.c.lead_id, posts.c.id, posts.c.deleted_at)
                .join(posts, posts.c.id == lead_posts.c.post_id)
                .where(lead_posts.c.lead_id.in_(piece), posts.c.deleted_at.is_not(None))
                .order_by(posts.c.nr)
            )
            for row in run(gone).mappings():
                found.deleted[row["lead_id"]].append(DeletedPost(post_id=row["id"], at=row["deleted_at"]))
            looked = (
                select(*_LOOK, lead_posts.c.lead_id)
                .where(lead_posts.c.lead_id.in_(piece), lead_posts.c.looked_at.is_not(None))
                .order_by(lead_posts.c.post_id)
            )
            for row in run(looked).mappings():
                values = {name: row[name] for name in Look.__slots__}
                found.looks[row["lead_id"]].append(Look(**values))
            late = select(lead_posts.c.lead_id, lead_posts.c.capture).where(
                lead_posts.c.lead_id.in_(piece), lead_posts.c.capture.is_not(None)
            )
            for row in run(late).mappings():
                found.captures[row["lead_id"]].add(row["capture"])
        return found


def _capture(captures: set[Capture]) -> Capture | None:
    """Return what is to be said of a lead's posts: that one is waited for goes before that one is gone."""
    return next((one for one in (Capture.AWAITED, Capture.GONE, Capture.TAKEN) if one in captures), None)
