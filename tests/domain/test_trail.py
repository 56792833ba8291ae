from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import VisitEnded
from domain.trail import ROOT, Backfill, Rank, Trail

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
SEEN: dict[Rank, datetime | None] = {(number, ""): NOON + timedelta(days=number) for number in range(1, 11)}
ranks = st.tuples(st.integers(0, 1 << 63), st.text(max_size=20))


@given(st.text(max_size=40), ranks, ranks)
def test_a_cursor_is_read_back(owner: str, position: Rank, floor: Rank) -> None:
    trail = Trail(owner=owner, position=position, floor=floor)
    assert Trail.parsed(trail.at(position)) == trail


@given(st.text() | st.recursive(st.integers() | st.text(), st.lists).map(repr))
def test_anything_else_is_no_cursor(text: str) -> None:
    with pytest.raises(VisitEnded, match="bad_cursor"):
        Trail.parsed(text)


@pytest.mark.parametrize(
    "cursor", ['["a", true, "b", 1, "c"]', '["a", 1.0, "b", 1, "c"]', '{"a":1,"b":2,"c":3,"d":4,"e":5}']
)
def test_neither_are_other_kinds_of_value(cursor: str) -> None:
    with pytest.raises(VisitEnded, match="bad_cursor"):
        Trail.parsed(cursor)


@pytest.mark.parametrize(
    ("backfill", "is_reached", "floor"),
    [
        (Backfill(number=3), True, (7, "")),
        (Backfill(number=0), True, (10, "")),
        (Backfill(number=10), False, ROOT),
        (Backfill(number=11), False, ROOT),
        (Backfill(), False, ROOT),
        (Backfill(number=3, since=date(2026, 3, 6)), True, (3, "")),
        (Backfill(since=date(2026, 3, 3)), False, ROOT),
        (Backfill(since=date(2026, 4, 1)), True, (10, "")),
    ],
)
def test_a_backfill_ends_above_a_rank(backfill: Backfill, is_reached: bool, floor: Rank) -> None:  # noqa: FBT001 - a row
    assert backfill.is_reached(SEEN) is is_reached
    assert backfill.floor(SEEN) == floor


def test_what_names_no_time_is_before_no_day() -> None:
    backfill = Backfill(since=date(2026, 3, 6))
    assert not backfill.is_reached({(1, ""): None})
    assert backfill.floor({(1, ""): None}) == ROOT
