"""
Hold Telethon's reader to bounds: what an answer unpacks to, and where it ends.

The library unpacks whatever it is sent, and reads on from a short answer into
the padding behind it, where a random number may pass for an empty list. It
offers no place to say otherwise, so two of its readers are replaced.
"""

from __future__ import annotations

import zlib
from typing import Any

from telethon.errors import InvalidBufferError
from telethon.tl.core import GzipPacked, RpcResult
from telethon.tl.types import RpcError

MAX_UNPACKED = 4 << 20  # bytes of one answer
_INT = 4
_OVERSIZED = b"oversized"


def unpacked(untrusted: bytes) -> bytes:
    """Return what gzip packed; raises InvalidBufferError beyond the bound, zlib.error for what is not gzip."""
    unpacker = zlib.decompressobj(wbits=31)
    whole = unpacker.decompress(untrusted, MAX_UNPACKED)
    if not unpacker.eof:
        raise InvalidBufferError(_OVERSIZED)
    return whole


def _read_packed(kind: type, reader: Any) -> Any:
    """Stand in for GzipPacked.from_reader."""
    return kind(unpacked(reader.tgread_bytes()))


def _read_result(kind: type, reader: Any) -> Any:
    """Stand in for RpcResult.from_reader: the reader has just passed the constructor; before it stands the length."""
    begun = reader.tell_position() - _INT
    end = None
    if begun >= _INT:  # else it came packed, and ends with what it was packed in
        reader.set_position(begun - _INT)
        end = begun + int(reader.read_int())
        reader.set_position(begun + _INT)
    request_id = reader.read_long()
    constructor = reader.read_int(signed=False)
    if constructor == RpcError.CONSTRUCTOR_ID:
        return kind(request_id, None, RpcError.from_reader(reader))
    if constructor == GzipPacked.CONSTRUCTOR_ID:
        return kind(request_id, unpacked(reader.tgread_bytes()), None)
    reader.seek(-_INT)
    return kind(request_id, reader.read() if end is None else reader.read(max(end - reader.tell_position(), 0)), None)


def hold() -> None:
    """Replace the two readers, for every client of this process; may be called twice."""
    GzipPacked.from_reader = classmethod(_read_packed)
    RpcResult.from_reader = classmethod(_read_result)
