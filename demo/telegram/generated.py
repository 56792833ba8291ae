"""
Make long histories and many quiet channels, the same from the same seed.

What a message says follows from its id alone, so a test knows the truth
without keeping it.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from typing import Any

from telethon.tl import types

from demo.telegram.channel import Channel
from demo.telegram.state import Platform

_WORDS = (
    "kite",
    "lantern",
    "harbour",
    "garden",
    "bicycle",
    "window",
    "river",
    "morning",
    "paper",
    "market",
    "basket",
    "bridge",
    "cloud",
    "pepper",
    "boat",
    "drum",
    "violin",
    "sparrow",
    "teapot",
    "ladder",
    "meadow",
    "orchard",
    "pencil",
    "umbrella",
)


def sentence(number: int) -> str:
    """Return what message `number` says: three to thirty invented neutral words."""
    dice = random.Random(number)  # noqa: S311 - texts that can be made again
    return f"{number}: " + " ".join(dice.choices(_WORDS, k=dice.randint(3, 30)))


def long_history(platform: Platform, count: int, username: str = "long_history", **more: Any) -> Channel:
    """Return a channel of so many text messages without a gap."""
    channel = platform.channel(username, **more)
    for number in range(1, count + 1):
        channel.post(sentence(number))
    channel.trim()
    return channel


def mixed_history(
    platform: Platform, count: int, sizes: Mapping[str, bytes], username: str = "mixed_history"
) -> Channel:
    """
    Return a channel of at least so many ids with everything that makes a history hard to read.

    Photos and albums (all of the same bytes by size letter, each a photo of its own), service messages, holes,
    edited messages, and a whole page of MessageEmpty every two thousand ids.
    """
    channel = platform.channel(username)

    def photo() -> Any:
        return types.MessageMediaPhoto(photo=platform.files.photo(sizes))

    while channel.top < count:
        number = channel.top + 1
        match next((every for every in (97, 61, 53, 41, 29) if number % every == 0), 0):
            case 97:
                channel.album([photo(), photo(), photo()], sentence(number))
            case 61:
                channel.service()
            case 53:
                channel.skip(2)
            case 41:
                channel.post(sentence(number), media=photo())
            case 29:
                channel.edit(channel.post(sentence(number)), message=sentence(number + 1_000_000))
            case _:
                channel.post(sentence(number))
    for first in range(2_000, count, 2_000):
        channel.hollow(range(first, first + 150))
    channel.trim()
    return channel


def quiet_channels(platform: Platform, count: int, messages: int = 3) -> list[Channel]:
    """Return so many channels of a few messages each, named quiet_0001 and so on."""
    return [long_history(platform, messages, f"quiet_{number:04d}") for number in range(1, count + 1)]
