"""
Change a served platform by words, for tests that run it in a process of its own.

    {"do": "channel", "username", …}             → {"id"}             {"do": "rename", "channel", "usernames"}
    {"do": "post", "channel", "text" | "count"}  → {"ids"}            {"do": "edit", "channel", "id", "text"}
    {"do": "delete", "channel", "ids"}           {"do": "skip" | "hollow" | "trim", "channel", …}
    {"do": "photo", "channel", "sizes": {letter: base64}, "text", "grouped_id"}  → {"ids"}
    {"do": "document", "channel", "data": base64, "mime", "name", "text"}        → {"ids"}
    {"do": "album", "channel", "photos": [{letter: base64}, …], "text"}          → {"ids"}
    {"do": "service", "channel"}                  → {"ids"}            {"do": "push", "channel", "last"}
    {"do": "mixed", "username", "count", "sizes": {letter: base64}}              → {"id"}
    {"do": "fault", "method", "kind", "value", …}  as Faults.add       {"do": "lift", "method"}
    {"do": "log", "since"} → {"calls", "forbidden", "failures", "now"} {"do": "clear_log"}
    {"do": "truth", "channel"} → {"messages": {id: [text, edit date, media's id, grouped_id]}, "pts"}; null for none
    {"do": "hang_up" | "new_salt" | "expire_references"}               {"do": "set", "skew" | "timeout" | …: value}
    {"do": "session", "account"} → {"session"}                         {"do": "accept_login", "account"}

Every command is answered by one object; what cannot be done by {"error"}.
"""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any

from telethon.tl import types

from demo.telegram.channel import Channel
from demo.telegram.generated import mixed_history, sentence
from demo.telegram.server import TelegramServer

_SETTINGS = {"skew", "timeout", "too_long", "fills_pages"}
Words = dict[str, Any]


def obey(server: TelegramServer, words: Words) -> Words:
    """Do one command and return its answer."""
    command = _COMMANDS.get(words.pop("do", ""))
    if command is None:
        return {"error": "no such command"}
    try:
        return command(server, words) or {}
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        return {"error": repr(error)}


def _of(server: TelegramServer, words: Words) -> Channel:
    return server.platform.channels[words.pop("channel")]


def _channel(server: TelegramServer, words: Words) -> Words:
    return {"id": server.platform.channel(**words).id}


def _rename(server: TelegramServer, words: Words) -> None:
    server.platform.rename(_of(server, words), *words["usernames"])


def _post(server: TelegramServer, words: Words) -> Words:
    channel = _of(server, words)
    if "count" in words:
        return {"ids": [channel.post(sentence(channel.top + 1)) for _ in range(words["count"])]}
    text = words.pop("text")
    links = [types.MessageEntityTextUrl(0, len(text), link) for link in words.pop("links", ())]
    return {"ids": [channel.post(text, entities=links or None, **words)]}


def _photo(server: TelegramServer, words: Words) -> Words:
    channel = _of(server, words)
    photo = server.platform.files.photo(_decoded(words.pop("sizes")), dc=words.pop("dc", 0))
    media = types.MessageMediaPhoto(photo=photo)
    return {"ids": [channel.post(words.pop("text", ""), media=media, **words)]}


def _document(server: TelegramServer, words: Words) -> Words:
    channel = _of(server, words)
    data, mime, name = base64.b64decode(words.pop("data")), words.pop("mime"), words.pop("name", "")
    made = server.platform.files.document(data, mime=mime, name=name, dc=words.pop("dc", 0))
    return {"ids": [channel.post(words.pop("text", ""), media=types.MessageMediaDocument(document=made), **words)]}


def _album(server: TelegramServer, words: Words) -> Words:
    channel, files = _of(server, words), server.platform.files
    media = [types.MessageMediaPhoto(photo=files.photo(_decoded(sizes))) for sizes in words["photos"]]
    return {"ids": channel.album(media, words.get("text", ""))}


def _mixed(server: TelegramServer, words: Words) -> Words:
    return {"id": mixed_history(server.platform, words["count"], _decoded(words["sizes"]), words["username"]).id}


def _service(server: TelegramServer, words: Words) -> Words:
    return {"ids": [_of(server, words).service()]}


def _decoded(sizes: dict[str, str]) -> dict[str, bytes]:
    return {letter: base64.b64decode(data) for letter, data in sizes.items()}


def _edit(server: TelegramServer, words: Words) -> None:
    _of(server, words).edit(words["id"], message=words["text"])


def _delete(server: TelegramServer, words: Words) -> None:
    _of(server, words).delete(*words["ids"])


def _skip(server: TelegramServer, words: Words) -> None:
    _of(server, words).skip(words["count"])


def _hollow(server: TelegramServer, words: Words) -> None:
    _of(server, words).hollow(words["ids"])


def _trim(server: TelegramServer, words: Words) -> None:
    _of(server, words).trim(keep=words.get("keep", 0))


def _truth(server: TelegramServer, words: Words) -> Words:
    channel = _of(server, words)
    told = {number: _said(channel.messages[number]) for number in channel.ids}
    return {"messages": {number: said for number, said in told.items() if said is not None}, "pts": channel.pts}


def _said(message: Any) -> list[Any] | None:
    if not isinstance(message, types.Message):
        return None
    edited = message.edit_date.timestamp() if message.edit_date else None
    media = message.media
    shown = getattr(media, "photo", None) or getattr(media, "document", None)
    return [message.message, edited, getattr(shown, "id", None), message.grouped_id]


def _fault(server: TelegramServer, words: Words) -> None:
    server.faults.add(**words)


def _push(server: TelegramServer, words: Words) -> None:
    server.soon(server.push(_of(server, words), last=words.get("last", 1)))


def _lift(server: TelegramServer, words: Words) -> None:
    server.faults.lift(words.get("method", ""))


def _set(server: TelegramServer, words: Words) -> None:
    for name, value in words.items():
        if name not in _SETTINGS:
            raise KeyError(name)
        setattr(server.platform, name, value)


_COMMANDS: dict[str, Callable[[TelegramServer, Words], Words | None]] = {
    "channel": _channel,
    "rename": _rename,
    "post": _post,
    "photo": _photo,
    "album": _album,
    "mixed": _mixed,
    "service": _service,
    "push": _push,
    "document": _document,
    "edit": _edit,
    "delete": _delete,
    "skip": _skip,
    "hollow": _hollow,
    "trim": _trim,
    "truth": _truth,
    "fault": _fault,
    "lift": _lift,
    "set": _set,
    "log": lambda server, words: server.log.as_json(words.get("since", 0)),
    "clear_log": lambda server, _: server.log.clear(),
    "hang_up": lambda server, _: server.hang_up(),
    "new_salt": lambda server, _: server.new_salt(),
    "expire_references": lambda server, _: server.platform.files.expire_references(),
    "session": lambda server, words: {"session": server.session_string(words["account"])},
    "accept_login": lambda server, words: server.soon(server.accept_login(words["account"])),
}
