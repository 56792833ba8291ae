"""Read addresses of communities on Reddit, and of single posts there; people are not watched."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from domain.errors import BadLocator

_PLACE = re.compile(r"/r/([A-Za-z0-9_]{2,24})(?:/comments/([a-z0-9]{1,13})(?:/[^/]*)?|/(?:new|hot|top|rising|best))?/?")
_NO_PLACE = (
    "Of Reddit, Kapear reads communities and single posts, not people or what they answer: "
    "paste https://www.reddit.com/r/community/ or a post's address."
)


def read(canonical: str, asked: bool) -> str | None:  # noqa: ARG001, FBT001 - the readers' interface
    """Return the locator of a community or a post."""
    parts = urlsplit(canonical)
    if parts.hostname != "www.reddit.com" or parts.path.endswith(".rss"):  # its feeds are feeds
        return None
    place = _PLACE.fullmatch(parts.path)
    if place is None:
        raise BadLocator(_NO_PLACE)
    community = f"https://www.reddit.com/r/{place[1].lower()}/"
    return f"{community}comments/{place[2]}/" if place[2] else community
