"""
Hash one picture: decode what can be decoded, flatten it, and say aloud what could not.

For the child alone: it imports Pillow and sets its limits for the whole
process. Nothing here raises for what the bytes are; a code says it instead.
"""

from __future__ import annotations

import hashlib
import io
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, replace

import imagehash
import numpy as np
from numpy.typing import NDArray
from PIL import AvifImagePlugin, Image, ImageFile, MpoImagePlugin

from domain.fingerprints import MIN_PDQ_QUALITY, MediaStatus
from fingerprint.answers import Format, PictureHashes, Reason
from fingerprint.pdq import Floats, pdq_of

MAX_PIXELS = 50_000_000
MAX_SIDE = 30_000
MAX_ASPECT = 100
STRIP_PIXELS = 1 << 21  # rows are flattened by strips, so that a large picture is in memory once

# Browsers show a truncated picture as far as it goes, so leaving it out would be a way to hide.
ImageFile.LOAD_TRUNCATED_IMAGES = True
# Pillow's own check stops what a format's opener would allocate before the size can be looked at.
Image.MAX_IMAGE_PIXELS = MAX_PIXELS
# Threads cannot be started under lock-down, and libavif then fails without a word.
AvifImagePlugin.DEFAULT_MAX_THREADS = 1
# The JPEG opener imports this one in the middle of its work; later the child may open no file.
_ = MpoImagePlugin

_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_ORIENTATION = 0x0112  # EXIF's tag


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageFingerprint:
    """
    Hashes of one picture: digests of its bytes, and of what it shows.

    `pdq_dihedral`: 8 values of 32 bytes in the order original, rotate 90, 180,
    270, flip vertical, flip horizontal, rotate 90 + flip vertical, rotate 90 +
    flip horizontal; empty where `pdq` is None.
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
    )


def hash_picture(untrusted_bytes: bytes) -> PictureHashes:
    """Return what the picture shows as hashes; HASHED, LOW_QUALITY, or UNDECODABLE with a reason."""
    kind = sniff(untrusted_bytes)
    failed = PictureHashes(status=MediaStatus.UNDECODABLE, format=kind)
    if kind is Format.NONE:
        return replace(failed, reason=Reason.NOT_AN_IMAGE if untrusted_bytes else Reason.EMPTY)
    try:
        with warnings.catch_warnings():
            # Pillow warns in words that quote the file.
            warnings.simplefilter("ignore")
            return _decoded(untrusted_bytes, kind, failed)
    except Image.DecompressionBombError:
        return replace(failed, reason=Reason.TOO_MANY_PIXELS)
    except MemoryError:
        return replace(failed, reason=Reason.OUT_OF_MEMORY)
    except Exception:  # noqa: BLE001 - hostile bytes raise anything; a code says enough
        return replace(failed, reason=Reason.DAMAGED)


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


def _decoded(untrusted_bytes: bytes, kind: Format, failed: PictureHashes) -> PictureHashes:
    with Image.open(io.BytesIO(untrusted_bytes), formats=[kind.name]) as opened:
        reason = over_limit(*opened.size)
        if reason:
            return replace(failed, reason=reason, width=opened.width, height=opened.height)
        opened.load()
        picture = _turned(opened)
    width, height = picture.size
    grey = Image.new("L", picture.size)
    pdq = pdq_of(_rows(picture, grey), height=height, width=width)
    del picture
    quality = pdq.quality if pdq else 0
    weak = Reason.NONE if quality >= MIN_PDQ_QUALITY else Reason.LOW_DETAIL
    return PictureHashes(
        status=MediaStatus.LOW_QUALITY if weak else MediaStatus.HASHED,
        reason=weak if pdq else Reason.TOO_SMALL,
        format=kind,
        width=width,
        height=height,
        pdq_quality=quality,
        pdq_dihedral=pdq.dihedral if pdq else (),
        phash=phash_of(grey),
    )


def phash_of(grey: Image.Image) -> bytes:
    """Return the 8 bytes whose hex is `str(imagehash.phash(grey))`."""
    return bytes.fromhex(str(imagehash.phash(grey)))


def _turned(picture: Image.Image) -> Image.Image:
    try:
        orientation = picture.getexif().get(_ORIENTATION)
    except Exception:  # noqa: BLE001 - broken EXIF must not hide the picture it belongs to
        orientation = None
    turn = _TURNS.get(orientation) if isinstance(orientation, int) else None
    return picture.transpose(turn) if turn is not None else picture


def _rows(picture: Image.Image, grey: Image.Image) -> Iterator[Floats]:
    """Yield unrounded luma by strips of rows, and leave the rounded one in `grey`."""
    width, height = picture.size
    step = max(1, STRIP_PIXELS // width)
    for top in range(0, height, step):
        box = (0, top, width, min(top + step, height))
        flat = flattened(picture if step >= height else picture.crop(box))
        grey.paste(flat if flat.mode == "L" else flat.convert("L"), box)
        yield np.asarray(flat.convert("F"))


def flattened(picture: Image.Image) -> Image.Image:
    """Return the picture as L or RGB, on white where it is transparent."""
    if picture.mode.startswith("I"):  # 16 bits a pixel: Pillow would cut them off at 255
        return Image.fromarray(_high_bytes(picture))
    if picture.has_transparency_data:
        colour = picture.convert("RGBA")
        white = Image.new("RGBA", picture.size, "white")
        return Image.alpha_composite(white, colour).convert("RGB")
    return picture if picture.mode in {"L", "RGB"} else picture.convert("RGB")


def _high_bytes(picture: Image.Image) -> NDArray[np.uint8]:
    values = np.asarray(picture).astype(np.int64)
    return (np.clip(values, 0, 0xFFFF) >> 8).astype(np.uint8)


_MAGIC = {
    b"\xff\xd8\xff": Format.JPEG,
    b"\x89PNG\r\n\x1a\n": Format.PNG,
    b"GIF87a": Format.GIF,
    b"GIF89a": Format.GIF,
    b"BM": Format.BMP,
}
