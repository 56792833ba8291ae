"""Read names that carry their server: @name@host of an account, !name@host of a community."""

from __future__ import annotations

import re
from urllib.parse import SplitResult

from domain.locators import web
from domain.observations import Platform

_HANDLE = re.compile(r"([@!])([A-Za-z0-9_][A-Za-z0-9_.-]{0,127})@([^@/?#]+)")


def spelled_out(pasted: str) -> tuple[str, Platform] | None:
    """Return the web address that a name stands for, and on which platform; None for every other text."""
    handle = _HANDLE.fullmatch(pasted)
    if handle is None:
        return None
    mark, name, host = handle.groups()
    if mark == "@":
        return f"https://{host}/@{name}", Platform.MASTODON
    return f"https://{host}/c/{name}", Platform.LEMMY


def at_home(parts: SplitResult, path: str, host: str | None) -> str:
    """
    Return the address of a path at the server that shows it, or at the host that a name there carries.

    These servers are asked by https; by http only on this machine, or where a port says so.
    """
    if host:
        return web.canonical_url(f"https://{host}{path}")
    is_bare = parts.port is not None or web.is_loopback(parts.hostname or "")
    return f"{parts.scheme if is_bare else 'https'}://{parts.netloc}{path}"
