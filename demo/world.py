"""
Say what there is on the demo's platforms, and from when.

A world is plain data: channels of messages, pages of a shop, pictures by name.
`elapsed` seconds after the start decide what of it can be seen; in a world
that stands still everything can, always.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

PAGE_SIZE = 20  # messages a page, as t.me/s gives them


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """How to draw a picture and in which file format to serve it."""

    style: str
    width: int
    height: int
    format: str = "JPEG"
    quality: int = 85
    drawn_as: str = ""  # the name whose drawing this is; its own by default


@dataclass(frozen=True, slots=True, kw_only=True)
class Forward:
    """Where a message was forwarded from."""

    title: str
    href: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """What a message says from some second on."""

    after: float
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """
    One message of a channel.

    Several `photos` are an album: the message stands for as many ids. `video`
    and `preview` name the picture that stands for them.
    """

    id: int
    at: datetime
    text: str = ""
    photos: tuple[str, ...] = ()
    video: str = ""
    preview: str = ""
    as_file: bool = False  # the photo was sent as a file, so its bytes are as they were
    unsupported: bool = False
    service: bool = False
    author: str = ""
    forward: Forward | None = None
    views: int = 1
    edited: bool = False
    release: float = 0.0
    edit: Edit | None = None

    @property
    def is_album(self) -> bool:
        """Return whether several photos share this message."""
        return len(self.photos) > 1

    def as_of(self, elapsed: float) -> Message:
        """Return the message as it reads at that moment."""
        if self.edit is None or elapsed < self.edit.after:
            return self
        return replace(self, text=self.edit.text, edited=True, edit=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """A channel, with a public preview or without."""

    name: str
    id: int  # bare and positive, as in data-view
    title: str
    about: str
    subscribers: int
    messages: tuple[Message, ...]

    def visible(self, elapsed: float) -> list[Message]:
        """Return what can be seen at that moment, oldest first."""
        return [message.as_of(elapsed) for message in self.messages if message.release <= elapsed]

    @property
    def posts(self) -> list[str]:
        """Return the names of all posts there will ever be; a service message is none."""
        return [str(message.id) for message in self.messages if not message.service]


@dataclass(frozen=True, slots=True, kw_only=True)
class ShopImage:
    """An `img` of a page: a path under /media/, other widths of it, or a picture inside the page."""

    path: str = ""
    wider: Mapping[int, str] = field(default_factory=dict)
    inline: str = ""
    alt: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShopPage:
    """A page of the shop."""

    path: str
    title: str
    paragraphs: tuple[str, ...]
    images: tuple[ShopImage, ...]
    cover: str  # og:image
    links: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Planted:
    """Something a visit must find: where, and by what."""

    place: str  # a channel's name or a page's path
    post: str
    kind: str  # exact, near or text
    picture: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Repost:
    """A picture of one channel that another posts again: saved anew and smaller, so that no byte is the same."""

    place: str
    post: str
    first_place: str
    first_post: str
    picture: str  # as it is posted again


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """Everything there is; `changes` replaces a path's picture at some second."""

    channels: Mapping[str, Channel]
    closed: Channel  # has no public preview
    pages: Mapping[str, ShopPage]
    pictures: Mapping[str, Picture]
    media: Mapping[str, str]  # path under /media/ → picture
    changes: Mapping[str, tuple[float, str]]
    planted: tuple[Planted, ...]
    repost: Repost

    @property
    def closed_channel(self) -> str:
        """Return the name of the channel without a preview."""
        return self.closed.name


def page_of(messages: list[Message], before: int | None, after: int | None) -> tuple[list[Message], bool, bool]:
    """
    Return one page, oldest first, and whether there is more on its older and newer side.

    As t.me/s does: the newest by default, else those next to the id asked for.
    """
    if after is not None:
        rest = [message for message in messages if message.id > after]
        page = rest[:PAGE_SIZE]
    else:
        rest = [message for message in messages if before is None or message.id < before]
        page = rest[-PAGE_SIZE:]
    if not page:
        return [], False, False
    return page, page[0].id > messages[0].id, page[-1].id < messages[-1].id
