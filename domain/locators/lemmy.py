"""
Read addresses of communities on Lemmy.

A community is watched at its own server, whichever server shows it.
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from domain.errors import BadLocator
from domain.locators import handles

_COMMUNITY = re.compile(r"/c/([A-Za-z0-9_]{1,128})(?:@([^@/]+))?/?")
_PART = re.compile(r"/(?:post|comment)/.+|/c/[^/]+/.+")
_GATHERED = re.compile(r"/?|/(?:communities|search|modlog|home|all|m)(?:/.*)?")


def read(url: str, asked: bool) -> str | None:  # noqa: FBT001 - the readers' form
    """
    Return https://host/c/name of a community's address.

    By itself only /c/name@host is taken for one: many sites have a /c/.
    """
    parts = urlsplit(url)
    community = _COMMUNITY.fullmatch(parts.path)
    if community is not None and (asked or community[2]):
        return handles.at_home(parts, f"/c/{community[1].lower()}", community[2])
    if not asked:
        return None
    if parts.path.startswith("/u/"):
        raise BadLocator(
            "Kapear watches communities of Lemmy, not their users: paste an address such as https://host/c/name."
        )
    if _GATHERED.fullmatch(parts.path):
        raise BadLocator(
            "This gathers what many communities post. Kapear watches one: paste its address, https://host/c/name."
        )
    if _PART.fullmatch(parts.path):
        raise BadLocator("This is one post. Paste the address of its community, such as https://host/c/name.")
    raise BadLocator("This names no community; paste an address such as https://host/c/name, or !name@host.")
