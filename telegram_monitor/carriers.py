"""
Find every picture and video that a message can carry, and say how each is fetched.

Of a photo the size of 800 pixels is read first and the largest only where it
matters; a document sent as a picture is read whole, a video by ranges, beside
the one frame that stands for it. Two tables say of every field of the layer
that can hold media whether it is read; a test compares them with the layer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import chain, islice
from typing import Any, TypeAlias

from telethon.tl import types

from domain.observations import MediaKind

Location: TypeAlias = types.InputPhotoFileLocation | types.InputDocumentFileLocation
_Shown: TypeAlias = tuple[Any, bool]
_FILES = (types.Photo, types.Document)
_KINDS = {"image": MediaKind.IMAGE, "video": MediaKind.VIDEO}

MAX_FILES = 40  # of one message, as many as are read of a post in the preview
_DEPTH = 4  # of media within media: a poll's answers within a paid post
FIRST_READ = "x"  # fits into 800 pixels: 4 of 256 bits off the full picture (median), at two fifths of its bytes
ENOUGH = 800  # pixels of the longer side: where there is no such size, the next larger is read
LEAST_THUMB = 256  # pixels of the longer side: below, a perceptual hash says nothing
MAX_FILE = 1 << 42  # bytes; sizes are the server's word


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """
    A file at Telegram, or (`untrusted_inline`) bytes that travelled inside the message.

    `size` is what the message declares, in bytes; None where it does not.
    """

    location: Location | None = field(repr=False)
    dc_id: int
    size: int | None
    untrusted_inline: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Carrier:
    """One picture or video of a message; `fuller` is the same in full, where `file` is smaller."""

    identity: str = field(repr=False)
    kind: MediaKind
    file: File
    fuller: File | None = None


def files_of(message: types.Message) -> list[tuple[types.Photo | types.Document, bool]]:
    """
    Return the photos and documents of a message, the most prominent first.

    Beside each stands whether it is another encoding of the one before.
    """
    media, rich = message.media, message.rich_message
    if media is None and rich is None:
        return []
    shown = _of_media(media, _DEPTH)
    if rich is not None:
        shown = chain(shown, _plain(rich.photos), _plain(rich.documents))
    real = (pair for pair in shown if isinstance(pair[0], _FILES))
    return list(islice(real, MAX_FILES))


def carriers_of(files: Iterable[tuple[types.Photo | types.Document, bool]]) -> list[Carrier]:
    """Return the carriers among a message's files, each once."""
    found: dict[str, Carrier] = {}
    for thing, is_other_encoding in files:
        carriers = _of_photo(thing) if isinstance(thing, types.Photo) else _of_document(thing)
        for carrier in carriers:
            # The frames of another encoding are the same: what stands for it is enough.
            if not is_other_encoding or carrier.kind is not MediaKind.VIDEO:
                found.setdefault(carrier.identity, carrier)
    return list(islice(found.values(), MAX_FILES))


def _of_photo(photo: types.Photo) -> Iterator[Carrier]:
    """Return a photo: the adequate size, and the largest where that is another."""
    sizes = sorted(filter(None, map(_size, photo.sizes)), key=lambda size: size.side)
    if not sizes:
        return
    largest = sizes[-1]
    first = next((size for size in sizes if size.letter == FIRST_READ), None)
    first = first or next((size for size in sizes if size.side >= ENOUGH), largest)

    def file(size: _Size) -> File:
        location = types.InputPhotoFileLocation(photo.id, photo.access_hash, photo.file_reference, size.letter)
        return File(location=location, dc_id=photo.dc_id, size=size.length, untrusted_inline=size.untrusted_inline)

    yield Carrier(
        identity=f"photo:{photo.id}",
        kind=MediaKind.IMAGE,
        file=file(first),
        fuller=file(largest) if largest.side > first.side else None,
    )


def _of_document(document: types.Document) -> Iterator[Carrier]:
    """Return a document: a picture whole, a video by ranges, and of anything else what stands for it."""
    kind = _KINDS.get(document.mime_type.partition("/")[0].lower())
    if kind is not None:
        yield Carrier(
            identity=f"document:{document.id}",
            kind=kind,
            file=File(
                location=_document_at(document, ""),
                dc_id=document.dc_id,
                size=document.size if 0 < document.size <= MAX_FILE else None,
            ),
        )
    if kind is MediaKind.IMAGE:
        return
    thumbs = [size for size in map(_size, document.thumbs or ()) if size is not None and size.side >= LEAST_THUMB]
    if thumbs:
        best = max(thumbs, key=lambda size: size.side)
        yield Carrier(
            identity=f"document:{document.id}:thumb",
            kind=MediaKind.THUMBNAIL,
            file=File(
                location=_document_at(document, best.letter),
                dc_id=document.dc_id,
                size=best.length,
                untrusted_inline=best.untrusted_inline,
            ),
        )


