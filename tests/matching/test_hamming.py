from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from domain.errors import OperatorFault
from matching.hamming import BLOCK, HammingIndex

SIZES = [(64, 8), (256, 31)]


def ids(*values: int) -> NDArray[np.uint64]:
    return np.array(values, dtype=np.uint64)


def hashes_near(dice: np.random.Generator, bits: int, count: int, centres: int = 4) -> NDArray[np.uint8]:
    """Return hashes of which many lie close to each other, at every distance about the radius."""
    middle = dice.integers(0, 256, (centres, bits // 8), dtype=np.uint8)
    rows = np.unpackbits(middle[dice.integers(0, centres, count)], axis=1)
    for row in rows:
        flips = dice.choice(bits, int(dice.integers(0, bits // 4)), replace=False)
        row[flips] ^= 1
    return np.packbits(rows, axis=1)


def brute(entries: list[tuple[int, bytes]], queries: NDArray[np.uint8], radius: int) -> list[tuple[int, int, int]]:
    return sorted(
        (query, distance, id_)
        for query, wanted in enumerate(queries)
        for id_, value in entries
        if (distance := (int.from_bytes(value) ^ int.from_bytes(wanted.tobytes())).bit_count()) <= radius
    )


def found(index: HammingIndex, queries: NDArray[np.uint8]) -> list[tuple[int, int, int]]:
    query, id_, distance = index.search(queries)
    assert query.dtype == id_.dtype == distance.dtype == np.int64
    return list(zip(query.tolist(), distance.tolist(), id_.tolist(), strict=True))


@pytest.mark.parametrize(("bits", "radius"), SIZES)
@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 2**32),
    steps=st.lists(
        st.one_of(
            st.tuples(st.just("add"), st.integers(0, 40)),
            st.tuples(st.just("remove"), st.integers(0, 30)),
            st.tuples(st.just("save"), st.just(0)),
        ),
        max_size=8,
    ),
)
def test_the_index_finds_what_looking_at_everything_finds(
    tmp_path_factory: pytest.TempPathFactory, bits: int, radius: int, seed: int, steps: list[tuple[str, int]]
) -> None:
    dice = np.random.default_rng(seed)
    pool = hashes_near(dice, bits, 60)
    index, entries = HammingIndex(bits, radius), list[tuple[int, bytes]]()
    for step, amount in steps:
        if step == "add":
            chosen = pool[dice.integers(0, len(pool), amount)]
            names = dice.integers(0, 50, amount).astype(np.uint64)
            index.add(names, chosen)
            entries += [(int(name), value.tobytes()) for name, value in zip(names, chosen, strict=True)]
        elif step == "remove":
            names = dice.integers(0, 60, amount).astype(np.uint64)
            index.remove(names)
            entries = [(name, value) for name, value in entries if name not in set(names.tolist())]
        else:
            path = tmp_path_factory.mktemp("index") / "index"
            index.save(path)
            index = HammingIndex.open(path)
        assert len(index) == len(entries)
        queries = pool[dice.integers(0, len(pool), 5)]
        assert found(index, queries) == brute(entries, queries, radius)


@pytest.mark.parametrize(("bits", "radius"), SIZES)
def test_neighbours_are_found_at_every_distance_and_none_beyond(bits: int, radius: int) -> None:
    dice = np.random.default_rng(3)
    noise = dice.integers(0, 256, (3 * BLOCK, bits // 8), dtype=np.uint8)
    query = dice.integers(0, 256, (1, bits // 8), dtype=np.uint8)
    planted = np.repeat(np.unpackbits(query, axis=1), radius + 6, axis=0)
    for distance, row in enumerate(planted):
        row[dice.choice(bits, distance, replace=False)] ^= 1
    index = HammingIndex(bits, radius)
    index.add(np.arange(len(noise), dtype=np.uint64) + 1000, noise)
    index.add(np.arange(len(planted), dtype=np.uint64), np.packbits(planted, axis=1))
    assert found(index, query) == [(0, distance, distance) for distance in range(radius + 1)]


def test_an_empty_index_and_an_empty_query_find_nothing() -> None:
    index = HammingIndex(64, 8)
    assert found(index, np.zeros((3, 8), np.uint8)) == []
    index.add(ids(1), np.zeros((1, 8), np.uint8))
    assert found(index, np.zeros((0, 8), np.uint8)) == []
    index.add(ids(), np.zeros((0, 8), np.uint8))
    assert len(index) == 1


def test_an_id_may_stand_for_several_hashes_and_is_removed_whole() -> None:
    index = HammingIndex(64, 8)
    index.add(ids(5, 5, 6), np.array([[0] * 8, [0] * 8, [1] + [0] * 7], dtype=np.uint8))
    assert found(index, np.zeros((1, 8), np.uint8)) == [(0, 0, 5), (0, 0, 5), (0, 1, 6)]
    index.remove(ids(5, 999))
    assert found(index, np.zeros((1, 8), np.uint8)) == [(0, 1, 6)]
    index.remove(ids(6))
    assert len(index) == 0


def test_what_was_added_is_a_copy() -> None:
    index, hashes = HammingIndex(64, 0), np.zeros((1, 8), np.uint8)
    index.add(ids(1), hashes)
    hashes[:] = 255
    assert found(index, np.zeros((1, 8), np.uint8)) == [(0, 0, 1)]


@pytest.mark.parametrize(("bits", "radius"), [(0, 0), (63, 3), (64, 64), (64, -1)])
def test_sizes_that_make_no_sense_are_refused(bits: int, radius: int) -> None:
    with pytest.raises(ValueError, match="bits must"):
        HammingIndex(bits, radius)


def test_shapes_that_make_no_sense_are_refused() -> None:
    index = HammingIndex(64, 8)
    for wrong in (np.zeros((2, 9), np.uint8), np.zeros(8, np.uint8), np.zeros((1, 8), np.int64)):
        with pytest.raises(ValueError, match="hashes must be"):
            index.search(wrong)  # type: ignore[arg-type]  # the point of this test
    with pytest.raises(ValueError, match="one id"):
        index.add(ids(1, 2), np.zeros((1, 8), np.uint8))


def test_many_small_additions_stay_few_parts() -> None:
    index = HammingIndex(64, 0)
    for number in range(500):
        index.add(ids(number), np.full((1, 8), number % 256, np.uint8))
    assert len(index._parts) <= 10
    assert [id_ for _, _, id_ in found(index, np.full((1, 8), 7, np.uint8))] == [7, 263]


def saved(path: Path) -> HammingIndex:
    index = HammingIndex(256, 31)
    hashes = np.random.default_rng(1).integers(0, 256, (100, 32), dtype=np.uint8)
    index.add(np.arange(100, dtype=np.uint64), hashes)
    index.save(path)
    return index


def test_an_opened_index_is_mapped_keeps_its_settings_and_grows(tmp_path: Path) -> None:
    path = tmp_path / "pdq"
    saved(path)
    index = HammingIndex.open(path)
    assert (index.bits, index.radius, len(index)) == (256, 31, 100)
    assert not index._parts[0][0].flags.owndata
    assert not index._parts[0][1].flags.writeable
    index.add(ids(7777), np.zeros((1, 32), np.uint8))
    index.remove(ids(*range(50)))
    assert found(index, np.zeros((1, 32), np.uint8)) == [(0, 0, 7777)]
    # Saving over the file that is mapped leaves those who have it open undisturbed.
    other = HammingIndex.open(path)
    index.save(path)
    assert len(other) == 100
    assert len(HammingIndex.open(path)) == 51
    assert sorted(file.name for file in tmp_path.iterdir()) == ["pdq"]


def test_an_empty_index_can_be_saved(tmp_path: Path) -> None:
    HammingIndex(64, 8).save(tmp_path / "empty")
    assert len(HammingIndex.open(tmp_path / "empty")) == 0


def test_a_torn_write_leaves_the_old_index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "pdq"
    index = saved(path)
    index.add(ids(1), np.zeros((1, 32), np.uint8))

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        index.save(path)
    assert len(HammingIndex.open(path)) == 100
    monkeypatch.undo()
    index.save(path)
    assert len(HammingIndex.open(path)) == 101


@pytest.mark.parametrize("at", [0, 8, 12, 16, 20, 28, 40, 60, 64, 900, 2000])
def test_a_flipped_bit_anywhere_is_noticed(tmp_path: Path, at: int) -> None:
    path = tmp_path / "pdq"
    saved(path)
    content = bytearray(path.read_bytes())
    content[at] ^= 4
    path.write_bytes(content)
    with pytest.raises(OperatorFault, match="damaged"):
        HammingIndex.open(path)
    if at >= 64:
        assert len(HammingIndex.open(path, verify=False)) == 100


@pytest.mark.parametrize("keep", [0, 10, 64, 1000, -1])
def test_a_file_cut_short_is_refused(tmp_path: Path, keep: int) -> None:
    path = tmp_path / "pdq"
    saved(path)
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(OperatorFault, match="damaged"):
        HammingIndex.open(path)
    with pytest.raises(OperatorFault, match="cannot be read"):
        HammingIndex.open(tmp_path / "none")
