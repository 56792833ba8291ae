"""
Read a file at Telegram in pieces, and never onto disk.

A handle does nothing before the first read, and holds one piece at most. The
reference to a file grows old: then its message is fetched again, once.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Protocol

from telethon.tl.functions.channels import GetMessagesRequest
from telethon.tl.types import InputMessageID

from domain.errors import EgressRefused, MediaUnavailable, VisitEnded
from net.media import HARD_LIMIT
from telegram_monitor.asking import Asked
from telegram_monitor.carriers import File, Location, carriers_of, files_of
from telegram_monitor.faults import FileReferenceExpired
from telegram_monitor.history import read_stretch

LEAST_PIECE = 16 * 1024
PIECE = 128 * 1024  # of files read by ranges; a power of two, at multiples of itself, as Telegram wants it
WHOLE = 512 * 1024  # files up to this size come in one piece


class Downloads(Asked, Protocol):
    """What a file, and the page it is on, need of their channel."""

    @property
    def server(self) -> tuple[str, int]:
        """Return the address and port of the server that answers."""

    async def download(self, location: Location, *, dc_id: int, offset: int, length: int) -> bytes:
        """Return up to `length` bytes from `offset`; fewer only at the end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A file, and the channel through which it is read."""

    channel: Downloads
    file: File


class TelegramMedia:
    """A file of a message; not for two readers at once."""

    def __init__(
        self, *, found: Found | None, find: Callable[[], Awaitable[Found]], hard_limit: int = HARD_LIMIT
    ) -> None:
        """Remember where, or how to find out; fetch nothing."""
        self._found = found
        self._find = find
        self._left = hard_limit
        self._size = found.file.size if found is not None else None
        self._untrusted_piece = b""
        self._begin = 0
        self._is_old = found is not None
        self._closed = False

    @property
    def size(self) -> int | None:
        """Return the number of bytes the message declared, or that were found out."""
        return self._size

    async def read(self, offset: int, length: int) -> bytes:
        """Return up to `length` bytes from `offset`; empty at and past the end."""
        if self._closed:
            raise MediaUnavailable("closed")
        if length <= 0 or (self._size is not None and offset >= self._size):
            return b""
        try:
            if not self._begin <= offset < self._begin + len(self._untrusted_piece):
                await self._fetch(offset)
        except BaseException:
            self._let_go()
            raise
        begin = offset - self._begin
        return self._untrusted_piece[begin : begin + length]

    async def close(self) -> None:
        """Let go of every byte."""
        self._closed = True
        self._found = None
        self._let_go()

    def _let_go(self) -> None:
        self._untrusted_piece = b""
        self._begin = 0

    async def _fetch(self, offset: int) -> None:
        """Fetch the piece in which an offset lies."""
        self._let_go()
        found = self._found or await self._look_up()
        try:
            await self._fetch_from(found, offset)
        except FileReferenceExpired:
            if not self._is_old:
                raise
            await self._fetch_from(await self._look_up(), offset)

    async def _look_up(self) -> Found:
        """Find the file by its message; what is found is not old."""
        self._is_old = False
        try:
            self._found = found = await self._find()
        except EgressRefused:
            raise
        except VisitEnded as ended:
            raise MediaUnavailable(ended.code) from None
        if self._size is None:
            self._size = found.file.size
        return found

    async def _fetch_from(self, found: Found, offset: int) -> None:
        length = _piece_of(self._size)
        begin = offset - offset % length
        if found.file.untrusted_inline is not None:
            piece = found.file.untrusted_inline[begin : begin + length]
        elif found.file.location is not None:
            self._left -= length
            if self._left < 0:
                raise MediaUnavailable("too_large")
            piece = await found.channel.download(
                found.file.location, dc_id=found.file.dc_id, offset=begin, length=length
            )
        else:
            raise MediaUnavailable("no_location")
        self._begin, self._untrusted_piece = begin, piece
        if len(piece) < length:
            self._size = begin + len(piece)  # the end, whatever was declared
        elif self._size is not None and begin + length > self._size:
            self._size = None  # it goes on where it was said to end


def _piece_of(size: int | None) -> int:
    """Return how much of a file is asked for at once: all of a small one."""
    if size is None or size > WHOLE:
        return PIECE
    return max(LEAST_PIECE, 1 << (size - 1).bit_length())


async def find_file(channel: Downloads, message: int, identity: str, *, is_fuller: bool) -> Found:
    """Fetch a message again for one of its files; raises MediaUnavailable where it is no more."""
    request = GetMessagesRequest(channel.input, [InputMessageID(message)])
    answer: Any = await channel.ask(request)
    stretch = read_stretch(answer, channel.id, above=message - 1, upto=message)
    if not stretch.posts:
        raise MediaUnavailable("gone")
    carriers = carriers_of(files_of(stretch.posts[0]))
    carrier = next((one for one in carriers if one.identity == identity), None)
    if carrier is None:
        raise MediaUnavailable("replaced")
    return Found(channel=channel, file=(carrier.fuller if is_fuller else None) or carrier.file)
