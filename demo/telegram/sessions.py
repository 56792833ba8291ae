"""
Hold one client's connection: open its messages, keep the session's rules, send what answers it.

The rules are those that Telethon relies on: a wrong salt and a wrong clock are
told before anything else, a new session is announced, every message of the
server's has an odd id.
"""

from __future__ import annotations

import asyncio
from typing import Any, Protocol

from mtproto.transport.packets.error_packet import ErrorPacket
from mtproto.transport.packets.message_packet import EncryptedMessagePacket, UnencryptedMessagePacket
from telethon.tl import functions, types
from telethon.tl.tlobject import TLRequest

from demo.telegram.answering import Reply, reply_to
from demo.telegram.asking import Asked, Key
from demo.telegram.calls import CallLog
from demo.telegram.faults import Faults
from demo.telegram.handshake import Handshake, NoAgreement
from demo.telegram.state import Platform
from demo.telegram.tl import Inner, inner_messages, rpc_result, unwrapped
from demo.telegram.wire import BadEnvelope, Link, key_id, sealed, unsealed

TOO_OLD, TOO_NEW = 300, 30  # seconds a client's message may be off
_UNKNOWN_KEY = 404
_BAD_SALT, _ID_TOO_LOW, _ID_TOO_HIGH = 48, 16, 17


class Home(Protocol):
    """What a conversation needs of the server it is with."""

    platform: Platform
    log: CallLog
    faults: Faults
    salt: int
    keys: dict[int, Key]
    ports: dict[int, int]

    def next_message_id(self, *, answer: bool) -> int:
        """Return an id for a message of the server's."""
        ...


class Conversation:
    """One connection with one DC."""

    def __init__(self, home: Home, dc: int, link: Link) -> None:
        """Converse over that link, as that DC."""
        self.home, self.dc, self.link = home, dc, link
        self.key: Key | None = None
        self.session_id = 0
        self.wants_updates = False
        self._announced: int | None = None  # the session that was told it is new
        self._content_sent = 0
        self._handshake = Handshake()
        self._late = set[asyncio.Task[None]]()

    async def run(self) -> None:
        """Converse until the client goes, or breaks the rules."""
        try:
            async for packet in self.link.packets():
                if isinstance(packet, UnencryptedMessagePacket):
                    going_on = await self._plain(packet)
                else:
                    going_on = isinstance(packet, EncryptedMessagePacket) and await self._opened(packet)
                if not going_on:
                    break
        finally:
            for task in self._late:
                task.cancel()

    async def _plain(self, packet: UnencryptedMessagePacket) -> bool:
        try:
            answer = self._handshake.step(bytes(packet.message_data), int(self.home.platform.now()))
        except NoAgreement:
            await self.link.send(ErrorPacket(_UNKNOWN_KEY))
            return False
        if self._handshake.key is not None:
            self.home.keys[key_id(self._handshake.key)] = Key(data=self._handshake.key, dc=self.dc)
            self._handshake = Handshake()
        await self.link.send(UnencryptedMessagePacket(self.home.next_message_id(answer=True), answer))
        return True

    async def _opened(self, packet: EncryptedMessagePacket) -> bool:
        key = self.home.keys.get(packet.auth_key_id)
        if key is None or key.dc != self.dc:
            await self.link.send(ErrorPacket(_UNKNOWN_KEY))
            return False
        try:
            message = unsealed(packet, key.data)
        except BadEnvelope:
            await self.link.send(ErrorPacket(_UNKNOWN_KEY))
            return False
        self.key, self.session_id = key, message.session_id
        complaint = self._complaint(message.message_id, message.seq_no, message.salt)
        if complaint is not None:
            await self.tell(complaint, answer=True)
            return True
        if self._announced != message.session_id:
            self._announced, self._content_sent = message.session_id, 0
            created = types.NewSessionCreated(message.message_id, message.session_id, self.home.salt)
            await self.tell(created, answer=False)
        try:
            inner = list(inner_messages(message.message_id, message.seq_no, bytes(message.data)))
        except Exception:  # noqa: BLE001 - whatever Telethon's reader makes of a client's bad bytes
            return False
        for each in inner:
            if not await self._met(each):
                return False
        return True

    def _complaint(self, message_id: int, seq_no: int, salt: bytes) -> Any:
        behind = self.home.platform.now() - (message_id >> 32)
        if behind > TOO_OLD or behind < -TOO_NEW:
            code = _ID_TOO_LOW if behind > 0 else _ID_TOO_HIGH
            return types.BadMsgNotification(message_id, seq_no, code)
        if int.from_bytes(salt, "little", signed=True) != self.home.salt:
            return types.BadServerSalt(message_id, seq_no, _BAD_SALT, self.home.salt)
        return None

    async def _met(self, message: Inner) -> bool:
        """Answer one message; returns whether the connection goes on."""
        body = message.body
        if isinstance(body, functions.PingRequest | functions.PingDelayDisconnectRequest):
            await self.tell(types.Pong(message.message_id, body.ping_id), answer=True)
            return True
        if not isinstance(body, TLRequest):
            return True  # acknowledgements and the like
        assert self.key is not None  # noqa: S101 - a message was opened with it
        request, around = unwrapped(body)
        if not any(isinstance(each, functions.InvokeWithoutUpdatesRequest) for each in around):
            self.wants_updates = True
        home = self.home
        asked = Asked(request=request, platform=home.platform, key=self.key, dc=self.dc, ports=home.ports)
        reply = await reply_to(asked, around, home.log, home.faults)
        return await self._replied(message.message_id, reply)

    async def _replied(self, message_id: int, reply: Reply) -> bool:
        if reply.ending == "drop":
            self.link.drop()
            return False
        if reply.body is None:
            return True
        result = rpc_result(message_id, reply.body)
        if reply.ending == "cut":
            await self.link.send_half(self._packet(result, answer=True))
            return False
        if reply.delay:
            task = asyncio.get_running_loop().create_task(self._later(reply.delay, result))
            self._late.add(task)
            task.add_done_callback(self._late.discard)
        else:
            await self.link.send(self._packet(result, answer=True))
        return True

    async def _later(self, delay: float, result: bytes) -> None:
        await asyncio.sleep(delay)
        await self.link.send(self._packet(result, answer=True))

    async def tell(self, thing: Any, *, answer: bool) -> None:
        """Send an object that answers no call."""
        await self.link.send(self._packet(bytes(thing), answer=answer))

    def _packet(self, body: bytes, *, answer: bool) -> EncryptedMessagePacket:
        assert self.key is not None  # noqa: S101 - nothing is sent before a message was opened
        seq_no = self._content_sent * 2 + 1
        self._content_sent += 1
        return sealed(
            self.key.data,
            salt=self.home.salt,
            session_id=self.session_id,
            message_id=self.home.next_message_id(answer=answer),
            seq_no=seq_no,
            body=body,
        )
