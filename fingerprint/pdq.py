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

from domain.fingerprints import PDQ_BYTES
from fingerprint.axis import SAMPLES, Floats, Side, View, shrink

FREQUENCIES = 16  # the hash is one bit for each of 16 by 16 frequencies
MIN_SIDE = 5  # the reference hashes nothing smaller
QUALITY_SCALE = 90
MAX_QUALITY = 100

# What a reduced decode changes in a frequency, and how many bits that may be expected to move
# before a full decode is worth its time. Measured: see docs/performance.md.
_ERROR = 0.2
# Where all is black or white, decoders cut off what a JPEG adds beyond; reduced ones see less of it to cut.
_CUT_ERROR = 0.5
_GREY = 127.5
_CUT = 16.0  # greys from black and from white
_MOVED_BITS = 2.0


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
    (samples,) = shrink(blocks, Side(length=height), Side(length=width), View.BLURRED)
    return pdq_of_samples(samples)


def pdq_of_samples(samples: Floats) -> Pdq:
    """Return the PDQ of a picture blurred and sampled at 64 by 64."""
    return pdqs_of_samples(samples[None])[0]


def pdqs_of_samples(samples: Floats) -> tuple[Pdq, ...]:
    """Return the PDQ of each of k pictures from their samples, k by 64 by 64."""
    hashes = dihedral_hashes(low_frequencies(samples))
    return tuple(
        Pdq(hash=variants[0], quality=quality, dihedral=variants)
        for variants, quality in zip(hashes, qualities_of(samples), strict=True)
    )


def is_clear(samples: Floats) -> bool:
    """Return whether a reduced decode is good enough for the hash of these 64 by 64 samples."""
    error = _ERROR + _CUT_ERROR * np.count_nonzero(np.abs(samples - _GREY) > _GREY - _CUT) / samples.size
    values = np.sort(low_frequencies(samples), axis=None)
    middle = values.size // 2
    # Bits move only where they are within a few errors of the median, so most are not looked at.
    gaps = np.abs(values - (values[middle - 1] + values[middle]) / 2) / (error * math.sqrt(2))
    return sum(math.erfc(gap) / 2 for gap in gaps[gaps < _FAR].tolist()) <= _MOVED_BITS


def qualities_of(samples: Floats) -> list[int]:
    """Return how much there is to see in each picture: the sum of marked steps between neighbours, scaled."""
    down, across = samples[:, 1:] - samples[:, :-1], samples[:, :, 1:] - samples[:, :, :-1]
    steps = np.hstack([down.reshape(len(samples), -1), across.reshape(len(samples), -1)])
    percents = np.abs(steps * np.float32(100) / np.float32(255)).astype(np.int32).sum(axis=1)
    return [min(MAX_QUALITY, percent // QUALITY_SCALE) for percent in percents.tolist()]


def low_frequencies(samples: Floats) -> NDArray[np.float64]:
    """Return the block of the 16 lowest frequencies a side, the mean left out, of each picture."""
    block: NDArray[np.float64] = _COSINES @ samples @ _COSINES.T
    return block


def dihedral_hashes(blocks: NDArray[np.float64]) -> list[tuple[bytes, ...]]:
    """
    Return the hashes of each picture and of its seven mirrored and turned twins.

    Order: original, rotate 90, 180, 270, flip vertical, flip horizontal,
    rotate 90 + flip vertical, rotate 90 + flip horizontal. Rotation is
    anticlockwise, as in the reference.
    """
    variants = blocks.reshape(len(blocks), -1).take(_PLACES, axis=1) * _SIGNS
    # The reference takes the lower of the two middle values, so half the bits are set.
    median = np.sort(variants)[..., variants.shape[-1] // 2 - 1, None]
    packed = np.packbits(variants > median).tobytes()
    hashes = [packed[at : at + PDQ_BYTES] for at in range(0, len(packed), PDQ_BYTES)]
    return [tuple(hashes[at : at + len(_PLACES)]) for at in range(0, len(hashes), len(_PLACES))]


def _cosines() -> NDArray[np.float64]:
    frequency = np.arange(1, FREQUENCIES + 1)[:, None]
    place = 2 * np.arange(SAMPLES)[None, :] + 1
    return np.asarray(np.sqrt(2 / SAMPLES) * np.cos(np.pi / (2 * SAMPLES) * frequency * place))


def _dihedral() -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """Return for every bit of every variant the frequency it looks at, and the sign."""
    places = np.arange(FREQUENCIES**2).reshape(FREQUENCIES, FREQUENCIES)
    turned = places.T
    odd = np.where(np.arange(FREQUENCIES) % 2 == 0, -1.0, 1.0)  # index 0 is frequency 1, which is odd
    down, across = np.broadcast_arrays(odd[:, None], odd[None, :])
    both, none = down * across, np.ones_like(down)
    variants = (
        (places, none),
        (turned, down),
        (places, both),
        (turned, across),
        (places, down),
        (places, across),
        (turned, none),
        (turned, both),
    )
    # The reference prints its last word first.
    orders, signs = (np.stack(part).reshape(len(variants), -1)[:, ::-1] for part in zip(*variants, strict=True))
    return np.ascontiguousarray(orders), np.ascontiguousarray(signs)


_COSINES = _cosines()
_PLACES, _SIGNS = _dihedral()
_FAR = 3.0  # errors; beyond, nothing moves
