"""Reduced decoding, the squash, borders, and pHash without its library."""

from __future__ import annotations

import io
from collections.abc import Callable

import imagehash
import numpy as np
import pdqhash
import pytest
from PIL import Image, ImageOps

from fingerprint.axis import Side, View, centred, shrink, weigh, whole_numbers
from fingerprint.border import inside_border
from fingerprint.image import fingerprint_image
from fingerprint.luma import reduce_decoding
from fingerprint.pdq import is_clear
from fingerprint.phash import phashes_of, shrunk
from tests.fingerprint.drift_set import KINDS, blobs, large, noise
from tests.fingerprint.pictures import bits_apart, encoded, photo

PICTURE = photo(1283, 1029, seed=8)  # neither side is a whole number of cells


def pdq_by_reference(picture: Image.Image) -> bytes:
    bits, _ = pdqhash.compute(np.ascontiguousarray(picture.convert("RGB")))
    return np.packbits(bits).tobytes()


def squashed_by_reference(picture: Image.Image) -> bytes:
    """Hash as the reference command does: the nearest of the picture's pixels, 512 by 512."""
    pixels = np.asarray(picture.convert("RGB"))
    rows, columns = (np.arange(512) * length // 512 for length in pixels.shape[:2])
    return pdq_by_reference(Image.fromarray(np.ascontiguousarray(pixels[rows][:, columns])))


@pytest.mark.parametrize(
    ("size", "scale"),
    [((800, 600), 2), ((1280, 960), 2), ((2560, 1920), 4), ((4100, 2050), 8), ((511, 900), 1), ((300, 200), 1)],
)
def test_a_jpeg_is_decoded_as_small_as_hashing_allows(size: tuple[int, int], scale: int) -> None:
    with Image.open(io.BytesIO(encoded(Image.new("RGB", size), "JPEG"))) as opened:
        down, across = reduce_decoding(opened)
        opened.load()
        assert (down.scale, across.scale, across.length, down.length) == (scale, scale, *size)
        assert opened.size == (len(across.starts), len(down.starts))


@pytest.mark.parametrize("mode", ["CMYK", "PNG"])
def test_what_has_no_luma_of_its_own_is_decoded_whole(mode: str) -> None:
    file = encoded(PICTURE, "PNG") if mode == "PNG" else encoded(PICTURE.convert(mode), "JPEG")
    with Image.open(io.BytesIO(file)) as opened:
        assert reduce_decoding(opened)[0].scale == 1


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_reduced_picture_is_turned_by_its_exif(orientation: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    file = encoded(PICTURE, "JPEG", exif=exif, quality=88)
    with Image.open(io.BytesIO(file)) as opened:
        turned = ImageOps.exif_transpose(opened).convert("RGB")
    found = fingerprint_image(file)
    assert (found.width, found.height) == turned.size
    assert found.pdq is not None
    assert found.phash is not None
    assert bits_apart(found.pdq, pdq_by_reference(turned)) <= 2
    assert bits_apart(found.phash, bytes.fromhex(str(imagehash.phash(turned)))) <= 2


def test_noise_is_decoded_again_in_full() -> None:
    file = encoded(noise(1100, 1200, seed=3), "JPEG", quality=80)
    with Image.open(io.BytesIO(file)) as opened:
        assert fingerprint_image(file).pdq == pdq_by_reference(opened)


@pytest.mark.parametrize("kept", [30, 60, 95])
def test_a_truncated_jpeg_is_hashed_as_far_as_it_goes(kept: int) -> None:
    file = encoded(PICTURE, "JPEG", quality=88)
    file = file[: len(file) * kept // 100]
    with Image.open(io.BytesIO(file)) as opened:
        shown = pdq_by_reference(opened)
    found = fingerprint_image(file)
    assert found.pdq is not None
    assert bits_apart(found.pdq, shown) <= 10


@pytest.mark.parametrize("length", [34, 513, 1029, 4097])
@pytest.mark.parametrize("scale", [1, 2, 8])
@pytest.mark.parametrize("view", View)
def test_a_plain_picture_stays_plain(length: int, scale: int, view: View) -> None:
    side = Side(length=length, scale=scale).flipped()
    plain = np.full((len(side.starts),) * 2, 77, dtype=np.float32)
    (samples,) = shrink([plain], side, side, view)
    assert np.abs(samples - 77).max() < 0.01


def test_cells_of_a_part_remember_how_many_pixels_they_are() -> None:
    side = Side(length=1283, scale=4)
    assert side.starts[[0, 1, -1]].tolist() == [0, 4, 1280]
    assert side.flipped().starts[[0, 1, 2]].tolist() == [0, 3, 7]
    assert side.between(10, len(side.starts)).length == 1243
    assert side.flipped().between(0, 2) == Side(length=7, scale=4, first=3)
    assert side.between(320, 321).starts.tolist() == [0]
    for one in (side, side.flipped(), side.between(3, 7), side.flipped().between(0, 2), Side(length=1, scale=8)):
        assert one.cells == len(one.starts)


def test_a_large_picture_is_hashed_squashed_too() -> None:
    found = fingerprint_image(encoded(PICTURE, "PNG"))
    assert len(found.pdq_others) == 8
    assert found.pdq is not None
    assert bits_apart(found.pdq_others[0], squashed_by_reference(PICTURE)) == 0
    assert found.pdq_others[0] != found.pdq
    assert fingerprint_image(encoded(photo(512, 512, seed=8), "PNG")).pdq_others == ()


@pytest.mark.parametrize("size", [(1280, 960), (700, 500), (2600, 1900)])
def test_the_squash_of_a_reduced_picture_is_near(size: tuple[int, int]) -> None:
    file = encoded(large(*size, seed=2), "JPEG", quality=85)
    with Image.open(io.BytesIO(file)) as opened:
        assert bits_apart(fingerprint_image(file).pdq_others[0], squashed_by_reference(opened)) <= 10


@pytest.mark.parametrize("colour", ["white", "black", "teal"])
@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_without_its_border_a_picture_has_the_hashes_it_had_before(colour: str, kind: str) -> None:
    plain = fingerprint_image(encoded(PICTURE, "PNG"))
    framed = fingerprint_image(encoded(ImageOps.expand(PICTURE, (40, 120, 90, 64), colour), kind))
    assert plain.pdq is not None
    assert plain.phash is not None
    assert framed.phash_trimmed is not None
    assert len(framed.pdq_others) == 24
    assert min(bits_apart(plain.pdq, other) for other in framed.pdq_others[8::8]) <= 12
    assert bits_apart(plain.phash, framed.phash_trimmed) <= 4
    assert plain.phash256 is not None
    assert framed.phash256_trimmed is not None
    assert bits_apart(plain.phash256, framed.phash256_trimmed) <= 12
    if kind == "PNG":
        assert plain.pdq_dihedral == framed.pdq_dihedral or framed.pdq_others[8:16] == plain.pdq_dihedral
    assert (plain.phash_trimmed, plain.phash256_trimmed) == (None, None)


def test_in_a_wide_border_the_picture_still_speaks() -> None:
    small = photo(150, 120, seed=4)
    framed = fingerprint_image(encoded(ImageOps.expand(small, 700, "white"), "PNG"))
    assert framed.pdq_quality < 50
    assert framed.pdq_others == fingerprint_image(encoded(small, "PNG")).pdq_dihedral


@pytest.mark.parametrize(
    ("change", "box"),
    [
        (lambda grey: grey, (0, 0, 100, 80)),
        (lambda grey: np.pad(grey, ((3, 4), (5, 6)), constant_values=255), (5, 3, 105, 83)),
        (lambda grey: np.pad(grey, ((3, 4), (0, 0))), (0, 3, 100, 83)),
        (
            lambda grey: np.pad(np.pad(grey, 2, constant_values=9), ((7, 1), (0, 0)), constant_values=200),
            (2, 9, 102, 89),
        ),
    ],
)
def test_a_border_of_any_colours_is_found(
    change: Callable[[np.ndarray], np.ndarray], box: tuple[int, int, int, int]
) -> None:
    grey = np.random.default_rng(2).integers(0, 256, (80, 100), dtype=np.uint8)
    found = inside_border(change(grey))
    assert found == (box if change(grey).shape != grey.shape else None)


@pytest.mark.parametrize("size", [(1, 1), (15, 300), (200, 200)])
def test_a_blank_has_no_border(size: tuple[int, int]) -> None:
    assert inside_border(np.full(size, 40, dtype=np.uint8)) is None


@pytest.mark.parametrize("seed", range(32))
def test_both_phashes_are_those_of_their_library(seed: int) -> None:
    dice = np.random.default_rng(seed)
    width, height = (int(side) for side in dice.integers(60, 1100, 2))
    grey = KINDS[seed % len(KINDS)](width, height, seed).convert("L")
    found = phashes_of(np.asarray(grey))
    assert found.narrow.hex() == str(imagehash.phash(grey))
    assert found.wide.hex() == str(imagehash.phash(grey, hash_size=16))


@pytest.mark.parametrize(
    "size", [(1280, 960), (960, 1280), (600, 1700), (257, 4097), (5000, 131), (33, 2100), (20, 4000)]
)
def test_shrinking_is_that_of_pillow_to_the_last_bit(size: tuple[int, int]) -> None:
    grey = noise(*size, seed=size[0]).convert("L")
    for small, side in zip(shrunk(np.asarray(grey), 32, 64), (32, 64), strict=True):
        assert np.array_equal(small, np.asarray(grey.resize((side, side), Image.Resampling.LANCZOS)))


def test_so_it_is_where_every_rounding_is_in_doubt() -> None:
    halves = Image.fromarray((np.indices((700, 900)).sum(axis=0) % 2 * 255).astype(np.uint8))  # 127.5 on the whole
    for small, side in zip(shrunk(np.asarray(halves), 32, 64), (32, 64), strict=True):
        assert np.array_equal(small, np.asarray(halves.resize((side, side), Image.Resampling.LANCZOS)))


@pytest.mark.parametrize("length", [300, 1280, 12_000])
@pytest.mark.parametrize("samples", [32, 64])
def test_sums_of_floats_are_off_by_less_than_is_doubted(length: int, samples: int) -> None:
    how = whole_numbers(length, samples)
    rows = (np.random.default_rng(length).integers(0, 2, (64, length)) * 255).astype(np.uint8)
    exact = weigh(rows.astype(np.float64), how.bands) + 0.5
    assert np.abs(weigh(centred(rows), how.bands) + how.more - exact).max() < how.doubt / 2


def test_reduced_hashes_know_when_they_are_in_doubt() -> None:
    def clear(picture: Image.Image) -> bool:
        sides = Side(length=picture.height), Side(length=picture.width)
        (samples,) = shrink([np.asarray(picture.convert("F"))], *sides, View.BLURRED)
        return is_clear(samples)

    assert clear(blobs(900, 700, seed=1))
    assert clear(photo(900, 700, seed=1))
    assert not clear(noise(900, 700, seed=1))
