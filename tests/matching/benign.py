"""
Draw ordinary pictures of the kinds that people post: cards, codes, screenshots, flat things, textures.

Each is drawn from its family and a number, the same every time. What differs
between two of a family is what they say or show; a few designs are shared, as
those who post share theirs. `says` is what tells two of them apart.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from demo.dice import Dice
from tests.matching import benign_cards as cards
from tests.matching import benign_plain as plain
from tests.matching import benign_screens as screens
from tests.matching.benign_words import Sketch

KHMER_LIST = "price list, Khmer"  # for which no font is shipped
FAMILIES: dict[str, Callable[[Dice], Sketch]] = {
    "price list": cards.price_list,
    "price tag": cards.price_tag,
    "payment code": cards.payment_code,
    "chat": screens.chat,
    "table": screens.table,
    "page of text": screens.page,
    "texture": plain.texture,
    "photograph": plain.photograph,
    "logo": plain.logo,
    "gradient": plain.gradient,
    "blank": plain.blank,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Benign:
    """A picture file, and what it is of."""

    family: str
    design: int
    says: str
    file: bytes


def benign(family: str, number: int, khmer: Path | None = None) -> Benign:
    """Return one picture; `khmer` is a font for the family that needs one."""
    dice = Dice(number, f"benign/{family}")
    if family == KHMER_LIST and khmer is not None:
        picture, design, says = cards.khmer_list(dice, khmer)
    else:
        picture, design, says = FAMILIES[family](dice)
    file = io.BytesIO()
    picture.save(file, "JPEG", quality=dice.whole(70, 92))
    return Benign(family=family, design=design, says=says, file=file.getvalue())
