"""
Write one page of posts as a whole, or not at all.

The target's row is held from the first look on. On PostgreSQL the page's
containers are too, for two targets may show the same post, and what one
writes the other must have seen.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import Connection, bindparam, func, insert, or_, select, update

from domain.errors import LostClaim
from domain.filing import PostKey, overflow_days
from domain.ids import LeadId
from domain.leads import LeadKind, SealedContent
from domain.pages import KnownPage, MediaRow, NewPost, NewRevision, PagePlan
from domain.ports import LeadKey
from domain.targets import Claim
from storage.claims import held
from storage.columns import micros
from storage.containers import hold_containers
from storage.evidence import EvidenceBook
from storage.figures import within
from storage.observed import Observed
from storage.rows import columns_of, insert_plain
from storage.tables import fingerprints, frames, leads, media, posts, revisions, targets

_POST = ("id", "platform", "container", "post", "target_id", "first_seen", "seq", "album")
_REVISION = ("post_id", "seq", "posted_at", "edited_at", "seen_at", "content_digest")
_LOST = "another visitor took the target; nothing of this page was written"


class Page:
    """The transaction of one page, under one claim."""

    def __init__(self, connection: Connection, claim: Claim) -> None:
        """Work on a connection, fenced by a claim."""
        self._connection = connection
        self._claim = claim

    def known(self, keys: Sequence[PostKey], groups: Sequence[str]) -> KnownPage:
        """Lock the target's row and return what is stored; raises LostClaim if the token is stale."""
        row = self._connection.execute(
            select(targets.c.token, targets.c.claimed).where(targets.c.id == self._claim.target.id).with_for_update()
        ).first()
        if row is None or not row.claimed or row.token != self._claim.token:
            raise LostClaim(_LOST)
        hold_containers(self._connection, keys)
        posts = Observed(self._connection).known_posts(keys)
        return KnownPage(
            posts=posts,
            leads=EvidenceBook(self._connection).known([post.id for post in posts.values()], groups),
            text_leads_today=self._text_leads(groups),
        )

    def record(
        self,
        plan: PagePlan,
        *,
        keys: Mapping[LeadId, LeadKey],
        sealed: Sequence[SealedContent],
        cursor: str | None,
        recall: bytes | None = None,
    ) -> None:
        """Write the plan and advance the cursor where the token still fits; raises LostClaim where it does not."""
        if not self._connection.execute(held(self._claim).values(cursor=cursor, recall=recall)).rowcount:
            raise LostClaim(_LOST)
        self._write_posts(plan)
        self._write_media(plan.media)
        EvidenceBook(self._connection).write(plan.leads, keys, sealed)

    def _write_posts(self, plan: PagePlan) -> None:
        latest = {revision.post_id: revision.seq for revision in plan.revisions}
        new = {post.id for post in plan.posts}
        insert_plain(self._connection, posts, _POST, [_post_row(post, latest[post.id]) for post in plan.posts])
        insert_plain(self._connection, revisions, _REVISION, [_revision_row(one) for one in plan.revisions])
        moved = [{"_id": post_id, "_seq": seq} for post_id, seq in latest.items() if post_id not in new]
        if moved:
            change = update(posts).where(posts.c.id == bindparam("_id"))
            self._connection.execute(change.values(seq=bindparam("_seq")), moved)
        present = [{"_id": one.post_id, "_deleted_at": one.deleted_at} for one in plan.presence]
        if present:
            change = update(posts).where(posts.c.id == bindparam("_id"))
            self._connection.execute(change.values(deleted_at=bindparam("_deleted_at")), present)

    def _write_media(self, items: Sequence[MediaRow]) -> None:
        new = [columns_of(item, media) for item in items if not item.known]
        if new:
            self._connection.execute(insert(media).inline(), new)
        learnt = ("status", "reason", "attempts", "retry", "generation", "matched")
        known = [{f"_{name}": getattr(item, name) for name in ("id", *learnt)} for item in items if item.known]
        if known:
            change = update(media).where(media.c.id == bindparam("_id"))
            self._connection.execute(change.values({name: bindparam(f"_{name}") for name in learnt}), known)
        prints = [
            columns_of(
                found,
                fingerprints,
                media_id=item.id,
                pdq_dihedral=b"".join(found.pdq_dihedral + found.pdq_others) or None,
                phash=_joined(found.phash, found.phash_trimmed),
                phash256=_joined(found.phash256, found.phash256_trimmed),
            )
            for item in items
            if (found := item.fingerprint) is not None
        ]
        if prints:
            self._connection.execute(insert(fingerprints).inline(), prints)
        sampled = [
            columns_of(frame, frames, media_id=item.id, pdq_dihedral=b"".join(frame.pdq_dihedral + frame.pdq_others))
            for item in items
            if item.fingerprint is not None
            for frame in item.fingerprint.frames
        ]
        if sampled:
            self._connection.execute(insert(frames).inline(), sampled)

    def _text_leads(self, groups: Sequence[str]) -> int:
        """Return how many leads the target's texts opened on the (UTC) days that the groups speak of."""
        days = overflow_days(groups)
        if not days:
            return 0
        on_a_day = or_(*(within(leads.c.filed_at, day, day) for day in days))
        counted = select(func.count()).select_from(leads)
        opened = counted.where(leads.c.target_id == self._claim.target.id, leads.c.kind == LeadKind.TEXT, on_a_day)
        return int(self._connection.execute(opened).scalar_one())


def _joined(whole: bytes | None, trimmed: bytes | None) -> bytes | None:
    return (whole or b"") + (trimmed or b"") or None


def _post_row(post: NewPost, seq: int) -> tuple[str | int | None, ...]:
    key = post.key
    seen = micros(post.first_seen)
    return post.id, key.platform.value, key.container, key.post, post.target_id, seen, seq, post.album


def _revision_row(revision: NewRevision) -> tuple[str | int | None, ...]:
    return (
        revision.post_id,
        revision.seq,
        None if revision.posted_at is None else micros(revision.posted_at),
        None if revision.edited_at is None else micros(revision.edited_at),
        micros(revision.seen_at),
        revision.content_digest,
    )
