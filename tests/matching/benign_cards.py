"""Draw what shops post: price lists, in Latin and in Khmer letters, price tags, codes for payment."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from app.qr import LONGEST, SIDE, qr_modules
from demo.dice import Dice
from demo.words import PEOPLE, PLACES, THINGS, listed
from tests.matching.benign_words import BLACK, CARD, WHITE, Sketch, font

# What a price list names; the words are sold in any market.
KHMER = listed("ត្រី,បន្លែ,ផ្លែឈើ,នំប៉័ង,កាហ្វេ,តែ,អង្ករ,ស្ករ,អំបិល,ទឹកដោះគោ,ស៊ុត,ផ្កា,កន្ត្រក,គោម,ខ្លែង")
KHMER_DIGITS = str.maketrans("0123456789", "០១២៣៤៥៦៧៨៩")  # a Khmer font may have no others


def price_list(dice: Dice) -> Sketch:
    rows = [(thing, f"{dice.whole(1, 99)} USD") for thing in dice.sample(THINGS, dice.whole(6, 12))]
    return _listed(dice, rows, dice.pick(PLACES), None)


def khmer_list(dice: Dice, font: Path) -> Sketch:
    rows = [
        (thing, f"{dice.whole(1, 99) * 500} ៛".translate(KHMER_DIGITS))
        for thing in dice.sample(KHMER, dice.whole(6, 12))
    ]
    return _listed(dice, rows, " ".join(dice.sample(KHMER, 2)), font)


def _listed(dice: Dice, rows: list[tuple[str, str]], title: str, path: Path | None) -> Sketch:
    """Rows of things and their prices below a heading, on a ground of one of four designs."""
    design = dice.whole(0, 3)
    ground, band, ink = (
        (WHITE, (200, 30, 40), BLACK),
        ((250, 240, 200), (30, 90, 60), (40, 30, 10)),
        ((25, 30, 50), (240, 190, 40), WHITE),
        ((230, 240, 250), (40, 80, 160), (10, 20, 60)),
    )[design]
    picture = Image.new("RGB", CARD, ground)
    pen = ImageDraw.Draw(picture)
    pen.rectangle((0, 0, CARD[0], 170), fill=band)
    pen.text((CARD[0] // 2, 85), title, font=font(64, path), fill=ground, anchor="mm")
    step = 860 // len(rows)
    for index, (thing, price) in enumerate(rows):
        y = 200 + index * step
        pen.text((60, y), thing, font=font(min(52, step * 2 // 3), path), fill=ink)
        pen.text((CARD[0] - 60, y), price, font=font(min(52, step * 2 // 3), path), fill=ink, anchor="ra")
        if design % 2:
            pen.line((50, y + step - 8, CARD[0] - 50, y + step - 8), fill=band, width=3)
    return picture, design, f"{title}: {rows}"


def price_tag(dice: Dice) -> Sketch:
    """One thing and its price in a shop's one layout: little else differs."""
    design, thing, price = dice.whole(0, 3), dice.pick(THINGS), f"{dice.whole(1, 99)} USD"
    ground, band = (((250, 230, 60), (220, 30, 30)), (WHITE, BLACK), ((20, 60, 40), (250, 250, 240)), (BLACK, WHITE))[
        design
    ]
    picture = Image.new("RGB", (900, 900), ground)
    pen = ImageDraw.Draw(picture)
    pen.rectangle((0, 0, 900, 220), fill=band)
    pen.text(
        (450, 110),
        ("TODAY ONLY", "NEW HERE", "HARBOUR SHOP", "LAST DAYS")[design],
        font=font(100),
        fill=ground,
        anchor="mm",
    )
    pen.text((450, 380), thing, font=font(80), fill=band, anchor="mm")
    pen.ellipse((220, 480, 680, 840), fill=band)
    pen.text((450, 660), price, font=font(110), fill=ground, anchor="mm")
    return picture, design, f"{design} {thing} {price}"


def payment_code(dice: Dice) -> Sketch:
    """A bank's card: its colour above, a name, a code that differs in all of its data."""
    design = dice.whole(0, 2)
    band = ((220, 30, 40), (0, 60, 120), (20, 140, 90))[design]
    data = dice.raw(LONGEST // 2).hex()
    name, amount = dice.pick(PEOPLE).title(), f"{dice.whole(1, 500)}.{dice.whole(0, 99):02} USD"
    picture = Image.new("RGB", CARD, (235, 235, 235) if design else WHITE)
    pen = ImageDraw.Draw(picture)
    pen.rounded_rectangle((80, 60, 820, 1040), 40, fill=WHITE, outline=(180, 180, 180), width=3)
    pen.rounded_rectangle((80, 60, 820, 200), 40, fill=band)
    pen.text((450, 130), ("KITE PAY", "HARBOUR BANK", "LANTERN PAY")[design], font=font(60), fill=WHITE, anchor="mm")
    pen.text((130, 230), name, font=font(40), fill=BLACK)
    pen.text((130, 285), amount, font=font(56), fill=BLACK)
    modules = Image.fromarray(np.array(qr_modules(data)) == np.False_).convert("L")
    picture.paste(modules.resize((SIDE * 17, SIDE * 17), Image.Resampling.NEAREST), (136, 380))
    pen.ellipse((415, 660, 485, 730), fill=band, outline=WHITE, width=8)
    return picture, design, f"{data} {name} {amount}"
