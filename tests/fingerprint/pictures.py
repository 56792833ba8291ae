"""Generated pictures: noise in octaves with shapes, as busy as photographs, and cards with text."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

WORDS = ("tin lanterns", "blue kites", "paper boats", "brass bells", "two for 5 USD", "open on Monday")


def photo(width: int, height: int, seed: int) -> Image.Image:
    """Return colour noise at several scales, with a few shapes over it."""
    dice = np.random.default_rng(seed)
    canvas = np.zeros((height, width, 3), dtype=np.float32)
    longest = max(width, height)
    for cells in (3, 6, 12, 25, 50, 100, 200):
        size = (max(2, width * cells // longest), max(2, height * cells // longest))
        for channel in range(3):
            grid = dice.normal(size=size[::-1]).astype(np.float32)
            layer = Image.fromarray(grid).resize((width, height), Image.Resampling.BICUBIC)
            canvas[..., channel] += np.asarray(layer) / cells**0.6
    canvas -= canvas.min()
    picture = Image.fromarray((canvas / canvas.max() * 255).astype(np.uint8))
    draw = ImageDraw.Draw(picture)
    for _ in range(6):
        x, y = int(dice.integers(0, width)), int(dice.integers(0, height))
        reach = int(dice.integers(4, max(5, min(width, height) // 3)))
        colour = tuple(int(value) for value in dice.integers(0, 256, 3))
        shape = draw.ellipse if dice.random() < 0.5 else draw.rectangle
        shape((x, y, x + reach, y + reach), fill=colour)
    return picture


def card(width: int, height: int, seed: int) -> Image.Image:
    """Return a price card: large words on a plain ground, with a ruled frame."""
    dice = np.random.default_rng(seed)
    picture = Image.new("RGB", (width, height), tuple(int(value) for value in dice.integers(150, 256, 3)))
    draw = ImageDraw.Draw(picture)
    draw.rectangle((width // 20, height // 20, width - width // 20, height - height // 20), outline="black", width=4)
    step = height // (len(WORDS) + 1)
    for line, word in enumerate(dice.permutation(WORDS)):
        draw.text((width // 8, step // 2 + line * step), str(word), fill="black", font_size=max(10, step * 3 // 4))
    return picture


def varied(count: int) -> Iterator[Image.Image]:
    """Yield pictures of many sizes and shapes, one in four a card."""
    dice = np.random.default_rng(20)
    for seed in range(count):
        width, height = (int(side) for side in np.exp(dice.uniform(np.log(64), np.log(1280), 2)))
        if seed % 4 == 3:
            yield card(max(width, 200), max(height, 200), seed)
        else:
            yield photo(width, height, seed)


def encoded(picture: Image.Image, kind: str, **options: Any) -> bytes:
    """Return the picture as a file."""
    file = io.BytesIO()
    picture.save(file, kind, **options)
    return file.getvalue()


def bits_apart(one: bytes, other: bytes | NDArray[np.uint8]) -> int:
    """Return the Hamming distance."""
    return int(np.bitwise_count(np.frombuffer(one, np.uint8) ^ np.frombuffer(bytes(other), np.uint8)).sum())
