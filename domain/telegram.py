"""
Say what an account of the organisation knows of Telegram, and must not ask again.

Resolving a name is the scarcest call there is, and an access hash belongs to
the one account that it was given to.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NewType

AccountId = NewType("AccountId", str)
MAX_CHANNEL_ID = (1 << 53) - 1  # of bare, positive ids; the layer's own bound


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
