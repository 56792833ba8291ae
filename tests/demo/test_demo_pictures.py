"""The pictures and the list, with the reference implementation of PDQ as the oracle."""

from __future__ import annotations

import csv
import hashlib
import io
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pdqhash
import pytest
from numpy.typing import NDArray
from PIL import Image

from demo.building import CLOSED, KITES, build_world
from demo.gallery import Gallery
from demo.planting import DECOYS, FARTHEST, Row, as_csv, plant
from demo.world import World

ANCHOR = datetime(2031, 5, 4, 12, 0, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendered:
    """A whole world, drawn and hashed once for all tests here."""

    world: World
    bodies: dict[str, bytes]
    hashes: dict[str, NDArray[np.uint8]]
    qualities: dict[str, int]
    rows: list[Row]
    planted: list[dict[str, Any]]


def oracle(body: bytes) -> tuple[NDArray[np.uint8], int]:
    """Return the reference's 256 bits and quality."""
    with Image.open(io.BytesIO(body)) as picture:
        bits, quality = pdqhash.compute(np.asarray(picture.convert("RGB")))
    return bits, quality


@pytest.fixture(scope="module")
def rendered() -> Rendered:
    world = build_world(1, ANCHOR, live=False)
    gallery = Gallery(1, world.pictures)
    rows, planted = plant(1, world, gallery)
    bodies = {name: gallery.body(name) for name in world.pictures}
    hashed = {name: oracle(body) for name, body in bodies.items()}
    return Rendered(
        world=world,
        bodies=bodies,
        hashes={name: bits for name, (bits, _) in hashed.items()},
        qualities={name: quality for name, (_, quality) in hashed.items()},
        rows=rows,
        planted=planted,
    )


def bits_of(text: str) -> NDArray[np.uint8]:
    return np.unpackbits(np.frombuffer(bytes.fromhex(text), dtype=np.uint8))


def test_every_picture_is_good_enough_for_a_perceptual_hash(rendered: Rendered) -> None:
    assert min(rendered.qualities.values()) >= 80


def test_every_picture_is_what_its_name_says(rendered: Rendered) -> None:
    for name, picture in rendered.world.pictures.items():
        with Image.open(io.BytesIO(rendered.bodies[name])) as opened:
            assert opened.format == picture.format
            assert max(opened.size) >= 512


def test_no_two_pictures_look_alike(rendered: Rendered) -> None:
    pictures = rendered.world.pictures
    names = [name for name in pictures if pictures[name].drawn_as in {"", name}]
    bits = np.array([rendered.hashes[name] for name in names])
    distances = (bits[:, None] != bits[None]).sum(axis=2)
    np.fill_diagonal(distances, 256)
    assert distances.min() > 60
    assert len(names) > 150
    assert len({hashlib.sha256(body).digest() for body in rendered.bodies.values()}) == len(rendered.bodies)


def test_the_exact_ones_are_listed_by_their_very_bytes(rendered: Rendered) -> None:
    listed = {row.hash for row in rendered.rows if row.algorithm == "sha256"}
    exact = {each.picture for each in rendered.world.planted if each.kind == "exact"}
    assert len(exact) == 4
    found = {name for name, body in rendered.bodies.items() if hashlib.sha256(body).hexdigest() in listed}
    assert found == exact


@pytest.mark.parametrize("place", [KITES, CLOSED])
def test_the_near_one_is_near_and_not_on_it(rendered: Rendered, place: str) -> None:
    [about] = [each for each in rendered.planted if each["kind"] == "near" and each["place"] == place]
    [name] = [each.picture for each in rendered.world.planted if each.kind == "near" and each.place == place]
    listed = bits_of(about["hash"])
    distance = int((rendered.hashes[name] != listed).sum())
    assert 0 < distance <= 20
    assert about["distance"] <= FARTHEST
    assert abs(distance - about["distance"]) <= 2
    untouched = Gallery(1, rendered.world.pictures).body(name)
    assert int((oracle(untouched)[0] != listed).sum()) <= 2
    assert untouched != rendered.bodies[name]


def test_no_other_picture_is_near_the_list(rendered: Rendered) -> None:
    near = {each.picture for each in rendered.world.planted if each.kind == "near"}
    listed = np.array([bits_of(row.hash) for row in rendered.rows if row.algorithm == "pdq"])
    for other, bits in rendered.hashes.items():
        if other not in near:
            assert (listed != bits).sum(axis=1).min() > 60


def test_the_picture_that_is_posted_again_is_near_the_first_and_no_list_holds_it(rendered: Rendered) -> None:
    again = rendered.world.repost.picture
    first = rendered.world.pictures[again].drawn_as
    assert rendered.bodies[again] != rendered.bodies[first]
    assert (rendered.hashes[again] != rendered.hashes[first]).sum() <= FARTHEST
    listed = {row.hash for row in rendered.rows}
    assert listed.isdisjoint(hashlib.sha256(rendered.bodies[name]).hexdigest() for name in (again, first))


def test_decoys_are_many_and_well_formed(rendered: Rendered) -> None:
    decoys = [row for row in rendered.rows if row.id.startswith("decoy-")]
    assert len(decoys) == DECOYS >= 200
    lengths = {"md5": 32, "sha1": 40, "sha256": 64, "pdq": 64}
    assert all(len(row.hash) == lengths[row.algorithm] for row in rendered.rows)
    assert all(bits_of(row.hash).sum() == 128 for row in decoys if row.algorithm == "pdq")
    assert len({row.id for row in rendered.rows}) == len(rendered.rows)


def test_the_list_has_the_contracts_header(rendered: Rendered) -> None:
    lines = list(csv.DictReader(io.StringIO(as_csv(rendered.rows))))
    assert list(lines[0]) == ["algorithm", "hash", "classification", "id", "note"]
    assert [line["hash"] for line in lines] == [row.hash for row in rendered.rows]


def test_a_seed_gives_the_same_bytes_again(rendered: Rendered) -> None:
    again = Gallery(1, rendered.world.pictures)
    rows, planted = plant(1, rendered.world, again)
    assert (rows, planted) == (rendered.rows, rendered.planted)
    for name in list(rendered.world.pictures)[::9]:
        assert again.body(name) == rendered.bodies[name]
