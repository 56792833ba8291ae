"""A source that reads the loopback Telegram through an unmodified client, and what tests ask of it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from telethon import TelegramClient
from telethon.errors import FileReferenceExpiredError, RPCError
from telethon.tl import TLRequest, functions, types

from demo.telegram.channel import FIRST_POST
from demo.telegram.server import TelegramServer
from domain.errors import VisitEnded
from domain.observations import ObservedPage, Platform, Traffic
from domain.outcomes import Outcome
from domain.ports import SourceTarget
from telegram_monitor.carriers import Location
from telegram_monitor.faults import FileReferenceExpired
from telegram_monitor.pager import Limits
from telegram_monitor.receipt import Receipt
from telegram_monitor.source import TelegramSource
from tests.telegram_server import plain_client

NAME = "tin_lanterns"
LOCATOR = f"https://t.me/s/{NAME}"
LATER = FIRST_POST + timedelta(days=3650)  # long after every post of the loopback platform


@dataclass(slots=True)
class PlainChannel:
    """A channel through a plain client: no allow-list, no pace; that is the accounts' business."""

    client: TelegramClient
    id: int
    access_hash: int
    traffic: Traffic

    @property
    def peer(self) -> types.InputPeerChannel:
        return types.InputPeerChannel(self.id, self.access_hash)

    @property
    def input(self) -> types.InputChannel:
        return types.InputChannel(self.id, self.access_hash)

    @property
    def server(self) -> tuple[str, int]:
        return self.client.session.server_address, self.client.session.port

    async def ask(self, request: TLRequest) -> Any:
        self.traffic.requests += 1
        self.traffic.bytes += 1000
        try:
            answer = await self.client(request)
        except RPCError as error:
            kind = type(error).__name__
            raise VisitEnded(Outcome.ERROR, "pts" if kind.startswith("PersistentTimestamp") else kind) from None
        answer.receipt = Receipt.of(bytes(answer))
        return answer

    async def download(self, location: Location, *, dc_id: int, offset: int, length: int) -> bytes:
        assert dc_id == 2
        self.traffic.requests += 1
        try:
            part = await self.client(functions.upload.GetFileRequest(location, offset, length))
        except FileReferenceExpiredError:
            raise FileReferenceExpired from None
        self.traffic.bytes += len(part.bytes)
        return bytes(part.bytes)


@dataclass(slots=True)
class PlainAccounts:
    """Opens channels by resolving their names each time."""

    client: TelegramClient

    async def channel(self, locator: str, traffic: Traffic) -> PlainChannel:
        found = await self.client(functions.contacts.ResolveUsernameRequest(locator.rpartition("/")[2]))
        return PlainChannel(self.client, found.chats[0].id, found.chats[0].access_hash, traffic)


class Clock:
    def __init__(self) -> None:
        self.now = LATER

    def __call__(self) -> datetime:
        return self.now


@dataclass
class Reader:
    """Visits one channel again and again, remembering the cursor as a store would."""

    server: TelegramServer
    source: TelegramSource
    clock: Clock
    cursor: str | None = None
    traffic: Traffic = field(default_factory=Traffic)

    async def visit(
        self, *, backfill: int | None = None, since: Any = None, commits: int | None = None
    ) -> list[ObservedPage]:
        """Return the pages of a visit, of which only so many are committed."""
        self.server.log.clear()
        target = SourceTarget(
            platform=Platform.TELEGRAM,
            locator=LOCATOR,
            cursor=self.cursor,
            backfill=backfill,
            backfill_since=since,
        )
        pages: list[ObservedPage] = []
        async with aclosing(self.source.pages(target, self.traffic)) as found:
            async for page in found:
                pages.append(page)
                if commits is not None and len(pages) > commits:
                    break
                self.cursor = page.cursor
        return pages

    async def ending(self, **how: Any) -> str:
        """Return the message of the VisitEnded that a visit raises."""
        with pytest.raises(VisitEnded) as caught:
            await self.visit(**how)
        assert caught.value.__cause__ is None
        return str(caught.value)

    def asked(self) -> list[str]:
        """Return what the last visit asked, without what it did not need to: names and descriptions."""
        aside = {"contacts.resolveUsername", "channels.getFullChannel", "help.getConfig", "users.getUsers"}
        return [call.method for call in self.server.log.calls if call.method not in aside]


def numbers(pages: list[ObservedPage]) -> list[int]:
    return [int(post.post) for page in pages for post in page.posts]


def deleted(pages: list[ObservedPage]) -> list[int]:
    return [int(number) for page in pages for _, number in page.deleted]


@asynccontextmanager
async def reading(server: TelegramServer, limits: Limits | None = None) -> AsyncIterator[Reader]:
    client = plain_client(server, receive_updates=False)
    await client.connect()
    clock = Clock()
    source = TelegramSource(accounts=PlainAccounts(client), tool="kapear tests", now=clock, limits=limits)
    try:
        yield Reader(server=server, source=source, clock=clock)
    finally:
        await client.disconnect()


def today(day: int) -> Any:
    """Return the date on which the loopback platform's posts of that day lie."""
    return (FIRST_POST.astimezone(UTC) + timedelta(days=day)).date()
