"""Build the demo's world from a seed: the same seed and moment give the same world."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from demo.closing import TITLE, build_closed
from demo.dice import Dice
from demo.drawing import STYLES
from demo.reposting import post_again
from demo.shop import ShopBuilder
from demo.words import TAGS, Writer
from demo.world import Channel, Edit, Forward, Message, Picture, Planted, World

LANTERNS, KITES, BELLS, CLOSED = "lantern_shop", "kite_market", "harbour_bells", "closed_shop"
SIZES = ((800, 600), (600, 800), (800, 533), (720, 720))
ALWAYS = (
    (17, 5, "album"),
    (19, 7, "video"),
    (23, 9, "preview"),
    (29, 11, "unsupported"),
    (13, 3, "forward"),
    (31, 12, "service"),
)
LIVE_SECONDS = 40.0
EDIT_AT = 20.0
CLERK = "Lantern clerk"
CLERK_TEXTS = (
    "Three tin lanterns from the top shelf, freshly polished. Price 12 USD, pay by transfer, message @lantern_clerk",
    "One copper kettle with a birch handle and a lid. Price 20 USD, pay by transfer, message @lantern_clerk",
    "A pair of brass bells on a leather strap. Price 15 USD, pay by transfer, message @lantern_clerk",
)


def build_world(seed: int, anchor: datetime, *, live: bool) -> World:
    """
    Return the world of a seed.

    `anchor` is the moment of the start: posts lie before it. A live world
    releases its last third over the seconds after it, edits one post and
    replaces one picture; the other stands still.
    """
    pictures: dict[str, Picture] = {}
    planted: list[Planted] = []
    writer = Writer(Dice(seed, "words"))
    channels = {}
    for name, title, count in (
        (LANTERNS, "Lantern Shop", 120),
        (KITES, "Kite Market", 64),
        (BELLS, "Harbour Bells", 33),
    ):
        builder = ChannelBuilder(seed, name, title, writer=writer, pictures=pictures, planted=planted)
        channels[name] = builder.build(count, anchor, live=live)
    shop = ShopBuilder(seed, writer, pictures, planted)
    pages = shop.pages(live=live)
    # Last, so that everything else reads as it did before there was this one.
    builder = ChannelBuilder(seed, CLOSED, TITLE, writer=writer, pictures=pictures, planted=planted)
    closed = build_closed(builder, planted, anchor, edit_at=EDIT_AT if live else None)
    clerks = next(each for each in channels[LANTERNS].messages if each.author == CLERK and each.photos)
    repost = post_again(channels[LANTERNS], clerks, channels[BELLS], pictures)
    return World(
        channels=channels,
        closed=closed,
        pages=pages,
        pictures=pictures,
        media=shop.media,
        changes=shop.changes,
        planted=tuple(planted),
        repost=repost,
    )


def kind_of(number: int) -> str:
    """Return the kind that a message of this number always has, empty for most."""
    return next((kind for every, turn, kind in ALWAYS if number % every == turn), "")


class ChannelBuilder:
    """Fills one channel with messages of every kind, and plants what a visit must find."""

    def __init__(
        self,
        seed: int,
        name: str,
        title: str,
        *,
        writer: Writer,
        pictures: dict[str, Picture],
        planted: list[Planted],
    ) -> None:
        """Share the writer and the picture names with the other builders."""
        self._name, self._title = name, title
        self._writer, self._pictures, self._planted = writer, pictures, planted
        self._dice = Dice(seed, f"channel/{name}")

    def build(self, count: int, anchor: datetime, *, live: bool) -> Channel:
        """Return the channel with this many messages."""
        messages = self._numbered(self._drafts(count, anchor))
        messages = self._plant(messages)
        if live:
            messages = self._released(messages, anchor)
        return Channel(
            name=self._name,
            id=self._dice.whole(1_100_000_000, 1_999_999_999),
            title=self._title,
            about=f"News of the {self._title.lower()}, invented for a demonstration.",
            subscribers=self._dice.whole(200, 900),
            messages=tuple(messages),
        )

    def _drafts(self, count: int, anchor: datetime) -> list[Message]:
        moment = anchor - timedelta(minutes=31 * count)
        drafts = [Message(id=0, at=moment, text="Channel created", service=True)]
        for number in range(1, count):
            moment += timedelta(minutes=self._dice.whole(12, 30), seconds=self._dice.whole(0, 59))
            drafts.append(self._draft(number, moment))
        return drafts

    def _draft(self, number: int, moment: datetime) -> Message:
        message = Message(id=0, at=moment, text=self._writer.text(self._dice.whole(2, 4)))
        message = replace(
            message,
            views=self._dice.whole(12, 4_800),
            author=self._dice.pick(("", "", "Ferry desk", "Window desk")),
            edited=self._dice.chance(0.06),
        )
        if self._dice.chance(0.3):
            message = replace(message, text=f"{message.text}\n{self._dice.pick(TAGS)}")
        kind = kind_of(number)
        if not kind and self._dice.chance(0.6):
            kind = "photo" if self._dice.chance(0.8) else "bare photo"
        return replace(message, **self._difference(kind, number))

    def _difference(self, kind: str, number: int) -> dict[str, Any]:
        """Return what makes a message of this kind differ from a plain text."""
        difference: dict[str, Any] = {}
        match kind:
            case "album":
                difference = {"photos": tuple(self._picture(f"{number}-{part}") for part in range(3))}
            case "video":
                difference = {"video": self._picture(f"{number}-video")}
            case "preview":
                difference = {"preview": self._picture(f"{number}-preview")}
            case "unsupported":
                difference = {"text": "", "unsupported": True}
            case "service":
                text = "The channel's picture was changed"
                difference = {"text": text, "service": True, "author": "", "edited": False}
            case "forward":
                other = KITES if self._name != KITES else BELLS
                forward = Forward(title=other.replace("_", " ").title(), href=f"https://t.me/{other}/{number}")
                difference = {"forward": forward, "photos": (self._picture(f"{number}"),)}
            case "photo":
                difference = {"photos": (self._picture(f"{number}"),)}
            case "bare photo":
                difference = {"photos": (self._picture(f"{number}"),), "text": ""}
        return difference

    def _picture(self, name: str) -> str:
        full = f"{self._name}/{name}"
        width, height = self._dice.pick(SIZES)
        self._pictures[full] = Picture(style=self._dice.pick(tuple(STYLES)), width=width, height=height)
        return full

    def _numbered(self, drafts: list[Message]) -> list[Message]:
        numbered, free = [], 1
        for draft in drafts:
            numbered.append(replace(draft, id=free))
            free += max(1, len(draft.photos))
            if self._dice.chance(0.08):  # somebody deleted a message or two
                free += self._dice.whole(1, 2)
        return numbered

    def _plant(self, messages: list[Message]) -> list[Message]:
        ordinary = [index for index, each in enumerate(messages) if len(each.photos) == 1 and not each.forward]
        spot = ordinary[len(ordinary) // 2]
        if self._name in {LANTERNS, KITES}:
            kind = "exact" if self._name == LANTERNS else "near"
            picture = messages[spot].photos[0]
            self._planted.append(Planted(place=self._name, post=str(messages[spot].id), kind=kind, picture=picture))
        if self._name == LANTERNS:
            bare = [index for index in ordinary if index != spot]
            # Two on show from the start and one among those that a live world releases later.
            for index, text in zip((bare[6], bare[len(bare) // 2], bare[-2]), CLERK_TEXTS, strict=True):
                photos = messages[index].photos if text == CLERK_TEXTS[0] else ()
                for name in set(messages[index].photos).difference(photos):
                    self._pictures.pop(name)
                messages[index] = replace(messages[index], text=text, photos=photos, author=CLERK, edited=False)
                self._planted.append(Planted(place=self._name, post=str(messages[index].id), kind="text"))
        return messages

    def _released(self, messages: list[Message], anchor: datetime) -> list[Message]:
        there = len(messages) * 2 // 3
        step = LIVE_SECONDS / (len(messages) - there)
        for index in range(there, len(messages)):
            release = round(step * (index - there + 1), 1)
            messages[index] = replace(messages[index], release=release, at=anchor + timedelta(seconds=release))
        if self._name == LANTERNS:
            chosen = max(index for index in range(there) if messages[index].author != CLERK and messages[index].text)
            text = self._writer.text(3)
            messages[chosen] = replace(messages[chosen], edit=Edit(after=EDIT_AT, text=text), edited=False)
        return messages
