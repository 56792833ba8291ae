"""Tell whose a post is by its address alone, where that is certain."""

from __future__ import annotations

import re
from urllib.parse import SplitResult, urlsplit, urlunsplit

# A status of an account on Mastodon, under the spelling for readers and under its own name.
_STATUS = re.compile(r"(/@[^/@]+(?:@[^/@]+)?)/\d+(?:/[a-z]*)?/?")
_STATUS_ITSELF = re.compile(r"/users/([^/@]+)/statuses/\d+/?")
# What a community on VK posted: the community's number with a minus.
_ON_VK = re.compile(r"/(?:wall|photo|video|topic|album)-(\d+)(?:_.*)?")


def whole(url: str) -> str:
    """Return the canonical address of the account or community whose post a canonical address names, or itself."""
    parts = urlsplit(url)
    if parts.hostname == "vk.com":
        posted = _ON_VK.fullmatch(parts.path)
        return _at(parts, f"/club{posted[1]}") if posted else url
    status = _STATUS.fullmatch(parts.path)
    if status:
        return _at(parts, status[1])
    itself = _STATUS_ITSELF.fullmatch(parts.path)
    return _at(parts, f"/@{itself[1]}") if itself else url


def shorter(url: str) -> str | None:
    """Return a canonical address without its query and last step, None where it has none."""
    parts = urlsplit(url)
    path = parts.path.rstrip("/")
    return _at(parts, path.rpartition("/")[0] or "/") if path else None


def _at(parts: SplitResult, path: str) -> str:
    return urlunsplit((parts.scheme, parts.netloc, path, "", ""))
