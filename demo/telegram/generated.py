"""
Make long histories and many quiet channels, the same from the same seed.

What a message says follows from its id alone, so a test knows the truth
without keeping it.
"""

from __future__ import annotations

import random
from typing import Any

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


def quiet_channels(platform: Platform, count: int, messages: int = 3) -> list[Channel]:
    """Return so many channels of a few messages each, named quiet_0001 and so on."""
    return [long_history(platform, messages, f"quiet_{number:04d}") for number in range(1, count + 1)]
