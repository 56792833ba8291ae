"""When a host rests, and until when."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.courtesy import (
    FAILING,
    QUIET,
    RATE_LIMIT,
    Courtesy,
    HostState,
    after_body,
    after_head,
    after_loss,
    is_on_probation,
    rest_left,
    wait_of,
)

NOW = datetime(2026, 3, 2, 4, 30, tzinfo=UTC)
SECOND = timedelta(seconds=1)
RULES = Courtesy()
LATER = NOW + 300 * SECOND
EPOCH = int(LATER.timestamp())


def rest(status: int, **headers: str) -> tuple[timedelta, str] | None:
    """Return how long a host rests that answers so, and why."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    state = after_head(RULES, QUIET, status, named, now=NOW, dice=0.5)
    left = rest_left(RULES, state, NOW)
    return None if left is None else (left, state.rests_because)


@pytest.mark.parametrize(
    ("status", "headers", "seconds", "because"),
    [
        (429, {"Retry_After": "120"}, 120, "http_429"),
        (503, {"Retry_After": "120"}, 120, "http_503"),
        (500, {"Retry_After": " 7.5 "}, 7.5, "http_500"),
        (403, {"Retry_After": "60"}, 60, "http_403"),
        (429, {"Retry_After": format_datetime(LATER, usegmt=True)}, 300, "http_429"),
        # A host whose clock is an hour ahead means the same five minutes.
        (
            429,
            {
                "Retry_After": format_datetime(LATER + 3600 * SECOND, usegmt=True),
                "Date": format_datetime(NOW + 3600 * SECOND, usegmt=True),
            },
            300,
            "http_429",
        ),
        (429, {}, 60, "http_429"),
        (429, {"Retry_After": "soon"}, 60, "http_429"),
        (429, {"X_RateLimit_Reset": "30"}, 30, "http_429"),
        (429, {"X_RateLimit_Reset": "30", "Retry_After": "90"}, 90, "http_429"),
        (200, {"X_RateLimit_Remaining": "0", "X_RateLimit_Reset": "30"}, 30, RATE_LIMIT),
        (200, {"X_RateLimit_Remaining": "0.0", "X_RateLimit_Reset": "30"}, 30, RATE_LIMIT),
        (200, {"X_RateLimit_Remaining": "0", "X_RateLimit_Reset": str(EPOCH)}, 300, RATE_LIMIT),
        (200, {"X_RateLimit_Remaining": "0", "X_RateLimit_Reset": str(EPOCH * 1000)}, 300, RATE_LIMIT),
        (200, {"X_RateLimit_Remaining": "0", "X_RateLimit_Reset": "2026-03-02T04:35:00.000Z"}, 300, RATE_LIMIT),
        (304, {"RateLimit_Remaining": "0", "RateLimit_Reset": "30"}, 30, RATE_LIMIT),
        (200, {"RateLimit": '"default";r=0;t=45'}, 45, RATE_LIMIT),
        (200, {"RateLimit": "limit=100, remaining=0, reset=45"}, 45, RATE_LIMIT),
        (429, {"Retry_After": str(365 * 86400)}, 86400, "http_429"),  # a year is obeyed for a day
        (429, {"Retry_After": "9" * 18}, 86400, "http_429"),
        (200, {"X_RateLimit_Remaining": "0", "X_RateLimit_Reset": "9" * 18}, 86400, RATE_LIMIT),
    ],
)
def test_what_a_host_asks_for_is_obeyed(status: int, headers: dict[str, str], seconds: float, because: str) -> None:
    assert rest(status, **headers) == (timedelta(seconds=seconds), because)


@pytest.mark.parametrize(
    ("status", "headers"),
    [
        (200, {}),
        (200, {"Retry_After": "60"}),
        (404, {"Retry_After": "60"}),
        (503, {}),
        (429, {"Retry_After": "0"}),
        (429, {"Retry_After": format_datetime(NOW - SECOND, usegmt=True)}),
        (200, {"X_RateLimit_Remaining": "1", "X_RateLimit_Reset": "30"}),
        (200, {"X_RateLimit_Remaining": "0"}),
        (200, {"X_RateLimit_Remaining": "0", "X_RateLimit_Reset": "never"}),
        (200, {"X_RateLimit_Remaining": "none", "X_RateLimit_Reset": "30"}),
        (200, {"RateLimit": '"default";r=9;t=45'}),
    ],
)
def test_a_host_that_asks_for_nothing_does_not_rest(status: int, headers: dict[str, str]) -> None:
    assert rest(status, **headers) is None


def test_failures_in_a_row_make_a_host_rest_for_longer_and_longer() -> None:
    state, rests = QUIET, []
    now = NOW
    for _ in range(14):
        state = after_loss(RULES, state, now=now, dice=0.5)
        left = rest_left(RULES, state, now)
        rests.append(0 if left is None else int(left.total_seconds()))
        now += left or SECOND
    assert rests == [0, 0, 0, 0, 20, 40, 80, 160, 320, 640, 1280, 2560, 3600, 3600]
    assert (state.rests_because, is_on_probation(RULES, state)) == (FAILING, True)
    assert after_body(RULES, state, 200, now=now, dice=0.5) is QUIET


