"""
Give a visit its channel: through the account that it is pinned to, or through another that can go on.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any

from telethon.tl import TLRequest
from telethon.tl.types import (
    InputChannel,
    InputDocumentFileLocation,
    InputPeerChannel,
    InputPhotoFileLocation,
)

from domain.observations import Traffic
from domain.ports import TelegramLedger
from net.dialling import Dialler
from telegram_monitor.client import ApiCredentials

__all__ = ["Accounts", "ApiCredentials", "Channel", "Dialler"]

FileLocation = InputPhotoFileLocation | InputDocumentFileLocation


class Channel:
    """One channel through one account, for one visit; changes to another account by itself where it must."""

    id: int

    @property
    def peer(self) -> InputPeerChannel:
        """Return how requests name the channel; ask again for every request, for the account may change."""

    @property
    def input(self) -> InputChannel:
        """Return the same for requests that want an InputChannel."""

    async def ask(self, request: TLRequest) -> Any:
        """
        Return the answer to a request about this channel.

        Checked by the allow-list, counted in the visit's traffic, paced. Raises
        VisitEnded, and EgressRefused where the guard refuses the server.
        """

    async def download(self, location: FileLocation, *, dc_id: int, offset: int, length: int) -> bytes:
        """
        Return up to `length` bytes of a file from `offset`; fewer only at its end.

        Raises FileReferenceExpired, MediaUnavailable with a code, or EgressRefused.
        """


class Accounts:
    """All accounts of the organisation: one long-lived client each, started at its first use."""

    def __init__(
        self,
        *,
        ledger: TelegramLedger,
        api: ApiCredentials,
        dial: Dialler,
        now: Callable[[], datetime],
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Connect nothing yet; `clock` counts seconds since whenever, and is never set back."""

    async def channel(self, locator: str, traffic: Traffic) -> Channel:
        """
        Return the channel that a canonical locator names, for one visit.

        Raises VisitEnded: LIMITED `flood_wait` or `no_account`, GONE
        `no_such_name`, MOVED `name_moved` where the name leads to another
        channel than any account was ever told, REFUSED `not_a_public_channel`.
        """

    async def close(self) -> None:
        """Close every client."""
