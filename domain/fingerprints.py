"""
Say what is kept of one media item: hashes, sizes, or why there are none.

A fingerprint holds no part of the picture. Bytes that arrive by `MediaSource`
die in the fingerprint child; only what is declared here comes back.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

PDQ_BYTES = 32
PHASH_BYTES = 8
PHASH256_BYTES = 32
MIN_PDQ_QUALITY = 50  # below this PDQ says little; lists and peers discard ≤ 49
MAX_FRAMES = 32  # sampled of one moving picture


class MediaStatus(StrEnum):
    """What became of one media item."""

    HASHED = "hashed"
    LOW_QUALITY = "low_quality"  # hashed, but too flat for its PDQ to mean anything
    UNDECODABLE = "undecodable"  # digests only
    REJECTED = "rejected"  # over a limit, or no media by its beginning; no digest, for not every byte was read
    PENDING = "pending"  # not read yet; a later visit tries again
    UNREACHABLE = "unreachable"  # given up after the last try
    NOT_AUTHORISED = "not_authorised"  # the mandate's scope does not cover media

    @property
    def is_final(self) -> bool:
        """Return whether no later visit can learn more."""
        return self not in {MediaStatus.PENDING, MediaStatus.NOT_AUTHORISED}


class Covers(StrEnum):
    """How much of what was posted a fingerprint speaks for."""

    WHOLE = "whole"  # every byte was read
    SAMPLED = "sampled"  # parts of a file too large to be read whole; it has no digests
    THUMBNAIL = "thumbnail"  # a small picture that stands for a video or document


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolHealth:
    """How the child processes stand: alive and at work; since the start, jobs done and children that began anew."""

    children: int
    busy: int
    jobs: int
    restarts: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SampledFrame:
    """
    Hashes of one picture of a video or an animation, shown `at_ms` after its beginning.

    `pdq_dihedral` and `pdq_others` are as in `Fingerprint`; `pdq_dihedral` is
    never empty.
    """

    at_ms: int
    pdq_quality: int
    pdq_dihedral: tuple[bytes, ...]
    pdq_others: tuple[bytes, ...] = ()

    @property
    def pdq(self) -> bytes:
        """Return the hash of the picture as shown."""
        return self.pdq_dihedral[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fingerprint:
    """
    Hashes of one media item, or the reason there are none.

    `pdq_dihedral` holds eight hashes of 32 bytes in the order original, rotate
    90, 180, 270, flip vertical, flip horizontal, rotate 90 + flip vertical,
    rotate 90 + flip horizontal; empty where `pdq` is None. `pdq_others` holds
    further sets of eight in that order, of the same picture prepared as others
    do it: squashed to 512 by 512, its uniform border trimmed, or both; only
    sets that differ and say something. `phash_trimmed` is pHash without the
    border, None where there is none; `phash256` and `phash256_trimmed` are
    the wide ones of 256 bits, which fingerprints of before had not. Digests are lower-case hex, None unless
    every byte was read. `frames` are those sampled of a video, which has no
    hash of its own, or of an animation, whose own hash is that of its first
    picture; by time.
    """

    status: MediaStatus
    reason: str = ""
    format: str = ""
    width: int = 0
    height: int = 0
    size: int = 0
    md5: str | None = None
    sha1: str | None = None
    sha256: str | None = None
    pdq: bytes | None = None
    pdq_quality: int = 0
    pdq_dihedral: tuple[bytes, ...] = ()
    pdq_others: tuple[bytes, ...] = ()
    phash: bytes | None = None
    phash_trimmed: bytes | None = None
    phash256: bytes | None = None
    phash256_trimmed: bytes | None = None
    frames: tuple[SampledFrame, ...] = ()
    covers: Covers = Covers.WHOLE
