"""Cut time into quarters of a year: what a hotline reports by."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

_MONTHS = 3


def quarters(first: date, last: date) -> Iterator[tuple[str, date, date]]:
    """Yield each quarter that has a day from `first` to `last`, with its first and last such day."""
    while first <= last:
        ends = min(_last_of(first), last)
        yield f"{first.year}-Q{(first.month - 1) // _MONTHS + 1}", first, ends
        first = ends + timedelta(days=1)


def _last_of(day: date) -> date:
    """Return the last day of a day's quarter."""
    after = (day.month - 1) // _MONTHS * _MONTHS + _MONTHS + 1
    return date(day.year + after // 13, (after - 1) % 12 + 1, 1) - timedelta(days=1)
