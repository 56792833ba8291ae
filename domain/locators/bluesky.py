"""Read addresses of profiles on Bluesky."""

from __future__ import annotations

import re
from urllib.parse import unquote, urlsplit

from domain.errors import BadLocator

HOSTS = frozenset({"bsky.app", "www.bsky.app", "staging.bsky.app", "main.bsky.dev"})
_HANDLE = re.compile(r"(?=.{3,253}$)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?")
_DID = re.compile(r"did:(?:plc:[a-z2-7]{24}|web:[A-Za-z0-9.%-]{1,200})")
_GATHERED = (
    "Searches, tags, feeds and lists gather what many people post. Kapear watches one profile: paste its address."
)
_FORM = "paste an address such as https://bsky.app/profile/name.bsky.social."


def read(url: str, asked: bool) -> str | None:  # noqa: FBT001 - the readers' form
    """Return https://bsky.app/profile/NAME, where NAME is a handle in lower case or a DID."""
    parts = urlsplit(url)
    if parts.hostname not in HOSTS:
        if asked:
            raise BadLocator(f"This is not on bsky.app; {_FORM}")
        return None
    kind, *names = [unquote(segment) for segment in parts.path.split("/") if segment] or [""]
    if kind in {"search", "hashtag", "feeds", "lists", "starter-pack", "start"} or names[1:2] in (["feed"], ["lists"]):
        raise BadLocator(_GATHERED)
    if kind != "profile" or not names:
        raise BadLocator(f"This names no profile; {_FORM}")
    if names[1:]:
        raise BadLocator("This is a part of a profile. Paste the profile's own address, up to its name.")
    name = names[0].removeprefix("@")
    if _DID.fullmatch(name):
        return f"https://bsky.app/profile/{name}"
    if not _HANDLE.fullmatch(name.lower()):
        raise BadLocator(f"The profile's name is none that Bluesky gives; {_FORM}")
    return f"https://bsky.app/profile/{name.lower()}"
