"""Which clocks visits and approvals may go by."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from domain.timekeeping import CLOCK_WRONG, TOLERANCE, ClockFault, ClockReading, Keeping, Require, clock_fault

NOON = datetime(2026, 4, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize("enrolled", [True, False])
@pytest.mark.parametrize("keeping", Keeping)
@pytest.mark.parametrize("require", Require)
def test_a_clock_before_the_log_is_never_good_enough(*, enrolled: bool, keeping: Keeping, require: Require) -> None:
    newest = NOON + TOLERANCE + timedelta(microseconds=1)
    reading = ClockReading(now=NOON, newest=newest, keeping=keeping, require=require)
    assert clock_fault(reading, enrolled=enrolled) is ClockFault.BEHIND


@pytest.mark.parametrize("newest", [None, NOON - timedelta(days=9), NOON, NOON + TOLERANCE])
def test_a_clock_that_is_kept_and_not_behind_is_good(newest: datetime | None) -> None:
    for require in Require:
        reading = ClockReading(now=NOON, newest=newest, keeping=Keeping.KEPT, require=require)
        assert clock_fault(reading, enrolled=True) is None


@pytest.mark.parametrize(
    ("require", "keeping", "enrolled", "stops"),
    [
        (Require.WHERE_KEPT, Keeping.LOST, True, True),
        (Require.WHERE_KEPT, Keeping.LOST, False, False),
        (Require.WHERE_KEPT, Keeping.UNKNOWN, True, False),
        (Require.ALWAYS, Keeping.UNKNOWN, True, True),
        (Require.ALWAYS, Keeping.LOST, False, True),
        (Require.NEVER, Keeping.LOST, True, False),
    ],
)
def test_a_clock_that_nobody_keeps_stops_visits_where_that_is_required(
    require: Require, keeping: Keeping, *, enrolled: bool, stops: bool
) -> None:
    reading = ClockReading(now=NOON, newest=None, keeping=keeping, require=require)
    assert clock_fault(reading, enrolled=enrolled) == (ClockFault.UNSYNCHRONISED if stops else None)


def test_every_fault_has_one_line_that_says_how_to_mend_it() -> None:
    assert set(CLOCK_WRONG) == set(ClockFault)
    assert all("\n" not in line and line.endswith(("REASON", "kapear.toml")) for line in CLOCK_WRONG.values())
