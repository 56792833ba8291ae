"""
Tell feeds by their address, where an address can tell.

A channel on YouTube has a feed of its own; what it is called says nothing of
whose it is, so a handle cannot be turned into one without asking YouTube.
"""

from __future__ import annotations

import re
from urllib.parse import parse_qs, urlsplit

from domain.errors import BadLocator

_YOUTUBE = frozenset({"youtube.com", "www.youtube.com", "m.youtube.com", "youtu.be", "www.youtu.be"})
_CHANNEL = re.compile(r"/channel/(UC[A-Za-z0-9_-]{22})(?:/.*)?")
_CHANNEL_ID = re.compile(r"UC[A-Za-z0-9_-]{22}")
_FEED_PATH = re.compile(
    r".*/(?:feed|rss|atom)/?|.*\.(?:rss|atom|rdf)|.*/feed\.json|(?!.*/sitemap[^/]*$).*\.xml", re.IGNORECASE
)
_FEED_QUERY = re.compile(r"(?:.*&)?feed=(?:rss2?|atom|rdf)(?:&.*)?")
_PASTE_CHANNEL = (
    "Of YouTube, Kapear reads whole channels: paste the channel's address, https://www.youtube.com/channel/UC…. "
    "The channel's page shows it under More, Share channel, Copy channel ID."
)


def read(canonical: str, asked: bool) -> str | None:  # noqa: FBT001 - the readers' interface
    """Return a feed's locator; where a person said that it is one, any address is taken at its word."""
    parts = urlsplit(canonical)
    if parts.hostname in _YOUTUBE:
        return _youtube(parts.path, parts.query)
    looks_so = _FEED_PATH.fullmatch(parts.path) or _FEED_QUERY.fullmatch(parts.query)
    return canonical if asked or looks_so else None


def _youtube(path: str, query: str) -> str:
    """Return the feed of a channel; raises BadLocator for what does not name one by its id."""
    named = _CHANNEL.fullmatch(path)
    channel = named[1] if named else ""
    if path == "/feeds/videos.xml":
        channel = parse_qs(query).get("channel_id", [""])[0]
    if not _CHANNEL_ID.fullmatch(channel):
        raise BadLocator(_PASTE_CHANNEL)
    return f"https://www.youtube.com/feeds/videos.xml?channel_id={channel}"
