"""
Draw pictures of nothing in particular: landscapes of noise, gradients, shapes, cards of words.

Each has enough contrast for a perceptual hash to mean something (PDQ quality
of 80 and more), and no two look alike.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from demo.dice import Dice

Field = NDArray[np.float32]  # height by width, 0 to 1
Colour = tuple[int, int, int]
WORDS = ("tin", "lantern", "kite", "harbour", "willow", "paper", "ribbon", "bell", "meadow", "copper", "sail", "reed")


def draw(dice: Dice, style: str, width: int, height: int) -> Image.Image:
    """Return an RGB picture in one of the `STYLES`."""
    return STYLES[style](dice, width, height)


def landscape(dice: Dice, width: int, height: int) -> Image.Image:
    """Hills of value noise before a graded sky."""
    sky = np.linspace(1.0, 0.4, height, dtype=np.float32)[:, None]
    field = 0.55 * sky + 0.45 * noise(dice, width, height, coarsest=3)
    rows = np.arange(height, dtype=np.float32)[:, None] / height
    for depth in range(4):
        ridge = 0.25 + 0.17 * depth + 0.3 * (noise(dice, width, 1, coarsest=3 + 2 * depth) - 0.5)
        hill = 0.75 * noise(dice, width, height, coarsest=6 + 3 * depth) + 0.25 * (depth % 2)
        field = np.where(rows > ridge, hill, field)
    return coloured(dice, field)


def gradients(dice: Dice, width: int, height: int) -> Image.Image:
    """Several gradients laid over each other, folded where they run over."""
    across = np.linspace(0, 1, width, dtype=np.float32)[None, :]
    down = np.linspace(0, 1, height, dtype=np.float32)[:, None]
    field = 0.8 * noise(dice, width, height, coarsest=4)
    for _ in range(5):
        slope, tilt = dice.generator.uniform(-4, 4, 2).astype(np.float32)
        centre, middle = dice.generator.random(2).astype(np.float32)
        field = field + np.abs((slope * across + tilt * down) % 2 - 1) * 0.5
        field = field + 0.8 * ((across - centre) ** 2 + (down - middle) ** 2 < dice.generator.uniform(0.01, 0.06))
    return coloured(dice, (field - field.min()) / float(np.ptp(field)))


def shapes(dice: Dice, width: int, height: int) -> Image.Image:
    """Discs, boxes, triangles and strokes on a mottled ground."""
    picture = coloured(dice, noise(dice, width, height, coarsest=5))
    pen = ImageDraw.Draw(picture)
    for _ in range(26):
        x, y = dice.whole(0, width), dice.whole(0, height)
        reach = dice.whole(min(width, height) // 16, min(width, height) // 5)
        box = (x - reach, y - reach * 2 // 3, x + reach, y + reach * 2 // 3)
        match dice.whole(0, 3):
            case 0:
                pen.ellipse(box, fill=colour(dice))
            case 1:
                pen.rectangle(box, fill=colour(dice), outline=colour(dice), width=6)
            case 2:
                pen.polygon([box[:2], box[2:], (x - reach, y + reach)], fill=colour(dice))
            case _:
                pen.line((dice.whole(0, width), dice.whole(0, height), x, y), fill=colour(dice), width=reach // 4)
    return picture


def card(dice: Dice, width: int, height: int) -> Image.Image:
    """Large words on patches of colour, each line in another place."""
    picture = shapes(dice, width, height)
    pen = ImageDraw.Draw(picture)
    y = dice.whole(0, height // 8)
    while y < height * 7 // 8:
        size = dice.whole(height // 14, height // 6)
        words = " ".join(dice.sample(WORDS, dice.whole(1, 3)))
        x = dice.whole(0, width // 3)
        font = ImageFont.load_default(size)
        if dice.chance(0.6):
            pen.rectangle((x, y, x + dice.whole(width // 4, width * 2 // 3), y + size), fill=colour(dice))
        pen.text((x + size // 4, y), words, font=font, fill=colour(dice))
        y += size + dice.whole(size // 4, size)
    return picture


STYLES: dict[str, Callable[[Dice, int, int], Image.Image]] = {
    "landscape": landscape,
    "gradients": gradients,
    "shapes": shapes,
    "card": card,
}


def noise(dice: Dice, width: int, height: int, *, coarsest: int) -> Field:
    """Return value noise: four octaves, each twice as fine and two thirds as strong."""
    field = np.zeros((height, width), dtype=np.float32)
    strength = 1.0
    for octave in range(4):
        cells = coarsest << octave
        down = max(2, cells * height // width)
        grid = dice.generator.random((down, cells + 1), dtype=np.float32)
        smooth = Image.fromarray(grid).resize((width, height), Image.Resampling.BICUBIC)
        field += np.float32(strength) * np.asarray(smooth)
        strength *= 0.66
    field -= field.min()
    field /= max(float(field.max()), 1e-6)
    return field


def coloured(dice: Dice, field: Field) -> Image.Image:
    """Colour a field by a ramp that goes up and down in lightness."""
    stops = np.linspace(0, 255, 5)
    light = dice.sample([20, 80, 140, 200, 245], 5)
    hue = dice.generator.uniform(-40, 40, (5, 3))
    ramp = np.clip(np.array(light)[:, None] + hue, 0, 255)
    table = np.stack([np.interp(np.arange(256), stops, ramp[:, channel]) for channel in range(3)], axis=1)
    return Image.fromarray(table.astype(np.uint8)[(np.clip(field, 0, 1) * 255).astype(np.uint8)])


def colour(dice: Dice) -> Colour:
    """Return any colour."""
    red, green, blue = (dice.whole(0, 255) for _ in range(3))
    return red, green, blue
