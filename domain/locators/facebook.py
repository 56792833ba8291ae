"""Read addresses of public pages on Facebook; a post, a group or a share link names none."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from domain.errors import BadLocator

_NAME = re.compile(r"/([A-Za-z0-9.-]{3,80})(?:/(?:about|photos|videos|posts|reels|reviews|community)?)?")
_NUMBERED = re.compile(r"/(?:pages/(?:category/[^/]+/)?[^/]+/|p/[^/]+-)(\d{5,20})/?")
_NO_NAMES = frozenset({
    "ads", "business", "events", "feed", "friends", "gaming", "hashtag", "help", "home.php", "l.php", "login",
    "login.php", "marketplace", "media", "messages", "notes", "people", "permalink.php", "photo", "photo.php",
    "photos", "plugins", "policies", "posts", "privacy", "profile.php", "public", "reel", "reels", "search",
    "settings", "share", "sharer", "sharer.php", "stories", "story.php", "terms", "video.php", "videos",
    "watch",
})  # fmt: skip
_NO_PAGE = "Of Facebook, Kapear reads public pages: paste the page's own address, https://www.facebook.com/name."


def read(canonical: str, asked: bool) -> str | None:  # noqa: ARG001, FBT001 - the readers' interface
    """Return the locator of a page."""
    parts = urlsplit(canonical)
    if parts.hostname != "www.facebook.com":
        return None
    numbered = _NUMBERED.fullmatch(parts.path)
    if numbered is not None:
        return f"https://www.facebook.com/{numbered[1]}"
    named = _NAME.fullmatch(parts.path)
    if named is None or named[1].lower() in _NO_NAMES:
        raise BadLocator(_NO_PAGE)
    return f"https://www.facebook.com/{named[1].lower()}"
