"""
Compute PDQ by two small matrix products, with its eight mirrored and turned variants.

Everything in PDQ before its threshold is linear and separable. So the two
passes of the blur and the choice of 64 samples along a side of n pixels are
one 64 by n matrix, which depends on n alone and is kept. Variants come from
the 16 by 16 block of frequencies by transposition and change of sign, for a
mirrored picture has the same frequencies with odd ones negated.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

SAMPLES = 64  # the blurred picture is 64 by 64 …
FREQUENCIES = 16  # … and its hash one bit for each of 16 by 16 frequencies
MIN_SIDE = 5  # the reference hashes nothing smaller
BLUR_PASSES = 2
QUALITY_SCALE = 90
MAX_QUALITY = 100
KEPT_LENGTH = 4096  # at most 1 MiB a matrix, so that strange sizes do not fill the memory


@dataclass(frozen=True, slots=True, kw_only=True)
class Pdq:
    """The hash of 32 bytes, its quality 0 to 100, and the eight variants (the first is the hash)."""

    hash: bytes
    quality: int
    dihedral: tuple[bytes, ...]


def pdq_of(blocks: Iterable[Floats], *, height: int, width: int) -> Pdq | None:
    """
    Return the PDQ of a grey picture; None below 5 pixels a side.

    The picture comes as blocks of whole rows, top to bottom, so that a large
    one never stands in memory as floats. Values are 0 to 255 and not rounded:
    on smooth pictures the rounding alone moves up to 26 bits.
    """
    if min(height, width) < MIN_SIDE:
        return None
    samples = shrink(blocks, height=height, width=width)
    variants = dihedral_hashes(low_frequencies(samples))
    return Pdq(hash=variants[0], quality=quality_of(samples), dihedral=variants)


def shrink(blocks: Iterable[Floats], *, height: int, width: int) -> Floats:
    """Return the picture blurred and sampled at 64 by 64, as the reference does at full size."""
    down = _matrix(height)
    columns = np.zeros((SAMPLES, width), dtype=np.float32)
    top = 0
    for block in blocks:
        bottom = top + block.shape[0]
        columns += down[:, top:bottom] @ block
        top = bottom
    return columns @ _matrix(width).T


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


def _matrix(length: int) -> Floats:
    """Return the matrix that blurs a side of this length and takes 64 samples of it."""
    return _kept_matrix(length) if length <= KEPT_LENGTH else _blur_and_sample(length)


def _blur_and_sample(length: int) -> Floats:
    window = (length + 2 * SAMPLES - 1) // (2 * SAMPLES)
    centres = ((np.arange(SAMPLES) + 0.5) * length / SAMPLES).astype(np.int64)
    rows = np.zeros((SAMPLES, length))
    rows[np.arange(SAMPLES), centres] = 1.0
    for _ in range(BLUR_PASSES):
        rows = _through_box(rows, window)
    return rows.astype(np.float32)


def _through_box(rows: NDArray[np.float64], window: int) -> NDArray[np.float64]:
    """Multiply by the matrix of one box pass, whose window is cut off at both ends of the side."""
    length = rows.shape[1]
    # A window of even length reaches one pixel further ahead than back.
    ahead = (window + 2) // 2
    at = np.arange(length)
    first = np.maximum(at - (window - ahead), 0)
    end = np.minimum(at + ahead, length)
    weighted = rows / (end - first)
    # Each output spreads evenly over its window: add where it begins, take away where it ends.
    edges = np.zeros((rows.shape[0], length + 1))
    for row, weights in zip(edges, weighted, strict=True):
        used = np.flatnonzero(weights)
        np.add.at(row, first[used], weights[used])
        np.add.at(row, end[used], -weights[used])
    spread = edges.cumsum(axis=1)[:, :length]
    # What is left over from rounding outside the window is not zero, but must be.
    spread[np.abs(spread) < _ROUNDING] = 0.0
    return spread


def _cosines() -> NDArray[np.float64]:
    frequency = np.arange(1, FREQUENCIES + 1)[:, None]
    place = 2 * np.arange(SAMPLES)[None, :] + 1
    return np.asarray(np.sqrt(2 / SAMPLES) * np.cos(np.pi / (2 * SAMPLES) * frequency * place))


_ROUNDING = 1e-12
_COSINES = _cosines()
_ODD = np.where(np.arange(FREQUENCIES) % 2 == 0, -1.0, 1.0)  # index 0 is frequency 1, which is odd
_kept_matrix = lru_cache(maxsize=64)(_blur_and_sample)
