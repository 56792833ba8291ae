"""
Know one side of a picture as a matrix: how its cells become 64 samples of the blurred picture.

A cell is a pixel, or what a decoder makes of two, four or eight of them. The
blur, the choice of samples, a squash before it and the spread of cells back
over their pixels are all linear, so they are one matrix for each side, and the
hash of reduced cells is that of the picture in its own size. Few cells matter
to a sample: the matrix is kept as bands.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating]

SAMPLES = 64  # a side for PDQ and the wide pHash, whatever the picture's own size
SMALL_SAMPLES = 32  # a side for the narrow pHash
SQUASHED = 512  # the reference command squashes what is larger, in any direction, to this square
KEPT_LENGTH = 4096  # sides no longer than this are kept, so that strange sizes do not fill the memory
_KEPT_SIDES, _KEPT_WHOLE = 256, 32
_UNIT = 1 << 22
_MIDDLE = 128  # greys are counted from here, so that their sums are small
_ROUNDING = 2.0**-24  # the most that one sum is off, of its size
_SURE = 2  # so many roots of the number of sums, which are not all off to one side; a third of it was the most seen
_BANDS = 8  # in which the samples of a side are made: few cells matter to an eighth of them


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """
    One side of a picture: `length` pixels in cells of `scale`, the first of `first` pixels.

    Only the first or the last cell may stand for fewer pixels than the others:
    the last as decoded, the first when the picture was turned since.
    """

    length: int
    scale: int = 1
    first: int = 0  # pixels in the first cell; 0 for as many as in the others

    @property
    def head(self) -> int:
        """Return how many pixels the first cell stands for."""
        return min(self.first or self.scale, self.length)

    @property
    def cells(self) -> int:
        """Return how many cells there are."""
        return 1 + -(-(self.length - self.head) // self.scale)

    @property
    def starts(self) -> NDArray[np.intp]:
        """Return the pixel at which each cell begins."""
        return np.concatenate(([0], np.arange(self.head, self.length, self.scale, dtype=np.intp)))

    def between(self, start: int, stop: int) -> Side:
        """Return the side of a picture of which only these cells are left."""
        bounds = np.append(self.starts, self.length)
        length = int(bounds[stop] - bounds[start])
        return Side(length=length, scale=self.scale, first=min(int(bounds[start + 1] - bounds[start]), length))

    def flipped(self) -> Side:
        """Return the side as it is in the mirror."""
        starts = self.starts
        return Side(length=self.length, scale=self.scale, first=self.length - int(starts[-1]))


class View(Enum):
    """What the samples are samples of."""

    BLURRED = 1  # as PDQ takes them of the picture in its own size
    SQUASHED = 2  # as the reference command takes them of a large one
    PLAIN = 3  # as the wide pHash has them


@dataclass(frozen=True, slots=True, kw_only=True)
class Band:
    """The weights of cells `start` to `stop` in an eighth of the samples (rows), of one view or of several in turn."""

    start: int
    stop: int
    weights: Floats


Axis = tuple[Band, ...]


def axis(side: Side, *views: View) -> Axis:
    """Return the bands that turn this side's cells into samples."""
    return (_kept_axis if side.length <= KEPT_LENGTH else _axis)(side, *views)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class WholeNumbers:
    """
    Pillow's own resampling of one side: weights in whole numbers of 2**-22, which floats hold exactly.

    Sums of doubles are exact too; of floats, for greys less 128, they are off by
    less than `doubt` when `more` is added.
    """

    bands: Axis
    more: Floats
    doubt: float

    def rounded(self, rows: NDArray[np.uint8], centred: Floats) -> NDArray[np.uint8]:
        """Return the samples of every row to the last bit: rows with a rounding in doubt are summed up exactly."""
        sums = weigh(centred, self.bands) + self.more
        whole = np.floor(sums)
        doubtful = np.flatnonzero((np.abs(sums - whole - np.float32(0.5)) > 0.5 - self.doubt).any(axis=1))
        if doubtful.size:
            whole[doubtful] = np.floor(weigh(rows[doubtful].astype(np.float64), self.bands) + 0.5)
        return whole.clip(0, 255).astype(np.uint8)


def centred(rows: NDArray[np.uint8]) -> Floats:
    """Return greys as `WholeNumbers` weighs them."""
    return rows.astype(np.float32) - np.float32(_MIDDLE)


@lru_cache(maxsize=_KEPT_WHOLE)
def whole_numbers(length: int, samples: int) -> WholeNumbers:
    """Return how Pillow's Lanczos filter makes so many samples of a side."""
    spread = _lanczos(length, samples)
    weights = np.rint(spread.weights * _UNIT) / _UNIT
    sums, most = math.sqrt(spread.pixels.shape[1]), float(np.abs(weights).sum(axis=1).max())
    return WholeNumbers(
        bands=_bands(_Spread(pixels=spread.pixels, weights=weights), np.float32),
        more=(_MIDDLE * weights.sum(axis=1) + 0.5).astype(np.float32),
        doubt=_SURE * sums * _ROUNDING * _MIDDLE * most,
    )


def lanczos_matrix(length: int, samples: int) -> Floats:
    """Return the matrix, samples by pixels, that Pillow's Lanczos filter is."""
    return weigh(np.eye(length), _bands(_lanczos(length, samples), np.float64)).T


