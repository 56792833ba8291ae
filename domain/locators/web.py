"""Write a web address in its one canonical form."""

from __future__ import annotations

import ipaddress
import re
from posixpath import normpath
from urllib.parse import SplitResult, quote, urlsplit

from domain.errors import BadLocator
from domain.locators.tracking import is_tracking

_LABEL = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?", re.IGNORECASE)
_DEFAULT_PORTS = {"http": 80, "https": 443}
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")
_STRAY_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")
_ESCAPE = re.compile(r"%([0-9A-Fa-f]{2})")
_UNRESERVED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
# IDNA 2003, all that Python has, writes these as another name than browsers do.
_TOLD_APART = re.compile("[\u00df\u1e9e\u03c2\u200c\u200d]")
_UNREADABLE = "That is no web address Kapear can read; paste one such as https://example.org/page."


def host_of(url: str) -> str:
    """Return the host of a canonical URL."""
    return urlsplit(url).hostname or ""


def twins(url: str) -> tuple[str, ...]:
    """Return the other addresses of a canonical one: with http or https, with www or without."""
    bare = url.partition("://")[2].removeprefix("www.")
    spelled = (f"{scheme}://{start}{bare}" for scheme in ("https", "http") for start in ("", "www."))
    return tuple(other for other in spelled if other != url)


def is_loopback(host: str) -> bool:
    """Return whether a host is this machine by its very spelling; nothing is looked up."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def canonical_url(pasted: str) -> str:
    """
    Return the canonical form of a web address.

    Scheme and host in lower case (IDNA), no default port, no fragment, no dot
    segments, no tracking parameters, no needless escapes. A missing scheme
    means https.
    """
    parts, host, port = _split(pasted)
    scheme = parts.scheme.lower()
    shown = f"[{host}]" if ":" in host else host
    if port is not None and port != _DEFAULT_PORTS[scheme]:
        shown = f"{shown}:{port}"
    pieces = _unescaped(parts.query).split("&")
    query = "&".join(piece for piece in pieces if piece and not is_tracking(piece.split("=")[0], host))
    query = quote(query, safe="=&%/?:@!$'()*+,;[]~-._")
    return f"{scheme}://{shown}{_path(parts.path)}{'?' + query if query else ''}"


def with_scheme(pasted: str) -> str:
    """Return an address with https where none was written; one in the query is not its own."""
    return pasted if _SCHEME.match(pasted) else f"https://{pasted}"


def _split(pasted: str) -> tuple[SplitResult, str, int | None]:
    """Split an address into parts, a checked host and a port."""
    try:
        parts = urlsplit(with_scheme(pasted))
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise BadLocator(_UNREADABLE) from None
    if parts.scheme.lower() not in _DEFAULT_PORTS:
        raise BadLocator(f"Kapear reads http and https addresses, not {parts.scheme[:16]}:")
    if parts.username is not None or parts.password is not None:
        raise BadLocator("The address carries a user name or password; paste it without.")
    return parts, _host(host), port


def _host(host: str) -> str:
    """Return the host in lower-case ASCII; raises BadLocator for what is none."""
    if "%" in host or _TOLD_APART.search(host):
        raise BadLocator("The host holds a character that can be read in two ways; paste its xn-- spelling.")
    try:
        return str(ipaddress.ip_address(host))
    except ValueError:
        pass
    try:
        ascii_host = host.rstrip(".").encode("idna").decode().lower()
    except UnicodeError:
        raise BadLocator(_UNREADABLE) from None
    labels = ascii_host.split(".")
    if not ascii_host or not all(_LABEL.fullmatch(label) for label in labels):
        raise BadLocator(_UNREADABLE)
    if labels[-1].isdigit() or labels[-1].startswith("0x"):
        raise BadLocator("The address spells a number as its host; paste the plain dotted address or the name.")
    if len(labels) == 1 and ascii_host != "localhost":
        raise BadLocator(_UNREADABLE)
    return ascii_host


def _path(path: str) -> str:
    """Return the path without dot segments, percent-encoded once."""
    path = _unescaped(path)
    if not path:
        return "/"
    kept = normpath(path)
    if path.endswith(("/", "/.", "/..")) and kept != "/":
        kept += "/"
    return quote("/" + kept.lstrip("/"), safe="/%:@!$&'()*+,;=~-._")


def _unescaped(text: str) -> str:
    """Return the text with needless escapes undone, the others in upper case, and stray percent signs escaped."""

    def plain(escape: re.Match[str]) -> str:
        character = chr(int(escape[1], 16))
        return character if character in _UNRESERVED else escape[0].upper()

    return _ESCAPE.sub(plain, _STRAY_PERCENT.sub("%25", text))
