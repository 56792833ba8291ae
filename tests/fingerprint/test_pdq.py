from __future__ import annotations

import statistics

import numpy as np
import pdqhash
import pytest
from PIL import Image

from fingerprint.image import fingerprint_image
from fingerprint.pdq import Pdq, pdq_of
from tests.fingerprint.pictures import bits_apart, card, encoded, photo, varied


def ours(picture: Image.Image) -> Pdq:
    luma = np.asarray(picture.convert("F"))
    pdq = pdq_of([luma], height=picture.height, width=picture.width)
    assert pdq is not None
    return pdq


def reference(picture: Image.Image) -> tuple[list[bytes], int]:
    variants, quality = pdqhash.compute_dihedral(np.asarray(picture.convert("RGB")))
    return [np.packbits(bits).tobytes() for bits in variants], int(quality)


def test_every_variant_agrees_with_the_reference_on_varied_pictures() -> None:
    apart: list[int] = []
    for picture in varied(48):
        pdq = ours(picture)
        theirs, quality = reference(picture)
        assert abs(pdq.quality - quality) <= 1
        distances = [bits_apart(mine, other) for mine, other in zip(pdq.dihedral, theirs, strict=True)]
        if quality >= 80:
            assert max(distances) <= 10  # the reference's own rule for conformance
        apart.append(max(distances))
    assert statistics.median(apart) == 0
    assert sum(distance <= 2 for distance in apart) >= 0.95 * len(apart)


@pytest.mark.parametrize(("width", "height"), [(64, 64), (65, 127), (128, 129), (1280, 90), (300, 1100), (4097, 60)])
def test_sizes_where_the_window_changes(width: int, height: int) -> None:
    picture = photo(width, height, seed=width)
    theirs, _ = reference(picture)
    assert bits_apart(ours(picture).hash, theirs[0]) <= 2


@pytest.mark.parametrize("side", [17, 34, 63])
def test_pictures_smaller_than_the_sampling_are_hashed_as_the_reference_does(side: int) -> None:
    picture = photo(side, side + 3, seed=side)
    theirs, quality = reference(picture)
    pdq = ours(picture)
    assert abs(pdq.quality - quality) <= 1
    assert bits_apart(pdq.hash, theirs[0]) <= 4


@pytest.mark.parametrize("size", [(1, 1), (4, 300), (300, 4)])
def test_below_five_pixels_there_is_no_pdq(size: tuple[int, int]) -> None:
    assert pdq_of([np.zeros(size, np.float32)], height=size[0], width=size[1]) is None


def test_blocks_of_rows_give_what_the_whole_gives() -> None:
    luma = np.asarray(photo(300, 217, seed=4).convert("F"))
    whole = pdq_of([luma], height=217, width=300)
    in_blocks = pdq_of([luma[:50], luma[50:51], luma[51:]], height=217, width=300)
    assert whole is not None
    assert in_blocks is not None
    assert bits_apart(whole.hash, in_blocks.hash) <= 2


@pytest.mark.parametrize(
    ("variant", "turn"),
    [
        (1, Image.Transpose.ROTATE_90),
        (2, Image.Transpose.ROTATE_180),
        (3, Image.Transpose.ROTATE_270),
        (4, Image.Transpose.FLIP_TOP_BOTTOM),
        (5, Image.Transpose.FLIP_LEFT_RIGHT),
        (6, Image.Transpose.TRANSPOSE),
        (7, Image.Transpose.TRANSVERSE),
    ],
)
def test_a_variant_is_the_hash_of_the_turned_picture(variant: int, turn: Image.Transpose) -> None:
    picture = photo(640, 640, seed=9)
    assert bits_apart(ours(picture).dihedral[variant], ours(picture.transpose(turn)).hash) <= 16


def test_half_of_the_bits_are_set() -> None:
    for picture in (photo(320, 200, seed=1), card(600, 400, seed=2)):
        assert all(int.from_bytes(bits).bit_count() == 128 for bits in ours(picture).dihedral)


def test_a_blank_has_no_quality_and_a_photo_has_much() -> None:
    assert ours(Image.new("RGB", (200, 200), "white")).quality == 0
    assert ours(photo(400, 300, seed=3)).quality >= 80


def test_near_duplicates_are_near() -> None:
    picture = photo(900, 700, seed=12)
    rough = fingerprint_image(encoded(picture.resize((450, 350)), "JPEG", quality=50))
    other = fingerprint_image(encoded(photo(900, 700, seed=13), "PNG"))
    assert rough.pdq is not None
    assert other.pdq is not None
    assert 0 < bits_apart(ours(picture).hash, rough.pdq) <= 31
    assert bits_apart(ours(picture).hash, other.pdq) > 60
