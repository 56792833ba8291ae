"""
Read a feed in any of its spellings: RSS 0.9x, 1.0 and 2.0, Atom, JSON Feed.

Sources: www.rssboard.org, RFC 4287, www.jsonfeed.org. No library of feeds is
used: the one that is well known parses with what Python brings, which expands
entities, and what is needed of it is two pages.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field

from crawler.items import SeenPost
from crawler.parse.feed_entry import Entry
from crawler.parse.feed_json import json_entries
from crawler.parse.feed_xml import xml_entries
from crawler.parse.xml import decoded, root_of

MAX_POSTS = 500  # of one feed, those that it names first


class NotAFeed(ValueError):
    """It is something else: most often a page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenFeed:
    """What a feed holds, oldest first."""

    posts: tuple[SeenPost, ...] = field(repr=False)
    untrusted_inline: dict[str, bytes] = field(default_factory=dict, repr=False)


def read_feed(untrusted: bytes, *, url: str, content_type: str = "") -> SeenFeed:
    """Return what a feed at `url` holds; raises NotAFeed, and TooComplex for what is built to be slow."""
    text = decoded(untrusted, content_type).lstrip("\ufeff \t\r\n")
    entries = _from_json(text, url) if text.startswith("{") else _from_xml(text, url)
    if entries is None:
        raise NotAFeed
    named: dict[str, Entry] = {}
    for entry in entries:
        if entry.says_something:
            named.setdefault(entry.post.post, entry)
    inline = {name: content for entry in named.values() for name, content in entry.untrusted_inline.items()}
    return SeenFeed(posts=_oldest_first([entry.post for entry in named.values()]), untrusted_inline=inline)


def _from_json(text: str, url: str) -> Sequence[Entry] | None:
    try:
        feed = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return json_entries(feed, url=url, most=MAX_POSTS)


def _from_xml(text: str, url: str) -> Sequence[Entry] | None:
    root = root_of(text)
    return None if root is None else xml_entries(root, url=url, most=MAX_POSTS)


def _oldest_first(posts: list[SeenPost]) -> tuple[SeenPost, ...]:
    """Return posts by time, if all have one; else turned round, for a feed begins with what is newest."""
    posts.reverse()
    dated = [(post.posted_at, post) for post in posts if post.posted_at is not None]
    if len(dated) < len(posts):
        return tuple(posts)
    return tuple(post for _, post in sorted(dated, key=lambda pair: pair[0]))
