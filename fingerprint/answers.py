"""
Say what a child may answer: small numbers and hashes of fixed length.

Only these numbers and fixed-length hashes leave the child; a library's own
words about a hostile file never do.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from domain.fingerprints import MediaStatus


class Reason(IntEnum):
    """Why a media item has no hashes, or weak ones."""

    NONE = 0
    NOT_AN_IMAGE = 1  # none of the formats that are decoded
    DAMAGED = 2  # begins like one, and cannot be decoded
    EMPTY = 3
    TOO_MANY_PIXELS = 4
    SIDE_TOO_LONG = 5
    TOO_NARROW = 6  # one side more than 100 times the other
    OUT_OF_MEMORY = 7
    LOW_DETAIL = 8  # hashed, but too flat for PDQ to mean anything
    TOO_SMALL = 9  # fewer pixels a side than PDQ is defined for
    # Below here the parent speaks: the child could not.
    TIMEOUT = 32
    CRASHED = 33
    TOO_LARGE = 34

    @property
    def code(self) -> str:
        """Return the word that is stored and shown; empty for no reason."""
        return self.name.lower() if self else ""


class Format(IntEnum):
    """The file formats that are decoded. Anything with scripts, fonts or pages is not among them."""

    NONE = 0
    JPEG = 1
    PNG = 2
    GIF = 3
    WEBP = 4
    AVIF = 5
    BMP = 6

    @property
    def code(self) -> str:
        """Return the word that is stored and shown; empty for none."""
        return self.name.lower() if self else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PictureHashes:
    """
    What decoding gave, without the digests of the bytes.

    Width and height are those of the picture as shown, after its EXIF turn; for
    a picture over a limit those it claims. `pdq_others` is up to three sets of
    eight, of the picture squashed, trimmed, or both. Empty or None where nothing
    was decoded.
    """

    status: MediaStatus
    reason: Reason = Reason.NONE
    format: Format = Format.NONE
    width: int = 0
    height: int = 0
    pdq_quality: int = 0
    pdq_dihedral: tuple[bytes, ...] = ()
    pdq_others: tuple[bytes, ...] = ()
    phash: bytes | None = None
    phash_trimmed: bytes | None = None
