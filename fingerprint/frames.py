"""
Lay out what passes between parent and child, and believe none of it unmeasured.

Every frame is a header (kind, job, length) and a body. The child is taken to be
in hostile hands: a frame of another kind, length or job, or a number out of
its bounds, means that this child is lost.

A job is a file, whole, or the offer to read from one that is too large for
that. The child answers in the end; before that it may tell what it has found
so far, and ask for parts of what was offered.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum

from domain.fingerprints import PDQ_BYTES, PHASH256_BYTES, PHASH_BYTES, MediaStatus, SampledFrame
from fingerprint.answers import Format, PictureHashes, Reason
from fingerprint.layers import Layer

HEADER = struct.Struct("!BIQ")  # kind, job, length of the body
VARIANTS = 8
OTHER_SETS = 3  # squashed, trimmed, both
MAX_CLAIMED_SIDE = 0xFFFFFFFF  # a picture over the limits is reported with the size it claims
_SET_BYTES = VARIANTS * PDQ_BYTES
_PHASHES = f"{PHASH_BYTES}s{PHASH_BYTES}s{PHASH256_BYTES}s{PHASH256_BYTES}s"
_ANSWER = struct.Struct(f"!BBBIIBBB{_SET_BYTES}s{OTHER_SETS * _SET_BYTES}s{_PHASHES}")
_HELLO = struct.Struct("!HB")
_SAMPLE = struct.Struct(f"!IBB{_SET_BYTES}s{OTHER_SETS * _SET_BYTES}s")
_OFFER = struct.Struct("!QQI")
_READ = struct.Struct("!QI")
ANSWER_BYTES = _ANSWER.size
HELLO_BYTES = _HELLO.size
SAMPLE_BYTES = _SAMPLE.size
OFFER_BYTES = _OFFER.size
READ_BYTES = _READ.size
MAX_READ = 1 << 20  # bytes of one piece
MAX_AT_MS = 0xFFFFFFFF
_HAS_PDQ, _HAS_PHASHES, _HAS_TRIMMED_PHASHES = 1, 2, 4  # a picture has both pHashes, or none
_FLAGS = _HAS_PDQ | _HAS_PHASHES | _HAS_TRIMMED_PHASHES
_STATUSES = (MediaStatus.HASHED, MediaStatus.LOW_QUALITY, MediaStatus.UNDECODABLE)
_MAX_QUALITY = 100


class Kind(IntEnum):
    """What a frame is about."""

    HELLO = 1  # child: ready; which formats it decodes, which layers of its lock-down are missing
    JOB = 2  # parent: here is one media item, whole
    ANSWER = 3  # child: its hashes; the job is done
    FIRST = 4  # child: those of the first picture; frames of the others may follow
    SAMPLE = 5  # child: one frame of what moves
    OFFER = 6  # parent: here is one media item, to be read from
    READ = 7  # child: bytes from here, so many
    PIECE = 8  # parent: they, or as many as there are


class BadFrame(Exception):
    """The child sent something that no honest child sends."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """A media item to be read from: its size, and how many bytes and how often at the most."""

    size: int
    bytes: int
    reads: int


def packed_offer(job: int, offer: Offer) -> bytes:
    """Return the parent's frame for a media item that is too large to be handed over whole."""
    return HEADER.pack(Kind.OFFER, job, OFFER_BYTES) + _OFFER.pack(offer.size, offer.bytes, offer.reads)


def unpacked_offer(body: bytes) -> Offer:
    """Return what the parent offers; it is believed."""
    size, most, reads = _OFFER.unpack(body)
    return Offer(size=size, bytes=most, reads=reads)


def packed_read(job: int, offset: int, length: int) -> bytes:
    """Return the child's question for a piece."""
    return HEADER.pack(Kind.READ, job, READ_BYTES) + _READ.pack(offset, length)


def unpacked_read(untrusted_body: bytes, *, size: int) -> tuple[int, int]:
    """Return (offset, length) of a piece within a file of this size; raises BadFrame otherwise."""
    offset, length = _READ.unpack(untrusted_body)
    if not 0 < length <= MAX_READ or offset + length > size:
        raise BadFrame
    return offset, length


def packed_sample(job: int, frame: SampledFrame) -> bytes:
    """Return the child's frame for one picture of what moves."""
    body = _SAMPLE.pack(
        frame.at_ms,
        frame.pdq_quality,
        len(frame.pdq_others) // VARIANTS,
        b"".join(frame.pdq_dihedral),
        b"".join(frame.pdq_others),
    )
    return HEADER.pack(Kind.SAMPLE, job, SAMPLE_BYTES) + body


def unpacked_sample(untrusted_body: bytes) -> SampledFrame:
    """Return the sampled picture with every number within its bounds; raises BadFrame otherwise."""
    at_ms, quality, sets, dihedral, others = _SAMPLE.unpack(untrusted_body)
    if quality > _MAX_QUALITY or sets > OTHER_SETS:
        raise BadFrame
    return SampledFrame(
        at_ms=at_ms, pdq_quality=quality, pdq_dihedral=_cut(dihedral), pdq_others=_cut(others[: sets * _SET_BYTES])
    )


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


def packed_answer(job: int, hashes: PictureHashes, *, kind: Kind = Kind.ANSWER) -> bytes:
    """Return the child's answer to a job, or the first part of it; frames go by themselves."""
    flags = _HAS_PDQ * bool(hashes.pdq_dihedral)
    flags |= _HAS_PHASHES * (hashes.phash is not None)
    flags |= _HAS_TRIMMED_PHASHES * (hashes.phash_trimmed is not None)
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
        hashes.phash256 or b"",
        hashes.phash256_trimmed or b"",
    )
    return HEADER.pack(kind, job, ANSWER_BYTES) + body


def unpacked_answer(untrusted_body: bytes) -> PictureHashes:
    """Return the answer with every number within its bounds; raises BadFrame otherwise."""
    *numbers, dihedral, others, phash, phash_trimmed, phash256, phash256_trimmed = _ANSWER.unpack(untrusted_body)
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
            phash=phash if flags & _HAS_PHASHES else None,
            phash_trimmed=phash_trimmed if flags & _HAS_TRIMMED_PHASHES else None,
            phash256=phash256 if flags & _HAS_PHASHES else None,
            phash256_trimmed=phash256_trimmed if flags & _HAS_TRIMMED_PHASHES else None,
        )
    except (IndexError, ValueError):
        raise BadFrame from None  # its words quote the child's number
    hashed = answer.status is not MediaStatus.UNDECODABLE
    # A video has frames and no hash of its own.
    hashed = hashed and not answer.format.is_container
    out_of_bounds = quality > _MAX_QUALITY or flags > _FLAGS or sets > OTHER_SETS or reason >= Reason.TIMEOUT
    if out_of_bounds or (flags and not hashed) or (sets and not flags & _HAS_PDQ):
        raise BadFrame
    return answer


def checked_header(untrusted_header: bytes, *, job: int, awaited: Mapping[Kind, int]) -> Kind:
    """Return the kind of the frame, one of those awaited and of just its length; raises BadFrame otherwise."""
    kind, of_job, length = HEADER.unpack(untrusted_header)
    if of_job != job or awaited.get(kind) != length:
        raise BadFrame
    return Kind(kind)


def _cut(dihedral: bytes) -> tuple[bytes, ...]:
    return tuple(dihedral[at : at + PDQ_BYTES] for at in range(0, len(dihedral), PDQ_BYTES))
