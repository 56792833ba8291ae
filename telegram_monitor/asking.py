"""
Ask a channel for its history in the few ways that a visit needs, and count what was asked.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from telethon.tl import TLRequest, types
from telethon.tl.functions.channels import GetMessagesRequest
from telethon.tl.functions.messages import GetHistoryRequest

from domain.errors import VisitEnded
from domain.outcomes import Outcome
from telegram_monitor.history import Stretch, joined, read_newest, read_stretch

PAGE = 100  # messages of one answer: the most that a server gives
MAX_GAPS = 3 * PAGE  # ids of one page that are asked about one by one


class Asked(Protocol):
    """What the pager needs of a channel."""

    id: int

    @property
    def peer(self) -> types.InputPeerChannel:
        """Return how requests name it."""

    @property
    def input(self) -> types.InputChannel:
        """Return how other requests name it."""

    async def ask(self, request: TLRequest) -> Any:
        """Return an answer."""


@dataclass(slots=True, kw_only=True)
class Asking:
    """What one visit asks of one channel, and how often; `ignored` counts messages that did not belong."""

    channel: Asked
    asked: int = 0
    ignored: int = 0

    async def newest(self) -> Stretch:
        """Return the newest messages there are, and the count of changes at that moment."""
        request = GetHistoryRequest(self.channel.peer, 0, None, 0, PAGE, 0, 0, 0)
        return self._told(read_newest(await self.ask(request), self.channel.id))

    async def history(self, *, above: int, upto: int) -> Stretch:
        """Return the messages that follow an id, up to another."""
        request = GetHistoryRequest(self.channel.peer, above + 1, None, -PAGE, PAGE, 0, 0, 0)
        return self._told(read_stretch(await self.ask(request), self.channel.id, above=above, upto=upto))

    async def around(self, number: int) -> Stretch:
        """Return the messages about an id, as many newer ones as older: with it, if history has it."""
        request = GetHistoryRequest(self.channel.peer, number, None, -PAGE // 2 - 1, PAGE, 0, 0, 0)
        return self._told(read_stretch(await self.ask(request), self.channel.id))

    def _told(self, stretch: Stretch) -> Stretch:
        self.ignored += stretch.ignored
        return stretch

    async def ask(self, request: TLRequest) -> Any:
        """Return the answer to a request, counted."""
        self.asked += 1
        return await self.channel.ask(request)

    async def check_hole(self, *, above: int, below: int) -> None:
        """Ask from the other side of a large hole whether there is nothing in it; raises VisitEnded where there is."""
        request = GetHistoryRequest(self.channel.peer, below, None, 0, 1, 0, 0, 0)
        seen = read_stretch(await self.ask(request), self.channel.id, above=above)
        if seen.ids:
            raise VisitEnded(Outcome.ERROR, "history_skips")

    async def by_id(self, ids: Sequence[int]) -> Stretch:
        """Return what is left of messages that history passed over."""
        found = [Stretch()]
        for begin in range(0, min(len(ids), MAX_GAPS), PAGE):
            asked = ids[begin : begin + PAGE]
            request = GetMessagesRequest(self.channel.input, [types.InputMessageID(number) for number in asked])
            answer = read_stretch(await self.ask(request), self.channel.id, above=asked[0] - 1, upto=asked[-1])
            found.append(self._told(answer).only(frozenset(asked)))
        return joined(found)
