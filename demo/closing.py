"""Build the demo's channel without a public preview, which only an account can read."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from demo.world import Channel, Edit, Message, Planted

if TYPE_CHECKING:
    from demo.building import ChannelBuilder

COUNT = 34  # messages, albums counted once
TITLE = "Closed Shop"


def build_closed(
    builder: ChannelBuilder, planted: list[Planted], anchor: datetime, *, edit_at: float | None
) -> Channel:
    """
    Return the channel; among its pictures one is sent as a file, as listed, and one as a photo near a listed one.

    A text has been edited, or is `edit_at` seconds after the start of a living world.
    """
    channel = builder.build(COUNT, anchor, live=edit_at is not None)
    messages = list(channel.messages)
    ordinary = [index for index, each in enumerate(messages) if len(each.photos) == 1 and not each.forward]
    exact, near = ordinary[len(ordinary) // 3], ordinary[2 * len(ordinary) // 3]
    messages[exact] = replace(messages[exact], as_file=True)
    said = next(index for index, each in enumerate(messages) if each.text and not each.photos and not each.service)
    messages[said] = _edited(messages[said], edit_at)
    for index, kind in ((exact, "exact"), (near, "near")):
        picture = messages[index].photos[0]
        planted.append(Planted(place=channel.name, post=str(messages[index].id), kind=kind, picture=picture))
    return replace(channel, messages=tuple(messages))


def _edited(message: Message, edit_at: float | None) -> Message:
    if edit_at is None:
        return replace(message, edited=True)
    return replace(message, edited=False, edit=Edit(after=edit_at, text=f"Seen again. {message.text}"))
