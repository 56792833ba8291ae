"""
Change a true answer into one that no honest server gives.

    other_channel  messages and chats carry the next higher channel id
    shuffled       messages are out of order
    doubled        every message comes twice
    emptied        every message is MessageEmpty
    stuck          the page is always the newest one
    endless        a full page of invented messages, wherever it is asked
    many           ten times the page
    long_text      texts of a million letters
    miscounted     count is 2 147 483 647
    negative       count, pts and ids are negative
    future         dates lie at the end of 32 bits
    no_chats       nobody who is spoken of is told of
    not_modified   messagesNotModified
    plain          messages.messages, which has no pts
    no_progress    a difference that is never final and does not move
    pts_back       pts is 1
    file_long      a part of twice the asked length
    file_short     half of the part
    file_other     as many bytes, but others
    cdn            a redirect to a DC of somebody else's
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from telethon.extensions import BinaryReader
from telethon.tl import types

from demo.telegram.answers_channels import history
from demo.telegram.asking import Asked

MOST_COUNT = 2**31 - 1
_END_OF_TIME = datetime(2038, 1, 19, 3, 14, 7, tzinfo=UTC)


def lied(body: bytes, asked: Asked, lie: str) -> bytes:
    """Return an answer's bytes, changed; an answer that the lie does not fit is left as it is."""
    answer = BinaryReader(body).tgread_object()
    return bytes(_LIES[lie](answer, asked))


def _messages(answer: Any) -> list[Any]:
    found = getattr(answer, "messages", None)
    if found is None:
        found = getattr(answer, "new_messages", None)
    return found if isinstance(found, list) else []


def _other_channel(answer: Any, _: Asked) -> Any:
    for message in _messages(answer):
        if message.peer_id is not None:
            message.peer_id = types.PeerChannel(message.peer_id.channel_id + 1)
    for chat in answer.chats:
        chat.id += 1
    return answer


def _shuffled(answer: Any, _: Asked) -> Any:
    found = _messages(answer)
    found[:] = found[1::2] + found[::2]
    return answer


def _doubled(answer: Any, _: Asked) -> Any:
    found = _messages(answer)
    found[:] = [each for message in found for each in (message, message)]
    return answer


def _emptied(answer: Any, _: Asked) -> Any:
    found = _messages(answer)
    found[:] = [types.MessageEmpty(message.id, message.peer_id) for message in found]
    return answer


def _stuck(_: Any, asked: Asked) -> Any:
    asked.request.offset_id = asked.request.add_offset = asked.request.max_id = asked.request.min_id = 0
    return BinaryReader(bytes(history(asked))).tgread_object()


def _endless(answer: Any, asked: Asked) -> Any:
    ask = asked.request
    first = ask.offset_id - ask.add_offset - 1 if ask.offset_id else MOST_COUNT - 1
    peer = types.PeerChannel(ask.peer.channel_id)
    answer.messages = [
        types.Message(first - place, peer, asked.platform.date(), f"invented {first - place}", post=True)
        for place in range(ask.limit)
    ]
    return answer


def _many(answer: Any, _: Asked) -> Any:
    found = _messages(answer)
    found *= 10
    return answer


def _long_text(answer: Any, _: Asked) -> Any:
    for message in _messages(answer):
        if isinstance(message, types.Message):
            message.message = "kite " * 200_000
    return answer


def _miscounted(answer: Any, _: Asked) -> Any:
    answer.count = MOST_COUNT
    return answer


def _negative(answer: Any, _: Asked) -> Any:
    for name in ("count", "pts"):
        if hasattr(answer, name):
            setattr(answer, name, -1)
    for message in _messages(answer):
        message.id = -message.id
    return answer


def _future(answer: Any, _: Asked) -> Any:
    for message in _messages(answer):
        if hasattr(message, "date"):
            message.date = _END_OF_TIME
    return answer


def _no_chats(answer: Any, _: Asked) -> Any:
    answer.chats = []
    answer.users = []
    return answer


def _not_modified(_answer: Any, _: Asked) -> Any:
    return types.messages.MessagesNotModified(0)


def _plain(answer: Any, _: Asked) -> Any:
    return types.messages.Messages(_messages(answer), [], answer.chats, answer.users)


def _no_progress(_answer: Any, asked: Asked) -> Any:
    return types.updates.ChannelDifference(asked.request.pts, [], [], [], [], final=False, timeout=0)


def _pts_back(answer: Any, _: Asked) -> Any:
    answer.pts = 1
    return answer


def _file_long(answer: Any, asked: Asked) -> Any:
    answer.bytes += b"\x00" * (2 * asked.request.limit - len(answer.bytes))
    return answer


def _file_short(answer: Any, _: Asked) -> Any:
    answer.bytes = answer.bytes[: len(answer.bytes) // 2]
    return answer


def _file_other(answer: Any, _: Asked) -> Any:
    answer.bytes = bytes(255 - each for each in answer.bytes)
    return answer


def _cdn(_answer: Any, _: Asked) -> Any:
    return types.upload.FileCdnRedirect(203, b"token", bytes(32), bytes(16), [])


_LIES: dict[str, Callable[[Any, Asked], Any]] = {
    "other_channel": _other_channel,
    "shuffled": _shuffled,
    "doubled": _doubled,
    "emptied": _emptied,
    "stuck": _stuck,
    "endless": _endless,
    "many": _many,
    "long_text": _long_text,
    "miscounted": _miscounted,
    "negative": _negative,
    "future": _future,
    "no_chats": _no_chats,
    "not_modified": _not_modified,
    "plain": _plain,
    "no_progress": _no_progress,
    "pts_back": _pts_back,
    "file_long": _file_long,
    "file_short": _file_short,
    "file_other": _file_other,
    "cdn": _cdn,
}
