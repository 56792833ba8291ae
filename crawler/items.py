"""
Carry what a parser saw to whoever asked for it, without a byte of media.

Scrapy hands items to components that log and export; so an item holds names
and digests only. The bytes of `data:` pictures travel beside it, in the
visit's side table, and leave as `InlineMedia`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime

from domain.observations import CaptureRecord, MediaKind, ObservedMedia, ObservedPage, ObservedPost, Particulars
from domain.ports import MediaSource


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenMedia:
    """A media item as it stands in a page, as `ObservedMedia`; `url` is None if its bytes travelled inside."""

    identity: str = field(repr=False)
    kind: MediaKind = MediaKind.IMAGE
    url: str | None = field(default=None, repr=False)
    fuller_url: str | None = field(default=None, repr=False)
    md5: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenPost:
    """A post as a parser read it."""

    container: str = field(repr=False)
    post: str = field(repr=False)
    url: str = field(repr=False)
    posted_at: datetime | None = None
    edited_at: datetime | None = None
    author: str | None = field(default=None, repr=False)
    text: str = field(default="", repr=False)
    links: tuple[str, ...] = field(default=(), repr=False)
    media: tuple[SeenMedia, ...] = field(default=(), repr=False)
    group: str | None = field(default=None, repr=False)
    particulars: Particulars = field(default=(), repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class PageItem:
    """The one item a page makes."""

    posts: tuple[SeenPost, ...] = field(repr=False)
    capture: CaptureRecord = field(repr=False)
    cursor: str | None = field(repr=False)
    is_newest: bool = False
    recall: str | None = field(default=None, repr=False)
    is_after_gap: bool = False
    deleted: tuple[tuple[str, str], ...] = field(default=(), repr=False)

    def observed(self, source: Callable[[SeenMedia], MediaSource]) -> ObservedPage:
        """Return the page with a handle on each media item."""
        return ObservedPage(
            posts=tuple(_observed(post, source) for post in self.posts),
            capture=self.capture,
            cursor=self.cursor,
            deleted=self.deleted,
            is_newest=self.is_newest,
            recall=self.recall,
            is_after_gap=self.is_after_gap,
        )


def _observed(post: SeenPost, source: Callable[[SeenMedia], MediaSource]) -> ObservedPost:
    return ObservedPost(
        container=post.container,
        post=post.post,
        url=post.url,
        posted_at=post.posted_at,
        edited_at=post.edited_at,
        author=post.author,
        text=post.text,
        links=post.links,
        media=tuple(_offered(media, source) for media in post.media),
        group=post.group,
        particulars=post.particulars,
    )


def _offered(media: SeenMedia, source: Callable[[SeenMedia], MediaSource]) -> ObservedMedia:
    fuller = replace(media, url=media.fuller_url) if media.fuller_url else None
    return ObservedMedia(
        identity=media.identity,
        kind=media.kind,
        url=media.fuller_url or media.url,  # what is tried again is read in full
        source=source(media),
        fuller=source(fuller) if fuller else None,
        md5=media.md5,
    )
