from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from typing import Any

import pytest
from telethon.tl import types

from demo.telegram.channel import FIRST_POST
from domain.observations import MediaKind
from telegram_monitor.carriers import MAX_FILES, Carrier, carriers_of, files_of
from telegram_monitor.fields import LEFT, READ

WHEN = FIRST_POST
PEER = types.PeerChannel(1000555)
FULL = {"s": 90, "m": 320, "x": 800, "y": 1280, "w": 2560}


def photo(number: int, sizes: list[Any] | None = None) -> types.Photo:
    shown = (
        sizes
        if sizes is not None
        else [types.PhotoSize(letter, side, side // 2, side) for letter, side in FULL.items()]
    )
    return types.Photo(number, 7, b"ref", WHEN, shown, 2)


def document(number: int, mime: str, thumbs: list[Any] | None = None) -> types.Document:
    return types.Document(number, 7, b"ref", WHEN, mime, 5000, 4, [types.DocumentAttributeFilename("kite")], thumbs)


def message(media: Any = None, **more: Any) -> types.Message:
    return types.Message(1, PEER, WHEN, "", media=media, **more)


def carried(media: Any = None, **more: Any) -> list[Carrier]:
    return carriers_of(files_of(message(media, **more)))


def names(carriers: list[Carrier]) -> list[tuple[str, MediaKind]]:
    return [(carrier.identity, carrier.kind) for carrier in carriers]


def letters(carrier: Carrier) -> tuple[str, str | None]:
    assert carrier.file.location is not None
    fuller = carrier.fuller
    return carrier.file.location.thumb_size, fuller.location.thumb_size if fuller and fuller.location else None


THUMB = [types.PhotoStrippedSize("i", b"tiny"), types.PhotoSize("s", 90, 90, 9), types.PhotoSize("m", 320, 240, 99)]


def test_the_size_of_800_pixels_is_read_first_and_the_largest_in_full() -> None:
    (carrier,) = carried(types.MessageMediaPhoto(photo=photo(11)))
    assert (carrier.identity, carrier.kind, letters(carrier)) == ("photo:11", MediaKind.IMAGE, ("x", "w"))
    assert (carrier.file.size, carrier.file.dc_id) == (800, 2)


@pytest.mark.parametrize(
    ("sizes", "expected"),
    [
        ([types.PhotoSize("x", 700, 500, 9), types.PhotoSize("m", 320, 200, 5)], ("x", None)),
        (
            [
                types.PhotoSize("y", 1280, 500, 9),
                types.PhotoSize("m", 320, 200, 5),
                types.PhotoSize("w", 2560, 1000, 50),
            ],
            ("y", "w"),
        ),
        ([types.PhotoSize("m", 320, 200, 5), types.PhotoSize("s", 90, 60, 3)], ("m", None)),
        ([types.PhotoSize("s", 60, 60, 3), types.PhotoStrippedSize("i", b"tiny")], ("s", None)),
        ([types.PhotoSizeProgressive("y", 1280, 500, [1, 5, 9]), types.PhotoSize("x", 800, 500, 9)], ("x", "y")),
    ],
)
def test_where_there_is_no_such_size_the_best_adequate_one_is_read(
    sizes: list[Any], expected: tuple[str, str | None]
) -> None:
    (carrier,) = carried(types.MessageMediaPhoto(photo=photo(11, sizes)))
    assert letters(carrier) == expected


def test_a_progressive_size_is_as_long_as_its_last_step() -> None:
    (carrier,) = carried(
        types.MessageMediaPhoto(photo=photo(11, [types.PhotoSizeProgressive("x", 800, 500, [10, 50, 90])]))
    )
    assert carrier.file.size == 90


def test_what_travels_inside_the_message_is_evidence_only_if_it_is_large_enough() -> None:
    cached = [types.PhotoCachedSize("m", 320, 200, b"a whole picture"), types.PhotoStrippedSize("i", b"tiny")]
    (carrier,) = carried(types.MessageMediaPhoto(photo=photo(11, cached)))
    assert carrier.file.untrusted_inline == b"a whole picture"
    small = [
        types.PhotoCachedSize("s", 90, 60, b"specks"),
        types.PhotoPathSize("j", b"path"),
        types.PhotoSizeEmpty("s"),
    ]
    assert carried(types.MessageMediaPhoto(photo=photo(11, small))) == []


@pytest.mark.parametrize(
    ("mime", "expected"),
    [
        ("image/jpeg", [("document:5", MediaKind.IMAGE)]),
        ("IMAGE/PNG", [("document:5", MediaKind.IMAGE)]),
        ("video/mp4", [("document:5", MediaKind.VIDEO), ("document:5:thumb", MediaKind.THUMBNAIL)]),
        ("application/pdf", [("document:5:thumb", MediaKind.THUMBNAIL)]),
        ("", [("document:5:thumb", MediaKind.THUMBNAIL)]),
    ],
)
def test_a_document_is_read_by_its_kind(mime: str, expected: list[tuple[str, MediaKind]]) -> None:
    carriers = carried(types.MessageMediaDocument(document=document(5, mime, THUMB)))
    assert names(carriers) == expected
    thumbs = [carrier for carrier in carriers if carrier.kind is MediaKind.THUMBNAIL]
    assert all(letters(carrier) == ("m", None) for carrier in thumbs)


def test_a_speck_stands_for_no_document() -> None:
    assert carried(types.MessageMediaDocument(document=document(5, "audio/ogg", THUMB[:2]))) == []


def test_a_video_brings_its_cover_and_what_stands_for_its_other_encodings() -> None:
    media = types.MessageMediaDocument(
        document=document(5, "video/mp4"), alt_documents=[document(6, "video/mp4", THUMB)], video_cover=photo(11)
    )
    assert names(carried(media)) == [
        ("document:5", MediaKind.VIDEO),
        ("photo:11", MediaKind.IMAGE),
        ("document:6:thumb", MediaKind.THUMBNAIL),
    ]
    alone = types.MessageMediaDocument(document=types.DocumentEmpty(5), alt_documents=[document(6, "video/mp4")])
    assert names(carried(alone)) == [("document:6", MediaKind.VIDEO)]


def answer(media: Any) -> types.PollAnswer:
    return types.PollAnswer(types.TextWithEntities("yes", []), b"1", media=media)


def a_photo(number: int) -> types.MessageMediaPhoto:
    return types.MessageMediaPhoto(photo=photo(number))


def webpage(**more: Any) -> types.MessageMediaWebPage:
    return types.MessageMediaWebPage(types.WebPage(1, "https://kites.example", "kites.example", 0, **more))


EVERYWHERE = [
    (
        types.MessageMediaPhoto(photo=photo(1), live_photo=True, video=document(2, "video/mp4")),
        ["photo:1", "document:2"],
    ),
    (webpage(photo=photo(1), document=document(2, "image/webp")), ["photo:1", "document:2"]),
    (
        webpage(cached_page=types.Page("https://kites.example", [], [photo(1)], [document(2, "image/png")])),
        ["photo:1", "document:2"],
    ),
    (webpage(attributes=[types.WebPageAttributeStickerSet([document(1, "image/webp")])]), ["document:1"]),
    (webpage(attributes=[types.WebPageAttributeTheme([document(1, "image/png")])]), ["document:1"]),
    (
        types.MessageMediaGame(types.Game(1, 2, "kites", "Kites", "", photo(1), document(2, "image/png"))),
        ["photo:1", "document:2"],
    ),
    (
        types.MessageMediaPaidMedia(
            5, [types.MessageExtendedMedia(a_photo(1)), types.MessageExtendedMediaPreview(thumb=THUMB[0])]
        ),
        ["photo:1"],
    ),
    (
        types.MessageMediaInvoice("Kite", "", "USD", 5, "", extended_media=types.MessageExtendedMedia(a_photo(1))),
        ["photo:1"],
    ),
    (
        types.MessageMediaPoll(
            types.Poll(1, types.TextWithEntities("?", []), [answer(a_photo(2)), answer(None)], 0),
            types.PollResults(solution_media=a_photo(3)),
            attached_media=a_photo(1),
        ),
        ["photo:1", "photo:2", "photo:3"],
    ),
]  # fmt: skip


@pytest.mark.parametrize(("media", "identities"), EVERYWHERE, ids=lambda value: type(value).__name__)
def test_every_place_of_a_message_is_looked_into(media: Any, identities: list[str]) -> None:
    assert [carrier.identity for carrier in carried(media)] == identities


def test_a_formatted_message_is_looked_into() -> None:
    rich = types.RichMessage([], [photo(1)], [document(2, "image/png")])
    assert [carrier.identity for carrier in carried(rich_message=rich)] == ["photo:1", "document:2"]


def test_stories_and_what_lies_elsewhere_are_never_read() -> None:
    assert carried(types.MessageMediaStory(PEER, 5)) == []
    assert (
        carried(
            types.MessageMediaInvoice(
                "Kite", "", "USD", 5, "", photo=types.WebDocument("https://x.example", 1, 5, "image/png", [])
            )
        )
        == []
    )


def test_a_picture_shown_twice_is_carried_once_and_a_flood_is_bounded() -> None:
    rich = types.RichMessage([], [photo(1), photo(1), *(photo(number) for number in range(500))], [])
    carriers = carried(rich_message=rich)
    assert len({carrier.identity for carrier in carriers}) == len(carriers) <= MAX_FILES


def test_media_within_media_end_somewhere() -> None:
    media: Any = a_photo(1)
    for _ in range(500):
        media = types.MessageMediaPaidMedia(1, [types.MessageExtendedMedia(media)])
    assert carried(media) == []


# ------------------------------------------------------------------ the layer itself

MEDIA = {
    "TypePhoto", "TypeDocument", "TypePhotoSize", "TypeVideoSize", "TypeWebDocument", "TypeMessageMedia",
    "TypeMessageExtendedMedia", "TypeStoryItem", "TypePage", "TypeRichMessage", "TypePoll", "TypePollResults",
    "TypePollAnswer", "TypeWebPage", "TypeWebPageAttribute", "TypeGame",
}  # fmt: skip


def fields_of(kind: type) -> Iterator[tuple[str, str]]:
    """Yield a TL type's fields and the names of the types each can hold."""
    plain = next(base for base in kind.__mro__ if base.__module__ == types.__name__)
    for parameter in inspect.signature(plain).parameters.values():
        for name in re.findall(r"\bType\w+", str(parameter.annotation)):
            yield parameter.name, name


def kinds_of(name: str) -> list[type]:
    union = getattr(types, name, None)
    found: tuple[Any, ...] = getattr(union, "__args__", (union,))
    resolved = (getattr(types, getattr(kind, "__forward_arg__", ""), kind) for kind in found)
    return [kind for kind in resolved if inspect.isclass(kind)]


def test_every_field_of_the_layer_that_can_hold_media_is_read_or_left_for_a_reason() -> None:
    seen: set[type] = set()
    waiting: list[type] = [types.Message]
    holding: set[str] = set()
    while waiting:
        kind = waiting.pop()
        if kind in seen or kind.__name__.startswith("Input"):  # the latter is what clients send
            continue
        seen.add(kind)
        for field, name in fields_of(kind):
            if name in MEDIA:
                holding.add(f"{kind.__name__}.{field}")
            waiting += kinds_of(name)
    assert len(seen) > 250  # the walk goes through the layer
    assert holding == READ | set(LEFT)
    assert not READ & set(LEFT)
    assert all(reason.strip() for reason in LEFT.values())
