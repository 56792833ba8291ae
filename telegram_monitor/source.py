"""
Read public channels and groups through the organisation's account, page by page.

A page is fetched when it is wanted and not before, so it is committed before
the next is asked for.
"""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Protocol

from domain.clock import utc_now
from domain.errors import MediaUnavailable, VisitEnded
from domain.observations import CaptureRecord, ObservedMedia, ObservedPage, Traffic
from domain.outcomes import Outcome
from domain.ports import MediaSource, SourceTarget
from telegram_monitor.around import look_around, message_in
from telegram_monitor.asking import Asking
from telegram_monitor.carriers import Carrier, File
from telegram_monitor.description import Descriptions
from telegram_monitor.history import Stretch
from telegram_monitor.media import Downloads, Found, TelegramMedia, find_file
from telegram_monitor.naming import name_in
from telegram_monitor.pager import Limits, Pager
from telegram_monitor.posts import observed_post, usernames_of
from telegram_monitor.receipt import combined

PUBLIC_ADDRESS = "https://t.me"
_MEDIA_URL = re.compile(r"telegram:([A-Za-z0-9_]{1,64})/([0-9]{1,16})/([0-9]{1,10})/([a-z]+:-?[0-9]+(?::thumb)?)")


class Opens(Protocol):
    """What the source needs of the accounts."""

    async def channel(self, locator: str, traffic: Traffic) -> Downloads:
        """Return the channel that a locator names, for one visit."""


class TelegramSource:
    """Looks at channels; many visits may run at once."""

    def __init__(
        self,
        *,
        accounts: Opens,
        tool: str,
        now: Callable[[], datetime] = utc_now,
        limits: Limits | None = None,
    ) -> None:
        """Use accounts that the caller closes; `tool` goes into every capture record."""
        self._accounts = accounts
        self._tool = tool
        self._now = now
        self._limits = limits or Limits()
        self._descriptions = Descriptions(now)

    async def pages(self, target: SourceTarget, traffic: Traffic) -> AsyncGenerator[ObservedPage, None]:
        """Yield pages oldest to newest; a quiet channel has none."""
        name = name_in(target.locator)
        channel = await self._accounts.channel(target.locator, traffic)
        maker = _PageMaker(channel=channel, name=name, tool=self._tool, now=self._now)
        pager = Pager(channel=channel, target=target, make_page=maker.page, now=self._now, limits=self._limits)
        async with aclosing(pager.pages()) as pages:
            async for page in pages:
                yield replace(page, channel=await self._descriptions.of(channel))

    async def post(self, target: SourceTarget, post: str, traffic: Traffic) -> ObservedPage | None:
        """Look at one message again, with its neighbours; None for one that is gone, or was never a post."""
        number = message_in(post)
        channel = await self._accounts.channel(target.locator, traffic)
        maker = _PageMaker(channel=channel, name=name_in(target.locator), tool=self._tool, now=self._now)
        stretch = await look_around(Asking(channel=channel), number)
        if stretch is None:
            return None
        page = maker.page(stretch, target.cursor)
        return replace(page, channel=await self._descriptions.of(channel))

    def media(self, url: str, traffic: Traffic, *, plain_agent: bool = False) -> MediaSource:  # noqa: ARG002 - the port's
        """Return a handle on media seen by an earlier visit; `url` is the spelling that visit gave them."""
        read = _MEDIA_URL.fullmatch(url)
        name, channel_id, message, identity = read.groups() if read is not None else ("", "0", "0", "")

        async def find() -> Found:
            if not name:
                raise MediaUnavailable("bad_url")
            channel = await self._accounts.channel(f"{PUBLIC_ADDRESS}/s/{name}", traffic)
            if channel.id != int(channel_id):
                raise MediaUnavailable("moved")
            # A handle of its own has no second size to turn to: what is tried again is read in full.
            return await find_file(channel, int(message), identity, is_fuller=True)

        return TelegramMedia(found=None, find=find)

    async def is_itself(self, target: SourceTarget, traffic: Traffic) -> bool:  # noqa: ARG002 - the port's
        """Return True: whoever answers holds the key that the account was signed in with."""
        return True


@dataclass(slots=True, kw_only=True)
class _PageMaker:
    """Makes the pages of one visit out of messages."""

    channel: Downloads
    name: str
    tool: str
    now: Callable[[], datetime]

    def page(self, stretch: Stretch, cursor: str | None, *, is_newest: bool = False) -> ObservedPage:
        """Return a page, its posts with handles on their media."""
        container = str(self.channel.id)
        address = f"{PUBLIC_ADDRESS}/{self.name}"
        names = usernames_of(stretch.chats)
        try:
            posts = tuple(
                observed_post(message, container=container, address=address, names=names, offer=self._offered)
                for message in stretch.posts
            )
        except (AttributeError, TypeError, ValueError):
            # A field holds what the layer does not allow there; the message is never quoted.
            raise VisitEnded(Outcome.ERROR, "malformed") from None
        ip, port = self.channel.server
        length, digest = combined(stretch.receipts)
        capture = CaptureRecord(
            final_url=address,
            received_at=self.now(),
            ip=ip,
            port=port,
            length=length,
            body_sha256=digest,
            tool=self.tool,
        )
        deleted = tuple((container, str(number)) for number in stretch.gone)
        return ObservedPage(posts=posts, capture=capture, cursor=cursor, deleted=deleted, is_newest=is_newest)

    def _offered(self, message: int, carrier: Carrier) -> ObservedMedia:
        """Return a handle on what a message carries."""
        return ObservedMedia(
            identity=carrier.identity,
            kind=carrier.kind,
            url=f"telegram:{self.name}/{self.channel.id}/{message}/{carrier.identity}",
            source=self._media(message, carrier.identity, carrier.file, is_fuller=False),
            fuller=self._media(message, carrier.identity, carrier.fuller, is_fuller=True) if carrier.fuller else None,
        )

    def _media(self, message: int, identity: str, file: File, *, is_fuller: bool) -> TelegramMedia:
        find = partial(find_file, self.channel, message, identity, is_fuller=is_fuller)
        return TelegramMedia(found=Found(channel=self.channel, file=file), find=find)
