"""
Compute pHash, the 64 bits that survive what PDQ does not, from 32 by 32 samples.

The same bits as `str(imagehash.phash(picture))`. Most of that library's time is
Pillow's resampling; here it is two products of the same whole numbers.
"""

from __future__ import annotations

import math

import imagehash
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from fingerprint.axis import SMALL_SAMPLES, Floats, weigh, whole_numbers_axis
from fingerprint.luma import Greys

FREQUENCIES = 8  # a side: the mean of the picture is among them, unlike in PDQ

# Of a reduced decode, measured: its error in a frequency, and the bits that it may be expected to move.
_ERROR = 20.0
_MOVED_BITS = 1.5
_FAR = 3.0  # errors; beyond, nothing moves
_ROUNDING = 1e-6  # where two frequencies are equal, rounding must not decide between near copies
_FEW_PIXELS = 1 << 16  # that Pillow shrinks as fast
_STRIP = 128  # rows that are floats at one time


def phash_of(greys: Greys) -> bytes:
    """Return the 8 bytes whose hex is `str(imagehash.phash(picture))`; of a picture in its own size."""
    small = greys if greys.size <= _FEW_PIXELS else shrunk(greys)
    return bytes.fromhex(str(imagehash.phash(Image.fromarray(small))))


def phash_of_samples(samples: Floats) -> tuple[bytes, bool]:
    """Return pHash from 32 by 32 samples that were not rounded, and whether they were good enough for it."""
    block: NDArray[np.float64] = _COSINES @ _rounded(samples) @ _COSINES.T
    values = np.sort(block, axis=None)
    median = (values[values.size // 2 - 1] + values[values.size // 2]) / 2
    gaps = np.abs(values - median) / (_ERROR * math.sqrt(2))
    moved = sum(math.erfc(gap) / 2 for gap in gaps[gaps < _FAR].tolist())
    return np.packbits(block > median + _ROUNDING).tobytes(), moved <= _MOVED_BITS


def shrunk(greys: Greys) -> Greys:
    """Return the picture resampled to 32 by 32, to the last bit as Pillow's Lanczos filter does it."""
    height, width = greys.shape
    # Across first, but for what shrinks down more than twice as much as across; each pass is rounded.
    if height - SMALL_SAMPLES > max(0, 2 * (width - SMALL_SAMPLES)):
        return _narrowed(_narrowed(greys.T).T)
    return _narrowed(_narrowed(greys).T).T


def _narrowed(greys: Greys) -> Greys:
    """Return every row resampled to 32 pixels."""
    across = whole_numbers_axis(greys.shape[1])
    strips = (greys[top : top + _STRIP].astype(np.float64) for top in range(0, len(greys), _STRIP))
    return np.vstack([_rounded(weigh(strip, across)).astype(np.uint8) for strip in strips])


def _rounded(values: Floats) -> Floats:
    rounded: Floats = np.floor(values + np.float32(0.5)).clip(0, 255)
    return rounded


_COSINES: NDArray[np.float64] = 2 * np.cos(
    np.pi / (2 * SMALL_SAMPLES) * np.arange(FREQUENCIES)[:, None] * (2 * np.arange(SMALL_SAMPLES)[None, :] + 1)
)
