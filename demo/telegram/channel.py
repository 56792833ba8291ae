"""
Hold a channel: its names, its messages, and the numbered list of what happened to them.

Every new message, edit and deletion raises `pts`; getChannelDifference answers
from that list as far back as `horizon`.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from telethon.tl import types

FIRST_POST = datetime(2024, 1, 1, 12, tzinfo=UTC)
BETWEEN_POSTS = timedelta(minutes=10)


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """What raised pts to `pts`, and by how much."""

    pts: int
    count: int
    kind: Literal["new", "edit", "delete"]
    ids: tuple[int, ...]


@dataclass(slots=True, kw_only=True)
class Channel:
    """
    A channel or group. `messages` are Telethon's own objects, by id; `ids` the living ones, rising.

    Change messages through the methods only: they keep the numbered list.
    """

    id: int
    title: str
    about: str = ""
    usernames: list[str] = field(default_factory=list)
    broadcast: bool = True
    members: int = 100
    created: datetime = FIRST_POST
    linked: int | None = None
    pinned: int | None = None
    photo: Any = None
    messages: dict[int, Any] = field(default_factory=dict, repr=False)
    ids: list[int] = field(default_factory=list, repr=False)
    top: int = 0  # the highest id ever given
    pts: int = 1
    horizon: int = 1
    events: list[Event] = field(default_factory=list, repr=False)
    written: dict[int, bytes] = field(default_factory=dict, repr=False)  # messages as bytes
    written_at: int = 0  # the files' epoch of `written`
    groups: int = 0

    @property
    def peer(self) -> Any:
        """Return the channel as a peer."""
        return types.PeerChannel(self.id)

    def post(self, text: str = "", *, id: int = 0, at: datetime | None = None, **more: Any) -> int:  # noqa: A002 - Telegram's word
        """
        Add a message and return its id, the next one by default.

        `more` is whatever Telethon's Message takes: media, entities, fwd_from, reply_markup, from_id, grouped_id …
        """
        number = self._next(id)
        about = {"post": True, "views": 1, "forwards": 0} if self.broadcast else {}
        message = types.Message(number, self.peer, at or self._when(number), text, **{**about, **more})
        return self._added(number, message)

    def service(self, action: Any = None, *, id: int = 0) -> int:  # noqa: A002 - Telegram's word
        """Add a service message, a changed title by default, and return its id."""
        number = self._next(id)
        action = action or types.MessageActionChatEditTitle(self.title)
        return self._added(number, types.MessageService(number, self.peer, self._when(number), action=action))

    def album(self, media: Sequence[Any], text: str = "", **more: Any) -> list[int]:
        """Add an album, one message a medium, the text under the first; return the ids."""
        self.groups += 1
        group = (self.id << 16) + self.groups
        return [
            self.post(text if place == 0 else "", media=each, grouped_id=group, **more)
            for place, each in enumerate(media)
        ]

    def skip(self, count: int = 1) -> None:
        """Leave a hole of ids, as other people's vanished messages do."""
        self.top += count

    def hollow(self, ids: Iterable[int]) -> None:
        """Let pages of the history hold MessageEmpty for those ids, as was seen on the real platform."""
        for number in ids:
            self._forget(number)
            self.messages[number] = types.MessageEmpty(number, self.peer)
            self.ids.append(number)
            self.top = max(self.top, number)
        self.ids.sort()

    def edit(self, number: int, *, at: datetime | None = None, **changes: Any) -> None:
        """Change attributes of a message (`message` is its text) and note the edit."""
        message = self.messages[number]
        for name, value in changes.items():
            setattr(message, name, value)
        message.edit_date = at or (message.edit_date or message.date) + timedelta(minutes=1)
        self.written.pop(number, None)
        self._happened("edit", (number,))

    def delete(self, *numbers: int) -> None:
        """Delete messages: they leave the history, and the list says so."""
        for number in numbers:
            self._forget(number)
        self._happened("delete", numbers)

    def trim(self, *, keep: int = 0) -> None:
        """Forget all but the newest events, so that who asks from before is told TooLong."""
        gone = self.events[: len(self.events) - keep]
        if gone:
            self.horizon = gone[-1].pts
            del self.events[: len(gone)]

    def _next(self, asked: int) -> int:
        number = asked or self.top + 1
        if number in self.messages:
            raise ValueError(f"message {number} is there already")
        return number

    def _when(self, number: int) -> datetime:
        return self.created + BETWEEN_POSTS * number

    def _added(self, number: int, message: Any) -> int:
        self.messages[number] = message
        if self.ids and number < self.ids[-1]:
            self.ids.append(number)
            self.ids.sort()
        else:
            self.ids.append(number)
        self.top = max(self.top, number)
        self._happened("new", (number,))
        return number

    def _forget(self, number: int) -> None:
        if self.messages.pop(number, None) is not None:
            del self.ids[bisect_left(self.ids, number)]
        self.written.pop(number, None)

    def _happened(self, kind: Literal["new", "edit", "delete"], ids: tuple[int, ...]) -> None:
        count = len(ids)
        self.pts += count
        self.events.append(Event(pts=self.pts, count=count, kind=kind, ids=ids))
