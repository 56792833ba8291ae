from __future__ import annotations

import hashlib
import inspect
import io
from collections.abc import Callable

import imagehash
import numpy as np
import pdqhash
import pytest
from PIL import Image, ImageOps, PngImagePlugin

from domain.fingerprints import MediaStatus
from fingerprint.answers import Format, Reason
from fingerprint.image import ImageFingerprint, fingerprint_image, over_limit, sniff
from tests.fingerprint.pictures import bits_apart, encoded, photo

PICTURE = photo(420, 300, seed=5)


def expected(picture: Image.Image) -> tuple[bytes, str, str]:
    flat = picture.convert("RGB")
    bits, _ = pdqhash.compute(np.asarray(flat))
    return np.packbits(bits).tobytes(), str(imagehash.phash(flat)), str(imagehash.phash(flat, hash_size=16))


def assert_shows(file: bytes, picture: Image.Image, *, within: int = 2) -> ImageFingerprint:
    found = fingerprint_image(file)
    pdq, phash, phash256 = expected(picture)
    assert found.status is MediaStatus.HASHED
    assert found.pdq is not None
    assert found.phash is not None
    assert found.phash256 is not None
    assert bits_apart(found.pdq, pdq) <= within
    assert bits_apart(found.phash, bytes.fromhex(phash)) <= within
    assert bits_apart(found.phash256, bytes.fromhex(phash256)) <= 2 * within
    assert (found.width, found.height) == picture.size
    assert found.pdq_dihedral[0] == found.pdq
    return found


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("JPEG", {"quality": 90}),
        ("JPEG", {"quality": 60, "progressive": True}),
        ("PNG", {}),
        ("GIF", {}),
        ("WEBP", {"quality": 80}),
        ("WEBP", {"lossless": True}),
        ("AVIF", {"quality": 80, "speed": 10}),
        ("BMP", {}),
    ],
)
def test_each_format_is_hashed_as_the_reference_hashes_its_pixels(kind: str, options: dict[str, object]) -> None:
    file = encoded(PICTURE, kind, **options)
    with Image.open(io.BytesIO(file)) as decoded:
        found = assert_shows(file, decoded.convert("RGB"), within=0)
    assert found.format == kind.lower()
    assert found.reason == ""


def test_the_digests_are_of_the_bytes() -> None:
    file = encoded(PICTURE, "PNG")
    found = fingerprint_image(file)
    assert found.md5 == hashlib.md5(file).hexdigest()  # noqa: S324 - lists come in it
    assert found.sha1 == hashlib.sha1(file).hexdigest()  # noqa: S324 - same
    assert found.sha256 == hashlib.sha256(file).hexdigest()


def palette_with_alpha(picture: Image.Image) -> Image.Image:
    return picture.convert("RGBA").quantize(200)


def sixteen_bits(picture: Image.Image) -> Image.Image:
    return Image.fromarray((np.asarray(picture.convert("L")).astype(np.uint16) << 8) + 37)


MODES: dict[str, tuple[Callable[[Image.Image], Image.Image], str, int]] = {
    "L": (lambda picture: picture.convert("L"), "PNG", 2),
    "LA": (lambda picture: picture.convert("LA"), "PNG", 2),
    "P": (lambda picture: picture.quantize(256), "PNG", 12),
    "P with alpha": (palette_with_alpha, "PNG", 12),
    "RGBA": (lambda picture: picture.convert("RGBA"), "PNG", 0),
    "RGBA WebP": (lambda picture: picture.convert("RGBA"), "WEBP", 10),
    "I;16": (sixteen_bits, "PNG", 2),
    "CMYK": (lambda picture: picture.convert("CMYK"), "JPEG", 6),
    "L JPEG": (lambda picture: picture.convert("L"), "JPEG", 6),
    "1": (lambda picture: picture.convert("1"), "PNG", 40),
    "P BMP": (lambda picture: picture.quantize(256), "BMP", 12),
}


@pytest.mark.parametrize("name", MODES)
def test_each_mode_shows_the_same_picture(name: str) -> None:
    change, kind, within = MODES[name]
    assert_shows(encoded(change(PICTURE), kind), PICTURE, within=within)


def test_transparency_lies_on_white() -> None:
    mask = Image.linear_gradient("L").resize(PICTURE.size)
    clear = PICTURE.copy()
    clear.putalpha(mask)
    on_white = Image.composite(PICTURE, Image.new("RGB", PICTURE.size, "white"), mask)
    assert_shows(encoded(clear, "PNG"), on_white)
    assert_shows(encoded(clear, "WEBP", lossless=True), on_white)


def test_a_colour_declared_transparent_lies_on_white() -> None:
    black = PICTURE.copy()
    black.paste((1, 2, 3), (0, 0, 210, 300))
    white = PICTURE.copy()
    white.paste((255, 255, 255), (0, 0, 210, 300))
    assert_shows(encoded(black, "PNG", transparency=(1, 2, 3)), white)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_the_exif_turn_is_undone(orientation: int, kind: str) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    file = encoded(PICTURE, kind, exif=exif, quality=90)
    with Image.open(io.BytesIO(file)) as decoded:
        assert_shows(file, ImageOps.exif_transpose(decoded).convert("RGB"), within=0)


