"""What the drawers of ordinary pictures share: sizes, words, fonts."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from PIL import Image, ImageFont

from demo.dice import Dice
from demo.words import DEEDS, FEELINGS, PEOPLE, THINGS, TIMES

Font = ImageFont.FreeTypeFont | ImageFont.ImageFont
Sketch = tuple[Image.Image, int, str]  # the picture, the number of its design, what it says

CARD = (900, 1100)
BLACK, WHITE = (0, 0, 0), (255, 255, 255)


def sentence(dice: Dice) -> str:
    parts = (dice.pick(PEOPLE), dice.pick(FEELINGS), dice.pick(TIMES), dice.pick(THINGS), dice.pick(DEEDS))
    return " ".join(parts[: dice.whole(2, 5)])


def wrapped(text: str, width: int) -> list[str]:
    lines = [""]
    for word in text.split():
        if lines[-1] and len(lines[-1]) + len(word) >= width:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return lines


@cache
def font(size: int, path: Path | None = None) -> Font:
    return ImageFont.load_default(size) if path is None else ImageFont.truetype(path, size)
