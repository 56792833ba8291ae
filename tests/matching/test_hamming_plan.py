from __future__ import annotations

from math import comb

import pytest

from matching.hamming_plan import MAX_SLOTS, choose

MILLION = 1_000_000
SIZES = [(64, 8), (64, 10), (128, 0), (160, 0), (256, 0), (256, 31), (256, 3)]


@pytest.mark.parametrize(("bits", "radius"), SIZES)
@pytest.mark.parametrize("entries", [100_000, MILLION, 10 * MILLION, 100 * MILLION])
def test_chunks_are_tight_apart_and_within_their_room(entries: int, bits: int, radius: int) -> None:
    chunks = choose(entries, bits, radius)
    assert sum(chunk.radius + 1 for chunk in chunks) == radius + 1
    end = 0
    for chunk in chunks:
        assert chunk.start == end
        assert chunk.probes == sum(comb(chunk.width, off) for off in range(chunk.radius + 1))
        end += chunk.width
    assert end <= bits
    assert [chunk.width for chunk in chunks] == sorted((chunk.width for chunk in chunks), reverse=True)
    tables = sum(4 * entries + (4 << chunk.width) for chunk in chunks)
    assert tables <= max(entries * (110 - 8 - bits // 8), 8 << 20)
    assert len(chunks) * entries < MAX_SLOTS


def test_more_entries_want_fewer_and_wider_chunks() -> None:
    counts = [len(choose(entries, 256, 31)) for entries in (100_000, MILLION, 10 * MILLION, 100 * MILLION)]
    assert counts == sorted(counts, reverse=True)
    assert counts[0] > counts[-1]


def test_digests_are_looked_up_by_one_key() -> None:
    assert [(chunk.radius, chunk.probes) for chunk in choose(MILLION, 128, 0)] == [(0, 1)]


@pytest.mark.parametrize(("entries", "bits", "radius"), [(0, 256, 31), (10, 256, 31), (MILLION, 256, 200), (10, 64, 0)])
def test_looking_at_all_of_them_is_chosen_where_it_costs_less(entries: int, bits: int, radius: int) -> None:
    assert choose(entries, bits, radius) == ()
