"""When a target is visited next, for every outcome and any luck."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.cadence import JITTER, Cadence, next_interval
from domain.errors import BadInput
from domain.outcomes import Outcome

dice = st.floats(0, 1, exclude_max=True)
failures = st.integers(0, 10_000)
outcomes = st.sampled_from(Outcome)
cadences = st.tuples(
    st.timedeltas(timedelta(seconds=1), timedelta(days=7)), st.timedeltas(timedelta(0), timedelta(days=30))
).map(lambda pair: Cadence(interval=pair[0], ceiling=pair[0] + pair[1]))
TICK = timedelta(microseconds=2)  # what rounding may take


@pytest.mark.parametrize(("interval", "ceiling"), [(0, 1), (-1, 1), (2, 1), (0, 0)])
def test_a_cadence_that_cannot_be_kept_is_refused(interval: int, ceiling: int) -> None:
    with pytest.raises(BadInput):
        Cadence(interval=timedelta(minutes=interval), ceiling=timedelta(minutes=ceiling))


def test_what_was_seen_keeps_its_interval_and_failures_double_it() -> None:
    cadence = Cadence(interval=timedelta(minutes=15), ceiling=timedelta(hours=2))
    assert next_interval(cadence, Outcome.UNCHANGED, 7, 0.5) == timedelta(minutes=15)
    waits = [next_interval(cadence, Outcome.UNREACHABLE, count, 0.5) for count in range(6)]
    assert [wait / timedelta(minutes=1) for wait in waits] == [15, 30, 60, 120, 120, 120]


@given(cadences, outcomes, failures, dice)
def test_an_interval_lies_between_interval_and_ceiling_give_or_take_a_tenth(
    cadence: Cadence, outcome: Outcome, count: int, luck: float
) -> None:
    wait = next_interval(cadence, outcome, count, luck)
    assert wait >= cadence.interval * (1 - JITTER) - TICK
    assert wait <= cadence.ceiling * (1 + JITTER) + TICK
    if outcome.was_seen:
        assert wait <= cadence.interval * (1 + JITTER) + TICK


@given(cadences, outcomes, failures, failures, dice)
def test_more_failures_never_shorten_the_wait(
    cadence: Cadence, outcome: Outcome, one: int, other: int, luck: float
) -> None:
    fewer, more = sorted((one, other))
    assert next_interval(cadence, outcome, fewer, luck) <= next_interval(cadence, outcome, more, luck)


@given(cadences, outcomes, failures, dice, dice)
def test_the_dice_spread_by_a_tenth_and_in_order(
    cadence: Cadence, outcome: Outcome, count: int, one: float, other: float
) -> None:
    low, high = sorted((one, other))
    middle = next_interval(cadence, outcome, count, 0.5)
    early, late = next_interval(cadence, outcome, count, low), next_interval(cadence, outcome, count, high)
    assert early <= late
    assert abs(early - middle) <= middle * JITTER + TICK
    assert abs(late - middle) <= middle * JITTER + TICK


def test_only_two_outcomes_read_the_target_and_two_never_asked() -> None:
    assert {outcome for outcome in Outcome if outcome.was_seen} == {Outcome.NEW, Outcome.UNCHANGED}
    assert {outcome for outcome in Outcome if outcome.is_ours} == {Outcome.NOT_AUTHORISED, Outcome.OFFLINE}
