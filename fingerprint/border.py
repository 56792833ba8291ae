"""
Find the uniform border that people and phones put around a picture.

A border of any colours counts: a letterbox, a frame, a frame in a letterbox.
What a JPEG scatters along an edge is not taken for a picture.
"""

from __future__ import annotations

import numpy as np

from fingerprint.luma import Box, Greys

MIN_LEFT = 16  # cells a side; less is no picture
_MEAN, _MOST = 4.0, 32  # how far a row may be from its border's grey: on the whole, and anywhere
_ROWS = 32  # looked at together


def inside_border(greys: Greys) -> Box | None:
    """Return the box inside the border (left, top, right, bottom), or None where there is no border or nothing else."""
    left, top, right, bottom = 0, 0, greys.shape[1], greys.shape[0]
    while min(right - left, bottom - top) >= MIN_LEFT:
        rest = greys[top:bottom, left:right]
        above, below = _flat_rows(rest), _flat_rows(rest[::-1])
        before, after = _flat_rows(rest.T), _flat_rows(rest.T[::-1])
        if above == rest.shape[0] or before == rest.shape[1]:
            return None
        if not above + below + before + after:
            return (left, top, right, bottom) if rest.shape != greys.shape else None
        left, top, right, bottom = left + before, top + above, right - after, bottom - below
    return None


def _flat_rows(greys: Greys) -> int:
    """Return how many rows at the top are of one grey."""
    # Most pictures have no border, and the first row alone tells.
    ordered = np.sort(greys[0])
    if int(ordered[-1]) - int(ordered[0]) > 2 * _MOST:
        return 0
    half = ordered.size // 2
    if int(ordered[-half:].sum()) - int(ordered[:half].sum()) > _MEAN * ordered.size:
        return 0
    grey = (int(ordered[(ordered.size - 1) // 2]) + int(ordered[half])) // 2
    for start in range(0, len(greys), _ROWS):
        away = np.abs(greys[start : start + _ROWS].astype(np.int16) - grey)
        flat = (away.max(axis=1) <= _MOST) & (away.mean(axis=1) <= _MEAN)
        if not flat.all():
            return start + int(flat.argmin())
    return len(greys)
