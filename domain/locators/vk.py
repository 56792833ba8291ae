"""Read addresses of communities on VK; persons are not watched, and a post names its community only as a part of it."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from domain.errors import BadLocator

_NUMBERED = re.compile(r"/(?:club|public|event|wall-)(\d{1,18})/?")
_NAMED = re.compile(r"/([A-Za-z][A-Za-z0-9_.]{1,39})/?")
_PERSON = re.compile(r"/(?:id|wall)\d+/?.*")
_PART = re.compile(r"/(?:wall|photo|video|topic|album|clip|doc|market|audio|story)s?-?\d+.*")
_NO_NAMES = frozenset({
    "al_feed.php", "apps", "audio", "audios", "clips", "discover", "docs", "feed", "friends", "groups", "im", "login",
    "mail",    "market", "photos", "search", "settings", "share.php", "support", "video", "videos",
})  # fmt: skip
_NO_PLACE = "Of VK, Kapear reads the walls of communities: paste the community's own address, https://vk.com/club123."


def read(canonical: str, asked: bool) -> str | None:  # noqa: ARG001, FBT001 - the readers' interface
    """Return the locator of a community."""
    parts = urlsplit(canonical)
    if parts.hostname != "vk.com":
        return None
    numbered, named = _NUMBERED.fullmatch(parts.path), _NAMED.fullmatch(parts.path)
    if numbered is not None:
        return f"https://vk.com/club{numbered[1]}"
    is_other = _PERSON.fullmatch(parts.path) or _PART.fullmatch(parts.path)
    if named is None or is_other or named[1].lower() in _NO_NAMES:
        raise BadLocator(_NO_PLACE)
    return f"https://vk.com/{named[1].lower()}"
