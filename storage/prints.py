"""Compare stored fingerprints again: which are due for it, what is known of them, and what it changed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, and_, bindparam, func, select, update

from domain.books.rows import AwaitedPost
from domain.filing import PostKey, possible_groups
from domain.fingerprints import PHASH256_BYTES, PHASH_BYTES, Covers, Fingerprint, SampledFrame
from domain.ids import LeadId, MediaId, PostId, TargetId
from domain.leads import Capture, LeadStatus
from domain.ports import LeadKey
from domain.rematching import KnownMatches, RematchPlan, SeenMedia, StoredPrint
from storage.containers import hold_containers
from storage.evidence import EvidenceBook
from storage.lists import Lists
from storage.rows import chunks
from storage.tables import (
    AWAITED,
    fingerprints,
    frames,
    hash_matches,
    lead_posts,
    leads,
    media,
    own_entries,
    posts,
    revisions,
    targets,
)

_HASH = 32  # bytes of a PDQ hash
_SET = 8 * _HASH
_PLAIN = ("format", "width", "height", "size", "md5", "sha1", "sha256", "pdq", "pdq_quality")
_PRINTS = select(media.c.id, media.c.status, media.c.reason, media.c.generation, *fingerprints.c).join(
    fingerprints, fingerprints.c.media_id == media.c.id
)


class Prints:
    """Stored fingerprints, in one transaction."""

    def __init__(self, connection: Connection) -> None:
        """Work on a connection."""
        self._connection = connection

    def outdated(self, generation: int, limit: int) -> list[StoredPrint]:
        """Return fingerprints that were last compared with older lists, the longest ago first."""
        older = _PRINTS.where(media.c.generation < generation).order_by(media.c.generation)
        return self._stored(older.limit(limit))

    def of_lead(self, lead_id: LeadId) -> list[StoredPrint]:
        """Return the fingerprints of a lead's posts, in the order in which they were seen."""
        joined = _PRINTS.join(lead_posts, lead_posts.c.post_id == media.c.post_id)
        return self._stored(joined.where(lead_posts.c.lead_id == lead_id).order_by(media.c.nr))

    def recent(self, since: datetime, limit: int) -> list[StoredPrint]:
        """Return fingerprints of what was first seen from a moment on, the newest first."""
        newest = _PRINTS.join(posts, posts.c.id == media.c.post_id).order_by(media.c.nr.desc())
        return self._stored(newest.where(posts.c.first_seen >= since).limit(limit))

    def count(self, since: datetime) -> int:
        """Return how many media items with a fingerprint were first seen from a moment on."""
        counted = (
            select(func.count())
            .select_from(fingerprints)
            .join(media, media.c.id == fingerprints.c.media_id)
            .join(posts, posts.c.id == media.c.post_id)
        )
        return int(self._connection.execute(counted.where(posts.c.first_seen >= since)).scalar_one())

    def known(self, media_ids: Sequence[MediaId]) -> KnownMatches:
        """Return what is known of these media, and hold the posts that show them until the transaction ends."""
        seen: dict[MediaId, SeenMedia] = {}
        for piece in chunks(media_ids):
            query = (
                select(
                    media.c.id.label("media_id"),
                    posts.c.id.label("post_id"),
                    posts.c.platform,
                    posts.c.container,
                    posts.c.post,
                    posts.c.album,
                    posts.c.target_id,
                    posts.c.deleted_at,
                    posts.c.first_seen,
                    targets.c.platform.label("through"),
                    revisions.c.posted_at,
                )
                .join(posts, posts.c.id == media.c.post_id)
                .join(targets, targets.c.id == posts.c.target_id)
                .join(revisions, and_(revisions.c.post_id == posts.c.id, revisions.c.seq == posts.c.seq))
                .where(media.c.id.in_(piece))
            )
            for row in self._connection.execute(query):
                seen[row.media_id] = SeenMedia(
                    media_id=row.media_id,
                    post_id=row.post_id,
                    key=PostKey(platform=row.platform, container=row.container, post=row.post),
                    album=row.album,
                    target_id=row.target_id,
                    platform=row.through,
                    posted_at=row.posted_at,
                    seen_at=row.first_seen,
                    gone=row.deleted_at is not None,
                )
        hold_containers(self._connection, [one.key for one in seen.values()])
        groups = [
            possible_groups(one.key, one.album, one.target_id, "", one.seen_at.date())[0] for one in seen.values()
        ]
        origins = select(own_entries.c.nr, own_entries.c.lead_id)
        return KnownMatches(
            media=seen,
            leads=EvidenceBook(self._connection).known([one.post_id for one in seen.values()], groups),
            live={one.id: one for one in Lists(self._connection).in_force()},
            origins={row.nr: row.lead_id for row in self._connection.execute(origins)},
        )

    def record(self, plan: RematchPlan, keys: Mapping[LeadId, LeadKey]) -> None:
        """Write what comparing again changed; `keys` has the key pair of every lead that the plan opens."""
        EvidenceBook(self._connection).write(plan.leads, keys, ())
        self._compared(plan)
        self._stand(plan)

    def awaited(self, target_id: TargetId, since: datetime, limit: int) -> list[AwaitedPost]:
        """Return posts of a target whose words open leads wait for that were filed from a moment on."""
        query = (
            select(posts.c.id, posts.c.platform, posts.c.container, posts.c.post)
            .distinct()
            .join(lead_posts, lead_posts.c.post_id == posts.c.id)
            .join(leads, leads.c.id == lead_posts.c.lead_id)
            .where(posts.c.target_id == target_id, AWAITED)
            .where(leads.c.status != LeadStatus.CLOSED, leads.c.filed_at >= since)
            .order_by(posts.c.id)
            .limit(limit)
        )
        return [
            AwaitedPost(id=row.id, key=PostKey(platform=row.platform, container=row.container, post=row.post))
            for row in self._connection.execute(query)
        ]

    def gone(self, post_id: PostId) -> list[LeadId]:
        """Note that the words of a post cannot be had any more; returns the leads that waited for them."""
        waiting = update(lead_posts).where(lead_posts.c.post_id == post_id, AWAITED).values(capture=Capture.GONE)
        return list(self._connection.execute(waiting.returning(lead_posts.c.lead_id)).scalars())

    def _compared(self, plan: RematchPlan) -> None:
        rows = [
            {"_id": media_id, "_generation": generation, "_matched": matched}
            for media_id, generation, matched in plan.compared
        ]
        if rows:
            change = update(media).where(media.c.id == bindparam("_id"))
            change = change.values(generation=bindparam("_generation"), matched=bindparam("_matched"))
            self._connection.execute(change, rows)

    def _stand(self, plan: RematchPlan) -> None:
        """Write which matches of leads hold no more, and which hold again, as they now read."""
        place = and_(
            hash_matches.c.lead_id == bindparam("_lead"),
            hash_matches.c.media_id == bindparam("_media"),
            hash_matches.c.list_id == bindparam("_list"),
            hash_matches.c.algorithm == bindparam("_algorithm"),
        )
        quoted = ("list_version", "entry_id", "distance", "classification", "generation", "at_ms", "severity")
        told = ("withdrawn", *quoted)
        rows = [
            {
                "_lead": lead_id,
                "_media": item.media_id,
                "_list": item.match.list_id,
                "_algorithm": item.match.algorithm,
                "_withdrawn": item.withdrawn,
                **{f"_{name}": getattr(item.match, name) for name in quoted},
            }
            for lead_id, item in (*plan.withdrawn, *plan.reinstated)
        ]
        if rows:
            change = update(hash_matches).where(place)
            self._connection.execute(change.values({name: bindparam(f"_{name}") for name in told}), rows)

    def _stored(self, query: Select[*tuple[Any, ...]]) -> list[StoredPrint]:
        rows = self._connection.execute(query).all()
        shown = self._frames([row.id for row in rows])
        return [
            StoredPrint(media_id=row.id, generation=row.generation, fingerprint=_fingerprint(row, shown[row.id]))
            for row in rows
        ]

    def _frames(self, media_ids: Sequence[MediaId]) -> Mapping[MediaId, list[SampledFrame]]:
        found: dict[MediaId, list[SampledFrame]] = defaultdict(list)
        for piece in chunks(media_ids):
            query = select(*frames.c).where(frames.c.media_id.in_(piece)).order_by(frames.c.at_ms)
            for row in self._connection.execute(query):
                own, others = _sets(row.pdq_dihedral)
                found[row.media_id].append(
                    SampledFrame(at_ms=row.at_ms, pdq_quality=row.pdq_quality, pdq_dihedral=own, pdq_others=others)
                )
        return found


