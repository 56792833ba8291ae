"""
Lay out what passes between parent and child, and believe none of it unmeasured.

Every frame is a header (kind, job, length) and a body. The child is taken to be
in hostile hands: a frame of another kind, length or job, or a number out of
its bounds, means that this child is lost.
"""

from __future__ import annotations

import struct
from enum import IntEnum

from domain.fingerprints import PDQ_BYTES, PHASH_BYTES, MediaStatus
from fingerprint.answers import Format, PictureHashes, Reason
from fingerprint.layers import Layer

HEADER = struct.Struct("!BIQ")  # kind, job, length of the body
VARIANTS = 8
OTHER_SETS = 3  # squashed, trimmed, both
MAX_CLAIMED_SIDE = 0xFFFFFFFF  # a picture over the limits is reported with the size it claims
_SET_BYTES = VARIANTS * PDQ_BYTES
_ANSWER = struct.Struct(f"!BBBIIBBB{_SET_BYTES}s{OTHER_SETS * _SET_BYTES}s{PHASH_BYTES}s{PHASH_BYTES}s")
_HELLO = struct.Struct("!HB")
ANSWER_BYTES = _ANSWER.size
HELLO_BYTES = _HELLO.size
_HAS_PDQ, _HAS_PHASH, _HAS_TRIMMED_PHASH = 1, 2, 4
_FLAGS = _HAS_PDQ | _HAS_PHASH | _HAS_TRIMMED_PHASH
_STATUSES = (MediaStatus.HASHED, MediaStatus.LOW_QUALITY, MediaStatus.UNDECODABLE)
_MAX_QUALITY = 100


class Kind(IntEnum):
    """What a frame is about."""

    HELLO = 1  # child: ready; which formats it decodes, which layers of its lock-down are missing
    JOB = 2  # parent: here is one media item, whole
    ANSWER = 3  # child: its hashes


class BadFrame(Exception):
    """The child sent something that no honest child sends."""


def packed_hello(formats: frozenset[Format], missing: frozenset[Layer]) -> bytes:
    """Return the child's first frame, sent before it has seen any byte of others."""
    body = _HELLO.pack(sum(1 << kind for kind in formats), sum(1 << layer for layer in missing))
    return HEADER.pack(Kind.HELLO, 0, HELLO_BYTES) + body


def unpacked_hello(untrusted_body: bytes) -> tuple[frozenset[Format], frozenset[Layer]]:
    """Return the formats the child says it decodes, and the layers it says are missing."""
    formats, missing = _HELLO.unpack(untrusted_body)
    return (
        frozenset(kind for kind in Format if kind and formats >> kind & 1),
        frozenset(layer for layer in Layer if missing >> layer & 1),
    )


def packed_answer(job: int, hashes: PictureHashes) -> bytes:
    """Return the child's answer to a job."""
    flags = _HAS_PDQ * bool(hashes.pdq_dihedral)
    flags |= _HAS_PHASH * (hashes.phash is not None)
    flags |= _HAS_TRIMMED_PHASH * (hashes.phash_trimmed is not None)
    body = _ANSWER.pack(
        _STATUSES.index(hashes.status),
        hashes.reason,
        hashes.format,
        min(hashes.width, MAX_CLAIMED_SIDE),
        min(hashes.height, MAX_CLAIMED_SIDE),
        hashes.pdq_quality,
        flags,
        len(hashes.pdq_others) // VARIANTS,
        b"".join(hashes.pdq_dihedral),
        b"".join(hashes.pdq_others),
        hashes.phash or b"",
        hashes.phash_trimmed or b"",
    )
    return HEADER.pack(Kind.ANSWER, job, ANSWER_BYTES) + body


def unpacked_answer(untrusted_body: bytes) -> PictureHashes:
    """Return the answer with every number within its bounds; raises BadFrame otherwise."""
    *numbers, dihedral, others, phash, trimmed = _ANSWER.unpack(untrusted_body)
    status, reason, kind, width, height, quality, flags, sets = numbers
    try:
        answer = PictureHashes(
            status=_STATUSES[status],
            reason=Reason(reason),
            format=Format(kind),
            width=width,
            height=height,
            pdq_quality=quality,
            pdq_dihedral=_cut(dihedral) if flags & _HAS_PDQ else (),
            pdq_others=_cut(others[: sets * _SET_BYTES]),
            phash=phash if flags & _HAS_PHASH else None,
            phash_trimmed=trimmed if flags & _HAS_TRIMMED_PHASH else None,
        )
    except (IndexError, ValueError):
        raise BadFrame from None  # its words quote the child's number
    hashed = answer.status is not MediaStatus.UNDECODABLE
    out_of_bounds = quality > _MAX_QUALITY or flags > _FLAGS or sets > OTHER_SETS or reason >= Reason.TIMEOUT
    if out_of_bounds or (flags and not hashed) or (sets and not flags & _HAS_PDQ):
        raise BadFrame
    return answer


def checked_header(untrusted_header: bytes, *, kind: Kind, job: int, length: int) -> None:
    """Raise BadFrame unless the header announces exactly what is awaited."""
    if HEADER.unpack(untrusted_header) != (kind, job, length):
        raise BadFrame


def _cut(dihedral: bytes) -> tuple[bytes, ...]:
    return tuple(dihedral[at : at + PDQ_BYTES] for at in range(0, len(dihedral), PDQ_BYTES))