def test_broken_exif_does_not_hide_the_picture() -> None:
    file = encoded(PICTURE, "JPEG", exif=b"Exif\x00\x00MM\x00*\xff\xff\xff\xff\x00\x01")
    assert fingerprint_image(file).status is MediaStatus.HASHED


def test_the_first_frame_stands_for_an_animation() -> None:
    other = photo(420, 300, seed=6)
    for kind in ("GIF", "WEBP", "PNG"):
        still, moving = encoded(PICTURE, kind), encoded(PICTURE, kind, save_all=True, append_images=[other])
        one, many = fingerprint_image(still), fingerprint_image(moving)
        assert one.pdq is not None
        assert many.pdq is not None
        assert bits_apart(one.pdq, many.pdq) <= 8


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "GIF", "BMP"])
def test_what_browsers_show_of_a_truncated_file_is_hashed(kind: str) -> None:
    file = encoded(PICTURE, kind)
    found = fingerprint_image(file[: len(file) * 95 // 100])
    pdq, _, _ = expected(PICTURE)
    assert found.status is MediaStatus.HASHED
    assert found.pdq is not None
    assert bits_apart(found.pdq, pdq) <= 60


@pytest.mark.parametrize(
    ("file", "reason", "kind"),
    [
        (b"", "empty", ""),
        (b"tin lanterns and blue kites", "not_an_image", ""),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "not_an_image", ""),
        (b"%PDF-1.7", "not_an_image", ""),
        (b"%!PS-Adobe-3.0 EPSF-3.0", "not_an_image", ""),
        (b"II*\x00\x08\x00\x00\x00", "not_an_image", ""),
        (b"\x89PNG\r\n\x1a\nnothing", "damaged", "png"),
        (b"\xff\xd8\xff\xe0", "damaged", "jpeg"),
        (b"RIFF\x00\x00\x00\x00WEBPVP8 ", "damaged", "webp"),
        (b"\x00\x00\x00\x1cftypavif\x00\x00\x00\x00", "damaged", "avif"),
    ],
)
def test_what_is_no_picture_is_said_to_be_none_and_keeps_its_digest(file: bytes, reason: str, kind: str) -> None:
    found = fingerprint_image(file)
    assert (found.status, found.reason, found.format) == (MediaStatus.UNDECODABLE, reason, kind)
    assert found.sha256 == hashlib.sha256(file).hexdigest()
    assert (found.pdq, found.phash, found.pdq_dihedral, found.pdq_quality) == (None, None, (), 0)


@pytest.mark.parametrize("extra", ["TIFF", "ICO", "PPM", "TGA", "PCX", "JPEG2000"])
def test_other_formats_of_pillow_are_not_decoded(extra: str) -> None:
    assert fingerprint_image(encoded(PICTURE, extra)).reason == "not_an_image"


def test_limits_are_told_apart_and_read_from_the_header() -> None:
    assert over_limit(50_000, 1_000_000) is Reason.TOO_MANY_PIXELS
    assert over_limit(30_001, 1_000) is Reason.SIDE_TOO_LONG
    assert over_limit(2_001, 20) is Reason.TOO_NARROW
    assert over_limit(2_000, 20) is Reason.NONE
    assert over_limit(7_071, 7_071) is Reason.NONE
    narrow = fingerprint_image(encoded(Image.new("L", (10_100, 100)), "PNG"))
    assert (narrow.reason, narrow.width, narrow.height) == ("too_narrow", 10_100, 100)


def test_a_flat_picture_is_said_to_be_of_low_quality() -> None:
    found = fingerprint_image(encoded(Image.new("RGB", (200, 100), "navy"), "PNG"))
    assert (found.status, found.reason) == (MediaStatus.LOW_QUALITY, "low_detail")
    assert found.pdq is not None
    tiny = fingerprint_image(encoded(Image.new("RGB", (1, 1)), "PNG"))
    assert (tiny.status, tiny.reason, tiny.pdq) == (MediaStatus.LOW_QUALITY, "too_small", None)


def test_texts_inside_a_picture_file_do_not_come_back() -> None:
    words = PngImagePlugin.PngInfo()
    words.add_text("Comment", "tin lanterns")
    found = fingerprint_image(encoded(PICTURE, "PNG", pnginfo=words))
    assert "lanterns" not in repr(found)


def test_sniffing_needs_no_library() -> None:
    assert sniff(encoded(PICTURE, "WEBP")) is Format.WEBP
    assert sniff(encoded(PICTURE, "AVIF", speed=10)) is Format.AVIF
    assert sniff(b"") is Format.NONE


def test_the_entry_point_is_what_the_contract_says() -> None:
    assert list(inspect.signature(fingerprint_image).parameters) == ["untrusted_bytes"]
