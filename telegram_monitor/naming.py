"""
Decide what a resolved name leads to: a public channel or group, or something that is never watched.
"""

from __future__ import annotations

import re
from typing import Any

from telethon.tl import types

from domain.errors import VisitEnded
from domain.outcomes import Outcome
from domain.telegram import MAX_CHANNEL_ID

_NAME = re.compile(r"[a-z][a-z0-9_]{3,31}")


def name_in(locator: str) -> str:
    """Return the name that a canonical locator ends in; raises VisitEnded for one that has none."""
    name = locator.rpartition("/")[2]
    if not _NAME.fullmatch(name):
        raise VisitEnded(Outcome.ERROR, "bad_locator")
    return name


def channel_in(untrusted: Any, name: str) -> tuple[int, int]:
    """Return the bare id and access hash of the public channel that an answer says a name leads to; or VisitEnded."""
    if not isinstance(untrusted, types.contacts.ResolvedPeer):
        raise VisitEnded(Outcome.ERROR, "malformed")
    peer = untrusted.peer
    if not isinstance(peer, types.PeerChannel):
        raise VisitEnded(Outcome.REFUSED, "not_a_public_channel")
    chat = next((one for one in untrusted.chats if getattr(one, "id", None) == peer.channel_id), None)
    if isinstance(chat, types.ChannelForbidden):
        raise VisitEnded(Outcome.RESTRICTED, "private")
    if not isinstance(chat, types.Channel):
        raise VisitEnded(Outcome.ERROR, "malformed")
    if name not in _names_of(chat):
        raise VisitEnded(Outcome.REFUSED, "not_a_public_channel")
    if chat.min or not chat.access_hash or not 1 <= chat.id <= MAX_CHANNEL_ID:
        raise VisitEnded(Outcome.ERROR, "malformed")
    return chat.id, chat.access_hash


def _names_of(chat: types.Channel) -> set[str]:
    """Return the names a channel bears now, in lower case."""
    others = (one.username for one in chat.usernames or () if one.active)
    return {name.lower() for name in (chat.username, *others) if isinstance(name, str)}
