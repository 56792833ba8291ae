"""
Hash one picture: decode what can be decoded, flatten it, and say aloud what could not.

For the child alone: it imports Pillow and sets its limits for the whole
process. Nothing here raises for what the bytes are; a code says it instead.
"""

from __future__ import annotations

import hashlib
import io
import warnings
from dataclasses import dataclass

from PIL import AvifImagePlugin, Image, ImageFile, MpoImagePlugin

from domain.fingerprints import MIN_PDQ_QUALITY, MediaStatus
from fingerprint.answers import Format, PictureHashes, Reason
from fingerprint.axis import Side
from fingerprint.frames import VARIANTS
from fingerprint.looks import Look, looks_of
from fingerprint.luma import Luma, reduce_decoding, shown

MAX_PIXELS = 50_000_000
MAX_SIDE = 30_000
MAX_ASPECT = 100

# Browsers show a truncated picture as far as it goes, so leaving it out would be a way to hide.
ImageFile.LOAD_TRUNCATED_IMAGES = True
# Pillow's own check stops what a format's opener would allocate before the size can be looked at.
Image.MAX_IMAGE_PIXELS = MAX_PIXELS
# Threads cannot be started under lock-down, and libavif then fails without a word.
AvifImagePlugin.DEFAULT_MAX_THREADS = 1
# The JPEG opener imports this one in the middle of its work; later the child may open no file.
_ = MpoImagePlugin


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageFingerprint:
    """
    Hashes of one picture: digests of its bytes, and of what it shows.

    `pdq_dihedral`: 8 values of 32 bytes in the order original, rotate 90, 180,
    270, flip vertical, flip horizontal, rotate 90 + flip vertical, rotate 90 +
    flip horizontal; empty where `pdq` is None. `pdq_others`: further sets in
    that order, of the picture squashed, trimmed of its border, or both.
    """

    status: MediaStatus
    reason: str
    format: str
    width: int
    height: int
    md5: str
    sha1: str
    sha256: str
    pdq: bytes | None
    pdq_quality: int
    pdq_dihedral: tuple[bytes, ...]
    pdq_others: tuple[bytes, ...]
    phash: bytes | None
    phash_trimmed: bytes | None
    phash256: bytes | None
    phash256_trimmed: bytes | None


def fingerprint_image(untrusted_bytes: bytes) -> ImageFingerprint:
    """Return the fingerprint of one picture, decoded in this very process, without the sandbox."""
    hashes = hash_picture(untrusted_bytes)
    return ImageFingerprint(
        status=hashes.status,
        reason=hashes.reason.code,
        format=hashes.format.code,
        width=hashes.width,
        height=hashes.height,
        md5=hashlib.md5(untrusted_bytes, usedforsecurity=False).hexdigest(),
        sha1=hashlib.sha1(untrusted_bytes, usedforsecurity=False).hexdigest(),
        sha256=hashlib.sha256(untrusted_bytes).hexdigest(),
        pdq=hashes.pdq_dihedral[0] if hashes.pdq_dihedral else None,
        pdq_quality=hashes.pdq_quality,
        pdq_dihedral=hashes.pdq_dihedral,
        pdq_others=hashes.pdq_others,
        phash=hashes.phash,
        phash_trimmed=hashes.phash_trimmed,
        phash256=hashes.phash256,
        phash256_trimmed=hashes.phash256_trimmed,
    )


def hash_picture(untrusted_bytes: bytes) -> PictureHashes:
    """Return what the picture shows as hashes; HASHED, LOW_QUALITY, or UNDECODABLE with a reason."""
    kind = sniff(untrusted_bytes)
    if kind is Format.NONE:
        return _failed(kind, Reason.NOT_AN_IMAGE if untrusted_bytes else Reason.EMPTY)
    try:
        with warnings.catch_warnings():
            # Pillow warns in words that quote the file.
            warnings.simplefilter("ignore")
            return _decoded(untrusted_bytes, kind)
    except Image.DecompressionBombError:
        return _failed(kind, Reason.TOO_MANY_PIXELS)
    except MemoryError:
        return _failed(kind, Reason.OUT_OF_MEMORY)
    except Exception:  # noqa: BLE001 - hostile bytes raise anything; a code says enough
        return _failed(kind, Reason.DAMAGED)


