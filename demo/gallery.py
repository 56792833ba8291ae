"""Render pictures when they are first asked for, and keep the bytes in memory only."""

from __future__ import annotations

import io
from collections.abc import Mapping

from PIL import Image

from demo.dice import Dice
from demo.drawing import draw
from demo.world import Picture

TYPES = {"JPEG": "image/jpeg", "PNG": "image/png", "WEBP": "image/webp"}


class Gallery:
    """The pictures of a world, by name; not for two threads at once."""

    def __init__(self, seed: int, pictures: Mapping[str, Picture]) -> None:
        """Draw nothing yet."""
        self._seed, self._pictures = seed, pictures
        self._bodies: dict[str, bytes] = {}

    def body(self, name: str) -> bytes:
        """Return the picture's file."""
        if name not in self._bodies:
            self._bodies[name] = encoded(self.drawing(name), self._pictures[name])
        return self._bodies[name]

    def content_type(self, name: str) -> str:
        """Return the media type of the picture's file."""
        return TYPES[self._pictures[name].format]

    def drawing(self, name: str) -> Image.Image:
        """Return the picture as it was drawn; a narrower edition is the widest, scaled."""
        picture = self._pictures[name]
        origin = picture.drawn_as or name
        whole = self._pictures[origin]
        drawn = draw(Dice(self._seed, f"picture/{origin}"), whole.style, whole.width, whole.height)
        return drawn if origin == name else drawn.resize((picture.width, picture.height), Image.Resampling.LANCZOS)

    def replace(self, name: str, body: bytes) -> None:
        """Serve other bytes under this name from now on."""
        self._bodies[name] = body


def encoded(drawing: Image.Image, picture: Picture) -> bytes:
    """Return the drawing as a file of the picture's format."""
    buffer = io.BytesIO()
    if picture.format == "PNG":
        drawing.save(buffer, "PNG", compress_level=3)  # speed over size: it never leaves this machine
    else:
        drawing.save(buffer, picture.format, quality=picture.quality, method=2)
    return buffer.getvalue()
