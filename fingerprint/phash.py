"""
Compute pHash, the 64 bits that survive what PDQ does not, from 32 by 32 samples.

The same bits as `str(imagehash.phash(picture))`, faster; where rounding could
decide one of them, that library itself is asked.
"""

from __future__ import annotations

import math

import imagehash
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from fingerprint.axis import SMALL_SAMPLES, Floats, Side, View, axis, weigh

FREQUENCIES = 8  # a side: the mean of the picture is among them, unlike in PDQ

# Of a reduced decode, measured: its error in a frequency, and the bits that it may be expected to move.
_ERROR = 20.0
_MOVED_BITS = 1.5
# Of a picture in its own size: Pillow adds in whole numbers, so a few of the pixels that are near
# to a half are rounded the other way; each changes a frequency by 4 at the most.
_MARGIN = 4.0 * 4
_TIE, _MANY_TIES = 0.003, 24
_ROUNDING = 1e-6  # where two frequencies are equal, rounding must not decide between near copies
_FEW_PIXELS = 1 << 16  # that Pillow shrinks as fast
_TALL = 1.5  # times the width; Pillow shrinks a tall picture down first, and rounds after that
_STRIP = 256  # rows that are floats at one time


def phash_of(grey: Image.Image) -> bytes:
    """Return the 8 bytes whose hex is `str(imagehash.phash(grey))`; of a picture in its own size."""
    worthwhile = grey.width * grey.height > _FEW_PIXELS and grey.height <= _TALL * grey.width
    block = _fast_frequencies(grey) if worthwhile else None
    return bytes.fromhex(str(imagehash.phash(grey))) if block is None else _bits(block)


def phash_of_samples(samples: Floats) -> tuple[bytes, bool]:
    """Return pHash from 32 by 32 samples that were not rounded, and whether they were good enough for it."""
    block = _frequencies(_rounded(samples))
    gaps = np.abs(block - np.median(block)) / (_ERROR * math.sqrt(2))
    moved = sum(math.erfc(gap) / 2 for gap in gaps.ravel().tolist())
    return _bits(block), moved <= _MOVED_BITS


def _fast_frequencies(grey: Image.Image) -> NDArray[np.float64] | None:
    """Return the frequencies by band products; None where rounding as Pillow does might matter to a bit."""
    across, down = (axis(Side(length=length), View.SMALL) for length in grey.size)
    pixels = np.asarray(grey)
    strips = (pixels[top : top + _STRIP].astype(np.float32) for top in range(0, len(pixels), _STRIP))
    # Like Pillow, across first, and rounded between the passes.
    narrow = _rounded(np.vstack([weigh(strip, across) for strip in strips]))
    small = weigh(np.ascontiguousarray(narrow.T), down).T
    block = _frequencies(_rounded(small))
    ties = np.count_nonzero(np.abs(small - np.floor(small) - 0.5) < _TIE)
    return block if ties < _MANY_TIES and np.abs(block - np.median(block)).min() > _MARGIN else None


def _rounded(values: Floats) -> Floats:
    rounded: Floats = np.floor(values + np.float32(0.5)).clip(0, 255)
    return rounded


def _frequencies(pixels: NDArray[np.uint8] | Floats) -> NDArray[np.float64]:
    block: NDArray[np.float64] = _COSINES @ pixels @ _COSINES.T
    return block


def _bits(block: NDArray[np.float64]) -> bytes:
    return np.packbits(block > np.median(block) + _ROUNDING).tobytes()


_COSINES: NDArray[np.float64] = 2 * np.cos(
    np.pi / (2 * SMALL_SAMPLES) * np.arange(FREQUENCIES)[:, None] * (2 * np.arange(SMALL_SAMPLES)[None, :] + 1)
)
