"""Draw what people photograph off their screens: chats, sheets of figures, pages of text."""

from __future__ import annotations

from PIL import Image, ImageDraw

from demo.dice import Dice
from demo.drawing import colour
from demo.words import PEOPLE, PLACES, THINGS
from tests.matching.benign_words import BLACK, CARD, WHITE, Sketch, font, sentence, wrapped

SCREEN, SHEET = (720, 1280), (1100, 820)


def chat(dice: Dice) -> Sketch:
    """A telephone's screen: bars above and below, bubbles on both sides."""
    design = dice.whole(0, 3)
    ground, bar, ours, theirs, ink = (
        ((225, 230, 220), (60, 120, 190), (210, 245, 190), WHITE, BLACK),
        ((20, 25, 35), (35, 45, 60), (50, 90, 140), (45, 55, 70), (235, 235, 235)),
        (WHITE, (245, 245, 245), (0, 120, 250), (230, 230, 235), BLACK),
        ((240, 235, 225), (10, 95, 85), (220, 250, 200), WHITE, BLACK),
    )[design]
    picture = Image.new("RGB", SCREEN, ground)
    pen = ImageDraw.Draw(picture)
    pen.rectangle((0, 0, 720, 130), fill=bar)
    pen.ellipse((30, 45, 100, 115), fill=colour(dice))
    name = dice.pick(PEOPLE)
    pen.text((125, 60), name, font=font(36), fill=ink)
    said, y = [name], 160
    while y < 1080:
        words, mine = sentence(dice), dice.chance(0.5)
        lines = wrapped(words, dice.whole(18, 30))
        width, height = 40 + max(len(line) for line in lines) * 16, 36 * len(lines) + 34
        x = 700 - width if mine else 20
        pen.rounded_rectangle((x, y, x + width, y + height), 22, fill=ours if mine else theirs)
        pen.multiline_text((x + 20, y + 14), "\n".join(lines), font=font(28), fill=ink, spacing=8)
        y += height + dice.whole(12, 40)
        said.append(words)
    pen.rectangle((0, 1190, 720, 1280), fill=bar)
    pen.rounded_rectangle((90, 1205, 600, 1265), 30, fill=theirs)
    return picture, design, " / ".join(said)


def table(dice: Dice) -> Sketch:
    """A sheet of figures with its lines."""
    design = dice.whole(0, 2)
    columns, step = (5, 7, 6)[design], (41, 34, 51)[design]
    picture = Image.new("RGB", SHEET, WHITE)
    pen = ImageDraw.Draw(picture)
    pen.rectangle((0, 0, SHEET[0], step), fill=((70, 130, 80), (220, 220, 225), (40, 60, 110))[design])
    width = SHEET[0] // columns
    said = []
    for row, y in enumerate(range(0, SHEET[1], step)):
        for column in range(columns):
            cell = dice.pick(THINGS) if not column else str(dice.whole(0, 99_999)) if row else dice.pick(PLACES)[:10]
            pen.text((column * width + 8, y + 8), cell, font=font(step // 2), fill=BLACK)
            said.append(cell)
        pen.line((0, y, SHEET[0], y), fill=(190, 190, 190), width=2)
    for column in range(1, columns):
        pen.line((column * width, 0, column * width, SHEET[1]), fill=(190, 190, 190), width=2)
    return picture, design, " ".join(said)


def page(dice: Dice) -> Sketch:
    """A page of text, as printed or in the dark of a telephone."""
    design = dice.whole(0, 1)
    picture = Image.new("RGB", CARD, (WHITE, (18, 18, 18))[design])
    pen = ImageDraw.Draw(picture)
    text = "\n".join(wrapped(" ".join(sentence(dice) for _ in range(dice.whole(14, 22))), 52))
    pen.multiline_text((70, 80), text, font=font(30), fill=(BLACK, (220, 220, 220))[design], spacing=12)
    return picture, design, text
