"""
Compute pHash, which survives what PDQ does not: the 64 bits that most lists hold, and the wide one of 256.

The same bits as `str(imagehash.phash(picture))`, and as that of `hash_size=16`,
from 32 by 32 and 64 by 64 samples. Most of that library's time is Pillow's
resampling; here it is two products of the same whole numbers.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import imagehash
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from fingerprint.axis import SAMPLES, SMALL_SAMPLES, Floats, centred, lanczos_matrix, whole_numbers
from fingerprint.luma import Greys

OVERSAMPLED = 4  # samples a side for each of the frequencies: the mean of the picture is among these, unlike in PDQ

_FAR = 3.0  # errors; beyond, nothing moves
_ROUNDING = 1e-6  # where two frequencies are equal, rounding must not decide between near copies
_FEW_PIXELS = 1 << 16  # that Pillow shrinks as fast
_STRIP = 256  # rows that are floats at one time


@dataclass(frozen=True, slots=True, kw_only=True)
class Phashes:
    """The hash of 8 bytes and the wide one of 32."""

    narrow: bytes
    wide: bytes


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Transform:
    """Samples to frequencies; of a reduced decode, measured: its error in one, and the bits that it may well move."""

    cosines: Floats
    error: float
    moved_bits: float


def phashes_of(greys: Greys) -> Phashes:
    """Return what `imagehash.phash` says of a picture in its own size, by 8 and by 16 frequencies a side."""
    few = greys.size <= _FEW_PIXELS
    small, large = (greys, greys) if few else shrunk(greys, SMALL_SAMPLES, SAMPLES)
    return Phashes(narrow=_by_library(small, SMALL_SAMPLES), wide=_by_library(large, SAMPLES))


def phashes_of_samples(samples: Floats) -> tuple[Phashes, bool]:
    """Return both from 64 by 64 samples that were not rounded, and whether they were good enough for them."""
    narrow, is_sure = _hashed(_HALVED @ samples @ _HALVED.T, _NARROW)
    wide, is_sure_too = _hashed(samples, _WIDE)
    return Phashes(narrow=narrow, wide=wide), is_sure and is_sure_too


def shrunk(greys: Greys, *sizes: int) -> list[Greys]:
    """Return the picture resampled to squares of these sides, to the last bit as Pillow's Lanczos filter does it."""
    height, width = greys.shape
    # Across first, but for what shrinks down more than twice as much as across; each pass is rounded.
    turned = {size: height - size > max(0, 2 * (width - size)) for size in sizes}
    passed: dict[int, Greys] = {}
    for is_turned, rows in ((False, greys), (True, greys.T)):
        first = [size for size in sizes if turned[size] is is_turned]
        passed |= dict(zip(first, _narrowed(rows, first), strict=True))
    both = {size: _narrowed(rows.T, [size])[0] for size, rows in passed.items()}
    return [both[size] if turned[size] else both[size].T for size in sizes]


def _narrowed(greys: Greys, sizes: Sequence[int]) -> list[Greys]:
    """Return every row resampled to each of these lengths."""
    across = [whole_numbers(greys.shape[1], size) for size in sizes]
    found = [np.empty((len(greys), size), dtype=np.uint8) for size in sizes]
    for top in range(0, len(greys) if sizes else 0, _STRIP):
        rows = greys[top : top + _STRIP]
        floats = centred(rows)
        for axis, samples in zip(across, found, strict=True):
            samples[top : top + _STRIP] = axis.rounded(rows, floats)
    return found


def _by_library(greys: Greys, samples: int) -> bytes:
    return bytes.fromhex(str(imagehash.phash(Image.fromarray(greys), samples // OVERSAMPLED, OVERSAMPLED)))


def _hashed(samples: Floats, how: _Transform) -> tuple[bytes, bool]:
    block: NDArray[np.float64] = how.cosines @ np.floor(samples + np.float32(0.5)).clip(0, 255) @ how.cosines.T
    values = np.sort(block, axis=None)
    median = (values[values.size // 2 - 1] + values[values.size // 2]) / 2
    gaps = np.abs(values - median) / (how.error * math.sqrt(2))
    moved = sum(math.erfc(gap) / 2 for gap in gaps[gaps < _FAR].tolist())
    return np.packbits(block > median + _ROUNDING).tobytes(), moved <= how.moved_bits


def _cosines(samples: int) -> Floats:
    """Return the transform that gives the lowest frequencies of so many samples."""
    frequency = np.arange(samples // OVERSAMPLED)[:, None]
    place = 2 * np.arange(samples)[None, :] + 1
    return np.asarray(2 * np.cos(np.pi / (2 * samples) * frequency * place))


_NARROW = _Transform(cosines=_cosines(SMALL_SAMPLES), error=20.0, moved_bits=1.5)
_WIDE = _Transform(cosines=_cosines(SAMPLES), error=40.0, moved_bits=4.0)
_HALVED = lanczos_matrix(SAMPLES, SMALL_SAMPLES)  # what the filter takes away twice is no frequency that is looked at
