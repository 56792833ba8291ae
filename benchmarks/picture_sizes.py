"""
Say how far the PDQ of a picture's smaller copy lies from that of the full size, by the copy's width.

Pages offer one picture in several sizes; `crawler.parse.srcset` reads the
smallest that tells enough, and this is where its figure comes from. The copies
are made as web servers make them: Lanczos, JPEG at quality 82. One JSON line a
width; `share` is how many bytes of the full size the copy has (medians).
"""

from __future__ import annotations

import io
import json
import statistics
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import numpy as np
from PIL import Image

from domain.fingerprints import MIN_PDQ_QUALITY
from fingerprint.image import fingerprint_image
from tests.fingerprint.drift_set import Draw, blobs, grain, page, smooth, stripes
from tests.fingerprint.pictures import bits_apart, card, encoded, photo

WIDTHS = (320, 512, 768, 1024)
PICTURES = 16  # of each way to draw
GROUPS: dict[str, tuple[Draw, ...]] = {"photographs": (photo, grain), "drawn": (card, page, smooth, stripes, blobs)}


def full_sizes(draws: tuple[Draw, ...]) -> list[bytes]:
    dice = np.random.default_rng(33)
    files = []
    for seed in range(PICTURES):
        for draw in draws:
            width, height = (int(side) for side in dice.integers(1100, 1900, 2))
            files.append(encoded(draw(width, height, seed), "JPEG", quality=int(dice.integers(75, 96))))
    return files


def smaller(file: bytes, width: int) -> bytes:
    with Image.open(io.BytesIO(file)) as opened:
        height = max(1, round(opened.height * width / opened.width))
        return encoded(opened.resize((width, height), Image.Resampling.LANCZOS), "JPEG", quality=82)


def clear_pdq(file: bytes) -> bytes | None:
    found = fingerprint_image(file)
    return found.pdq if found.pdq_quality >= MIN_PDQ_QUALITY else None


def main() -> None:
    for group, draws in GROUPS.items():
        clear = [(file, pdq) for file in full_sizes(draws) if (pdq := clear_pdq(file)) is not None]
        for width in WIDTHS:
            copies = [(smaller(file, width), file, pdq) for file, pdq in clear]
            apart = sorted(bits_apart(pdq, small) for copy, _, pdq in copies if (small := clear_pdq(copy)) is not None)
            figures = {
                "figure": f"pdq of a smaller copy, {group}",
                "width": width,
                "pictures": len(apart),
                "bits_median": statistics.median(apart),
                "bits_95": apart[int(0.95 * (len(apart) - 1))],
                "bits_worst": apart[-1],
                "share": round(statistics.median(len(copy) / len(file) for copy, file, _ in copies), 3),
            }
            print(json.dumps(figures), flush=True)


if __name__ == "__main__":
    main()