def sniff(untrusted_bytes: bytes) -> Format:
    """Return the format that the first bytes promise."""
    for start, kind in _MAGIC.items():
        if untrusted_bytes.startswith(start):
            return kind
    if untrusted_bytes[:4] == b"RIFF" and untrusted_bytes[8:12] == b"WEBP":
        return Format.WEBP
    # The brand may be a general one; the specific is then among those that follow.
    if untrusted_bytes[4:8] == b"ftyp" and any(brand in untrusted_bytes[8:64] for brand in (b"avif", b"avis")):
        return Format.AVIF
    return Format.NONE


def over_limit(width: int, height: int) -> Reason:
    """Return which limit a claimed size breaks, or NONE."""
    if width * height > MAX_PIXELS:
        return Reason.TOO_MANY_PIXELS
    if max(width, height) > MAX_SIDE:
        return Reason.SIDE_TOO_LONG
    if max(width, height) > MAX_ASPECT * min(width, height):
        return Reason.TOO_NARROW
    return Reason.NONE


def _failed(kind: Format, reason: Reason, size: tuple[int, int] = (0, 0)) -> PictureHashes:
    width, height = size
    return PictureHashes(status=MediaStatus.UNDECODABLE, reason=reason, format=kind, width=width, height=height)


def _decoded(untrusted_bytes: bytes, kind: Format) -> PictureHashes:
    with _opened(untrusted_bytes, kind) as opened:
        width, height = opened.size
        reason = over_limit(width, height)
        if reason:
            return _failed(kind, reason, opened.size)
        luma = _loaded(opened, *reduce_decoding(opened))
    looks = looks_of(luma)
    if luma.is_reduced and not all(look.is_clear for look in looks if look):
        with _opened(untrusted_bytes, kind) as opened:
            luma = _loaded(opened, Side(length=height), Side(length=width))
        looks = looks_of(luma)
    return _hashes(luma, kind, *looks)


def _opened(untrusted_bytes: bytes, kind: Format) -> Image.Image:
    return Image.open(io.BytesIO(untrusted_bytes), formats=[kind.name])


def _loaded(opened: Image.Image, down: Side, across: Side) -> Luma:
    opened.load()
    return shown(opened, down, across)


def _hashes(luma: Luma, kind: Format, whole: Look, trimmed: Look | None) -> PictureHashes:
    pdq = whole.pdq
    quality = pdq.quality if pdq else 0
    weak = Reason.NONE if quality >= MIN_PDQ_QUALITY else Reason.LOW_DETAIL
    others = whole.sets[VARIANTS:] if not weak else whole.sets
    rest = trimmed.sets if trimmed and pdq else ()
    bare = trimmed.phashes if trimmed and rest else None
    return PictureHashes(
        status=MediaStatus.LOW_QUALITY if weak else MediaStatus.HASHED,
        reason=weak if pdq else Reason.TOO_SMALL,
        format=kind,
        width=luma.across.length,
        height=luma.down.length,
        pdq_quality=quality,
        pdq_dihedral=pdq.dihedral if pdq else (),
        pdq_others=others + rest,
        phash=whole.phashes.narrow,
        phash_trimmed=bare.narrow if bare else None,
        phash256=whole.phashes.wide,
        phash256_trimmed=bare.wide if bare else None,
    )


_MAGIC = {
    b"\xff\xd8\xff": Format.JPEG,
    b"\x89PNG\r\n\x1a\n": Format.PNG,
    b"GIF87a": Format.GIF,
    b"GIF89a": Format.GIF,
    b"BM": Format.BMP,
}
