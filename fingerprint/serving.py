"""
Hand a child the pieces it asks for of a large media item, as many and as much as it was offered.

The child's clock stands still meanwhile: waiting for bytes is not decoding. The
waiting has a clock of its own, so that a slow source does not keep a child.
"""

from __future__ import annotations

import asyncio

from domain.errors import MediaUnavailable
from domain.ports import MediaSource
from fingerprint.frames import BadFrame, Offer

LEAST_BYTES = 4 << 20  # of any sampled file; of a larger one a tenth
READS = 512
WAITING_SECONDS = 30.0  # in all, for the pieces of one media item


def offer_of(size: int, *, max_bytes: int) -> Offer:
    """Return how much of a file of this size a child may ask for: a tenth, within bounds."""
    return Offer(size=size, bytes=min(max(LEAST_BYTES, size // 10), max_bytes), reads=READS)


class Server:
    """Reads pieces for one job; a child that asks for more than it was offered is lost."""

    def __init__(self, source: MediaSource, offer: Offer, untrusted_head: bytearray, clock: asyncio.Timeout) -> None:
        """Take the source, what was read of it already, and the clock of the child's decoding."""
        self.offer = offer
        self._source = source
        self._head = untrusted_head
        self._clock = clock
        self._bytes_left = offer.bytes
        self._reads_left = offer.reads
        self._patience = WAITING_SECONDS

    async def piece(self, offset: int, length: int) -> bytearray:
        """
        Return just these bytes, which lie within the file.

        Raises BadFrame where they are more than was offered, TimeoutError where
        they take too long, and what `source.read` raises.
        """
        self._bytes_left -= length
        self._reads_left -= 1
        if self._bytes_left < 0 or self._reads_left < 0:
            raise BadFrame
        loop = asyncio.get_running_loop()
        began = loop.time()
        ends = self._clock.when()
        self._clock.reschedule(None)
        try:
            async with asyncio.timeout(self._patience):
                return await self._read(offset, length)
        finally:
            waited = loop.time() - began
            self._patience -= waited
            if ends is not None and not self._clock.expired():
                self._clock.reschedule(ends + waited)

    async def _read(self, offset: int, length: int) -> bytearray:
        body = self._head[offset : offset + length]
        try:
            while len(body) < length:
                before = len(body)
                body += await self._source.read(offset + before, length - before)
                if len(body) == before:
                    break
        except BaseException:
            body.clear()
            raise
        if len(body) < length:  # the source has less than it said
            body.clear()
            raise MediaUnavailable("short_read")
        return body
