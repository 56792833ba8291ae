"""
Read media over the network, or out of a page, in pieces and never onto disk.

A handle does nothing before the first read. Reading onwards streams one
answer; any other offset asks again, with a Range of what is to be read, so
that a sampled file is not sent whole. Where a server ignores Range the
beginning is read and thrown away.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from contextlib import AsyncExitStack
from urllib.parse import urljoin

import aiohttp

from domain.errors import EgressRefused, MediaUnavailable
from domain.observations import Traffic
from net.encoding import Decoder
from net.fetch import FORESEEN, MAX_REDIRECTS, REDIRECTS, FetchFailed, code_of, host_of, opened
from net.governor import HostGovernor, HostRests, Turn

HARD_LIMIT = 64 * 1024 * 1024  # bytes of one item, re-reads included; fingerprinting has a lower one of its own
PIECE = 256 * 1024  # the most one read returns, so that a slow line makes progress within the timeout
MAX_WINDOW = 8 * 1024 * 1024  # bytes that one Range asks for; read onwards, each asks for twice the last
READ_TIMEOUT = 20.0
_CONTENT_RANGE = re.compile(r"bytes (\d+)-(\d+)/(\d+)")


class HttpMedia:
    """
    A media item behind a URL.

    Not for two readers at once. Holds a seat at its host from the first read
    to the end of the answer, or to `close`.
    """

    def __init__(
        self,
        url: str,
        *,
        session: aiohttp.ClientSession,
        governor: HostGovernor,
        traffic: Traffic,
        headers: Mapping[str, str] | None = None,
        read_timeout: float = READ_TIMEOUT,
        hard_limit: int = HARD_LIMIT,
    ) -> None:
        """Remember where, and what to say beside it; fetch nothing."""
        self._url = url
        self._session = session
        self._governor = governor
        self._traffic = traffic
        self._headers = headers or {}
        self._read_timeout = read_timeout
        self._left = hard_limit
        self._stack = AsyncExitStack()
        self._turn: Turn | None = None
        self._response: aiohttp.ClientResponse | None = None
        self._decoder = Decoder("", limit=0)
        self._buffer = b""
        self._position = 0
        self._ended = False
        self._window = 0  # bytes that the last Range asked for
        self._until: int | None = None  # where the answer to it ends; None where it ends with the item
        self._closed = False
        self._size: int | None = None

    @property
    def size(self) -> int | None:
        """Return the number of bytes the server declared, or None while it did not."""
        return self._size

    async def read(self, offset: int, length: int) -> bytes:
        """Return up to `length` bytes from `offset`; empty at and past the end."""
        if self._closed:
            raise MediaUnavailable("closed")
        if length <= 0 or (self._size is not None and offset >= self._size):
            return b""
        try:
            if offset != self._position or self._response is None:
                await self._seek(offset, length)
            elif offset == self._until:
                await self._seek(offset, max(length, 2 * self._window))
            return await self._next(min(length, PIECE))
        except (MediaUnavailable, EgressRefused):
            await self._let_go()
            raise
        except HostRests as resting:
            await self._let_go()
            raise MediaUnavailable(resting.code) from None
        except FetchFailed as failure:
            await self._let_go(failure.code)
            raise MediaUnavailable(failure.code) from None
        except FORESEEN as error:
            code = code_of(error)
            await self._let_go(code)
            raise MediaUnavailable(code) from None
        except BaseException:  # cancelled: the connection must not outlive the reader
            await self._let_go()
            raise

    async def close(self) -> None:
        """Let go of the connection and of every byte."""
        self._closed = True
        await self._let_go()

    async def _seek(self, offset: int, length: int) -> None:
        """Open an answer that stands at `offset`, of so many bytes unless the server sends more."""
        await self._let_go()
        self._position = await self._open(offset, min(length, MAX_WINDOW))
        while self._position < offset and not self._ended:
            await self._next(min(offset - self._position, PIECE))
        self._position = offset  # past the end, the next read stays there

    async def _open(self, offset: int, length: int) -> int:
        """Send the request, following redirects; return where the answer begins."""
        url = self._url
        # Unasked, only the first answer is whole: most items are small and read to their end.
        ranged = offset > 0 or self._size is not None
        headers = {**self._headers, **({"Range": f"bytes={offset}-{offset + length - 1}"} if ranged else {})}
        for _ in range(MAX_REDIRECTS + 1):
            self._turn = turn = await self._stack.enter_async_context(self._governor.slot(host_of(url)))
            async with asyncio.timeout(self._read_timeout):  # waiting for a seat is nobody's fault, and not timed
                answer = opened(
                    self._session,
                    url,
                    traffic=self._traffic,
                    headers=headers,
                    read_timeout=self._read_timeout,
                    heard=turn.heard,
                )
                response = await self._stack.enter_async_context(answer)
            if response.status not in REDIRECTS:
                return self._begin(response, offset, length if ranged else 0)
            location = response.headers.get("Location", "")
            await self._let_go()
            if not location:
                raise MediaUnavailable("bad_redirect")
            url = urljoin(url, location)
        raise MediaUnavailable("redirects")

    def _begin(self, response: aiohttp.ClientResponse, offset: int, window: int) -> int:
        """Judge status and headers; return where the body begins."""
        self._ended = False
        self._window, self._until = window, None
        if response.status == 416 and offset:  # noqa: PLR2004 - Range Not Satisfiable: at or past the end
            return offset
        self._response = response
        encoding = response.headers.get("Content-Encoding", "")
        self._decoder = Decoder(encoding, limit=self._left)
        if response.status == 206 and window:  # noqa: PLR2004 - Partial Content
            described = _CONTENT_RANGE.fullmatch(response.headers.get("Content-Range", ""))
            if described is None or int(described[1]) != offset or encoding:
                raise MediaUnavailable("bad_range")
            self._until, self._size = int(described[2]) + 1, int(described[3])
            return offset
        if response.status != 200:  # noqa: PLR2004 - OK
            raise MediaUnavailable(f"http_{response.status}")
        if self._size is None and self._decoder.is_identity:
            self._size = response.content_length
        return 0

    async def _next(self, length: int) -> bytes:
        """Return the next bytes of the open answer: all of `length`, or less at its end."""
        parts: list[bytes] = []
        wanted = length
        try:
            async with asyncio.timeout(self._read_timeout):
                while wanted and (self._buffer or not self._ended):
                    if not self._buffer:
                        await self._fill()
                    parts.append(self._buffer[:wanted])
                    self._buffer = self._buffer[wanted:]
                    wanted -= len(parts[-1])
        except BaseException:
            parts.clear()  # the traceback keeps this frame alive, perhaps as far as a log with locals
            raise
        self._position += length - wanted
        if self._ended and not self._buffer:
            await self._stack.aclose()  # give the seat back before the reader thinks of closing
            if self._size is None and self._response is not None:
                self._size = self._position
        return b"".join(parts)

    async def _fill(self) -> None:
        """Read one piece off the wire into the buffer."""
        untrusted_piece = await self._response.content.read(PIECE) if self._response is not None else b""
        if not untrusted_piece:
            self._ended = True
            return
        self._traffic.bytes += len(untrusted_piece)
        self._buffer = self._decoder.feed(untrusted_piece)
        self._left -= len(self._buffer)

    async def _let_go(self, failed: str = "") -> None:
        """Drop connection, seat and bytes; `failed` says with which code the host is to blame."""
        if self._turn is not None and failed:
            self._turn.lost(failed)
        self._turn = None
        self._buffer = b""
        self._response = None
        self._ended = False
        self._position = 0
        await self._stack.aclose()


class InlineMedia:
    """A media item that travelled inside a page (`data:`)."""

    def __init__(self, untrusted_bytes: bytes) -> None:
        """Hold the bytes until `close`."""
        self._untrusted: bytes | None = untrusted_bytes
        self._size = len(untrusted_bytes)

    @property
    def size(self) -> int | None:
        """Return the number of bytes."""
        return self._size

    async def read(self, offset: int, length: int) -> bytes:
        """Return up to `length` bytes from `offset`; empty at and past the end."""
        if self._untrusted is None:
            raise MediaUnavailable("closed")
        return self._untrusted[offset : offset + max(length, 0)]

    async def close(self) -> None:
        """Drop the bytes."""
        self._untrusted = None
