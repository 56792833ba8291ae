"""Keep what became of the posts of leads on their platforms."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, insert, or_, select, update

from domain.filing import PostKey
from domain.ids import LeadId, PostId, TargetId
from domain.leads import Capture, LeadStatus
from domain.rechecks import LeadPost
from domain.scoring import Reason
from storage.rows import chunks, columns_of
from storage.tables import lead_posts, lead_reasons, leads, posts

_OPEN = leads.c.status != LeadStatus.CLOSED
_TOLD = or_(lead_posts.c.capture.is_(None), lead_posts.c.capture != Capture.AWAITED)


class Takedowns:
    """The book of removals, in one transaction."""

    def __init__(self, connection: Connection) -> None:
        """Work on a connection."""
        self._connection = connection

    def open_posts(self, target_id: TargetId) -> list[LeadPost]:
        """Return the posts of a target that open leads have and whose words are known, each once."""
        query = (
            select(
                posts.c.id,
                posts.c.platform,
                posts.c.container,
                posts.c.post,
                leads.c.filed_at,
                lead_posts.c.looked_at,
                lead_posts.c.gone_since,
                lead_posts.c.taken_down_at,
            )
            .join(lead_posts, lead_posts.c.post_id == posts.c.id)
            .join(leads, leads.c.id == lead_posts.c.lead_id)
            .where(posts.c.target_id == target_id, _OPEN, _TOLD)
            .order_by(leads.c.filed_at, posts.c.nr)  # of two leads the later one says how often
        )
        found = {
            row.id: LeadPost(
                id=row.id,
                key=PostKey(platform=row.platform, container=row.container, post=row.post),
                filed_at=row.filed_at,
                looked_at=row.looked_at,
                gone_since=row.gone_since,
                taken_down_at=row.taken_down_at,
            )
            for row in self._connection.execute(query)
        }
        return list(found.values())

    def looked(
        self, post_id: PostId, at: datetime, *, gone_since: datetime | None, taken_down_at: datetime | None
    ) -> list[LeadId]:
        """Write what a look at a post told; returns the leads that have it."""
        if taken_down_at is not None:
            gone = update(posts).where(posts.c.id == post_id, posts.c.deleted_at.is_(None))
            self._connection.execute(gone.values(deleted_at=taken_down_at))
        change = update(lead_posts).where(lead_posts.c.post_id == post_id)
        told = change.values(looked_at=at, gone_since=gone_since, taken_down_at=taken_down_at)
        return sorted(self._connection.execute(told.returning(lead_posts.c.lead_id)).scalars())

    def said(self, post_id: PostId, at: datetime) -> None:
        """Write that the platform said of its own accord that a post is gone, unless it has said so before."""
        first = update(lead_posts).where(lead_posts.c.post_id == post_id, lead_posts.c.gone_since.is_(None))
        self._connection.execute(first.values(looked_at=at, gone_since=at))

    def down(self, post_ids: Sequence[PostId]) -> set[LeadId]:
        """Return the leads of these posts in which their removal was confirmed, and forget it: they are there again."""
        found: set[LeadId] = set()
        for piece in chunks(post_ids):
            these = lead_posts.c.post_id.in_(piece)
            confirmed = select(lead_posts.c.lead_id).where(these, lead_posts.c.taken_down_at.is_not(None))
            found |= set(self._connection.execute(confirmed).scalars())
            change = update(lead_posts).where(these, lead_posts.c.gone_since.is_not(None))
            self._connection.execute(change.values(gone_since=None, taken_down_at=None))
        return found

    def target_gone(self, target_id: TargetId, since: datetime, at: datetime) -> list[LeadId]:
        """Write that a target is confirmed gone, and with it the posts of its open leads; returns whose that is new."""
        of_it = select(leads.c.id).where(leads.c.target_id == target_id, _OPEN)
        change = update(lead_posts).where(lead_posts.c.lead_id.in_(of_it), lead_posts.c.taken_down_at.is_(None))
        told = change.values(looked_at=at, gone_since=since, taken_down_at=at)
        return sorted(set(self._connection.execute(told.returning(lead_posts.c.lead_id)).scalars()))

    def target_back(self, target_id: TargetId, since: datetime) -> list[LeadId]:
        """Write that a target, gone since a moment, is there again; returns the leads that were down with it."""
        of_it = select(leads.c.id).where(leads.c.target_id == target_id)
        change = update(lead_posts).where(lead_posts.c.lead_id.in_(of_it), lead_posts.c.gone_since == since)
        told = change.values(gone_since=None, taken_down_at=None)
        return sorted(set(self._connection.execute(told.returning(lead_posts.c.lead_id)).scalars()))

    def explain(self, lead_id: LeadId, reason: Reason) -> None:
        """Add a reason to a lead that weighs nothing."""
        self._connection.execute(insert(lead_reasons), columns_of(reason, lead_reasons, lead_id=lead_id))
