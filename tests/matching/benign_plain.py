"""Draw what says nothing: textures, noise as busy as a photograph, logos, gradients, blanks."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from demo.dice import Dice
from demo.drawing import STYLES, colour, draw
from demo.words import THINGS
from tests.matching.benign_words import Sketch, font


def texture(dice: Dice) -> Sketch:
    """A landscape, folded gradients, or shapes on a mottled ground."""
    design = dice.whole(0, 3)
    return draw(dice, tuple(STYLES)[design], 800, 640), design, dice.raw(8).hex()


def photograph(dice: Dice) -> Sketch:
    """Noise in octaves, as busy as a photograph, with a few soft shapes."""
    canvas = np.zeros((640, 860, 3), np.float32)
    for cells in (3, 7, 15, 40, 110, 300):
        grid = dice.generator.normal(size=(3, cells * 3 // 4 + 1, cells)).astype(np.float32)
        for channel in range(3):
            layer = Image.fromarray(grid[channel]).resize((860, 640), Image.Resampling.BILINEAR)
            canvas[..., channel] += np.asarray(layer) / cells**0.6
    canvas -= canvas.min()
    return Image.fromarray((canvas * (255 / canvas.max())).astype(np.uint8)), 0, dice.raw(8).hex()


def logo(dice: Dice) -> Sketch:
    """One shape and one word on a plain ground."""
    design = dice.whole(0, 3)
    ground, ink, word = colour(dice), colour(dice), dice.pick(THINGS)
    picture = Image.new("RGB", (720, 720), ground)
    pen = ImageDraw.Draw(picture)
    size = dice.whole(120, 220)
    box = (360 - size, 300 - size, 360 + size, 300 + size)
    match design:
        case 0:
            pen.ellipse(box, fill=ink)
        case 1:
            pen.rounded_rectangle(box, size // 4, fill=ink)
        case 2:
            pen.polygon([(360, box[1]), (box[2], box[3]), (box[0], box[3])], fill=ink)
        case _:
            pen.ellipse(box, outline=ink, width=size // 4)
    pen.text((360, 620), word, font=font(dice.whole(40, 80)), fill=ink, anchor="mm")
    return picture, design, f"{ground} {ink} {word} {size}"


def gradient(dice: Dice) -> Sketch:
    """Two colours that run into each other, straight or from a centre."""
    design = dice.whole(0, 1)
    one, other = np.array(colour(dice)), np.array(colour(dice))
    x, y = np.meshgrid(np.linspace(0, 1, 720), np.linspace(0, 1, 720))
    turn, centre = dice.generator.uniform(0, 2 * np.pi), dice.generator.random(2)
    part = np.hypot(x - centre[0], y - centre[1]) if design else x * np.cos(turn) + y * np.sin(turn)
    part = (part - part.min()) / np.ptp(part)
    canvas = one + (other - one) * part[..., None]
    return Image.fromarray(canvas.astype(np.uint8)), design, f"{one} {other} {turn} {centre}"


def blank(dice: Dice) -> Sketch:
    """Nothing, or hardly anything: a plain ground, dim noise, a thin line, a small word."""
    design = dice.whole(0, 3)
    ground = colour(dice)
    picture = Image.new("RGB", (720, 720), ground)
    pen = ImageDraw.Draw(picture)
    match design:
        case 1:
            speckles = dice.generator.normal(0, dice.whole(1, 6), (720, 720, 1))
            picture = Image.fromarray((np.asarray(picture) + speckles).clip(0, 255).astype(np.uint8))
        case 2:
            height = dice.whole(20, 700)
            pen.line((0, height, 720, dice.whole(20, 700)), fill=colour(dice), width=dice.whole(1, 4))
        case 3:
            pen.text((dice.whole(20, 400), dice.whole(20, 640)), dice.pick(THINGS), font=font(28), fill=colour(dice))
        case _:
            picture = picture.filter(ImageFilter.GaussianBlur(1))
    return picture, design, f"{design} {ground} {dice.raw(8).hex()}"
