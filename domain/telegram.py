"""
Say what an account of the organisation knows of Telegram, and must not ask again.

Resolving a name is the scarcest call there is, and an access hash belongs to
the one account that it was given to.
"""

from __future__ import annotations

import base64
import binascii
import ipaddress
import struct
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import NewType

from domain.errors import BadInput

AccountId = NewType("AccountId", str)
MAX_CHANNEL_ID = (1 << 53) - 1  # of bare, positive ids; the layer's own bound

_VERSION = "1"
_LAYOUTS = {struct.calcsize(layout): layout for layout in (">B4sH256s", ">B16sH256s")}


@dataclass(frozen=True, slots=True, kw_only=True)
class TelegramAccount:
    """
    An account of the organisation, signed in.

    `session` is a Telethon StringSession: whoever has it is the account.
    `parked` says why the account is used no more, as a short code; empty while it is.
    """

    id: AccountId
    label: str
    session: str = field(repr=False)
    parked: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ResolvedChannel:
    """
    What one account was told of a name: the channel's bare positive id, and the hash to address it with.

    `pinned` marks the account that reads this channel while it can.
    """

    account_id: AccountId
    channel_id: int = field(repr=False)
    access_hash: int = field(repr=False)
    pinned: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionParts:
    """What a session text holds: the server that the account lives on, and the key it is known by."""

    dc: int
    host: str
    port: int
    auth_key: bytes = field(repr=False)


def parse_session(text: str) -> SessionParts:
    """
    Return what a Telethon StringSession holds; raises BadInput with one line.

    The form: "1", then urlsafe Base64 of a data centre's number, its IPv4 or
    IPv6 address, a port, and 256 bytes of key.
    """
    try:
        raw = base64.b64decode(text[1:], altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raw = b""
    layout = _LAYOUTS.get(len(raw))
    if text[:1] != _VERSION or layout is None:
        raise BadInput("is no session: paste the whole line that Telethon's StringSession saved.")
    dc, address, port, auth_key = struct.unpack(layout, raw)
    if not any(auth_key):
        raise BadInput("is a session that was never signed in: sign in again, and paste the whole line.")
    return SessionParts(dc=dc, host=str(ipaddress.ip_address(address)), port=port, auth_key=auth_key)


class Standing(StrEnum):
    """Whether an account reads: as it should, later than it should, or not at all."""

    IN_USE = "in_use"
    LIMITED = "limited"
    PARKED = "parked"


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountState:
    """How an account stands: what an operator may know of it, and no channel's name."""

    id: AccountId
    label: str
    parked: str
    cooldowns: tuple[tuple[str, datetime], ...]
    channels: int

    @property
    def standing(self) -> Standing:
        """Return whether the account reads."""
        if self.parked:
            return Standing.PARKED
        return Standing.LIMITED if self.cooldowns else Standing.IN_USE


def waits_until(until: datetime, *, noted_at: datetime, now: datetime) -> datetime:
    """Return when a wait that was noted ends; a clock that was set back since then makes it no longer."""
    return min(until, now + (until - noted_at))
