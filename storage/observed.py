"""Look up what was seen: posts by their keys or their target, media by their posts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, select

from domain.books.rows import PendingMedia, StoredMedia, StoredPost
from domain.filing import PostKey
from domain.ids import PostId, TargetId
from domain.observations import Platform
from domain.pages import KnownMedia, KnownPost
from storage.rows import chunks
from storage.tables import PENDING, fingerprints, media, posts, revisions

_LATEST = and_(revisions.c.post_id == posts.c.id, revisions.c.seq == posts.c.seq)

_REVISION = ("content_digest", "posted_at", "edited_at", "seen_at")


class Observed:
    """Posts and media, in one transaction."""

    def __init__(self, connection: Connection) -> None:
        """Work on a connection."""
        self._connection = connection

    def posts(self, target_id: TargetId) -> list[StoredPost]:
        """Return a target's posts in the order they were first seen."""
        shown: dict[str, list[StoredMedia]] = defaultdict(list)
        items = (
            select(media.c.post_id, media.c.status, media.c.reason, fingerprints.c.sha256)
            .join(posts, posts.c.id == media.c.post_id)
            .outerjoin(fingerprints, fingerprints.c.media_id == media.c.id)
            .where(posts.c.target_id == target_id)
            .order_by(media.c.nr)
        )
        for row in self._connection.execute(items):
            shown[row.post_id].append(StoredMedia(status=row.status, reason=row.reason, sha256=row.sha256))
        latest = (
            select(*posts.c, revisions.c.posted_at, revisions.c.seen_at)
            .join(revisions, _LATEST)
            .where(posts.c.target_id == target_id)
            .order_by(posts.c.nr)
        )
        return [
            StoredPost(
                id=row.id,
                key=_key(row),
                seq=row.seq,
                posted_at=row.posted_at,
                seen_at=row.seen_at,
                deleted=row.deleted_at is not None,
                media=tuple(shown[row.id]),
            )
            for row in self._connection.execute(latest)
        ]

    def known_media(self, keys: Sequence[PostKey]) -> Mapping[PostKey, Mapping[str, KnownMedia]]:
        """Return the stored media of these posts by identity digest: what need not be read again."""
        return {key: post.media for key, post in self.known_posts(keys).items()}

    def known_digests(self, keys: Sequence[PostKey]) -> Mapping[PostKey, str]:
        """Return the content digest that each of these posts was last seen with; those never seen are not there."""
        return {key: post.content_digest for key, post in self.known_posts(keys).items()}

    def known_posts(self, keys: Sequence[PostKey]) -> dict[PostKey, KnownPost]:
        """Return what is stored of these posts, with their media by identity digest."""
        rows: list[Row[*tuple[Any, ...]]] = []
        for chosen in _chosen(keys):
            latest = select(*posts.c, *(revisions.c[name] for name in _REVISION)).join(revisions, _LATEST)
            rows += self._connection.execute(latest.where(chosen))
        items = self._media([row.id for row in rows])
        return {
            _key(row): KnownPost(
                id=row.id,
                seq=row.seq,
                content_digest=row.content_digest,
                posted_at=row.posted_at,
                edited_at=row.edited_at,
                seen_at=row.seen_at,
                deleted=row.deleted_at is not None,
                media=items.get(row.id, {}),
            )
            for row in rows
        }

    def pending_media(self, target_id: TargetId, limit: int) -> list[PendingMedia]:
        """Return media to try again, fewest attempts first."""
        query = (
            select(
                media.c.id.label("media_id"),
                media.c.identity,
                media.c.attempts,
                media.c.retry,
                posts.c.platform,
                posts.c.container,
                posts.c.post,
                revisions.c.posted_at,
            )
            .join(posts, posts.c.id == media.c.post_id)
            .join(revisions, _LATEST)
            .where(posts.c.target_id == target_id, PENDING, media.c.retry.is_not(None))
            .order_by(media.c.attempts, media.c.nr)
            .limit(limit)
        )
        return [
            PendingMedia(
                id=row.media_id,
                identity=row.identity,
                key=_key(row),
                posted_at=row.posted_at,
                attempts=row.attempts,
                retry=row.retry,
            )
            for row in self._connection.execute(query)
        ]

    def _media(self, post_ids: Sequence[PostId]) -> dict[PostId, dict[str, KnownMedia]]:
        """Return the stored media of these posts."""
        items: dict[PostId, dict[str, KnownMedia]] = defaultdict(dict)
        for piece in chunks(post_ids):
            for row in self._connection.execute(select(*media.c).where(media.c.post_id.in_(piece))):
                items[row.post_id][row.identity] = KnownMedia(
                    id=row.id, status=row.status, attempts=row.attempts, matched=row.matched
                )
        return items


def _chosen(keys: Sequence[PostKey]) -> Iterator[ColumnElement[bool]]:
    """Return conditions that choose these posts; the names of one container go together, for the index's sake."""
    names: dict[tuple[Platform, str], dict[str, None]] = defaultdict(dict)
    for key in keys:
        names[key.platform, key.container][key.post] = None
    for (platform, container), wanted in names.items():
        for piece in chunks(list(wanted)):
            yield and_(posts.c.platform == platform, posts.c.container == container, posts.c.post.in_(piece))


def _key(row: Row[*tuple[Any, ...]]) -> PostKey:
    return PostKey(platform=row.platform, container=row.container, post=row.post)
