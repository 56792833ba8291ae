"""Say what people decided about leads, and what two of them together put on the hotline's own list."""

from __future__ import annotations

from enum import StrEnum


class Verdict(StrEnum):
    """What a person holds a lead's material to be."""

    ILLEGAL = "illegal"
    NOT_ILLEGAL = "not-illegal"
    DOUBTFUL = "doubtful"


class Basis(StrEnum):
    """What an assessment rests on; only the first two may ever be told others as more than suspected."""

    EXACT_HASH = "exact-hash"  # of an accredited list
    VIEWED = "viewed"  # at its source, by the person who says so
    TEXT_ONLY = "text-only"
    GONE = "gone"  # before anybody could look
