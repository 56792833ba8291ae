"""When a target is visited next, for every outcome, any knowledge and any luck; anybody can decide it again."""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.cadence import (
    JITTER,
    Because,
    Cadence,
    Case,
    backoff,
    decide,
    dumped,
    hours_of,
    loaded,
    rounded,
    weight_of,
)
from domain.errors import BadInput
from domain.outcomes import Outcome
from domain.pace import Pace, looked, seen
from domain.rates import PostRate
from domain.rhythm import HOURS, Rhythm

NOW = datetime(2026, 11, 2, 14, 30, tzinfo=UTC)
HOUR = timedelta(hours=1)
TICK = timedelta(milliseconds=1)  # what rounding may take
CADENCE = Cadence(interval=timedelta(minutes=15), ceiling=timedelta(hours=24))

dice = st.floats(0, 1, exclude_max=True)
failures = st.integers(0, 10_000)
outcomes = st.sampled_from(Outcome)
cadences = st.tuples(
    st.timedeltas(timedelta(seconds=1), timedelta(days=7)), st.timedeltas(timedelta(0), timedelta(days=30))
).map(lambda pair: Cadence(interval=pair[0], ceiling=pair[0] + pair[1]))
paces = st.builds(
    Pace,
    rate=st.builds(PostRate, posts=st.floats(0, 1e6), hours=st.floats(0, 36)),
    rhythm=st.lists(st.floats(0, 1e5), min_size=HOURS, max_size=HOURS).map(lambda counts: Rhythm(seen=tuple(counts))),
    until=st.none() | st.floats(0, 1e6),
).map(rounded)
moments = st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - a zone is added
cases = st.builds(
    Case,
    at=moments,
    outcome=outcomes,
    pace=paces,
    weight=st.sampled_from([1.0, 4.0, 32.0]),
    price=st.floats(1e-6, 1e6),
    failures=failures,
    is_unfinished=st.booleans(),
    look_at=st.none() | moments,
    wait_until=st.none() | moments,
    dice=dice,
)


