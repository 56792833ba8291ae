"""
Write one page of posts as a whole, or not at all.

The target's row is held from the first look on. On PostgreSQL the page's
containers are too, for two targets may show the same post, and what one
writes the other must have seen.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from sqlalchemy import Connection, bindparam, func, insert, or_, select, text, update

from domain.errors import LostClaim
from domain.filing import PostKey, overflow_days
from domain.ids import LeadId, PostId
from domain.leads import LeadKind, SealedContent
from domain.pages import KnownLead, KnownPage, LeadEvidence, MediaRow, NewPost, NewRevision, PagePlan
from domain.ports import LeadKey
from domain.targets import Claim
from storage.claims import held
from storage.columns import micros
from storage.figures import within
from storage.leads import CLAIM, Leads
from storage.observed import Observed
from storage.rows import chunks, columns_of, insert_new, insert_plain
from storage.tables import (
    fingerprints,
    frames,
    hash_matches,
    lead_contents,
    lead_posts,
    lead_reasons,
    lead_text_hits,
    leads,
    media,
    posts,
    revisions,
    targets,
)

_POST = ("id", "platform", "container", "post", "target_id", "first_seen", "seq")
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
        self._hold_containers(keys)
        posts = Observed(self._connection).known_posts(keys)
        leads_of = Leads(self._connection, writes=True)
        found = leads_of.in_groups(
            list(dict.fromkeys([*groups, *leads_of.groups_of([post.id for post in posts.values()])]))
        )
        members = self._posts_of([lead.id for lead in found])
        return KnownPage(
            posts=posts,
            leads={lead.group: KnownLead(lead=lead, post_ids=frozenset(members[lead.id])) for lead in found},
            text_leads_today=self._text_leads(groups),
        )

    def record(
        self,
        plan: PagePlan,
        *,
        keys: Mapping[LeadId, LeadKey],
        sealed: Sequence[SealedContent],
        cursor: str | None,
    ) -> None:
        """Write the plan and advance the cursor where the token still fits; raises LostClaim where it does not."""
        if not self._connection.execute(held(self._claim).values(cursor=cursor)).rowcount:
            raise LostClaim(_LOST)
        self._write_posts(plan)
        self._write_media(plan.media)
        for evidence in plan.leads:
            self._write_lead(evidence, keys)
        self._write_evidence(plan.leads)
        if sealed:
            rows = [columns_of(content, lead_contents) for content in sealed]
            self._connection.execute(insert(lead_contents).inline(), rows)

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
                item.fingerprint,
                fingerprints,
                media_id=item.id,
                pdq_dihedral=b"".join(item.fingerprint.pdq_dihedral + item.fingerprint.pdq_others) or None,
                phash=b"".join(filter(None, (item.fingerprint.phash, item.fingerprint.phash_trimmed))) or None,
            )
            for item in items
            if item.fingerprint is not None
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

    def _write_lead(self, evidence: LeadEvidence, keys: Mapping[LeadId, LeadKey]) -> None:
        """Open a lead, or write what its evidence adds up to; a person's claim on it is left alone."""
        lead = evidence.lead
        if not evidence.is_new:
            changed = {"urgency": lead.urgency, "value": lead.value, "posts": lead.posts}
            if evidence.is_reopened:
                changed |= {name: getattr(lead, name) for name in CLAIM}
            self._connection.execute(update(leads).where(leads.c.id == lead.id).values(changed))
            return
        key = keys[lead.id]
        row = columns_of(lead, leads, lead_group=lead.group, key_public=key.public, key_wrapped=key.wrapped)
        self._connection.execute(insert(leads).inline(), row)

    def _write_evidence(self, found: Sequence[LeadEvidence]) -> None:
        """Write what speaks for the leads; what is stated already is not stated twice."""
        stated = {
            lead_posts: [{"lead_id": one.lead.id, "post_id": post_id} for one in found for post_id in one.post_ids],
            lead_reasons: [
                columns_of(reason, lead_reasons, lead_id=one.lead.id) for one in found for reason in one.reasons
            ],
            hash_matches: [
                columns_of(item.match, hash_matches, lead_id=one.lead.id, media_id=item.media_id)
                for one in found
                for item in one.matches
            ],
            lead_text_hits: [
                columns_of(item.hit, lead_text_hits, lead_id=one.lead.id, post_id=item.post_id)
                for one in found
                for item in one.text_hits
            ],
        }
        for table, rows in stated.items():
            insert_new(self._connection, table, rows)

    def _hold_containers(self, keys: Sequence[PostKey]) -> None:
        """Let no other page of the same containers be written until this one is."""
        if self._connection.dialect.name != "postgresql":
            return  # on SQLite this transaction is the only one that writes
        lock = text("SELECT pg_advisory_xact_lock(hashtextextended(:name, 0))")
        for name in sorted({f"{key.platform}:{key.container}" for key in keys}):  # in one order: no deadlock
            self._connection.execute(lock, {"name": name})

    def _posts_of(self, lead_ids: Sequence[LeadId]) -> Mapping[LeadId, set[PostId]]:
        members: dict[LeadId, set[PostId]] = defaultdict(set)
        for piece in chunks(lead_ids):
            for row in self._connection.execute(select(*lead_posts.c).where(lead_posts.c.lead_id.in_(piece))):
                members[row.lead_id].add(row.post_id)
        return members

    def _text_leads(self, groups: Sequence[str]) -> int:
        """Return how many leads the target's texts opened on the (UTC) days that the groups speak of."""
        days = overflow_days(groups)
        if not days:
            return 0
        on_a_day = or_(*(within(leads.c.filed_at, day, day) for day in days))
        counted = select(func.count()).select_from(leads)
        opened = counted.where(leads.c.target_id == self._claim.target.id, leads.c.kind == LeadKind.TEXT, on_a_day)
        return int(self._connection.execute(opened).scalar_one())


def _post_row(post: NewPost, seq: int) -> tuple[str | int, ...]:
    key = post.key
    return post.id, key.platform.value, key.container, key.post, post.target_id, micros(post.first_seen), seq


def _revision_row(revision: NewRevision) -> tuple[str | int | None, ...]:
    return (
        revision.post_id,
        revision.seq,
        None if revision.posted_at is None else micros(revision.posted_at),
        None if revision.edited_at is None else micros(revision.edited_at),
        micros(revision.seen_at),
        revision.content_digest,
    )
