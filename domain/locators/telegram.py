"""
Read every usual spelling of a Telegram link, and set apart what is never followed.

Source of the forms: core.telegram.org/api/links.
"""

from __future__ import annotations

import re
from typing import NamedTuple
from urllib.parse import parse_qs, unquote, urlsplit

from domain.errors import BadLocator, NotWatchable
from domain.locators.web import with_scheme
from domain.referral_kinds import ReferralKind

HOSTS = frozenset({"t.me", "telegram.me", "telegram.dog"})
_CLIENT = "web.telegram.org"  # where the fragment says what is shown
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{3,31}")

# First path segments that mean something else than a channel's name.
RESERVED = frozenset({
    "a", "addemoji", "addlist", "addstickers", "addstyle", "addtheme", "auction", "auth", "bg", "boost", "c",
    "call", "confirmphone", "contact", "dl", "giftcode", "invoice", "iv", "joinchat", "k", "login", "m", "msg",
    "newbot", "nft", "premium_offer", "proxy", "s", "setlanguage", "share", "socks", "stars", "telegrampassport",
    "telegram", "tg", "unlock", "web", "www", "z",
})  # fmt: skip
_INVITE_SEGMENTS = frozenset({"joinchat", "addlist"})

INVITE = (
    "This is a private invite. Kapear never follows one: joining would contact the group's owners, "
    "and the content is not public. Keep a referral note for the police instead: kapear report refer."
)
_BOT = "This names a bot. Kapear never talks to bots; refer it to the police or report it to Telegram."
_PERSON = (
    "This names a person by a telephone number or account. Kapear watches no people; "
    "keep a referral note for the police instead: kapear report refer."
)
_PRIVATE = (
    "This points into a private Telegram chat (/c/…), which only its members can read. "
    "Kapear reads public channels only; keep a referral note for the police instead: kapear report refer."
)
SENTENCES = (INVITE, _BOT, _PERSON, _PRIVATE)


class Channel(NamedTuple):
    """A channel's lower-case name, and whether the very spelling asks for its public preview (t.me/s/name)."""

    name: str
    is_preview: bool = False


def named_channel(pasted: str, *, is_whole: bool = True) -> Channel | None:
    """
    Return the channel that a text names, or None if it is no Telegram link.

    Where `is_whole` is False, a link to one post names its channel.

    Raises NotWatchable for invites, private chats and bots; BadLocator for
    Telegram links that name no channel.
    """
    if pasted.startswith("@"):
        return Channel(_checked(pasted[1:].rstrip("/")))
    if pasted.lower().startswith("tg:"):
        return _from_tg_scheme(pasted, is_whole=is_whole)
    try:
        parts = urlsplit(with_scheme(pasted))
        host = (parts.hostname or "").rstrip(".").removeprefix("www.")
    except ValueError:
        return None
    is_web = parts.scheme.lower() in {"http", "https"}
    if is_web and host == _CLIENT:
        return _from_client(unquote(parts.fragment), is_whole=is_whole)
    segments = [segment for segment in unquote(parts.path).split("/") if segment]
    # name.t.me; what stands before a reserved word (web.t.me) or further up names no channel, and no page either.
    owner = next((parent for parent in HOSTS if host.endswith(f".{parent}")), None)
    if owner is not None:
        segments, host = [host.removesuffix(f".{owner}"), *segments], owner
    return _from_path(segments, is_whole=is_whole) if is_web and host in HOSTS else None


def _from_tg_scheme(pasted: str, *, is_whole: bool) -> Channel:
    """Read `tg:resolve?domain=…` and its kin, with or without slashes."""
    command, _, query = pasted[3:].strip("/").partition("?")
    command = command.rstrip("/").lower()
    arguments = {key: values[0] for key, values in parse_qs(query).items()}
    if command in {"join", "addlist"}:
        raise NotWatchable(INVITE, ReferralKind.INVITE)
    if command == "privatepost" or "chat_id" in arguments or (command == "boost" and "channel" in arguments):
        raise NotWatchable(_PRIVATE, ReferralKind.PRIVATE_CHAT)
    if command in {"user", "contact"} or "user_id" in arguments or (command == "resolve" and "phone" in arguments):
        raise NotWatchable(_PERSON, ReferralKind.PROFILE)
    if command in {"resolve", "boost"} and "domain" in arguments:
        post = [arguments["post"]] if "post" in arguments else []
        return _from_path([arguments["domain"], *post], is_whole=is_whole)
    raise BadLocator("This tg: link names no channel; paste @name or https://t.me/name.")


def _from_client(fragment: str, *, is_whole: bool) -> Channel:
    """Read what the web client shows: `#@name`, `#/im?p=@name`, `#?tgaddr=tg://…`."""
    _, is_wrapped, address = fragment.partition("tgaddr=")
    if is_wrapped:
        return _from_tg_scheme(unquote(address), is_whole=is_whole)
    _, is_named, name = fragment.partition("@")
    if not is_named:
        raise BadLocator("Telegram's web client names this by a number that says nothing elsewhere; paste @name.")
    return Channel(_checked(re.split("[/?&]", name, maxsplit=1)[0]))


def _from_path(segments: list[str], *, is_whole: bool) -> Channel:
    """Read the path of a t.me link."""
    is_preview = bool(segments) and segments[0].lower() == "s"
    if is_preview:
        segments = segments[1:]
    if not segments:
        raise BadLocator("This Telegram link names no channel; paste @name or https://t.me/name.")
    first = segments[0]
    if first.startswith("+") and first[1:].isdigit():
        raise NotWatchable(_PERSON, ReferralKind.PROFILE)
    if first.startswith("+") or first.lower() in _INVITE_SEGMENTS:
        raise NotWatchable(INVITE, ReferralKind.INVITE)
    if first.lower() == "contact":
        raise NotWatchable(_PERSON, ReferralKind.PROFILE)
    if first.lower() == "boost" and len(segments) == 2:  # noqa: PLR2004 - t.me/boost/name
        return Channel(_checked(segments[1]), is_preview)
    if first.lower() == "c":
        raise NotWatchable(_PRIVATE, ReferralKind.PRIVATE_CHAT)
    name = _checked(first)
    if len(segments) > 1 and is_whole:
        raise BadLocator(
            f"This names one post or part of @{name}. A target is a whole public channel: "
            f"if the report covers the channel, add @{name}."
        )
    return Channel(name, is_preview)


def _checked(name: str) -> str:
    """Return the name in lower case; Telegram does not tell case apart."""
    lowered = name.lower()
    if lowered in RESERVED or not _NAME.fullmatch(name):
        raise BadLocator("That is no Telegram channel name: 4 to 32 letters, digits and underscores, a letter first.")
    if lowered.endswith("bot"):
        raise NotWatchable(_BOT, ReferralKind.BOT)
    return lowered
