"""
Judge one answer of a channel's history: which messages in it are the channel's, and new to the walk.

An answer is a stranger's word. Its order, its counts and its length mean
nothing; an id counts once, within the bounds that were asked for.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, NamedTuple, Self

from telethon.tl import types

from domain.errors import VisitEnded
from domain.outcomes import Outcome
from telegram_monitor.cursor import MAX_ID
from telegram_monitor.receipt import Receipt, receipts_of

BAD_ANSWER = "bad_answer"
NO_MESSAGES = "no_messages"


class Load(NamedTuple):
    """What a stretch asks of a page: messages that carry media, and code points of text."""

    media: int
    text: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """
    What an answer holds of a channel's history, oldest first.

    `ids` are those of posts, service messages and empty ones alike; `gone`
    those that the server says are no more. `ignored` counts what did not
    belong. `pts` is 0 where the answer has none. `receipts` are those of the
    answers.
    """

    posts: tuple[types.Message, ...] = field(default=(), repr=False)
    ids: tuple[int, ...] = ()
    gone: tuple[int, ...] = ()
    chats: Sequence[Any] = field(default=(), repr=False)
    pts: int = 0
    ignored: int = 0
    receipts: tuple[Receipt, ...] = field(default=(), repr=False)

    @property
    def reached(self) -> int:
        """Return the highest id, 0 where there is none."""
        return self.ids[-1] if self.ids else 0

    @property
    def dated(self) -> list[tuple[int, datetime | None]]:
        """Return the ids and times of the posts."""
        return [(post.id, post.date) for post in self.posts]

    @property
    def load(self) -> Load:
        """Return what it asks of a page."""
        return Load(
            media=sum(post.media is not None for post in self.posts),
            text=sum(len(post.message or "") for post in self.posts),
        )

    def above(self, position: int) -> Self:
        """Return what lies above an id."""
        return self.only(frozenset(number for number in self.ids if number > position))

    def only(self, ids: frozenset[int]) -> Self:
        """Return what bears one of these ids; the rest did not belong."""
        kept = tuple(number for number in self.ids if number in ids)
        return replace(
            self,
            posts=tuple(post for post in self.posts if post.id in ids),
            ids=kept,
            gone=tuple(number for number in self.gone if number in ids),
        )

    def completed(self, told: Self) -> Self:
        """Return this and messages that were asked for apart, each in its place."""
        if not (told.ids or told.receipts):
            return self
        return replace(
            self,
            posts=tuple(sorted((*self.posts, *told.posts), key=lambda post: post.id)),
            ids=tuple(sorted((*self.ids, *told.ids))),
            gone=(*self.gone, *told.gone),
            chats=[*self.chats, *told.chats],
            receipts=self.receipts + told.receipts,
        )


def joined(parts: Sequence[Stretch]) -> Stretch:
    """Return several answers as one, each of higher ids than the one before."""
    if len(parts) == 1:
        return parts[0]
    return replace(
        parts[0],
        posts=tuple(post for part in parts for post in part.posts),
        ids=tuple(number for part in parts for number in part.ids),
        gone=tuple(number for part in parts for number in part.gone),
        chats=[chat for part in parts for chat in part.chats],
        receipts=tuple(receipt for part in parts for receipt in part.receipts),
    )


def read_stretch(untrusted_answer: Any, channel_id: int, *, above: int = 0, upto: int = MAX_ID) -> Stretch:
    """Return what an answer holds within (above, upto]; raises VisitEnded for an answer of another kind."""
    if not isinstance(untrusted_answer, types.messages.ChannelMessages):
        raise VisitEnded(Outcome.ERROR, BAD_ANSWER)
    stretch = stretch_of(untrusted_answer.messages, channel_id, above=above, upto=upto)
    return replace(
        stretch,
        chats=untrusted_answer.chats,
        pts=bounded_pts(untrusted_answer.pts),
        receipts=receipts_of(untrusted_answer),
    )


def check_shown(stretch: Stretch, channel_id: int) -> None:
    """Raise VisitEnded where an answer says that the channel is not to be seen."""
    if any(isinstance(chat, types.Channel) and chat.id == channel_id and chat.restricted for chat in stretch.chats):
        raise VisitEnded(Outcome.RESTRICTED, NO_MESSAGES)


def read_newest(untrusted_answer: Any, channel_id: int) -> Stretch:
    """
    Return the newest messages of a channel.

    Raises VisitEnded where there is nothing to see although there is something,
    or nothing of the channel that was asked for.
    """
    newest = read_stretch(untrusted_answer, channel_id)
    if not newest.ids and newest.ignored:
        raise VisitEnded(Outcome.ERROR, BAD_ANSWER)
    if not newest.ids and untrusted_answer.count > 0:
        raise VisitEnded(Outcome.RESTRICTED, NO_MESSAGES)
    if not newest.ids:
        check_shown(newest, channel_id)
    return newest


def stretch_of(untrusted_messages: Iterable[Any], channel_id: int, *, above: int = 0, upto: int = MAX_ID) -> Stretch:
    """Return the messages of a channel within (above, upto], each once."""
    found: dict[int, Any] = {}
    ignored = 0
    for message in untrusted_messages:
        number = getattr(message, "id", 0)
        if not _belongs(message, channel_id) or not 0 < number <= upto or number in found:
            ignored += 1
        elif number > above:  # what lies below is the walk's own tail, shown again by a server that fills its pages
            found[number] = message
    ids = tuple(sorted(found))
    return Stretch(
        posts=tuple(found[number] for number in ids if isinstance(found[number], types.Message)),
        ids=ids,
        gone=tuple(number for number in ids if isinstance(found[number], types.MessageEmpty)),
        ignored=ignored,
    )


def _belongs(message: Any, channel_id: int) -> bool:
    """Return whether this is a message of the channel; an empty one need not say."""
    peer = getattr(message, "peer_id", None)
    if isinstance(message, types.MessageEmpty) and peer is None:
        return True
    is_message = isinstance(message, (types.Message, types.MessageService, types.MessageEmpty))
    return is_message and isinstance(peer, types.PeerChannel) and peer.channel_id == channel_id


def bounded_pts(untrusted_pts: int | None) -> int:
    """Return a count of changes, 0 for one that cannot be."""
    return untrusted_pts if untrusted_pts is not None and 0 < untrusted_pts <= MAX_ID else 0


def open_album(stretch: Stretch, *, young_since: datetime | None, held: int) -> tuple[int, int]:
    """
    Return where an album begins that is not read yet but begun, and which it is; zeros where there is none.

    It is the last thing of a stretch. Where more is to follow at once
    (`young_since` None) it is left to the next page, with which it comes whole.
    At the top of the channel it is left once, and only while it is young.
    """
    if not stretch.posts or stretch.posts[-1].id != stretch.reached or stretch.posts[-1].grouped_id is None:
        return 0, 0
    album = stretch.posts[-1].grouped_id
    first = next((post.id for post in reversed(stretch.posts) if post.grouped_id != album), 0)
    begin = min(post.id for post in stretch.posts if post.id > first)
    group = album % (1 << 64)
    if young_since is None:
        return (begin, 0) if begin > stretch.ids[0] else (0, 0)
    last = stretch.posts[-1].date
    is_young = last is not None and last > young_since
    return (begin, group) if is_young and group != held else (0, 0)


def holes(stretch: Stretch, *, above: int, upto: int) -> list[int]:
    """Return the ids within (above, upto] that an answer passed over."""
    seen = set(stretch.ids)
    return [number for number in range(above + 1, upto + 1) if number not in seen]
