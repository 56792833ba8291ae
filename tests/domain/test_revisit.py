"""Rates, rhythms and the price of a visit: what is learned is near the truth, and the budget is what is spent."""

from __future__ import annotations

import math
import random
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.pricing import Bounds, class_of, pressure, price
from domain.rates import MEMORY_H, PRIOR_RATE, PostRate, after_look, after_posts
from domain.rhythm import HOURS, Rhythm

BOUNDS = Bounds(floor=0.1, ceiling=24.0)
gaps = st.floats(0.01, 100)
counts = st.lists(st.floats(0, 1e6), min_size=HOURS, max_size=HOURS).map(lambda seen: Rhythm(seen=tuple(seen)))


def test_nothing_seen_is_worth_the_prior() -> None:
    assert PostRate().per_hour == PRIOR_RATE


@pytest.mark.parametrize("truth", [0.05, 0.5, 5.0])
def test_a_steady_rate_is_learned_from_times(truth: float) -> None:
    rate = PostRate()
    for _ in range(400):  # a visit an hour, posts evenly spread
        ages = [step / truth for step in range(int(truth))] if truth >= 1 else []
        rate = after_posts(rate, ages=ages or ([0.5] if truth < 1 and _ % round(1 / truth) == 0 else []), gap=1.0)
    assert rate.per_hour == pytest.approx(truth, rel=0.35)


@pytest.mark.parametrize("truth", [0.1, 0.5, 2.0])
def test_a_steady_rate_is_learned_from_changes_alone(truth: float) -> None:
    dice, rate = random.Random(7), PostRate()  # noqa: S311 - a simulation
    estimates = []
    for visit in range(3000):
        rate = after_look(rate, is_changed=dice.random() < 1 - math.exp(-truth), gap=1.0)
        if visit > 100:
            estimates.append(rate.per_hour)
    assert sum(estimates) / len(estimates) == pytest.approx(truth, rel=0.2)


@given(st.lists(gaps, max_size=20), st.booleans())
def test_a_rate_is_a_positive_number_whatever_was_seen(waits: list[float], is_changed: bool) -> None:  # noqa: FBT001 - drawn
    by_posts = by_looks = PostRate()
    for gap in waits:
        by_posts = after_posts(by_posts, ages=[gap / 2] * is_changed, gap=gap)
        by_looks = after_look(by_looks, is_changed=is_changed, gap=gap)
    assert 0 < by_posts.per_hour < math.inf
    assert 0 < by_looks.per_hour < math.inf
    assert by_posts.hours <= MEMORY_H


@given(gaps, gaps)
def test_what_was_seen_in_two_visits_is_what_one_would_have_seen(first: float, second: float) -> None:
    once = after_posts(PostRate(), ages=[second + first / 2, second / 2], gap=first + second)
    twice = after_posts(after_posts(PostRate(), ages=[first / 2], gap=first), ages=[second / 2], gap=second)
    assert once.hours == pytest.approx(twice.hours)
    assert once.posts == pytest.approx(twice.posts)


@given(st.floats(0, 48), st.floats(0, 500))
def test_an_even_day_waits_as_long_as_the_effort_says(start: float, effort: float) -> None:
    assert Rhythm().wait(start, effort) == pytest.approx(effort, abs=1e-6)


@given(counts, st.floats(0, 24), st.floats(0, 100), st.floats(0, 100))
def test_waiting_twice_is_waiting_once(rhythm: Rhythm, start: float, one: float, other: float) -> None:
    first = rhythm.wait(start, one)
    assert rhythm.wait(start, one + other) == pytest.approx(first + rhythm.wait(start + first, other), abs=1e-5)


@given(counts)
def test_no_rhythm_costs_more_visits_than_another(rhythm: Rhythm) -> None:
    assert sum(rhythm.roots) == pytest.approx(HOURS)
    assert rhythm.wait(3.5, 7.0 * HOURS) == pytest.approx(7.0 * HOURS)


def test_visits_come_where_posts_come() -> None:
    rhythm = Rhythm().after([(20.2, 1.0)] * 50 + [(21.5, 1.0)] * 50, faded=1.0)
    assert rhythm.wait(20.0, 1.0) < 1.0 < rhythm.wait(8.0, 1.0)


@given(st.lists(st.floats(1e-4, 1e4), min_size=1, max_size=200), st.floats(0, 1))
def test_the_price_is_where_the_budget_is_spent(pressures: list[float], share: float) -> None:
    most, least = len(pressures) / BOUNDS.floor / 1.2, len(pressures) / BOUNDS.ceiling * 1.2
    budget = least * (most / least) ** share
    paid = price(Counter(map(class_of, pressures)), visits_per_hour=budget, bounds=BOUNDS)
    spent = sum(1 / BOUNDS.within(paid / one) for one in pressures)
    assert spent == pytest.approx(budget, rel=0.06)  # a class is 9 % wide


@given(st.lists(st.floats(1e-4, 1e4), min_size=1, max_size=50), st.floats(0.01, 1e3), st.floats(0.01, 1e3))
def test_more_budget_never_costs_more(pressures: list[float], one: float, other: float) -> None:
    fewer, more = sorted((one, other))
    classes = Counter(map(class_of, pressures))
    dear = price(classes, visits_per_hour=fewer, bounds=BOUNDS)
    cheap = price(classes, visits_per_hour=more, bounds=BOUNDS)
    assert cheap <= dear * (1 + 1e-9)


def test_no_target_has_no_price_to_pay() -> None:
    assert price({}, visits_per_hour=1.0, bounds=BOUNDS) == BOUNDS.ceiling


def test_four_times_the_weight_is_twice_the_pressure() -> None:
    assert pressure(4.0, 0.5) == pytest.approx(2 * pressure(1.0, 0.5))
