"""
Read a media item whole, by pieces, digesting as it comes; of one too large for that, or no media, read its beginning.

A digest is of every byte or there is none.
"""

from __future__ import annotations

import asyncio
import hashlib
from dataclasses import dataclass, field

from domain.errors import MediaUnavailable
from domain.ports import MediaSource
from fingerprint.others import is_no_media

PIECE = 1 << 18  # a quarter of a MiB: about a millisecond of digesting on the loop


@dataclass(frozen=True, slots=True, kw_only=True)
class WholeMedia:
    """Every byte of a media item and their digests, which outlive any child that dies of it."""

    untrusted_bytes: bytearray = field(repr=False)
    md5: str
    sha1: str
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LargeMedia:
    """
    The beginning of a media item of more bytes than are read whole.

    With a size, its own word, `untrusted_head` is a first piece; without, it is
    as much as may be read.
    """

    untrusted_head: bytearray = field(repr=False)
    size: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class NoMedia:
    """What is neither picture nor video by its first piece, and goes on; `size` is its own word."""

    size: int | None


async def read_media(source: MediaSource, *, max_bytes: int) -> WholeMedia | LargeMedia | NoMedia:
    """
    Return the media item whole, or the beginning of one that has more than `max_bytes`.

    The first answer is asked for whole and left where its first piece says
    enough: an answer to a Range would cost most items a second question.

    Raises what `source.read` raises, and MediaUnavailable when fewer bytes come
    than were announced: a digest of a part must never pass for that of the whole.
    """
    digests = (hashlib.md5(usedforsecurity=False), hashlib.sha1(usedforsecurity=False), hashlib.sha256())
    body = bytearray()
    piece = b""
    try:
        while piece := await source.read(len(body), min(PIECE, max_bytes + 1 - len(body))):
            body += piece
            goes_on = len(piece) == PIECE if source.size is None else len(body) < source.size
            if goes_on and len(body) == len(piece) and is_no_media(piece):
                return NoMedia(size=source.size)
            # Many sources know their size from the first answer on.
            if source.size is not None and source.size > max_bytes:
                return LargeMedia(untrusted_head=body, size=source.size)
            if len(body) > max_bytes:
                return LargeMedia(untrusted_head=body, size=None)
            for digest in digests:
                digest.update(piece)
            await asyncio.sleep(0)  # a source that never waits must not hold the loop
    except BaseException:
        # The traceback keeps this frame alive, perhaps as far as a log with locals.
        body.clear()
        piece = b""
        raise
    if source.size is not None and len(body) < source.size:
        body.clear()
        raise MediaUnavailable("short_read")
    md5, sha1, sha256 = (digest.hexdigest() for digest in digests)
    return WholeMedia(untrusted_bytes=body, md5=md5, sha1=sha1, sha256=sha256)
