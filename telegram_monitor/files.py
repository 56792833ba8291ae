"""
Say which piece of a file to ask for, and which files a channel's answers named.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from typing import Any

from telethon.tl import TLObject
from telethon.tl.types import Document, Photo

from telegram_monitor.allowed import BLOCK, GRAIN

_HOLDERS = ("media", "rich_message", "action")  # what of a message can hold a file
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
    """Yield the ids of the photos and documents that an answer's messages hold, however deep."""
    messages = chain(
        getattr(answer, "messages", ()),
        getattr(answer, "new_messages", ()),
        (getattr(update, "message", None) for update in getattr(answer, "other_updates", ())),
    )
    waiting = [held for message in messages for name in _HOLDERS if (held := getattr(message, name, None)) is not None]
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
