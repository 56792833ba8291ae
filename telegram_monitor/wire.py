"""
Stand between Telethon and the network: what leaves was permitted, where it goes was agreed, what comes back is bounded.

The permit of the running task says what it may ask for. It is compared where
requests enter a sender, so that no way through the library passes it by.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from telethon.errors import InvalidBufferError
from telethon.network import ConnectionTcpFull, MTProtoSender
from telethon.network.connection.tcpfull import FullPacketCodec

from net.dialling import Dialler
from telegram_monitor.allowed import UPKEEP, Permit, refusal
from telegram_monitor.faults import Denied
from telegram_monitor.strict import hold

CONNECT_TIMEOUT = 15.0
_AGREEMENTS = 4
MAX_PACKET = 2 << 20  # bytes off the wire; the longest answer we ask for is a block of a file

# Telethon's messages quote answers, thumbnails included: none is ever formatted, at any level.
_LOG = logging.getLogger("telethon")
_LOG.setLevel(logging.CRITICAL + 1)

hold()

_permit: ContextVar[Permit] = ContextVar("permit", default=UPKEEP)


@contextmanager
def permitted(permit: Permit) -> Iterator[None]:
    """Let the requests of this block, and no others, be about what the permit names."""
    token = _permit.set(permit)
    try:
        yield
    finally:
        _permit.reset(token)


def check(request: object) -> None:
    """Raise Denied unless the running task may make this request."""
    code = refusal(request, _permit.get())
    if code is not None:
        raise Denied(code)


class GuardedSender(MTProtoSender):  # type: ignore[misc]  # the library has no types
    """Sends what was permitted; never connects again by itself, for that would repeat what was pending."""

    def __init__(self, auth_key: Any, *, loggers: Any, **others: Any) -> None:
        """Prepare a sender that tries to connect once."""
        super().__init__(
            auth_key,
            loggers=loggers,
            retries=0,
            delay=0,
            auto_reconnect=False,
            connect_timeout=CONNECT_TIMEOUT,
            **others,
        )

    def send(self, request: Any, ordered: bool = False) -> Any:  # noqa: FBT001, FBT002 - the library's signature
        """Enqueue one permitted request; raises Denied for any other."""
        check(request)
        future = super().send(request, ordered=ordered)
        future.add_done_callback(_heard)
        return future

    async def _try_gen_auth_key(self, attempt: int) -> bool:
        """Agree on a key, on the connection there is; by the protocol's own rules one attempt in 256 is made again."""
        for again in range(_AGREEMENTS):
            if await super()._try_gen_auth_key(attempt + again):
                return True
        return False

    async def _connect(self) -> None:
        """Connect; that it ends one day with an error is nobody's unheard-of failure."""
        await super()._connect()
        self._disconnected.add_done_callback(_heard)

    async def _handle_rpc_result(self, message: Any) -> None:
        """Note how long an answer is, and let whoever wants to hear it as it came; then it is read."""
        state = self._pending_state.get(message.obj.req_msg_id)
        if state is not None:
            untrusted = message.obj.body or b""
            state.request.answer_length = len(untrusted)
            heard = getattr(state.request, "heard", None)
            if heard is not None:
                heard(untrusted)
        await super()._handle_rpc_result(message)


class _BoundedReader:
    """A stream that refuses to wait for more than a packet may hold."""

    def __init__(self, reader: asyncio.StreamReader) -> None:
        self._reader = reader

    async def readexactly(self, count: int) -> bytes:
        if count > MAX_PACKET:
            raise InvalidBufferError(b"oversized")
        return await self._reader.readexactly(count)


class _BoundedCodec(FullPacketCodec):  # type: ignore[misc]  # the library has no types
    async def read_packet(self, reader: asyncio.StreamReader) -> Any:
        return await super().read_packet(_BoundedReader(reader))


class GuardedConnection(ConnectionTcpFull):  # type: ignore[misc]  # the library has no types
    """A connection that the dialler opens, or refuses to."""

    packet_codec = _BoundedCodec

    def __init__(self, *address: Any, dial: Dialler, **others: Any) -> None:
        """Remember who dials; a proxy is the dialler's business."""
        super().__init__(*address, **others)
        self._dial = dial

    async def _connect(self, timeout: float | None = None, ssl: Any = None) -> None:  # noqa: ARG002, ASYNC109 - the library's signature
        """Open the stream; raises EgressRefused and NotReached, which the library lets through."""
        self._reader, self._writer = await self._dial.open(self._ip, self._port, seconds=timeout or CONNECT_TIMEOUT)
        self._codec = self.packet_codec(self)
        self._init_conn()
        await self._writer.drain()


def _heard(future: asyncio.Future[Any]) -> None:
    """Look at a failure once, so that nobody prints it when the future is swept up."""
    if not future.cancelled():
        future.exception()