def test_requests_that_fail_together_make_a_host_rest_but_once() -> None:
    state = HostState(failures=RULES.failures - 1)
    first = after_loss(RULES, state, now=NOW, dice=0.5)
    together = after_loss(RULES, first, now=NOW + SECOND, dice=0.9)
    assert (rest_left(RULES, first, NOW), together) == (RULES.first_rest, first)
    # What the host asks for says nothing of its failures.
    asked = HostState(rests_until=LATER, rests_because="http_429")
    assert after_loss(RULES, asked, now=NOW, dice=0.5).failures == 1


def test_a_gateway_without_its_host_is_a_failure_and_an_error_of_the_host_none() -> None:
    for status, failures in ((502, 1), (503, 1), (504, 1), (500, 0), (404, 0), (200, 0)):
        assert after_body(RULES, QUIET, status, now=NOW, dice=0.5).failures == failures


def test_an_answer_that_was_under_way_ends_no_rest() -> None:
    resting = HostState(rests_until=LATER, rests_because="http_429", failures=2)
    assert after_body(RULES, resting, 200, now=NOW, dice=0.5) == HostState(rests_until=LATER, rests_because="http_429")
    longer = after_head(RULES, resting, 429, {"Retry-After": "5"}, now=NOW, dice=0.5)
    assert longer.rests_until == LATER


def test_a_clock_that_was_set_back_makes_no_rest_longer_than_a_day() -> None:
    state = HostState(rests_until=NOW + timedelta(days=400), rests_because="http_429")
    assert rest_left(RULES, state, NOW) == RULES.obeyed


words = st.text(st.characters(min_codepoint=9, max_codepoint=255), max_size=80)  # what a header can hold
texts = st.one_of(words, st.integers().map(str), st.datetimes().map(str), st.floats().map(str))
heads = st.dictionaries(
    st.sampled_from(
        ["Retry-After", "Date", "RateLimit", *(f"{x}RateLimit-{y}" for x in ("", "X-") for y in ("Remaining", "Reset"))]
    ),
    texts,
)
moments = st.datetimes(datetime(2020, 1, 1), datetime(2090, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - bounds
dice_ = st.floats(0, 1, exclude_max=True)


@given(st.integers(100, 599), heads, moments, dice_)
def test_whatever_a_host_says_it_rests_for_a_day_at_most(
    status: int, headers: dict[str, str], now: datetime, dice: float
) -> None:
    head = after_head(RULES, QUIET, status, headers, now=now, dice=dice)
    for state in (head, after_body(RULES, head, status, now=now, dice=dice)):
        left = rest_left(RULES, state, now)
        assert left is None or timedelta(0) < left <= RULES.obeyed
        assert (left is None) == (not state.rests_because)


@given(
    st.lists(st.tuples(st.sampled_from(["loss", "200", "429", "503"]), st.integers(0, 7200), dice_), max_size=40),
    moments,
)
def test_a_host_that_answers_once_its_rest_is_over_is_as_new(
    steps: list[tuple[str, int, float]], now: datetime
) -> None:
    state = QUIET
    for event, pause, dice in steps:
        now += timedelta(seconds=pause)
        before = state
        if event == "loss":
            state = after_loss(RULES, state, now=now, dice=dice)
            rests = rest_left(RULES, before, now) is not None and not before.asked_for_it
            assert state == before if rests else state.failures == before.failures + 1
        else:
            state = after_head(RULES, state, int(event), {}, now=now, dice=dice)
            state = after_body(RULES, state, int(event), now=now, dice=dice)
        if before.rests_until is not None and before.rests_until > now:  # no event makes a rest shorter
            assert state.rests_until is not None
            assert state.rests_until >= before.rests_until
    over = now + RULES.obeyed
    assert after_body(RULES, state, 200, now=over, dice=0.5) is QUIET


@given(words, moments, words)
def test_a_retry_after_of_any_kind_is_read_or_passed_over(text: str, now: datetime, date: str) -> None:
    wait = wait_of(text, now, date)
    assert wait is None or isinstance(wait, timedelta)


@given(st.integers(0, 10**6), moments)
def test_seconds_and_dates_say_the_same(seconds: int, now: datetime) -> None:
    now = now.replace(microsecond=0)
    date = format_datetime(now + timedelta(seconds=seconds), usegmt=True)
    assert wait_of(str(seconds), now) == wait_of(date, now) == timedelta(seconds=seconds)


def test_a_failing_host_noted_by_a_clock_a_day_ahead_rests_for_its_longest_at_most() -> None:
    state = HostState(rests_until=NOW + timedelta(days=1), rests_because=FAILING, failures=9)
    left = rest_left(RULES, state, NOW)
    assert left is not None
    assert RULES.longest_rest <= left < 2 * RULES.longest_rest
