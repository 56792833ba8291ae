"""
Bring an address to the host that a site is known by, from those that show the same.

Mobile and language hosts of a few large sites, and the copies that Google
serves of other sites' pages (AMP). Elsewhere a name says nothing about another.
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit, urlunsplit

from domain.errors import BadLocator
from domain.locators import web

# Which hosts show a site, whole: what stands before its name, and the names it has.
_HOMES: tuple[tuple[re.Pattern[str], str], ...] = (
    (
        re.compile(
            r"(?:(?:www|m|mbasic|mobile|touch|web|d|free|0|[a-z]{2}-[a-z]{2})\.)?facebook\.com|(?:www\.)?fb\.com"
        ),
        "www.facebook.com",
    ),
    (re.compile(r"(?:(?:www|old|new|np|i|m|amp|sh)\.)?reddit\.com"), "www.reddit.com"),
    (re.compile(r"(?:(?:www|m|new)\.)?(?:vk\.com|vk\.ru|vkontakte\.ru)"), "vk.com"),
    (re.compile(r"(?:(?:www|m)\.)?youtube\.com"), "www.youtube.com"),
    (re.compile(r"(?:www\.)?bsky\.app"), "bsky.app"),
)
_WIKIPEDIA = re.compile(r"([a-z-]+)\.m\.(wikipedia|wikimedia|wiktionary)\.org")
_AMP_HOST = re.compile(r".+\.cdn\.ampproject\.org")
_AMP_AT_GOOGLE = re.compile(r"(?:www\.)?google\.[a-z.]{2,6}")
_AMP_PATH = re.compile(r"/(?:amp|[a-z])/(s/)?([^/]+\..*)")


def at_home(url: str) -> str:
    """
    Return the canonical address under which the same place is known.

    `url` is canonical; so is what is returned, which returned again is itself.
    Raises BadLocator for an AMP address that names no page.
    """
    parts = urlsplit(url)
    host = parts.hostname or ""
    original = _of_amp(host, parts.path)
    if original is not None:
        # Shorter each time, so a copy of a copy comes to its end.
        return at_home(web.canonical_url(f"{original}?{parts.query}"))
    mobile = _WIKIPEDIA.fullmatch(host)
    home = (
        f"{mobile[1]}.{mobile[2]}.org"
        if mobile
        else next((home for form, home in _HOMES if form.fullmatch(host)), None)
    )
    if home is None or parts.port is not None:
        return url
    return web.canonical_url(urlunsplit(("https", home, parts.path, parts.query, "")))


def _of_amp(host: str, path: str) -> str | None:
    """Return the address of which Google serves a copy."""
    at_google = _AMP_AT_GOOGLE.fullmatch(host) and path.startswith("/amp/")
    if not at_google and not _AMP_HOST.fullmatch(host):
        return None
    named = _AMP_PATH.fullmatch(path)
    if named is None:
        raise BadLocator("This is a copy that Google serves of another site's page; paste the page's own address.")
    return f"{'https' if named[1] else 'http'}://{named[2]}"
