"""
Post a picture of one channel in another, too, as people do: taken over, saved smaller, with other words.

No list holds it. Who assesses it where it was first, and has it on a list of
their own, must be told of it here.
"""

from __future__ import annotations

from collections.abc import MutableMapping
from dataclasses import replace

from demo.world import Channel, Message, Picture, Repost

SCALE = 0.92  # of its sides
QUALITY = 60


def post_again(first: Channel, message: Message, other: Channel, pictures: MutableMapping[str, Picture]) -> Repost:
    """Let a picture of the other channel be that of a message of the first, and return where that is."""
    ordinary = [each for each in other.messages if len(each.photos) == 1 and not each.forward]
    again = ordinary[len(ordinary) // 2]
    (name,), (origin,) = again.photos, message.photos
    drawn = pictures[origin]
    width, height = round(drawn.width * SCALE), round(drawn.height * SCALE)
    pictures[name] = replace(drawn, width=width, height=height, quality=QUALITY, drawn_as=origin)
    return Repost(
        place=other.name, post=str(again.id), first_place=first.name, first_post=str(message.id), picture=name
    )
