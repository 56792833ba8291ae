"""
Judge one answer of a channel's difference: what it announces, what was edited, what is gone.

It is read for edits and deletions only. That a post is new, it announces;
history says what it is.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Any

from telethon.tl import types

from domain.errors import VisitEnded
from domain.outcomes import Outcome
from telegram_monitor.cursor import Cursor
from telegram_monitor.history import BAD_ANSWER, Stretch, bounded_pts, stretch_of
from telegram_monitor.receipt import receipts_of

MAX_CHANGES = 10_000  # read of one answer; a server sends a hundred or so

_WITH_MESSAGE = (types.UpdateEditChannelMessage, types.UpdateNewChannelMessage)


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """
    What changed in a channel.

    `is_too_long` says that too much changed to be told: history is to be read
    again. `told` are the messages that came with it, new and edited ones;
    `deleted` the ids that are gone. `pts` is where the next difference begins.
    """

    pts: int
    is_final: bool
    is_too_long: bool = False
    told: Stretch = field(default_factory=Stretch)
    deleted: tuple[int, ...] = ()


def read_changes(untrusted_answer: Any, channel_id: int, cursor: Cursor) -> Changes | None:
    """Return what an answer tells of posts above the cursor's floor; None for one that says: nothing new."""
    if isinstance(untrusted_answer, types.updates.ChannelDifferenceEmpty):
        return None
    if isinstance(untrusted_answer, types.updates.ChannelDifferenceTooLong):
        told = bounded_pts(getattr(untrusted_answer.dialog, "pts", None))
        return Changes(pts=told, is_final=True, is_too_long=True)
    if not isinstance(untrusted_answer, types.updates.ChannelDifference):
        raise VisitEnded(Outcome.ERROR, BAD_ANSWER)
    updates = list(islice(untrusted_answer.other_updates, MAX_CHANGES))
    latest = {
        getattr(message, "id", 0): message
        for message in (
            *islice(untrusted_answer.new_messages, MAX_CHANGES),
            *(update.message for update in updates if isinstance(update, _WITH_MESSAGE)),
        )
    }
    deleted = [
        number
        for update in updates
        if isinstance(update, types.UpdateDeleteChannelMessages) and update.channel_id == channel_id
        for number in update.messages
    ]
    return Changes(
        pts=bounded_pts(untrusted_answer.pts) or cursor.pts,
        is_final=bool(untrusted_answer.final),
        told=replace(
            stretch_of(latest.values(), channel_id, above=cursor.floor),
            chats=untrusted_answer.chats,
            receipts=receipts_of(untrusted_answer),
        ),
        deleted=tuple(dict.fromkeys(number for number in islice(deleted, MAX_CHANGES) if number > cursor.floor)),
    )