def _document_at(document: types.Document, letter: str) -> types.InputDocumentFileLocation:
    return types.InputDocumentFileLocation(document.id, document.access_hash, document.file_reference, letter)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Size:
    """One size of a photo or thumb: its letter, its longer side in pixels, its length in bytes."""

    letter: str
    side: int
    length: int | None
    untrusted_inline: bytes | None = None


def _size(untrusted: Any) -> _Size | None:
    """Return a size that can be read; None for blurs, outlines, specks inside the message and what is empty."""
    side = max(getattr(untrusted, "w", 0), getattr(untrusted, "h", 0))
    if isinstance(untrusted, types.PhotoSize):
        size, inline = untrusted.size, None
    elif isinstance(untrusted, types.PhotoSizeProgressive):
        size, inline = max(untrusted.sizes, default=0), None
    elif isinstance(untrusted, types.PhotoCachedSize) and side >= LEAST_THUMB:
        size, inline = len(untrusted.bytes), untrusted.bytes
    else:
        return None
    return _Size(
        letter=untrusted.type,
        side=side,
        length=size if 0 < size <= MAX_FILE else None,
        untrusted_inline=inline,
    )


def _of_media(media: Any, depth: int) -> Iterator[_Shown]:
    """Return what a message's media shows; nested media to a depth."""
    reader = _READERS.get(type(media)) if depth else None
    return reader(media, depth - 1) if reader is not None else iter(())


def _plain(things: Iterable[Any] | None) -> Iterator[_Shown]:
    """Return things, none of which encodes another."""
    return ((thing, False) for thing in things or ())


def _photo(media: types.MessageMediaPhoto, _: int) -> Iterator[_Shown]:
    return _plain((media.photo, media.video))  # the second of a live photo


def _document(media: types.MessageMediaDocument, _: int) -> Iterator[_Shown]:
    yield from _plain((media.document, media.video_cover))
    encodes = isinstance(media.document, types.Document)
    for other in media.alt_documents or ():
        yield other, encodes


def _webpage(media: types.MessageMediaWebPage, _: int) -> Iterator[_Shown]:
    page = media.webpage
    if not isinstance(page, types.WebPage):
        return
    yield from _plain((page.photo, page.document))
    article = page.cached_page
    if article is not None:
        yield from _plain(article.photos)
        yield from _plain(article.documents)
    for attribute in page.attributes or ():
        if isinstance(attribute, types.WebPageAttributeStickerSet):
            yield from _plain(attribute.stickers)
        elif isinstance(attribute, types.WebPageAttributeTheme):
            yield from _plain(attribute.documents)


def _game(media: types.MessageMediaGame, _: int) -> Iterator[_Shown]:
    return _plain((media.game.photo, media.game.document))


def _invoice(media: types.MessageMediaInvoice, depth: int) -> Iterator[_Shown]:
    return _extended(media.extended_media, depth)


def _paid(media: types.MessageMediaPaidMedia, depth: int) -> Iterator[_Shown]:
    for extended in media.extended_media:
        yield from _extended(extended, depth)


def _extended(extended: Any, depth: int) -> Iterator[_Shown]:
    is_shown = isinstance(extended, types.MessageExtendedMedia)
    return _of_media(extended.media if is_shown else None, depth)


def _poll(media: types.MessageMediaPoll, depth: int) -> Iterator[_Shown]:
    yield from _of_media(media.attached_media, depth)
    for answer in media.poll.answers:
        yield from _of_media(getattr(answer, "media", None), depth)
    yield from _of_media(media.results.solution_media, depth)


_READERS: dict[type, Callable[[Any, int], Iterator[_Shown]]] = {
    types.MessageMediaPhoto: _photo,
    types.MessageMediaDocument: _document,
    types.MessageMediaWebPage: _webpage,
    types.MessageMediaGame: _game,
    types.MessageMediaInvoice: _invoice,
    types.MessageMediaPaidMedia: _paid,
    types.MessageMediaPoll: _poll,
}
