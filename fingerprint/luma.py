"""
See any decoded picture as grey cells with two sides, as shown: turned, flattened, and on white.

A JPEG can be decoded at a half, a quarter or an eighth of its size; its cells
are then means of pixels, and its sides remember of how many.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from PIL import Image, JpegImagePlugin

from fingerprint.axis import Floats, Side

STRIP_PIXELS = 1 << 21  # rows are flattened by strips, so that a large picture is in memory once
MIN_CELLS = 256  # the shorter side of a reduced decode: fewer would move too many bits
Box = tuple[int, int, int, int]
Greys = NDArray[np.uint8]

# What undoes an EXIF turn, and whether it begins the new sides (down, across) where the old ones ended.
_TURNS = {
    2: (Image.Transpose.FLIP_LEFT_RIGHT, False, True),
    3: (Image.Transpose.ROTATE_180, True, True),
    4: (Image.Transpose.FLIP_TOP_BOTTOM, True, False),
    5: (Image.Transpose.TRANSPOSE, False, False),
    6: (Image.Transpose.ROTATE_270, False, True),
    7: (Image.Transpose.TRANSVERSE, True, True),
    8: (Image.Transpose.ROTATE_90, True, False),
}
_SWAPPING = 5  # from this turn on, down becomes across
_ORIENTATION = 0x0112  # EXIF's tag


@dataclass(frozen=True, slots=True, kw_only=True)
class Luma:
    """A picture, or the part of it in `box`, to be read as grey; `down` and `across` are the sides of that part."""

    picture: Image.Image
    box: Box
    down: Side
    across: Side

    @property
    def is_reduced(self) -> bool:
        """Return whether cells are more than pixels."""
        return self.down.scale > 1

    def within(self, box: Box) -> Luma:
        """Return the part in this box, which is counted in cells of the whole picture."""
        left, top, right, bottom = box
        return replace(self, box=box, down=self.down.between(top, bottom), across=self.across.between(left, right))

    def greys(self) -> Greys:
        """Return room for the rounded luma, rows by columns; `blocks` fills it."""
        left, top, right, bottom = self.box
        return np.empty((bottom - top, right - left), dtype=np.uint8)

    def blocks(self, greys: Greys) -> Iterator[Floats]:
        """Yield unrounded luma by strips of rows, and leave the rounded one in `greys`."""
        left, top, right, bottom = self.box
        step = max(1, STRIP_PIXELS // (right - left))
        for start in range(top, bottom, step):
            strip = (left, start, right, min(start + step, bottom))
            whole = strip == (0, 0, *self.picture.size)
            flat = flattened(self.picture if whole else self.picture.crop(strip))
            rows = greys[start - top : strip[3] - top]
            rows[:] = np.asarray(flat if flat.mode == "L" else flat.convert("L"))
            yield rows.astype(np.float32) if flat.mode == "L" else np.asarray(flat.convert("F"))


def reduce_decoding(opened: Image.Image) -> tuple[Side, Side]:
    """Have a JPEG decoded as small as hashing allows, and return the sides (down, across) of any picture as stored."""
    width, height = opened.size
    scale = 8
    while scale > 1 and min(width, height) // scale < MIN_CELLS:
        scale //= 2
    # CMYK has no luma to be decoded alone.
    if scale > 1 and isinstance(opened, JpegImagePlugin.JpegImageFile) and opened.mode in {"L", "RGB"}:
        drafted = opened.draft("L", (width // scale, height // scale))
        scale = round(width / drafted[1][2]) if drafted else 1
    else:
        scale = 1
    return Side(length=height, scale=scale), Side(length=width, scale=scale)


def shown(loaded: Image.Image, down: Side, across: Side) -> Luma:
    """Return the picture with its EXIF turn undone."""
    try:
        orientation = loaded.getexif().get(_ORIENTATION)
    except Exception:  # noqa: BLE001 - broken EXIF must not hide the picture it belongs to
        orientation = None
    if isinstance(orientation, int) and orientation in _TURNS:
        turn, flips_down, flips_across = _TURNS[orientation]
        loaded = loaded.transpose(turn)
        down, across = (across, down) if orientation >= _SWAPPING else (down, across)
        down, across = down.flipped() if flips_down else down, across.flipped() if flips_across else across
    return Luma(picture=loaded, box=(0, 0, *loaded.size), down=down, across=across)


def flattened(picture: Image.Image) -> Image.Image:
    """Return the picture as L or RGB, on white where it is transparent."""
    if picture.mode.startswith("I"):  # 16 bits a pixel: Pillow would cut them off at 255
        return Image.fromarray(_high_bytes(picture))
    if picture.has_transparency_data:
        colour = picture.convert("RGBA")
        white = Image.new("RGBA", picture.size, "white")
        return Image.alpha_composite(white, colour).convert("RGB")
    return picture if picture.mode in {"L", "RGB"} else picture.convert("RGB")


def _high_bytes(picture: Image.Image) -> NDArray[np.uint8]:
    values = np.asarray(picture).astype(np.int64)
    return (np.clip(values, 0, 0xFFFF) >> 8).astype(np.uint8)
