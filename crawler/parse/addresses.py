"""Turn what a page wrote as an address into one that says where it leads."""

from __future__ import annotations

from urllib.parse import urldefrag, urljoin, urlsplit

MAX_URL = 4096
_WHOLE = ("https://", "http://")


def absolute(url: str | None, base: str) -> str | None:
    """
    Return an absolute http(s) address, or None; one that leads elsewhere in the same page is none.

    A fragment stays: file hosts carry the key to a file there.
    """
    stripped = (url or "").strip()
    if not stripped or stripped.startswith("#") or len(stripped) > MAX_URL:
        return None
    try:
        # What says where it leads by itself need not be joined, and most links do: a twentieth of reading a page.
        joined = stripped if stripped.startswith(_WHOLE) else urljoin(base, stripped)
        parts = urlsplit(joined)
    except ValueError:
        return None
    return joined if parts.scheme in {"http", "https"} and parts.hostname else None


def document(url: str | None, base: str) -> str | None:
    """Return an absolute http(s) address without its fragment, which no server is ever told; or None."""
    joined = absolute(url, base)
    return None if joined is None else urldefrag(joined).url
