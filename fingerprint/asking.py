"""
Be a file whose bytes are asked of the parent, piece by piece.

For the child alone. It asks for no more than it was offered: beyond that the
file seems to end, and what was sampled by then counts.
"""

from __future__ import annotations

import io
import time
from collections.abc import Callable

from fingerprint.frames import MAX_READ, Offer
from fingerprint.moving import Clock

AHEAD = 1 << 16  # bytes asked for at a jump; twice as many each time when it is read onwards from there


class AskedFile:
    """A file of the offered size, of which one piece at a time is here."""

    def __init__(self, offer: Offer, ask: Callable[[int, int], bytes], clock: Clock) -> None:
        """Ask for nothing yet; `ask` is given offset and length, and waits."""
        self._offer = offer
        self._ask = ask
        self._clock = clock
        self._bytes_left = offer.bytes
        self._reads_left = offer.reads
        self._at = 0
        self._start = 0  # where the piece begins that is here
        self._untrusted_piece = b""
        self._ahead = AHEAD
        self._expected = range(0)

    def expect(self, offset: int, length: int) -> None:
        """Take note of which bytes are going to be read, so that they are asked for at once and no more."""
        self._expected = range(offset, offset + length)

    def read(self, length: int = -1, /) -> bytes:
        """Return up to `length` bytes; empty at the end, or when nothing more may be asked for."""
        if not self._start <= self._at < self._start + len(self._untrusted_piece):
            self._fetch(length)
        begin = self._at - self._start
        piece = self._untrusted_piece[begin : begin + length]
        self._at += len(piece)
        return piece

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        """Go elsewhere, and return where."""
        self._at = max(0, offset + {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._offer.size}[whence])
        return self._at

    def tell(self) -> int:
        """Return where the next read begins."""
        return self._at

    def _fetch(self, length: int) -> None:
        onwards = self._at == self._start + len(self._untrusted_piece)
        self._ahead = min(2 * self._ahead, MAX_READ) if onwards else AHEAD
        wanted = max(length, self._expected.stop - self._at if self._at in self._expected else self._ahead)
        wanted = min(wanted, MAX_READ, self._bytes_left, self._offer.size - self._at)
        self._start, self._untrusted_piece = self._at, b""
        if wanted <= 0 or not self._reads_left:
            return
        began = time.monotonic()
        self._untrusted_piece = self._ask(self._at, wanted)
        self._clock.waited += time.monotonic() - began
        self._bytes_left -= len(self._untrusted_piece)
        self._reads_left -= 1