def _fingerprint(row: Row[*tuple[Any, ...]], shown: Sequence[SampledFrame]) -> Fingerprint:
    """Return a fingerprint as it was written."""
    own, others = _sets(row.pdq_dihedral or b"")
    phash, phash_trimmed = _cut(row.phash, PHASH_BYTES)
    phash256, phash256_trimmed = _cut(row.phash256, PHASH256_BYTES)
    plain: dict[str, Any] = {name: row._mapping[name] for name in _PLAIN}  # noqa: SLF001 - public in SQLAlchemy
    return Fingerprint(
        **plain,
        status=row.status,
        reason=row.reason,
        pdq_dihedral=own if row.pdq is not None else (),
        pdq_others=others if row.pdq is not None else own + others,
        phash=phash,
        phash_trimmed=phash_trimmed,
        phash256=phash256,
        phash256_trimmed=phash256_trimmed,
        frames=tuple(shown),
        covers=row.covers or Covers.WHOLE,
    )


def _cut(joined: bytes | None, length: int) -> tuple[bytes | None, bytes | None]:
    """Return the hash of a picture, and that of it without its border."""
    hashes = joined or b""
    return hashes[:length] or None, hashes[length:] or None


def _sets(joined: bytes) -> tuple[tuple[bytes, ...], tuple[bytes, ...]]:
    """Return the first set of eight hashes, and all others."""
    hashes = tuple(joined[at : at + _HASH] for at in range(0, len(joined), _HASH))
    return hashes[: _SET // _HASH], hashes[_SET // _HASH :]
