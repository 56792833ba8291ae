"""
Share what videos and animations have in common: a clock, an order of places, and the hashes of one picture.

For the child alone. Places come in an order in which any first part of them is
spread over the whole, so that whatever stops the work leaves samples of all of
it.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from PIL import Image

from domain.fingerprints import MAX_FRAMES, MIN_PDQ_QUALITY, SampledFrame
from fingerprint.axis import Side
from fingerprint.frames import MAX_AT_MS, VARIANTS
from fingerprint.looks import looks_of
from fingerprint.luma import shown

DECODING_SECONDS = 3.5  # then the child comes to an end by itself; the parent's clock is the bound


@dataclass(slots=True, kw_only=True)
class Clock:
    """How long a child has worked on a media item; waiting for its bytes is not working."""

    seconds: float = DECODING_SECONDS
    waited: float = 0.0
    _began: float = field(default_factory=time.monotonic)

    @property
    def left(self) -> float:
        """Return how many seconds are left; none or less when it is time to end."""
        return self.seconds - (time.monotonic() - self._began - self.waited)


def spread(count: int) -> list[int]:
    """Return the numbers below `count` (at most 32), each as far as may be from those before it."""
    bits = (MAX_FRAMES - 1).bit_length()
    return sorted(range(count), key=lambda number: int(f"{number * MAX_FRAMES // count:0{bits}b}"[::-1], 2))


def hashed_frame(picture: Image.Image, at_ms: float) -> SampledFrame | None:
    """Return the hashes of one loaded picture as shown, or None where it is too small for any."""
    whole, trimmed = looks_of(shown(picture, Side(length=picture.height), Side(length=picture.width)))
    if whole.pdq is None:
        return None
    others = whole.sets[VARIANTS:] if whole.pdq.quality >= MIN_PDQ_QUALITY else whole.sets
    return SampledFrame(
        at_ms=round(min(max(at_ms, 0), MAX_AT_MS)),
        pdq_quality=whole.pdq.quality,
        pdq_dihedral=whole.pdq.dihedral,
        pdq_others=others + (trimmed.sets if trimmed else ()),
    )
