"""Time is cut into quarters without a day lost or counted twice."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from domain.quarters import quarters

days = st.dates(min_value=date(1990, 1, 1), max_value=date(2100, 12, 31))


def test_a_year_has_four() -> None:
    assert list(quarters(date(2026, 1, 1), date(2026, 12, 31))) == [
        ("2026-Q1", date(2026, 1, 1), date(2026, 3, 31)),
        ("2026-Q2", date(2026, 4, 1), date(2026, 6, 30)),
        ("2026-Q3", date(2026, 7, 1), date(2026, 9, 30)),
        ("2026-Q4", date(2026, 10, 1), date(2026, 12, 31)),
    ]


@given(days, st.integers(min_value=0, max_value=2_000))
def test_every_day_is_in_one_quarter(first: date, length: int) -> None:
    last = first + timedelta(days=length)
    cut = list(quarters(first, last))
    assert (cut[0][1], cut[-1][2]) == (first, last)
    assert all(before[2] + timedelta(days=1) == after[1] for before, after in pairwise(cut))
    assert len({name for name, _, _ in cut}) == len(cut)


def test_no_day_has_no_quarter() -> None:
    assert list(quarters(date(2026, 1, 2), date(2026, 1, 1))) == []
