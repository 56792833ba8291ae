from __future__ import annotations

import threading
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from matching import hamming, hamming_plan
from matching.hamming import HammingIndex
from matching.hamming_segment import Segment
from matching.hamming_words import BLOCK
from tests.matching.hamming_help import brute, flipped, found, hashes_near, ids, noise

SIZES = [(64, 8), (64, 10), (256, 31), (200, 31), (128, 0), (160, 0)]


@pytest.mark.parametrize(("bits", "radius"), SIZES)
def test_neighbours_are_found_at_every_distance_and_none_beyond(bits: int, radius: int) -> None:
    dice = np.random.default_rng(3)
    queries = noise(dice, bits, 12)
    off = np.tile(np.arange(radius + 3), len(queries))
    planted = flipped(dice, np.repeat(queries, radius + 3, axis=0), off)
    index = HammingIndex(bits, radius)
    index.add(np.arange(3 * BLOCK, dtype=np.uint64) + 1000, noise(dice, bits, 3 * BLOCK))
    index.add(off.astype(np.uint64), planted)
    expected = [(query, distance, distance) for query in range(len(queries)) for distance in range(radius + 1)]
    assert found(index, queries) == expected  # one by one, …
    index.add(np.arange(2 * BLOCK, dtype=np.uint64) + 100_000, noise(dice, bits, 2 * BLOCK))
    assert found(index, queries) == expected
    assert [part.table is not None for part in index._state] == [True]  # … and by its table


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
    index.remove(ids(999, 5, 5))
    assert found(index, np.zeros((1, 8), np.uint8)) == [(0, 1, 6)]
    index.remove(ids(6))
    assert len(index) == 0
    assert found(index, np.zeros((1, 8), np.uint8)) == []


def test_of_entries_as_near_the_smaller_id_comes_first() -> None:
    index = HammingIndex(64, 8)
    index.add(ids(6, 4), np.zeros((2, 8), np.uint8))
    index.merge()
    index.add(ids(5), np.zeros((1, 8), np.uint8))
    index.merge()
    index.add(ids(3, 7), np.array([[0] * 8, [1] + [0] * 7], dtype=np.uint8))
    assert found(index, np.zeros((1, 8), np.uint8)) == [(0, 0, 3), (0, 0, 4), (0, 0, 5), (0, 0, 6), (0, 1, 7)]


def test_what_was_added_is_a_copy() -> None:
    index, hashes, names = HammingIndex(64, 0), np.zeros((1, 8), np.uint8), ids(1)
    index.add(names, hashes)
    hashes[:], names[:] = 255, 9
    assert found(index, np.zeros((1, 8), np.uint8)) == [(0, 0, 1)]


@pytest.mark.parametrize(("bits", "radius"), [(0, 0), (63, 3), (4104, 3), (64, 64), (64, -1)])
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
    assert len(index._state) <= 10
    assert [id_ for _, _, id_ in found(index, np.full((1, 8), 7, np.uint8))] == [7, 263]


def test_what_is_added_beside_a_large_table_leaves_that_table_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hamming, "SCANNED", 100)
    dice = np.random.default_rng(5)
    index, hashes = HammingIndex(64, 8), noise(dice, 64, 4000)
    index.add(np.arange(2000, dtype=np.uint64), hashes[:2000])
    index.search(hashes[:1])
    large = index._state[0]
    for first in range(2000, 4000, 50):
        index.add(np.arange(first, first + 50, dtype=np.uint64), hashes[first : first + 50])
        assert (0, 0, first + 49) in found(index, hashes[first + 49 : first + 50])
        if first < 2900:
            assert index._state[0] is large
            assert len(index._state) <= 6
    assert found(index, hashes[::40]) == brute(list(enumerate(map(bytes, hashes))), hashes[::40], 8)
    index.merge()
    assert len(index._state) == 1
    assert found(index, hashes[::40]) == brute(list(enumerate(map(bytes, hashes))), hashes[::40], 8)


@pytest.mark.parametrize("skewed", ["alike", "one part", "two pictures"])
def test_lists_full_of_the_same_are_answered_exactly(skewed: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hamming, "SCANNED", 100)
    monkeypatch.setattr(hamming_plan, "SCAN", 100.0)  # so that few entries get a table
    dice = np.random.default_rng(7)
    hashes = noise(dice, 256, 3000)
    if skewed == "alike":
        hashes[500:] = hashes[0]
    elif skewed == "one part":
        hashes[:, :8] = 17
    else:
        hashes[500:] = flipped(dice, hashes[dice.integers(0, 2, 2500)], dice.integers(0, 20, 2500))
    index = HammingIndex(256, 31)
    index.add(np.arange(len(hashes), dtype=np.uint64), hashes)
    queries = np.concatenate((hashes[:3], hashes[-3:], noise(dice, 256, 3)))
    index.search(queries)
    assert index._state[0].table is not None
    entries = list(enumerate(map(bytes, hashes)))
    monkeypatch.setattr(hamming_plan, "SCAN", 1.1)  # what a crowded query is held against
    assert found(index, queries) == brute(entries, queries, 31)
    monkeypatch.setattr(hamming_plan, "SCAN", 1e9)  # none is crowded
    assert found(index, queries) == brute(entries, queries, 31)


@pytest.mark.parametrize("slow", ["merge", "save"])
def test_searches_and_changes_go_on_while_another_thread_merges(
    slow: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dice = np.random.default_rng(11)
    hashes = noise(dice, 64, 300)
    index = HammingIndex(64, 8)
    index.add(np.arange(200, dtype=np.uint64), hashes[:200])
    begun, enough = threading.Event(), threading.Event()
    name = "settled" if slow == "merge" else "write_index"
    real = getattr(hamming, name)

    def waits(*given: object, **named: object) -> Segment | None:
        begun.set()
        assert enough.wait(30)
        result: Segment | None = real(*given, **named)
        return result

    monkeypatch.setattr(hamming, name, waits)
    thread = threading.Thread(target=index.merge if slow == "merge" else lambda: index.save(tmp_path / "index"))
    thread.start()
    try:
        assert begun.wait(30)
        index.add(np.arange(200, 300, dtype=np.uint64), hashes[200:])
        index.remove(ids(0, 250))
        expected = brute([(id_, bytes(hashes[id_])) for id_ in range(300) if id_ not in {0, 250}], hashes, 8)
        assert found(index, hashes) == expected
    finally:
        enough.set()
    thread.join(30)
    assert not thread.is_alive()
    assert found(index, hashes) == expected
    assert len(index) == 298
    if slow == "save":
        assert len(HammingIndex.open(tmp_path / "index")) == 200


def test_threads_see_one_state_at_a_time() -> None:
    dice = np.random.default_rng(13)
    pair = hashes_near(dice, 64, 1)
    index = HammingIndex(64, 0)
    index.add(ids(*range(1000)), noise(dice, 64, 1000))
    wrong = list[NDArray[np.int64]]()
    done = threading.Event()

    def look() -> None:
        while not done.is_set():
            _, id_, _ = index.search(pair)
            if len(id_) not in {0, 2}:
                wrong.append(id_)

    threads = [threading.Thread(target=look) for _ in range(2)]
    for thread in threads:
        thread.start()
    try:
        for turn in range(60):
            index.add(ids(5000, 5000), np.repeat(pair, 2, axis=0))
            if turn % 6 == 0:
                index.merge()
            index.remove(ids(5000))
    finally:
        done.set()
    for thread in threads:
        thread.join(30)
    assert wrong == []
