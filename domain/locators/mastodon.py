"""
Read addresses of accounts on Mastodon, and on servers that speak its interface.

An account is watched at its own server, whichever server shows it.
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from domain.errors import BadLocator
from domain.locators import handles

_NAME = r"([A-Za-z0-9_](?:[A-Za-z0-9_.-]{0,126}[A-Za-z0-9_])?)"
_ACCOUNT = re.compile(rf"/@{_NAME}(?:@([^@/]+))?/?")
_OTHER_SPELLING = re.compile(rf"/(?:web/@|deck/@|users/|web/accounts/@){_NAME}(?:@([^@/]+))?/?")
_PART = re.compile(r"/(?:web/|deck/)?@[^/]+/.+|/users/[^/]+/.+|/notice/.+|/objects/.+|/statuses/.+")
_GATHERED = re.compile(r"/(?:web/|deck/)?(?:tags?|timelines?|explore|public|home|directory|search|local)(?:/.*)?")

# Sites that write their users' pages as /@name, too, and are something else.
_ELSEWHERE = frozenset({
    "dev.to", "ecency.com", "facebook.com", "flipboard.com", "hackernoon.com", "hive.blog", "kwai.com", "lbry.tv",
    "lemon8-app.com", "likee.video", "medium.com", "observablehq.com", "odysee.com", "peakd.com", "pinterest.com",
    "producthunt.com", "replit.com", "rumble.com", "steemit.com", "substack.com", "twitch.tv", "unsplash.com",
    "vimeo.com", "vk.com", "youtube.com",
})  # fmt: skip
_TAG = (
    "A tag or a public timeline shows whoever uses the server, not what was reported. "
    "Kapear watches one account: paste its address, such as https://host/@name."
)


def read(url: str, asked: bool) -> str | None:  # noqa: FBT001 - the readers' form
    """
    Return https://host/@name of an account's address.

    By itself only /@name is taken for one, except on sites that are known to be others.
    """
    parts = urlsplit(url)
    account = _ACCOUNT.fullmatch(parts.path) or (_OTHER_SPELLING.fullmatch(parts.path) if asked else None)
    if account is not None and (asked or not _is_elsewhere(parts.hostname or "")):
        return handles.at_home(parts, f"/@{account[1].lower()}", account[2])
    if not asked:
        return None
    if _GATHERED.fullmatch(parts.path):
        raise BadLocator(_TAG)
    if _PART.fullmatch(parts.path):
        raise BadLocator("This is one post. Paste the address of its account, such as https://host/@name.")
    raise BadLocator("This names no account; paste an address such as https://host/@name, or @name@host.")


def _is_elsewhere(host: str) -> bool:
    labels = host.split(".")
    return any(".".join(labels[place:]) in _ELSEWHERE for place in range(len(labels)))
