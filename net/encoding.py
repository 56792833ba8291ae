"""Undo a content encoding without trusting how large it becomes."""

from __future__ import annotations

import zlib

ACCEPTED = "gzip"  # one encoding, from the standard library, is enough and can be bounded


class BadEncoding(ValueError):
    """The content encoding is unknown, or the bytes do not follow it."""


class TooLarge(ValueError):
    """More bytes than the bound came out, or in."""


class Decoder:
    """
    Undoes one content encoding piece by piece.

    Never lets out more than `limit` bytes in all: a bomb stops at the bound,
    whatever it claims.
    """

    def __init__(self, encoding: str, *, limit: int) -> None:
        """Prepare for the value of a Content-Encoding header; raises BadEncoding for what is not accepted."""
        name = encoding.strip().lower()
        if name not in {"", "identity", "gzip", "x-gzip"}:
            raise BadEncoding("unknown")
        self._inflate = zlib.decompressobj(wbits=31) if name in {"gzip", "x-gzip"} else None
        self._left = limit
        self._ended = False

    @property
    def is_identity(self) -> bool:
        """Return whether nothing is encoded, so that sizes before and after agree."""
        return self._inflate is None

    def feed(self, untrusted_piece: bytes) -> bytes:
        """Return what the next piece decodes to; raises TooLarge or BadEncoding."""
        if self._inflate is None:
            self._count(len(untrusted_piece))
            return untrusted_piece
        out = bytearray()
        rest = untrusted_piece
        while rest:
            try:
                out += self._inflate.decompress(rest, self._left - len(out) + 1)
            except zlib.error:
                if self._ended:  # what follows the last member is padding; browsers ignore it too
                    break
                raise BadEncoding("gzip") from None
            if len(out) > self._left:
                raise TooLarge
            rest = self._inflate.unconsumed_tail
            if self._inflate.eof:  # gzip may be several members in a row
                self._ended = True
                rest = self._inflate.unused_data
                self._inflate = zlib.decompressobj(wbits=31)
        self._count(len(out))
        return bytes(out)

    def _count(self, size: int) -> None:
        self._left -= size
        if self._left < 0:
            raise TooLarge
