"""
Put the demo's closed channel on the loopback Telegram, and let it live there.

Pictures are drawn before the first of them can be asked for: a message tells
the size of its photo.
"""

from __future__ import annotations

import asyncio
import io
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from PIL import Image
from telethon.tl import types

from demo import world
from demo.gallery import Gallery
from demo.telegram.channel import Channel
from demo.telegram.server import TelegramServer
from demo.telegram.state import Platform

_FILM_HEAD = b"\x00\x00\x00\x10ftypisom\x00\x00\x00\x00"
_SMALL = (320, 320)  # an m-size fits into this


class Stage:
    """The closed channel of a world, on a platform; `fill` puts on it what can be seen at a moment."""

    def __init__(self, shown: world.World, gallery: Gallery, noise: bytes) -> None:
        """Make the platform, with the channel and those it forwards from, all still empty."""
        self.platform = Platform()
        self._noise, self._gallery, self._shown = noise, gallery, shown.closed
        for other in shown.channels.values():
            self.platform.channel(other.name, id=other.id, title=other.title, about=other.about)
        closed = shown.closed
        self.channel: Channel = self.platform.channel(
            closed.name, id=closed.id, title=closed.title, about=closed.about, members=closed.subscribers
        )
        self._media = {message.id: self._media_of(message) for message in closed.messages}

    @property
    def posts(self) -> list[str]:
        """Return the ids of all posts there will ever be: an album is as many as it has parts."""
        return [
            str(message.id + part)
            for message in self._shown.messages
            if not message.service
            for part in range(max(1, len(message.photos)))
        ]

    def fill(self, elapsed: float) -> None:
        """Post and edit what has come due by that second."""
        for message in self._shown.messages:
            if message.release > elapsed:
                break
            if message.id > self.channel.top:
                self._post(message)
            elif message.edit is not None and elapsed >= message.edit.after:
                self._edit(message.id, message.edit.text)

    def _post(self, message: world.Message) -> None:
        self.channel.skip(message.id - 1 - self.channel.top)
        if message.service:
            self.channel.service(types.MessageActionChatEditTitle(self._shown.title))
            return
        about: dict[str, Any] = {"at": message.at, "views": message.views}
        if message.author:
            about["post_author"] = message.author
        if message.edited:
            about["edit_date"] = message.at + timedelta(minutes=3)
        if message.forward is not None:
            about["fwd_from"] = self._forward(message, message.forward)
        media = self._media[message.id]
        if message.is_album:
            self.channel.album(media, message.text, **about)
        else:
            self.channel.post(message.text, media=media[0] if media else None, **about)

    def _edit(self, number: int, text: str) -> None:
        if self.channel.messages[number].message != text:
            self.channel.edit(number, message=text)

    def _forward(self, message: world.Message, forward: world.Forward) -> Any:
        name, _, number = forward.href.removeprefix("https://t.me/").partition("/")
        origin = self.platform.channels[self.platform.usernames[name]]
        return types.MessageFwdHeader(
            date=message.at - timedelta(hours=2), from_id=origin.peer, channel_post=int(number)
        )

    def _media_of(self, message: world.Message) -> list[Any]:
        files = self.platform.files
        if message.as_file:
            name = message.photos[0]
            file = files.document(
                self._gallery.body(name),
                mime=self._gallery.content_type(name),
                name="picture.jpg",
                thumbs=self._small(name),
            )
            return [types.MessageMediaDocument(document=file)]
        if message.photos:
            return [types.MessageMediaPhoto(photo=self._photo(name)) for name in message.photos]
        if message.video:
            film = files.video(_FILM_HEAD + self._noise, thumbs=self._small(message.video))
            return [types.MessageMediaDocument(document=film, video=True)]
        if message.preview:
            page = types.WebPage(
                message.id,
                "https://notes.example/",
                "notes.example",
                0,
                title="Notes",
                photo=self._photo(message.preview),
            )
            return [types.MessageMediaWebPage(page)]
        return [types.MessageMediaUnsupported()] if message.unsupported else []

    def _photo(self, name: str) -> Any:
        return self.platform.files.photo({**self._small(name), "x": self._gallery.body(name)})

    def _small(self, name: str) -> dict[str, bytes]:
        with Image.open(io.BytesIO(self._gallery.body(name))) as whole:
            small = whole.convert("RGB")
        small.thumbnail(_SMALL)
        buffer = io.BytesIO()
        small.save(buffer, "JPEG", quality=80)
        return {"m": buffer.getvalue()}


async def keep_filled(stage: Stage, clock: Callable[[], float], every: float = 0.5) -> None:
    """Fill the stage as time goes on, for ever."""
    while True:
        stage.fill(clock())
        await asyncio.sleep(every)


def told(stage: Stage, server: TelegramServer, planted: list[dict[str, Any]]) -> dict[str, Any]:
    """Return what the demo's line says of its Telegram."""
    target = f"https://t.me/{stage.channel.usernames[0]}"
    found = [{"target": target, **{key: each[key] for key in each if key != "place"}} for each in planted]
    return {
        "session": server.session_string(),
        "api_id": server.platform.api_id,
        "api_hash": server.platform.api_hash,
        "targets": [target],
        "served": {"posts": {target: stage.posts}, "planted": found},
    }
