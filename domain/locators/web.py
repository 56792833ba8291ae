"""Write a web address in its one canonical form."""

from __future__ import annotations

import ipaddress
import re
from posixpath import normpath
from urllib.parse import SplitResult, quote, urlsplit

from domain.errors import BadLocator, NotWatchable

_TRACKING = re.compile(r"(utm_[a-z]+|fbclid|gclid|yclid|mc_eid|igshid)", re.IGNORECASE)
_LABEL = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?", re.IGNORECASE)
_MESSENGERS = frozenset({"wa.me", "chat.whatsapp.com", "m.me", "line.me", "signal.me", "signal.group", "discord.gg"})
_DEFAULT_PORTS = {"http": 80, "https": 443}
_UNREADABLE = "That is no web address Kapear can read; paste one such as https://example.org/page."


def host_of(url: str) -> str:
    """Return the host of a canonical URL."""
    return urlsplit(url).hostname or ""


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
    segments, no tracking parameters. A missing scheme means https.
    """
    parts, host, port = _split(pasted)
    if host in _MESSENGERS:
        raise NotWatchable(
            "This leads into a private messenger. Kapear reads public pages only; refer it to the police."
        )
    scheme = parts.scheme.lower()
    shown = f"[{host}]" if ":" in host else host
    if port is not None and port != _DEFAULT_PORTS[scheme]:
        shown = f"{shown}:{port}"
    query = "&".join(part for part in parts.query.split("&") if part and not _TRACKING.fullmatch(part.split("=")[0]))
    query = quote(query, safe="=&%/?:@!$'()*+,;[]~-._")
    return f"{scheme}://{shown}{_path(parts.path)}{'?' + query if query else ''}"


def _split(pasted: str) -> tuple[SplitResult, str, int | None]:
    """Split an address into parts, a checked host and a port."""
    try:
        parts = urlsplit(pasted if "://" in pasted else f"https://{pasted}")
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
    if not path:
        return "/"
    kept = normpath(path)
    if path.endswith(("/", "/.", "/..")) and kept != "/":
        kept += "/"
    return quote("/" + kept.lstrip("/"), safe="/%:@!$&'()*+,;=~-._")
