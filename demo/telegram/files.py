"""
Hold the platform's files: photos in their sizes, documents, videos, and the references that expire.

Bytes come through callables of (offset, length), so that a video of gigabytes
needs no memory. A file lies on one DC and is given out only against its own
access hash and its newest reference.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from telethon.tl import types

EDGES = {"s": 100, "m": 320, "x": 800, "y": 1280, "w": 2560}  # the longer side of each size
_WHEN = datetime(2024, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Blob:
    """So many bytes, and how to read some of them."""

    size: int
    read: Callable[[int, int], bytes] = field(repr=False)


def blob(data: bytes | Blob) -> Blob:
    """Return bytes as a Blob."""
    if isinstance(data, Blob):
        return data
    return Blob(size=len(data), read=lambda offset, length: data[offset : offset + length])


@dataclass(slots=True, kw_only=True)
class File:
    """A photo or document: `variants` by size letter, the whole document under the empty one."""

    id: int
    access_hash: int
    dc: int
    mime: str
    variants: dict[str, Blob]
    shown: Any  # the Photo or Document that tells of it
    served: int = 0  # bytes given out so far


class Files:
    """All files of the platform, by id."""

    def __init__(self, dice: random.Random, home_dc: int) -> None:
        """`home_dc` is where a file lies that names no other."""
        self._dice = dice
        self._home_dc = home_dc
        self._by_id: dict[int, File] = {}
        self.epoch = 0  # rises whenever references expire; what was serialised before is stale

    def __getitem__(self, file_id: int) -> File:
        return self._by_id[file_id]

    def get(self, file_id: int) -> File | None:
        """Return a file, or None."""
        return self._by_id.get(file_id)

    def photo(
        self,
        sizes: Mapping[str, bytes | Blob],
        *,
        stripped: bytes = b"",
        progressive: str = "",
        aspect: float = 0.75,
        dc: int = 0,
        **more: Any,
    ) -> Any:
        """
        Return a Photo with those sizes (letters s, m, x, y, w).

        `progressive` names the size given as PhotoSizeProgressive; `stripped` adds the thumbnail inside the message.
        """
        variants = {letter: blob(data) for letter, data in sizes.items()}
        shown_sizes: list[Any] = [types.PhotoStrippedSize("i", stripped)] if stripped else []
        for letter, each in variants.items():
            edge = EDGES.get(letter, 320)
            shape = (letter, edge, int(edge * aspect))
            if letter == progressive:
                steps = [each.size // 4, each.size // 2, each.size]
                shown_sizes.append(types.PhotoSizeProgressive(*shape, steps))
            else:
                shown_sizes.append(types.PhotoSize(*shape, each.size))
        shown = types.Photo(*self._numbers(), b"", _WHEN, shown_sizes, dc or self._home_dc, **more)
        return self._kept(shown, "image/jpeg", variants)

    def document(
        self,
        data: bytes | Blob,
        *,
        mime: str,
        name: str = "",
        attributes: Iterable[Any] = (),
        thumbs: Mapping[str, bytes | Blob] | None = None,
        stripped: bytes = b"",
        dc: int = 0,
        **more: Any,
    ) -> Any:
        """Return a Document: a file as it was sent, with thumbnails by size letter."""
        whole = blob(data)
        small = {letter: blob(each) for letter, each in (thumbs or {}).items()}
        shown_thumbs: list[Any] = [types.PhotoStrippedSize("i", stripped)] if stripped else []
        shown_thumbs += [types.PhotoSize(letter, 320, 240, each.size) for letter, each in small.items()]
        shown_attributes = [*attributes]
        if name:
            shown_attributes.append(types.DocumentAttributeFilename(name))
        shown = types.Document(
            *self._numbers(),
            b"",
            _WHEN,
            mime,
            whole.size,
            dc or self._home_dc,
            shown_attributes,
            thumbs=shown_thumbs or None,
            **more,
        )
        return self._kept(shown, mime, {"": whole, **small})

    def video(
        self,
        data: bytes | Blob,
        *,
        seconds: float = 10.0,
        size: tuple[int, int] = (640, 360),
        name: str = "clip.mp4",
        thumbs: Mapping[str, bytes | Blob] | None = None,
        **more: Any,
    ) -> Any:
        """Return a video Document, with its length in seconds and its picture's size."""
        about = types.DocumentAttributeVideo(seconds, *size, supports_streaming=True)
        return self.document(data, mime="video/mp4", name=name, attributes=[about], thumbs=thumbs, **more)

    def expire_references(self, *file_ids: int) -> None:
        """Let the references of those files, or of all, be valid no more."""
        self.epoch += 1
        for file_id in file_ids or tuple(self._by_id):
            self._refer(self._by_id[file_id])

    def _numbers(self) -> tuple[int, int]:
        return 5_000_000_000_000_000_000 + len(self._by_id) + 1, self._dice.getrandbits(62)

    def _kept(self, shown: Any, mime: str, variants: dict[str, Blob]) -> Any:
        file = File(
            id=shown.id, access_hash=shown.access_hash, dc=shown.dc_id, mime=mime, variants=variants, shown=shown
        )
        self._by_id[file.id] = file
        self._refer(file)
        return shown

    def _refer(self, file: File) -> None:
        file.shown.file_reference = file.id.to_bytes(8, "big") + self.epoch.to_bytes(4, "big")