def shrink(blocks: Iterable[Floats], down: Side, across: Side, *views: View) -> list[Floats]:
    """
    Return the samples of each view, in one pass over the rows.

    The picture comes as blocks of whole rows, top to bottom, so that a large
    one never stands in memory as floats.
    """
    bands = axis(down, *views)
    rows = SAMPLES // _BANDS
    columns = np.zeros((_BANDS, rows * len(views), across.cells), dtype=np.float32)
    top = 0
    for block in blocks:
        for number, band in enumerate(bands):
            start, stop = max(band.start, top), min(band.stop, top + len(block))
            if start < stop:
                weights = band.weights[:, start - band.start : stop - band.start]
                columns[number] += weights @ block[start - top : stop - top]
        top += len(block)
    return [
        weigh(columns[:, at * rows : (at + 1) * rows].reshape(SAMPLES, -1), axis(across, view))
        for at, view in enumerate(views)
    ]


def weigh(columns: Floats, across: Axis) -> Floats:
    """Return the samples of every row."""
    return np.concatenate([columns[:, band.start : band.stop] @ band.weights.T for band in across], axis=1)


def _axis(side: Side, *views: View) -> Axis:
    if len(views) > 1:
        return tuple(_stacked(bands) for bands in zip(*(axis(side, view) for view in views), strict=True))
    return _bands(_over_cells(_spread(side.length, *views), side), np.float32)


def _stacked(bands: Sequence[Band]) -> Band:
    start, stop = min(band.start for band in bands), max(band.stop for band in bands)
    weights = np.zeros((sum(len(band.weights) for band in bands), stop - start), dtype=np.float32)
    row = 0
    for band in bands:
        weights[row : row + len(band.weights), band.start - start : band.stop - start] = band.weights
        row += len(band.weights)
    return Band(start=start, stop=stop, weights=weights)


def _spread(length: int, view: View) -> _Spread:
    if view is View.PLAIN:
        return _lanczos(length, SAMPLES)
    if view is View.BLURRED:
        return _blur_and_sample(length)
    spread = _blur_and_sample(SQUASHED)
    # Its pixels are the nearest ones of the picture, not means.
    return _Spread(pixels=spread.pixels * length // SQUASHED, weights=spread.weights)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Spread:
    """For each sample (a row) the pixels or cells that it is made of, and their weights; some may weigh nothing."""

    pixels: NDArray[np.intp]
    weights: NDArray[np.float64]


def _blur_and_sample(length: int) -> _Spread:
    """Return two passes of a box filter and the choice of 64 places."""
    window = (length + 2 * SAMPLES - 1) // (2 * SAMPLES)
    # A window of even length reaches one pixel further ahead than back; both ends of the side cut it off.
    ahead = (window + 2) // 2
    behind = window - ahead
    centres = ((np.arange(SAMPLES) + 0.5) * length / SAMPLES).astype(np.intp)[:, None]
    # The second pass takes these places of the first …
    places = centres + np.arange(-behind, ahead)
    within = (places >= 0) & (places < length)
    places = places.clip(0, length - 1)
    starts, stops = np.maximum(places - behind, 0), np.minimum(places + ahead, length)
    shares = within / within.sum(axis=1, keepdims=True) / (stops - starts)
    # … and each spreads evenly over its window: add where it begins, take away where it ends.
    base = np.maximum(centres - 2 * behind, 0)
    edges = np.zeros((SAMPLES, 2 * window + 1))
    sample = np.broadcast_to(np.arange(SAMPLES)[:, None], places.shape)
    np.add.at(edges, (sample, starts - base), shares)
    np.add.at(edges, (sample, stops - base), -shares)
    pixels = np.minimum(base + np.arange(2 * window), length - 1)
    return _Spread(pixels=pixels, weights=edges.cumsum(axis=1)[:, :-1])


def _lanczos(length: int, samples: int) -> _Spread:
    """Return the windowed sinc that Pillow shrinks with, three lobes a side."""
    step = length / samples
    scale = max(step, 1.0)
    reach = _LOBES * scale
    centres = ((np.arange(samples) + 0.5) * step)[:, None]
    pixels = np.floor(centres - reach + 0.5).astype(np.intp) + np.arange(int(2 * reach) + 2)
    inside = (pixels >= 0) & (pixels < length) & (pixels < np.floor(centres + reach + 0.5))
    distance = (pixels + 0.5 - centres) / scale
    weights = np.where(inside, np.sinc(distance) * np.sinc(distance / _LOBES), 0.0)
    return _Spread(pixels=pixels.clip(0, length - 1), weights=weights / weights.sum(axis=1, keepdims=True))


def _over_cells(spread: _Spread, side: Side) -> _Spread:
    """
    Give the weights of pixels to the cells they are in, and to the two beside these.

    A picture is taken to rise or fall within a cell as it does between its
    neighbours; on text and edges that saves a third of what is lost.
    """
    if side.scale == 1:
        return spread
    starts = side.starts
    sizes = np.diff(starts, append=side.length)
    cells = (spread.pixels + side.scale - side.head) // side.scale
    offset = (spread.pixels - starts[cells] - (sizes[cells] - 1) / 2) / side.scale
    slope = spread.weights * offset / 2
    last = len(starts) - 1
    return _Spread(
        pixels=np.hstack([cells, np.minimum(cells + 1, last), np.maximum(cells - 1, 0)]),
        weights=np.hstack([spread.weights, slope, -slope]),
    )


def _bands(spread: _Spread, kind: type[np.floating]) -> Axis:
    bands = []
    rows = len(spread.pixels) // _BANDS
    for row in range(0, len(spread.pixels), rows):
        pixels, weights = spread.pixels[row : row + rows], spread.weights[row : row + rows]
        start, stop = int(pixels.min()), int(pixels.max()) + 1
        at = pixels - start + np.arange(rows)[:, None] * (stop - start)
        dense = np.bincount(at.ravel(), weights.ravel(), minlength=rows * (stop - start))
        bands.append(Band(start=start, stop=stop, weights=dense.astype(kind).reshape(rows, -1)))
    return tuple(bands)


_LOBES = 3
_kept_axis = lru_cache(maxsize=_KEPT_SIDES)(_axis)
