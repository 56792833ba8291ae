"""
Put into the hash list what the demo's visits must find, among rows that fit nothing.

One picture is served exactly as listed. Another is served smaller and
compressed again, so that its perceptual hash lies near the listed one, but not
on it; which treatment does that is found by trying.
"""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from PIL import Image, ImageEnhance

from demo.dice import Dice
from demo.gallery import Gallery
from demo.world import Planted, World
from fingerprint.image import fingerprint_image

DECOYS = 240
PDQ_BITS = 256
# Bits between the listed picture and the served one; a faster decoder may be 4 off.
NEAREST, FARTHEST = 8, 16
CLASSIFICATION = "demo"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A line of the list."""

    algorithm: str
    hash: str
    id: str
    note: str


def plant(seed: int, world: World, gallery: Gallery) -> tuple[list[Row], list[dict[str, Any]]]:
    """Return the list's rows, and for each planted thing what it is and how it is found."""
    rows: list[Row] = []
    found: list[dict[str, Any]] = []
    for planted in world.planted:
        about: dict[str, Any] = {"place": planted.place, "post": planted.post, "kind": planted.kind}
        match planted.kind:
            case "exact":
                row = _row("sha256", hashlib.sha256(gallery.body(planted.picture)).hexdigest(), rows)
                about |= {"algorithm": row.algorithm, "hash": row.hash, "distance": 0}
                rows.append(row)
            case "near":
                pdq, distance = _made_near(gallery, planted)
                row = _row("pdq", pdq.hex(), rows)
                about |= {"algorithm": row.algorithm, "hash": row.hash, "distance": distance}
                rows.append(row)
        found.append(about)
    return rows + list(_decoys(Dice(seed, "decoys"))), found


def as_csv(rows: list[Row]) -> str:
    """Return the list as the contract's CSV."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("algorithm", "hash", "classification", "id", "note"))
    writer.writerows((row.algorithm, row.hash, CLASSIFICATION, row.id, row.note) for row in rows)
    return text.getvalue()


def _row(algorithm: str, digest: str, rows: list[Row]) -> Row:
    return Row(algorithm=algorithm, hash=digest, id=f"demo-{len(rows) + 1:04d}", note="generated picture")


def _made_near(gallery: Gallery, planted: Planted) -> tuple[bytes, int]:
    """Alter the served picture until it is near the listed one; return the listed hash and the distance."""
    listed = fingerprint_image(gallery.body(planted.picture)).pdq
    if listed is None:
        raise RuntimeError("the planted picture has no perceptual hash")
    drawing = gallery.drawing(planted.picture)
    for body in _treatments(drawing):
        pdq = fingerprint_image(body).pdq
        distance = PDQ_BITS if pdq is None else (int.from_bytes(pdq, "big") ^ int.from_bytes(listed, "big")).bit_count()
        if NEAREST <= distance <= FARTHEST:
            gallery.replace(planted.picture, body)
            return listed, distance
    raise RuntimeError("no treatment brings the planted picture near its listed hash")


def _treatments(drawing: Image.Image) -> Iterator[bytes]:
    """Yield the picture ever further from itself: smaller, coarser, duller, with its rim cut off."""
    for step in range(40):
        cut = step / 400
        width, height = drawing.size
        rim = (int(width * cut), int(height * cut), int(width * (1 - cut)), int(height * (1 - cut)))
        treated = drawing.crop(rim).resize((int(width * 0.8), int(height * 0.8)), Image.Resampling.BILINEAR)
        treated = ImageEnhance.Contrast(treated).enhance(0.9)
        buffer = io.BytesIO()
        treated.save(buffer, "JPEG", quality=60)
        yield buffer.getvalue()


def _decoys(dice: Dice) -> Iterator[Row]:
    lengths = {"sha256": 32, "md5": 16, "sha1": 20}
    for number in range(DECOYS):
        algorithm = ("pdq", "sha256", "md5", "sha1")[number % 4]
        digest = _balanced(dice) if algorithm == "pdq" else dice.raw(lengths[algorithm])
        yield Row(algorithm=algorithm, hash=digest.hex(), id=f"decoy-{number + 1:04d}", note="fits nothing")


def _balanced(dice: Dice) -> bytes:
    """Return 256 bits of which half are set, as the median threshold of PDQ leaves them."""
    bits = np.zeros(PDQ_BITS, dtype=np.uint8)
    bits[: PDQ_BITS // 2] = 1
    return np.packbits(dice.generator.permutation(bits)).tobytes()