def a_case(**changes: object) -> Case:
    return replace(Case(at=NOW, outcome=Outcome.UNCHANGED, price=CADENCE.first_price), **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize(("interval", "ceiling"), [(0, 1), (-1, 1), (2, 1), (0, 0)])
def test_a_cadence_that_cannot_be_kept_is_refused(interval: int, ceiling: int) -> None:
    with pytest.raises(BadInput):
        Cadence(interval=timedelta(minutes=interval), ceiling=timedelta(minutes=ceiling))


@given(cadences, cases)
def test_a_decision_can_be_made_again_from_what_is_stored(cadence: Cadence, case: Case) -> None:
    decision = decide(cadence, case)
    stored = loaded(dumped(decision))
    assert stored == decision
    assert stored is not None
    assert decide(cadence, stored.case) == decision


def test_nothing_is_stored_before_the_first() -> None:
    assert loaded("") is None


def test_a_target_of_which_nothing_is_known_waits_the_interval() -> None:
    decision = decide(CADENCE, a_case())
    assert (decision.because, decision.due) == (Because.LEARNED, NOW + CADENCE.interval)


@given(cadences, cases.filter(lambda case: case.look_at is None and case.wait_until is None))
def test_no_target_waits_beyond_its_ceiling_nor_comes_before_its_floor(cadence: Cadence, case: Case) -> None:
    wait = decide(cadence, case).due - case.at
    assert wait <= cadence.ceiling * (1 + JITTER * case.outcome.is_ours) + TICK
    assert wait >= min(cadence.bounds.floor * HOUR, cadence.interval * (1 - JITTER)) - TICK


@given(cadences, cases)
def test_who_asks_to_wait_is_never_asked_sooner(cadence: Cadence, case: Case) -> None:
    if case.wait_until is not None:
        assert decide(cadence, case).due >= case.wait_until


@given(cadences, cases, st.floats(1.0, 100.0))
def test_a_dearer_visit_never_comes_sooner(cadence: Cadence, case: Case, factor: float) -> None:
    assert decide(cadence, case).due <= decide(cadence, replace(case, price=case.price * factor)).due + TICK


@given(cadences, cases)
def test_an_open_lead_never_makes_a_target_wait_longer(cadence: Cadence, case: Case) -> None:
    waits = [decide(cadence, replace(case, weight=weight_of(urgency))).due for urgency in (None, 0, 20, 40, 60, 1000)]
    assert all(later <= sooner + TICK for sooner, later in itertools.pairwise(waits))


def test_four_times_the_posts_is_twice_the_visits_and_so_is_an_open_lead() -> None:
    plain = a_case(pace=Pace(rate=PostRate(posts=8.0, hours=36.0)), price=5.0)
    busy = a_case(pace=Pace(rate=PostRate(posts=33.5, hours=36.0)), price=5.0)
    wait = decide(CADENCE, plain).due - NOW
    assert (decide(CADENCE, busy).due - NOW) / wait == pytest.approx(0.5)
    assert (decide(CADENCE, replace(plain, weight=weight_of(20))).due - NOW) / wait == pytest.approx(0.5)


@pytest.mark.parametrize(
    ("case", "because", "wait"),
    [
        (a_case(price=1e-9), Because.FLOOR, timedelta(seconds=45)),
        (a_case(price=1e9), Because.CEILING, timedelta(hours=24)),
        (a_case(is_unfinished=True), Because.UNFINISHED, timedelta(seconds=45)),
        (a_case(outcome=Outcome.UNREACHABLE, failures=1), Because.FAILING, timedelta(minutes=30)),
        (a_case(outcome=Outcome.UNREACHABLE, failures=1, price=5.0), Because.LEARNED, HOUR * 5 / 0.5**0.5),
        (a_case(outcome=Outcome.NOT_AUTHORISED), Because.NOT_ASKED, timedelta(minutes=15)),
        (a_case(outcome=Outcome.OFFLINE, look_at=NOW), Because.NOT_ASKED, timedelta(0)),
        (a_case(look_at=NOW + 6 * HOUR), Because.LOOK_AGAIN, 6 * HOUR),
        (a_case(wait_until=NOW + 7 * HOUR), Because.ASKED_TO_WAIT, 7 * HOUR),
        (a_case(look_at=NOW + HOUR, wait_until=NOW + 7 * HOUR), Because.ASKED_TO_WAIT, 7 * HOUR),
        (a_case(wait_until=NOW), Because.LEARNED, timedelta(minutes=15)),
    ],
)
def test_what_decided_is_said(case: Case, because: Because, wait: timedelta) -> None:
    decision = decide(CADENCE, case)
    assert decision.because is because
    assert abs(decision.due - NOW - wait) < TICK


def test_failures_double_the_wait_up_to_the_ceiling() -> None:
    cadence = Cadence(interval=timedelta(minutes=15), ceiling=timedelta(hours=2))
    waits = [backoff(cadence, count, 0.5) for count in range(6)]
    assert [wait / timedelta(minutes=1) for wait in waits] == [15, 30, 60, 120, 120, 120]


@given(cadences, failures, failures, dice, dice)
def test_more_failures_never_shorten_the_wait_and_dice_spread_it_a_little(
    cadence: Cadence, one: int, other: int, low: float, high: float
) -> None:
    fewer, more = sorted((one, other))
    assert backoff(cadence, fewer, low) <= backoff(cadence, more, low)
    middle = backoff(cadence, one, 0.5)
    assert abs(backoff(cadence, one, high) - middle) <= middle * JITTER + TICK


def test_only_two_outcomes_read_the_target_and_two_never_asked() -> None:
    assert {outcome for outcome in Outcome if outcome.was_seen} == {Outcome.NEW, Outcome.UNCHANGED}
    assert {outcome for outcome in Outcome if outcome.is_ours} == {Outcome.NOT_AUTHORISED, Outcome.OFFLINE}


def test_a_lead_that_is_worked_on_weighs_by_its_urgency() -> None:
    assert [weight_of(urgency) for urgency in (None, 0, 20, 30, 40, 50, 500)] == [1, 4, 4, 8, 16, 32, 32]


def test_a_first_visit_learns_from_how_far_back_it_sees() -> None:
    now = hours_of(NOW)
    found = [now - 2 * count for count in range(100)]  # a post every two hours
    known = seen(Pace(), now=now, posted=found)
    assert known.until == now
    assert known.rate.per_hour == pytest.approx(0.5, rel=0.1)


def test_a_first_visit_that_finds_nothing_knows_nothing_but_when_it_was() -> None:
    for nothing in ([], [None, None], [1.0]):  # none, none with a time, one of 1970
        known = seen(Pace(), now=1_000_000.0, posted=nothing)
        assert (known.rate, known.until) == (PostRate(), 1_000_000.0)


def test_a_post_of_before_the_last_visit_says_nothing_new() -> None:
    known = Pace(until=100.0)
    assert seen(known, now=101.0, posted=[99.0]) == seen(known, now=101.0, posted=[])


def test_a_post_without_a_time_counts_as_posted_halfway() -> None:
    known = Pace(until=100.0)
    assert seen(known, now=102.0, posted=[None]) == seen(known, now=102.0, posted=[101.0])


def test_a_clock_that_was_set_back_teaches_nothing_wrong() -> None:
    known = seen(Pace(until=100.0), now=76.0, posted=[75.0, 101.0])
    assert known.rate.hours == 0
    assert known.rate.per_hour < 10


def test_posts_in_the_evening_bring_visits_in_the_evening() -> None:
    known = Pace(until=0.0)
    for day in range(14):
        known = seen(known, now=24.0 * (day + 1), posted=[24.0 * day + 20.5, 24.0 * day + 21.5, 24.0 * day + 20.1])
    evening, morning = NOW.replace(hour=20, minute=0), NOW.replace(hour=8, minute=0)
    waits = [decide(CADENCE, a_case(at=at, pace=known, price=1.0)).due - at for at in (evening, morning)]
    assert waits[0] < waits[1] * 2 / 3


def test_a_place_that_only_changes_is_learned_from_its_changes() -> None:
    busy = quiet = Pace()
    for visit in range(100):
        busy = looked(busy, now=float(visit), is_changed=True)
        quiet = looked(quiet, now=float(visit), is_changed=visit == 50)
    assert busy.rate.per_hour > 1
    assert quiet.rate.per_hour < 0.05
