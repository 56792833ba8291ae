"""
Read what the hotline is known by on Reddit, Facebook and VK, and where their interfaces are asked.

Whoever has these lines can ask in the hotline's name: they are never logged,
shown or stored.
"""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit

from crawler.platforms import Platforms, RedditLogin
from domain.errors import OperatorFault
from domain.locators.web import is_loopback
from domain.observations import Platform

_SECRETS = ("reddit_client_id", "reddit_client_secret", "facebook_token", "vk_token")
_BASES = ("reddit_base", "reddit_login_base", "facebook_base", "vk_base")
KNOWN = frozenset({*_SECRETS, *_BASES})  # names that kapear.toml may set
MAX_SECRET = 1024  # characters


def read(values: Mapping[str, object], environment: Mapping[str, str]) -> Platforms:
    """Return the configuration of platforms; raises OperatorFault with one line for the first mistake."""
    client_id, client_secret, facebook, vk = (_secret(name, values, environment) for name in _SECRETS)
    if bool(client_id) is not bool(client_secret):
        missing = "KAPEAR_REDDIT_CLIENT_SECRET" if client_id else "KAPEAR_REDDIT_CLIENT_ID"
        raise OperatorFault(f"{missing} is missing: Reddit gives an application its id and its secret together.")
    usual = Platforms()
    bases = {name: _base(name, values, environment, getattr(usual, name)) for name in _BASES}
    return Platforms(
        reddit=RedditLogin(client_id=client_id, secret=client_secret) if client_id else None,
        facebook_token=facebook,
        vk_token=vk,
        **bases,
    )


def lacking(platforms: Platforms) -> Mapping[Platform, str]:
    """Return of each platform that cannot be asked what it takes, as a line for whoever wants to watch there."""
    lines = {
        Platform.REDDIT: (
            platforms.reddit is not None,
            "Reddit is read as your organisation's application: set KAPEAR_REDDIT_CLIENT_ID and _SECRET.",
        ),
        Platform.FACEBOOK: (
            bool(platforms.facebook_token),
            "Facebook is read with a token that has Page Public Content Access: set KAPEAR_FACEBOOK_TOKEN.",
        ),
        Platform.VK: (
            bool(platforms.vk_token),
            "VK is read with the service token of an application: set KAPEAR_VK_TOKEN.",
        ),
    }
    return {platform: line for platform, (is_there, line) in lines.items() if not is_there}


def _secret(name: str, values: Mapping[str, object], environment: Mapping[str, str]) -> str:
    given = environment.get(f"KAPEAR_{name.upper()}") or values.get(name) or ""
    text = given.strip() if isinstance(given, str) else ""
    if (given and not text) or len(text) > MAX_SECRET or not text.isascii() or not text.isprintable() or " " in text:
        raise OperatorFault(f"KAPEAR_{name.upper()} is no such line: copy it whole, without blanks.")
    return text


def _base(name: str, values: Mapping[str, object], environment: Mapping[str, str], usual: str) -> str:
    text = str(environment.get(f"KAPEAR_{name.upper()}") or values.get(name) or usual).strip().rstrip("/")
    try:
        parts = urlsplit(text)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        host, parts = "", urlsplit("")
    is_plain = not parts.query and not parts.fragment and parts.username is None
    if not host or not is_plain or parts.scheme not in {"https", "http"}:
        raise OperatorFault(f"KAPEAR_{name.upper()} is no web address; the default is {usual}.")
    if parts.scheme == "http" and not is_loopback(host):
        raise OperatorFault(f"KAPEAR_{name.upper()} must begin with https, for a token goes there.")
    return text
