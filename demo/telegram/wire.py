"""
Speak MTProto's frames and envelopes, sharing no code for it with the client.

Framing and packets are mtproto's (its TCP transports, server's role, told apart
by their first bytes). Its AES is Python without TgCrypto, so envelopes are
opened and sealed here, by its key derivation and cryptg.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from hashlib import sha1, sha256
from os import urandom

import cryptg
from mtproto.crypto.aes import kdf
from mtproto.enums import ConnectionRole, TransportEvent
from mtproto.transport.connection import Connection
from mtproto.transport.packets.base_packet import BasePacket
from mtproto.transport.packets.error_packet import ErrorPacket
from mtproto.transport.packets.message_packet import DecryptedMessagePacket, EncryptedMessagePacket
from mtproto.transport.transports.base_transport import BaseTransport

from demo.telegram.veil import HEADER, Veil, is_bare

KEY_BYTES = 256
MOST_AT_ONCE = 64 * 1024
_BLOCK = 16


class BadEnvelope(Exception):
    """A message was not sealed with the key it names."""


def key_id(key: bytes) -> int:
    """Return the number by which messages name an authorisation key."""
    return int.from_bytes(sha1(key, usedforsecurity=False).digest()[-8:], "little", signed=True)


def unsealed(packet: EncryptedMessagePacket, key: bytes) -> DecryptedMessagePacket:
    """Open a client's message; raises BadEnvelope."""
    if not packet.encrypted_data or len(packet.encrypted_data) % _BLOCK:
        raise BadEnvelope
    plain = cryptg.decrypt_ige(bytes(packet.encrypted_data), *kdf(key, packet.message_key, True))  # noqa: FBT003 - mtproto's signature
    if sha256(key[88:120] + plain).digest()[8:24] != packet.message_key:
        raise BadEnvelope
    return DecryptedMessagePacket.parse(plain)


def sealed(
    key: bytes, *, salt: int, session_id: int, message_id: int, seq_no: int, body: bytes
) -> EncryptedMessagePacket:
    """Seal a message of the server's."""
    plain = b"".join(
        (
            salt.to_bytes(8, "little", signed=True),
            session_id.to_bytes(8, "little", signed=True),
            message_id.to_bytes(8, "little", signed=True),
            seq_no.to_bytes(4, "little"),
            len(body).to_bytes(4, "little"),
            body,
        )
    )
    plain += urandom(-(len(plain) + 12) % _BLOCK + 12)
    message_key = sha256(key[96:128] + plain).digest()[8:24]
    body_sealed = cryptg.encrypt_ige(plain, *kdf(key, message_key, False))  # noqa: FBT003 - mtproto's signature
    return EncryptedMessagePacket(key_id(key), message_key, body_sealed)


class Link:
    """One connection, as packets; whatever transport the client chose."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Read frames from the one and write them to the other."""
        self._reader, self._writer = reader, writer
        self._veil: Veil | None = None
        self._frames: Connection[BaseTransport] = Connection(role=ConnectionRole.SERVER)

    async def packets(self) -> AsyncIterator[BasePacket]:
        """Yield what the client sends until it goes, or sends what is no frame."""
        async for data in self._unveiled():
            self._frames.data_received(data)
            while (packet := self._next()) is not None:
                if isinstance(packet, TransportEvent | ErrorPacket):
                    return
                yield packet

    def _next(self) -> BasePacket | TransportEvent | None:
        try:
            return self._frames.next_event() if self._frames.has_packet() else None
        except Exception:  # noqa: BLE001 - whatever mtproto makes of bytes that are no frame
            return TransportEvent.DISCONNECT

    async def _unveiled(self) -> AsyncIterator[bytes]:
        begun = b""
        while is_bare(begun) is None:
            data = await self._some()
            if not data:
                return
            begun += data
        if is_bare(begun):
            yield begun
        else:
            self._veil = Veil(begun[:HEADER])
            yield self._veil.tag + self._veil.off(begun[HEADER:])
        while data := await self._some():
            yield data if self._veil is None else self._veil.off(data)

    async def _some(self) -> bytes:
        try:
            return await self._reader.read(MOST_AT_ONCE)
        except ConnectionError:
            return b""

    @property
    def transport(self) -> str:
        """Return the name of the transport in use; empty before the first frame."""
        kind = self._frames.transport_type
        name = "" if kind is None else str(kind)
        return name if self._veil is None else f"obfuscated-{name}"

    def _framed(self, packet: BasePacket) -> bytes:
        frame = bytes(self._frames.send(packet))
        return frame if self._veil is None else self._veil.on(frame)

    async def send(self, packet: BasePacket) -> None:
        """Send one packet; a client that has gone misses it."""
        if self._writer.is_closing():
            return
        self._writer.write(self._framed(packet))
        try:
            await self._writer.drain()
        except ConnectionError:
            self.drop()

    async def send_half(self, packet: BasePacket) -> None:
        """Send the first half of a packet's frame and hang up."""
        frame = self._framed(packet)
        self._writer.write(frame[: len(frame) // 2])
        self._writer.close()

    def drop(self) -> None:
        """Hang up at once."""
        self._writer.transport.abort()

    async def close(self) -> None:
        """Hang up once what was written has left."""
        self._writer.close()
        with contextlib.suppress(ConnectionError):
            await self._writer.wait_closed()
