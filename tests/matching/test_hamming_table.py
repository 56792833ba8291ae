from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matching import hamming_plan, hamming_table
from matching.hamming_plan import Chunk, choose, reaching
from matching.hamming_probes import tag_bits
from matching.hamming_table import Table, built, slots
from matching.hamming_words import Hashes, Hits, Numbers, compare_runs, from_bytes, scan
from tests.matching.hamming_help import hashes_near

TAGS = st.sampled_from([0, 1, 8, 32])


@st.composite
def divisions(draw: st.DrawFn) -> tuple[int, tuple[Chunk, ...]]:
    """Draw a radius and chunks of 128 bits that are tight for it, the widest first."""
    sizes = draw(st.lists(st.tuples(st.integers(1, 12), st.integers(0, 3)), min_size=1, max_size=10))
    start, chunks = 0, []
    for width, radius in sorted(sizes, reverse=True):
        chunks.append(Chunk(start=start, width=width, radius=min(width, radius)))
        start += width
    return sum(chunk.radius + 1 for chunk in chunks) - 1, tuple(chunks)


def table_of(hashes: Hashes, chunks: tuple[Chunk, ...], most: int = 32) -> Table:
    """Return a table with tags of so many bits at most."""
    tag = min(most, tag_bits(len(hashes), len(chunks)))
    pieces = list(built(hashes, chunks, tag))
    offsets, positions = (np.concatenate(column) for column in zip(*pieces, strict=True))
    assert len(offsets) == slots(chunks)
    assert len(positions) == len(chunks) * len(hashes)
    return Table(chunks=chunks, offsets=offsets, positions=positions, tag=tag)


@settings(max_examples=60, deadline=None)
@given(division=divisions(), seed=st.integers(0, 2**32), tag=TAGS, small=st.booleans())
def test_any_tight_division_finds_each_neighbour_once(
    division: tuple[int, tuple[Chunk, ...]], seed: int, tag: int, *, small: bool
) -> None:
    radius, chunks = division
    dice = np.random.default_rng(seed)
    # Only as many bits differ as the radius may be: neighbours lie everywhere, and on both sides of it.
    hashes = from_bytes(hashes_near(dice, 128, 300, centres=2), 128)
    queries = hashes.rows(0, 20)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(hamming_plan, "SCAN", 1e9)  # none is crowded
        if small:
            patch.setattr(hamming_table, "SORTED", 64)
            patch.setattr(hamming_table, "PROBES", 50)
            patch.setattr(hamming_table, "CANDIDATES", 10)
        table = table_of(hashes, chunks, tag)
        near = sorted(zip(*(column.tolist() for column in table.search(hashes, queries, radius)), strict=True))
    assert near == sorted(zip(*(column.tolist() for column in scan(hashes, queries, radius)), strict=True))


@settings(max_examples=60, deadline=None)
@given(division=divisions(), seed=st.integers(0, 2**32), tag=TAGS)
def test_what_is_off_by_the_whole_radius_is_found_however_that_is_spread(
    division: tuple[int, tuple[Chunk, ...]], seed: int, tag: int
) -> None:
    radius, chunks = division
    dice = np.random.default_rng(seed)
    query = dice.integers(0, 2, 128, dtype=np.uint8)
    rows = query[None].repeat(200, axis=0)
    for row in rows:
        for chunk, off in zip(chunks, dice.multinomial(radius, dice.dirichlet([1.0] * len(chunks))), strict=True):
            row[chunk.start + dice.permutation(chunk.width)[:off]] ^= 1
    hashes, queries = (from_bytes(np.packbits(bits, axis=1, bitorder="little"), 128) for bits in (rows, query[None]))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(hamming_plan, "SCAN", 1e9)  # none is crowded
        _, at, distance = table_of(hashes, chunks, tag).search(hashes, queries, radius)
    assert sorted(at.tolist()) == list(range(200))
    assert distance[np.argsort(at)].tolist() == (rows ^ query).sum(axis=1).tolist()


@settings(max_examples=60, deadline=None)
@given(division=divisions(), seed=st.integers(0, 2**32), radius=st.integers(0, 127), tag=TAGS)
def test_tables_find_each_neighbour_within_any_other_radius(
    division: tuple[int, tuple[Chunk, ...]], seed: int, radius: int, tag: int
) -> None:
    _, chunks = division
    hashes = from_bytes(hashes_near(np.random.default_rng(seed), 128, 100, centres=2), 128)
    queries = hashes.rows(0, 5)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(hamming_plan, "SCAN", 1e9)  # looking at all of them is never cheaper
        reaching.cache_clear()
        found = table_of(hashes, chunks, tag).search(hashes, queries, radius)
    reaching.cache_clear()
    near = sorted(zip(*(column.tolist() for column in found), strict=True))
    assert near == sorted(zip(*(column.tolist() for column in scan(hashes, queries, radius)), strict=True))


def test_tags_leave_out_nearly_all_that_need_not_be_fetched(monkeypatch: pytest.MonkeyPatch) -> None:
    dice = np.random.default_rng(5)
    hashes, queries = (from_bytes(dice.integers(0, 256, (n, 32), np.uint8), 256) for n in (20_000, 100))
    chunks = choose(1_000_000, 256, 31)
    fetched = {0: 0, 8: 0, 16: 0}

    def counts(hashes: Hashes, at: Numbers, queries: Hashes, ends: Numbers, radius: int) -> Hits:
        fetched[tag] += len(at)
        return compare_runs(hashes, at, queries, ends, radius)

    monkeypatch.setattr(hamming_table, "compare_runs", counts)
    for tag in fetched:
        table_of(hashes, chunks, tag).search(hashes, queries, 31)
    assert fetched[0] > 3 * fetched[8] > 30 * fetched[16]


@pytest.mark.parametrize("many", [0, 1, 5, 3000])
def test_a_digest_is_found_as_often_as_it_is_there(many: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hamming_table, "CANDIDATES", 1000)
    dice = np.random.default_rng(2)
    rows = dice.integers(0, 256, (20_000, 16), np.uint8)
    rows[1000 : 1000 + many] = rows[7]
    rows[100:110, :8] = rows[7, :8]  # the same key, and another digest
    hashes = from_bytes(rows, 128)
    table = table_of(hashes, choose(len(hashes), 128, 0))
    who, at, distance = table.search(hashes, hashes.rows(7, 8), 0)
    assert sorted(at.tolist()) == [7, *range(1000, 1000 + many)]
    assert not who.any()
    assert not distance.any()


def test_fewer_keys_are_looked_up_for_a_smaller_radius_and_a_few_more_for_a_wider() -> None:
    chunks = choose(1_000_000, 256, 31)
    probes = {radius: sum(chunk.probes for chunk in reaching(chunks, 1_000_000, radius)) for radius in (0, 20, 31, 39)}
    assert probes[0] == 1
    assert 1 < probes[20] < probes[31] == sum(chunk.probes for chunk in chunks) < probes[39] < 3 * probes[31]
    assert reaching(chunks, 1_000_000, 120) == ()


def test_a_key_of_a_chunk_may_lie_in_two_words() -> None:
    rows = np.random.default_rng(1).integers(0, 256, (50, 32), dtype=np.uint8)
    hashes = from_bytes(rows, 256)
    for start, width in ((0, 26), (50, 20), (64, 1), (120, 26), (230, 26)):
        expected = [(int.from_bytes(bytes(row), "little") >> start) & ((1 << width) - 1) for row in rows]
        assert hashes.bits(start, width).tolist() == expected
