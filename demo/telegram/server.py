"""
Serve the platform on loopback: one listener a DC, for as long as the context lasts.

    async with TelegramServer(platform) as server:
        client = TelegramClient(StringSession(server.session_string()), platform.api_id, platform.api_hash)
"""

from __future__ import annotations

import asyncio
import base64
import socket
import struct
from collections.abc import Awaitable, Callable, Coroutine
from types import TracebackType
from typing import Any, Self

from telethon.tl import types

from demo.telegram.answers_channels import updates_of
from demo.telegram.asking import Key
from demo.telegram.calls import CallLog
from demo.telegram.channel import Channel
from demo.telegram.faults import Faults
from demo.telegram.sessions import Conversation
from demo.telegram.state import HOME_DC, Platform
from demo.telegram.wire import KEY_BYTES, Link, key_id

DCS = (HOME_DC, 4)
_HERE = "127.0.0.1"


class TelegramServer:
    """The platform's DCs, listening; `log` holds what was asked, `faults` what shall go wrong."""

    def __init__(self, platform: Platform | None = None, *, dcs: tuple[int, ...] = DCS) -> None:
        """Serve that platform, or an empty one, once the context is entered."""
        self.platform = platform or Platform()
        self.log, self.faults = CallLog(), Faults()
        self.salt = self.platform.dice.getrandbits(62)
        self.keys: dict[int, Key] = {}
        self.ports: dict[int, int] = {}
        self.conversations = set[Conversation]()
        self._dcs = dcs
        self._listeners: list[asyncio.Server] = []
        self._tasks = set[asyncio.Task[None]]()
        self._last_id = 0

    async def __aenter__(self) -> Self:
        for dc in self._dcs:
            listener = await asyncio.start_server(self._accepting(dc), _HERE, 0)
            self._listeners.append(listener)
            self.ports[dc] = listener.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for listener in self._listeners:
            listener.close()
        self.hang_up()
        if self._tasks:
            await asyncio.wait(self._tasks)
        for listener in self._listeners:
            await listener.wait_closed()
        self._listeners.clear()

    def session_string(self, account: str = "one", *, signed_in: bool = True) -> str:
        """
        Return a Telethon StringSession that leads to the home DC with an account's key.

        Without `signed_in` it holds the address alone: the client then makes a fresh key.
        """
        key = bytes(KEY_BYTES)
        if signed_in:
            owner = self.platform.account(account)
            key = owner.key
            self.keys.setdefault(key_id(key), Key(data=key, dc=HOME_DC)).account = owner
        packed = struct.pack(">B4sH256s", HOME_DC, socket.inet_aton(_HERE), self.ports[HOME_DC], key)
        return "1" + base64.urlsafe_b64encode(packed).decode("ascii")

    async def accept_login(self, account: str) -> None:
        """Do what a phone does that scans the newest QR: accept its token, and let whoever shows it know."""
        signing = self.platform.signing
        _, key = signing.tokens.popitem()
        signing.accepted[key] = self.platform.account(account)
        signing.tokens.clear()
        update = types.UpdateShort(types.UpdateLoginToken(), self.platform.date())
        for conversation in tuple(self.conversations):
            if conversation.key is not None and conversation.key.data == key:
                await conversation.tell(update, answer=False)

    async def push(self, channel: Channel, *, last: int = 1) -> None:
        """Tell everybody connected who wants updates of the newest events of a channel."""
        for conversation in tuple(self.conversations):
            if conversation.key is None or conversation.key.account is None or not conversation.wants_updates:
                continue
            told = updates_of(self.platform, conversation.key.account, channel, channel.events[-last:])
            await conversation.tell(told, answer=False)

    def soon(self, sending: Coroutine[Any, Any, None]) -> None:
        """Push, or accept, from where nothing can be awaited."""
        task = asyncio.get_running_loop().create_task(sending)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def new_salt(self) -> None:
        """Change the salt, so that everybody is told theirs is wrong."""
        self.salt = self.platform.dice.getrandbits(62)

    def hang_up(self) -> None:
        """Drop every connection."""
        for conversation in tuple(self.conversations):
            conversation.link.drop()

    def next_message_id(self, *, answer: bool) -> int:
        """Return an id for a message of the server's: its time, rising, and odd."""
        now = self.platform.now()
        number = (int(now) << 32) + (int((now % 1) * 1_000_000_000) << 2)
        self._last_id = max(number, (self._last_id & ~3) + 4) | (1 if answer else 3)
        return self._last_id

    def _accepting(self, dc: int) -> Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]:
        async def accepted(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            link = Link(reader, writer)
            conversation = Conversation(self, dc, link)
            task = asyncio.current_task()
            assert task is not None  # noqa: S101 - a coroutine runs in a task
            self._tasks.add(task)
            self.conversations.add(conversation)
            try:
                await conversation.run()
            finally:
                self.conversations.discard(conversation)
                self._tasks.discard(task)
                await link.close()

        return accepted
