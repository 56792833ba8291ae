"""
Describe a channel as a whole, for the capture record of a lead: asked for once a day at most.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

from telethon.tl import types
from telethon.tl.functions.channels import GetFullChannelRequest, GetMessagesRequest

from domain.errors import VisitEnded
from domain.observations import Particulars
from domain.outcomes import Outcome
from telegram_monitor.asking import Asked
from telegram_monitor.history import read_stretch

EVERY = timedelta(days=1)
MAX_CHANNELS = 1000  # remembered; more than an organisation watches
MAX_NAMES = 20


class Descriptions:
    """What channels said of themselves, remembered for a day and nowhere but in memory."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        """Begin with nothing known."""
        self._now = now
        self._known: dict[int, tuple[datetime, Particulars]] = {}

    async def of(self, channel: Asked) -> Particulars:
        """Return a channel's particulars; none where nobody can be asked now, for the posts at hand do not wait."""
        known = self._known.get(channel.id)
        now = self._now()
        if known is not None and timedelta(0) <= now - known[0] < EVERY:
            return known[1]
        try:
            told = tuple(await _asked(channel))
        except VisitEnded as ended:
            if ended.outcome not in {Outcome.LIMITED, Outcome.UNREACHABLE}:
                raise
            return known[1] if known is not None else ()
        self._known.pop(channel.id, None)
        if len(self._known) >= MAX_CHANNELS:
            del self._known[next(iter(self._known))]
        self._known[channel.id] = now, told
        return told


async def _asked(channel: Asked) -> list[tuple[str, str]]:
    """Ask for everything public that a channel says of itself."""
    full: Any = await channel.ask(GetFullChannelRequest(channel.input))
    if not isinstance(full, types.messages.ChatFull) or not isinstance(full.full_chat, types.ChannelFull):
        raise VisitEnded(Outcome.ERROR, "bad_answer")
    about = full.full_chat
    pairs = [("channel_id", str(channel.id))]
    pairs += (pair for chat in full.chats for pair in _named(chat, channel.id))
    pairs.append(("description", about.about))
    if about.participants_count is not None:
        pairs.append(("members", str(about.participants_count)))
    if about.linked_chat_id:
        pairs.append(("linked_chat_id", str(about.linked_chat_id)))
    if about.pinned_msg_id:
        pairs.append(("pinned_message_id", str(about.pinned_msg_id)))
        pairs.append(("pinned_text", await _text_of(channel, about.pinned_msg_id)))
    return pairs


def _named(chat: Any, channel_id: int) -> Iterator[tuple[str, str]]:
    """Return the title and every username, those that are no longer used too."""
    if not isinstance(chat, types.Channel) or chat.id != channel_id:
        return
    yield "title", chat.title
    names = dict.fromkeys([chat.username, *(one.username for one in chat.usernames or ())])
    for name in [name for name in names if name][:MAX_NAMES]:
        yield "username", name
    yield "kind", "group" if chat.megagroup else "channel"


async def _text_of(channel: Asked, number: int) -> str:
    """Return what a pinned message says."""
    answer = await channel.ask(GetMessagesRequest(channel.input, [types.InputMessageID(number)]))
    stretch = read_stretch(answer, channel.id, above=number - 1, upto=number)
    return stretch.posts[0].message or "" if stretch.posts else ""
