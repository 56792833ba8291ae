"""
Hash what a picture looks like in every preparation that hash lists are made with.

Lists differ: the reference's library hashes a picture in its own size, its
command squashes a large one first. Both come of one pass over the rows.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from domain.fingerprints import MIN_PDQ_QUALITY
from fingerprint.axis import SQUASHED, Floats, View, shrink
from fingerprint.border import inside_border
from fingerprint.luma import Greys, Luma
from fingerprint.pdq import MIN_SIDE, Pdq, is_clear, pdqs_of_samples
from fingerprint.phash import Phashes, phashes_of, phashes_of_samples

MIN_TRIMMED_CELLS = 128  # of a reduced decode; below, the rest of the picture deserves a full one
_NEARLY = 5  # quality of a reduced decode may be off by one or two


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """The hashes of one picture; `is_clear` unless a reduced decode was too coarse for them."""

    pdq: Pdq | None
    squashed: Pdq | None
    phashes: Phashes
    is_clear: bool

    @property
    def sets(self) -> tuple[bytes, ...]:
        """Return the variants that say something, in the picture's own size and squashed."""
        telling = (pdq for pdq in (self.pdq, self.squashed) if pdq and pdq.quality >= MIN_PDQ_QUALITY)
        return tuple(variant for pdq in telling for variant in pdq.dihedral)


def looks_of(luma: Luma) -> tuple[Look, Look | None]:
    """Return the look of the picture, and the look without its border if it has one."""
    greys = luma.greys()
    whole = _look(luma, greys)
    box = inside_border(greys)
    if box is None:
        return whole, None
    part = luma.within(box)
    return whole, _look(part, part.greys())


def _look(luma: Luma, greys: Greys) -> Look:
    views = [View.BLURRED]
    if max(luma.down.length, luma.across.length) > SQUASHED:
        views.append(View.SQUASHED)
    if luma.is_reduced:
        views.append(View.PLAIN)
    found = shrink(luma.blocks(greys), luma.down, luma.across, *views)
    samples: dict[View, Floats] = dict(zip(views, found, strict=True))
    pdqs: tuple[Pdq, ...] = ()
    if min(luma.down.length, luma.across.length) >= MIN_SIDE:
        pdqs = pdqs_of_samples(np.stack([samples[view] for view in views if view is not View.PLAIN]))
    pdq = pdqs[0] if pdqs else None
    squashed = pdqs[1] if len(pdqs) > 1 else None
    if not luma.is_reduced:
        return Look(pdq=pdq, squashed=squashed, phashes=phashes_of(greys), is_clear=True)
    phashes, is_sure = phashes_of_samples(samples[View.PLAIN])
    # What is too flat for its hash to mean anything needs no better one.
    flat = pdq is None or pdq.quality < MIN_PDQ_QUALITY - _NEARLY
    enough = min(greys.shape) >= MIN_TRIMMED_CELLS
    clear = flat or (is_sure and is_clear(samples[View.BLURRED]))
    return Look(pdq=pdq, squashed=squashed, phashes=phashes, is_clear=clear and enough)
