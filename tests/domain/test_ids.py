"""Ids are UUIDs of version 7, and sort by time."""

from __future__ import annotations

import uuid

from hypothesis import given
from hypothesis import strategies as st

from domain.ids import new_id, uuid7

moments = st.integers(0, (1 << 48) - 1)
dice = st.integers(0, (1 << 74) - 1)


@given(moments, dice)
def test_version_and_variant_stand_where_the_standard_wants_them(moment: int, random_bits: int) -> None:
    made = uuid.UUID(uuid7(moment, random_bits))
    assert (made.version, made.variant) == (7, uuid.RFC_4122)
    assert made.int >> 80 == moment


@given(moments, moments, dice, dice)
def test_ids_sort_by_time_as_text(one: int, other: int, first: int, second: int) -> None:
    if one != other:
        assert (uuid7(one, first) < uuid7(other, second)) is (one < other)


@given(moments, dice, dice)
def test_every_one_of_the_dice_counts(moment: int, one: int, other: int) -> None:
    assert (uuid7(moment, one) == uuid7(moment, other)) is (one == other)


def test_fresh_ids_differ() -> None:
    assert len({new_id() for _ in range(1_000)}) == 1_000
