"""
Say which piece of a file to ask for, and which files a channel's answers named.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from telethon.tl import TLObject
from telethon.tl.types import Document, Photo

from telegram_monitor.allowed import BLOCK, GRAIN

_THINGS = 50_000  # looked at in one answer: a hundred messages have a tenth of that


def piece(offset: int, length: int) -> tuple[int, int]:
    """
    Return offset and limit of the one request that reads most of `length` bytes from `offset`.

    Telegram wants whole grains, and none across the border of a block.
    """
    start = offset - offset % GRAIN
    border = start - start % BLOCK + BLOCK
    end = min(-(-(offset + max(length, 1)) // GRAIN) * GRAIN, border)
    return start, end - start


def files_in(answer: Any) -> Iterator[int]:
    """Yield the ids of the photos and documents that an answer's messages hold, wherever they hold them."""
    waiting = [
        thing
        for name in ("messages", "new_messages", "other_updates")
        for thing in getattr(answer, name, None) or ()
        if isinstance(thing, TLObject)
    ]
    for _ in range(_THINGS):
        if not waiting:
            return
        thing = waiting.pop()
        if isinstance(thing, Photo | Document):
            yield thing.id
            continue
        for value in vars(thing).values():
            if isinstance(value, TLObject):
                waiting.append(value)
            elif isinstance(value, list):
                waiting.extend(one for one in value if isinstance(one, TLObject))
