"""
Read requests and write answers, with Telethon's classes as the language.

Telethon only ever writes requests and reads answers; the other way round its
generated classes serve just as well, but for bare vectors, which are spelled
out here.
"""

from __future__ import annotations

import gzip
import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from telethon.extensions import BinaryReader
from telethon.tl import functions
from telethon.tl.core import GzipPacked, MessageContainer
from telethon.tl.tlobject import TLObject

RPC_RESULT = 0xF35C6D01
RPC_ERROR = 0x2144CA19
VECTOR = 0x1CB5C415
WORTH_PACKING = 16 * 1024  # bytes of an answer

_WRAPPERS = (
    functions.InvokeWithLayerRequest,
    functions.InitConnectionRequest,
    functions.InvokeWithoutUpdatesRequest,
    functions.InvokeAfterMsgRequest,
    functions.InvokeAfterMsgsRequest,
)


class Refused(Exception):
    """The server says no: an RPC error."""

    def __init__(self, code: int, message: str) -> None:
        """`message` is the error's name, such as CHANNEL_PRIVATE."""
        super().__init__(f"{code} {message}")
        self.code, self.message = code, message


@dataclass(frozen=True, slots=True)
class Raw:
    """Bytes that stand where Telethon expects an object."""

    data: bytes

    def _bytes(self) -> bytes:
        return self.data

    def __bytes__(self) -> bytes:
        return self.data


@dataclass(frozen=True, slots=True, kw_only=True)
class Inner:
    """One message of a client's, out of its container and unpacked."""

    message_id: int
    seq_no: int
    body: Any


def inner_messages(message_id: int, seq_no: int, untrusted_body: bytes) -> Iterator[Inner]:
    """Yield the messages of a packet; raises what Telethon's reader raises at bad bytes."""
    body = BinaryReader(untrusted_body).tgread_object()
    if isinstance(body, MessageContainer):
        for each in body.messages:
            yield Inner(message_id=each.msg_id, seq_no=each.seq_no, body=_unpacked(each.obj))
    else:
        yield Inner(message_id=message_id, seq_no=seq_no, body=_unpacked(body))


def _unpacked(body: Any) -> Any:
    return BinaryReader(body.data).tgread_object() if isinstance(body, GzipPacked) else body


def unwrapped(request: Any) -> tuple[Any, tuple[Any, ...]]:
    """Return the request at the core, and the invocations around it, outermost first."""
    around = []
    while isinstance(request, _WRAPPERS):
        around.append(request)
        request = request.query
    return request, tuple(around)


def method_name(request: Any) -> str:
    """Return a request's name in the layer's spelling, such as messages.getHistory."""
    kind = type(request)
    space = kind.__module__.removeprefix("telethon.tl.functions").removeprefix(".")
    bare = kind.__name__.removesuffix("Request")
    bare = bare[:1].lower() + bare[1:]
    return f"{space}.{bare}" if space else bare


def vector(things: Iterable[Any]) -> Raw:
    """Return a bare Vector, as a few methods answer with."""
    written = [thing._bytes() for thing in things]  # noqa: SLF001 - Telethon's own serialiser has no other name
    return Raw(struct.pack("<Ii", VECTOR, len(written)) + b"".join(written))


def boolean(*, value: bool) -> Raw:
    """Return boolTrue or boolFalse."""
    return Raw(struct.pack("<I", 0x997275B5 if value else 0xBC799737))


def rpc_result(message_id: int, body: bytes) -> bytes:
    """Return the answer to one request, packed when that is worth it."""
    if len(body) >= WORTH_PACKING:
        packed = gzip.compress(body, compresslevel=1)
        if len(packed) < len(body) // 2:
            body = struct.pack("<I", GzipPacked.CONSTRUCTOR_ID) + TLObject.serialize_bytes(packed)
    return struct.pack("<Iq", RPC_RESULT, message_id) + body


def rpc_error(code: int, message: str) -> bytes:
    """Return the body of an answer that says no."""
    return struct.pack("<Ii", RPC_ERROR, code) + bytes(TLObject.serialize_bytes(message))
