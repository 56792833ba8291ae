"""
Compute PDQ from 64 by 64 samples, with its eight mirrored and turned variants.

Variants come from the 16 by 16 block of frequencies by transposition and
change of sign, for a mirrored picture has the same frequencies with odd ones
negated.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fingerprint.axis import SAMPLES, Floats, Side, axis, shrink

FREQUENCIES = 16  # the hash is one bit for each of 16 by 16 frequencies
MIN_SIDE = 5  # the reference hashes nothing smaller
QUALITY_SCALE = 90
MAX_QUALITY = 100

# What a reduced decode changes in a frequency, and how many bits that may be expected to move
# before a full decode is worth its time. Measured: see docs/performance.md.
_ERROR = 0.2
# Where all is black or white, decoders cut off what a JPEG adds beyond; reduced ones see less of it to cut.
_CUT_ERROR = 0.5
_WHITE = 255.0
_CUT = 16.0  # greys from black and from white
_MOVED_BITS = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Pdq:
    """
    The hash of 32 bytes, its quality 0 to 100, and the eight variants (the first is the hash).

    `moved` is how many bits the error of a reduced decode may be expected to move.
    """

    hash: bytes
    quality: int
    dihedral: tuple[bytes, ...]
    moved: float

    @property
    def is_clear(self) -> bool:
        """Return whether a reduced decode was good enough for this picture."""
        return self.moved <= _MOVED_BITS


def pdq_of(blocks: Iterable[Floats], *, height: int, width: int) -> Pdq | None:
    """
    Return the PDQ of a grey picture; None below 5 pixels a side.

    The picture comes as blocks of whole rows, top to bottom, so that a large
    one never stands in memory as floats. Values are 0 to 255 and not rounded:
    on smooth pictures the rounding alone moves up to 26 bits.
    """
    if min(height, width) < MIN_SIDE:
        return None
    (samples,) = shrink(blocks, [(axis(Side(length=height)), axis(Side(length=width)))])
    return pdq_of_samples(samples)


def pdq_of_samples(samples: Floats) -> Pdq:
    """Return the PDQ of a picture blurred and sampled at 64 by 64."""
    block = low_frequencies(samples)
    variants = dihedral_hashes(block)
    return Pdq(hash=variants[0], quality=quality_of(samples), dihedral=variants, moved=_moved(block, _error(samples)))


def quality_of(samples: Floats) -> int:
    """Return how much there is to see: the sum of marked steps between neighbours, scaled."""
    scale = np.float32(100)
    span = np.float32(255)
    steps = sum(int(np.abs(np.trunc(np.diff(samples, axis=axis) * scale / span)).sum()) for axis in (0, 1))
    return min(MAX_QUALITY, steps // QUALITY_SCALE)


def low_frequencies(samples: Floats) -> NDArray[np.float64]:
    """Return the block of the 16 lowest frequencies a side, the mean left out."""
    block: NDArray[np.float64] = _COSINES @ samples @ _COSINES.T
    return block


def dihedral_hashes(block: NDArray[np.float64]) -> tuple[bytes, ...]:
    """
    Return the hashes of the picture and of its seven mirrored and turned twins.

    Order: original, rotate 90, 180, 270, flip vertical, flip horizontal,
    rotate 90 + flip vertical, rotate 90 + flip horizontal. Rotation is
    anticlockwise, as in the reference.
    """
    down, across, turned = _ODD[:, None], _ODD[None, :], block.T
    variants = np.stack(
        [
            block,
            turned * down,
            block * down * across,
            turned * across,
            block * down,
            block * across,
            turned,
            turned * down * across,
        ]
    ).reshape(8, -1)
    # The reference takes the lower of the two middle values, so half the bits are set.
    middle = variants.shape[1] // 2 - 1
    median = np.partition(variants, middle, axis=1)[:, middle, None]
    bits = (variants > median)[:, ::-1]  # the reference prints its last word first
    return tuple(packed.tobytes() for packed in np.packbits(bits, axis=1))


def _error(samples: Floats) -> float:
    return _ERROR + _CUT_ERROR * float(np.mean((samples < _CUT) | (samples > _WHITE - _CUT)))


def _moved(block: NDArray[np.float64], error: float) -> float:
    """Return the expected number of frequencies that an error carries across the median."""
    values = np.sort(block, axis=None)
    middle = values.size // 2
    # Bits move only where they are within a few errors of the median, so most are not looked at.
    gaps = np.abs(values - (values[middle - 1] + values[middle]) / 2) / (error * math.sqrt(2))
    return sum(math.erfc(gap) / 2 for gap in gaps[gaps < _FAR].tolist())


def _cosines() -> NDArray[np.float64]:
    frequency = np.arange(1, FREQUENCIES + 1)[:, None]
    place = 2 * np.arange(SAMPLES)[None, :] + 1
    return np.asarray(np.sqrt(2 / SAMPLES) * np.cos(np.pi / (2 * SAMPLES) * frequency * place))


_COSINES = _cosines()
_ODD = np.where(np.arange(FREQUENCIES) % 2 == 0, -1.0, 1.0)  # index 0 is frequency 1, which is odd
_FAR = 3.0  # errors; beyond, nothing moves
