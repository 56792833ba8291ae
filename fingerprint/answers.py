"""
Say what a child may answer: small numbers and hashes of fixed length.

Only these numbers and fixed-length hashes leave the child; a library's own
words about a hostile file never do.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

from domain.fingerprints import MIN_PDQ_QUALITY, MediaStatus, SampledFrame


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
    NO_PICTURES = 10  # a container of sound or text, without a stream of pictures
    UNKNOWN_CODEC = 11  # its pictures are packed in a way that is not decoded
    # Below here the parent speaks: the child could not.
    TIMEOUT = 32
    CRASHED = 33
    TOO_LARGE = 34
    SAMPLED = 35  # hashed by parts: too large to be read whole

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
    MP4 = 7  # and MOV, 3GP: one family
    MATROSKA = 8  # and WebM
    AVI = 9
    MPEG_TS = 10
    MPEG_PS = 11
    FLV = 12
    OGG = 13

    @property
    def is_container(self) -> bool:
        """Return whether it holds videos, which can be sampled by parts."""
        return self >= Format.MP4

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
    eight, of the picture squashed, trimmed, or both. A picture has both pHashes,
    of 64 bits and of 256, or neither. Empty or None where nothing was decoded.
    `frames` are those of what moves, by time.
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
    phash256: bytes | None = None
    phash256_trimmed: bytes | None = None
    frames: tuple[SampledFrame, ...] = ()


def status_of(frames: Sequence[SampledFrame]) -> MediaStatus:
    """Return what frames alone say of a media item: one that tells is enough."""
    if not frames:
        return MediaStatus.UNDECODABLE
    telling = any(frame.pdq_quality >= MIN_PDQ_QUALITY for frame in frames)
    return MediaStatus.HASHED if telling else MediaStatus.LOW_QUALITY
