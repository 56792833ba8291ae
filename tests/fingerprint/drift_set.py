"""A varied set of picture files: eight kinds of content, sizes from 34 to 4000 pixels, every mode and format."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from tests.fingerprint.pictures import WORDS, card, encoded, photo

Draw = Callable[[int, int, int], Image.Image]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One file of the set."""

    name: str
    file: bytes


def smooth(width: int, height: int, seed: int) -> Image.Image:
    """Return a few colours that run into each other: what rounding hurts most."""
    dice = np.random.default_rng(seed)
    spots = dice.integers(0, 256, (int(dice.integers(4, 8)), int(dice.integers(4, 8)), 3), dtype=np.uint8)
    return Image.fromarray(spots).resize((width, height), Image.Resampling.BICUBIC)


def stripes(width: int, height: int, seed: int) -> Image.Image:
    """Return crossed waves in each colour."""
    dice = np.random.default_rng(seed)
    across, down = np.arange(width)[None, :] / width, np.arange(height)[:, None] / height
    canvas = np.empty((height, width, 3))
    for channel in range(3):
        one, other = dice.uniform(-30, 30, 2) * 2 * np.pi
        canvas[..., channel] = 127 + 60 * np.sin(one * across + other * down) + 60 * np.sin(other * across - one * down)
    return Image.fromarray(canvas.clip(0, 255).astype(np.uint8))


def blobs(width: int, height: int, seed: int) -> Image.Image:
    """Return overlapping shapes in loud colours, some blurred: what a JPEG clips."""
    dice = np.random.default_rng(seed)
    picture = Image.new("RGB", (width, height), tuple(int(value) for value in dice.integers(0, 256, 3)))
    draw = ImageDraw.Draw(picture)
    for _ in range(int(dice.integers(5, 40))):
        x, y = int(dice.integers(-width // 4, width)), int(dice.integers(-height // 4, height))
        reach = (x + int(dice.integers(3, width // 2 + 4)), y + int(dice.integers(3, height // 2 + 4)))
        colour = tuple(int(value) for value in dice.choice([0, 90, 180, 255], 3))
        shape = draw.ellipse if dice.random() < 0.5 else draw.rectangle
        shape((x, y, *reach), fill=colour)
    return picture.filter(ImageFilter.GaussianBlur(3)) if seed % 3 == 0 else picture


def noise(width: int, height: int, seed: int) -> Image.Image:
    """Return pixels that know nothing of each other: what reduced cells show least of."""
    return Image.fromarray(np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8))


def grain(width: int, height: int, seed: int) -> Image.Image:
    """Return a photograph in poor light."""
    dice = np.random.default_rng(seed)
    values = np.asarray(photo(width, height, seed)) * np.float32(dice.uniform(0.4, 1))
    values += dice.normal(0, dice.uniform(2, 25), values.shape).astype(np.float32)
    return Image.fromarray(values.clip(0, 255).astype(np.uint8))


def page(width: int, height: int, seed: int) -> Image.Image:
    """Return lines of text, black on white or white on black."""
    dice = np.random.default_rng(seed)
    ground, ink = ("black", "white") if seed % 3 == 0 else ("white", "black")
    picture = Image.new("RGB", (width, height), ground)
    draw = ImageDraw.Draw(picture)
    size = max(9, height // int(dice.integers(15, 40)))
    for y in range(height // 20, height - size, size * 3 // 2):
        line = " ".join(str(word) for word in dice.choice(WORDS, int(dice.integers(2, 8))))
        draw.text((width // 20, y), line, fill=ink, font_size=size)
    return picture


def large(width: int, height: int, seed: int) -> Image.Image:
    """Return a large photograph cheaply: a small one drawn out, with grain of its own."""
    dice = np.random.default_rng(seed)
    drawn_out = np.asarray(photo(width // 8, height // 8, seed).resize((width, height), Image.Resampling.BICUBIC))
    speckles = dice.integers(-12, 13, (height, width, 1), dtype=np.int8)
    return Image.fromarray((drawn_out.astype(np.int16) + speckles).clip(0, 255).astype(np.uint8))


KINDS: tuple[Draw, ...] = (photo, card, smooth, stripes, blobs, noise, grain, page)
MODES: tuple[tuple[str, str], ...] = (
    ("L", "PNG"),
    ("LA", "PNG"),
    ("P", "PNG"),
    ("RGBA", "PNG"),
    ("RGBA", "WEBP"),
    ("I;16", "PNG"),
    ("1", "PNG"),
    ("CMYK", "JPEG"),
    ("L", "JPEG"),
    ("RGB", "GIF"),
    ("RGB", "WEBP"),
    ("RGB", "AVIF"),
    ("RGB", "BMP"),
    ("RGB", "PNG"),
)
LARGE = ((2000, 1500), (1500, 2200), (2560, 1440), (3000, 900), (1100, 3300), (4000, 3000), (1700, 1701), (2049, 2055))


def jpegs(count: int) -> Iterator[Sample]:
    """Yield JPEGs of every kind, quality from 50 to 95, each way of storing colour, some progressive."""
    dice = np.random.default_rng(31)
    for seed in range(count):
        draw = KINDS[seed % len(KINDS)]
        width, height = (int(side) for side in np.exp(dice.uniform(np.log(34), np.log(1400), 2)))
        if seed % 3:  # two of three large enough to be decoded reduced
            width, height = (int(side) for side in dice.integers(512, 1400, 2))
        options: dict[str, Any] = {"quality": int(dice.integers(50, 96)), "subsampling": int(dice.choice([0, 1, 2, 2]))}
        if draw is not noise and seed % 5 == 0:
            options["progressive"] = True
        file = encoded(draw(width, height, seed), "JPEG", **options)
        yield Sample(name=f"{draw.__name__} {width}x{height} {options}", file=file)
    for seed, (width, height) in enumerate(LARGE):
        yield Sample(name=f"large {width}x{height}", file=encoded(large(width, height, seed), "JPEG", quality=82))


def others(count: int) -> Iterator[Sample]:
    """Yield the other formats and modes."""
    dice = np.random.default_rng(32)
    for seed in range(count):
        draw, (mode, kind) = KINDS[seed % len(KINDS)], MODES[seed % len(MODES)]
        width, height = (int(side) for side in np.exp(dice.uniform(np.log(34), np.log(900), 2)))
        file = encoded(_in_mode(draw(width, height, seed), mode), kind, **({"speed": 10} if kind == "AVIF" else {}))
        yield Sample(name=f"{draw.__name__} {width}x{height} {mode} {kind}", file=file)


def _in_mode(picture: Image.Image, mode: str) -> Image.Image:
    if mode == "I;16":
        return Image.fromarray(np.asarray(picture.convert("L")).astype(np.uint16) << 8)
    return picture.quantize(256) if mode == "P" else picture.convert(mode)
