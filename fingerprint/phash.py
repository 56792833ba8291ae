"""
Compute pHash, the 64 bits that survive what PDQ does not, from 32 by 32 samples.

The same bits as `str(imagehash.phash(picture))`, without the library that it
imports for one cosine transform and that would double a child's start.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from fingerprint.axis import SMALL_SAMPLES, Floats

FREQUENCIES = 8  # a side: the mean of the picture is among them, unlike in PDQ

# The reference rounds between its two passes; floats do not. In frequencies, measured.
_ERROR = 20.0
_MOVED_BITS = 1.0
_ROUNDING = 1e-6  # where two frequencies are equal, rounding must not decide between near copies


def phash_of(grey: Image.Image) -> bytes:
    """Return the 8 bytes whose hex is `str(imagehash.phash(grey))`; of a picture in its own size."""
    return _bits(_frequencies(np.asarray(grey.resize((SMALL_SAMPLES, SMALL_SAMPLES), Image.Resampling.LANCZOS))))


def phash_of_samples(samples: Floats) -> tuple[bytes, bool]:
    """Return pHash from 32 by 32 samples that were not rounded, and whether they were good enough for it."""
    block = _frequencies(samples.round().clip(0, 255))
    gaps = np.abs(block - np.median(block)) / (_ERROR * math.sqrt(2))
    moved = sum(math.erfc(gap) / 2 for gap in gaps.ravel().tolist())
    return _bits(block), moved <= _MOVED_BITS


def _frequencies(pixels: NDArray[np.uint8] | Floats) -> NDArray[np.float64]:
    block: NDArray[np.float64] = _COSINES @ pixels @ _COSINES.T
    return block


def _bits(block: NDArray[np.float64]) -> bytes:
    return np.packbits(block > np.median(block) + _ROUNDING).tobytes()


_COSINES: NDArray[np.float64] = 2 * np.cos(
    np.pi / (2 * SMALL_SAMPLES) * np.arange(FREQUENCIES)[:, None] * (2 * np.arange(SMALL_SAMPLES)[None, :] + 1)
)
