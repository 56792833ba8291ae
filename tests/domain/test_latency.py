"""What counts as a delay, and within what time half and nearly all of them are over."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

import pytest

from domain.latency import HALF, MOST, Delays, LeadTimes, Timing, seconds_between, summed_up, timing_of

NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)


@pytest.mark.parametrize(
    ("appeared", "approved", "timing"),
    [
        (NOON, NOON, Timing.WATCHED),
        (NOON + SECOND, NOON, Timing.WATCHED),
        (NOON - SECOND, NOON, Timing.EARLIER),
        (NOON, None, Timing.EARLIER),
        (None, NOON, Timing.UNDATED),
        (None, None, Timing.UNDATED),
    ],
)
def test_only_what_appeared_while_it_was_to_be_watched_counts(
    appeared: datetime | None, approved: datetime | None, timing: Timing
) -> None:
    assert timing_of(appeared, approved) is timing


def test_percentiles_are_the_nearest_ranks_where_nothing_lasts() -> None:
    hundred = Delays(over=tuple(float(number * 37 % 101) for number in range(1, 101)))  # 1 to 100 in no order
    assert [hundred.within(share) for share in (0.01, HALF, MOST, 1.0)] == [1, 50, 95, 100]
    assert (Delays(over=(7.0,)).within(HALF), Delays(over=(7.0,)).within(MOST)) == (7, 7)
    twenty = Delays(over=tuple(float(number) for number in range(1, 21)))
    assert (twenty.within(HALF), twenty.within(MOST)) == (10, 19)
    assert Delays().within(HALF) is None


@pytest.mark.parametrize("count", range(1, 60))
def test_no_share_is_missed_by_a_rounding_of_fractions(count: int) -> None:
    delays = Delays(over=tuple(float(number) for number in range(1, count + 1)))
    assert [delays.within(rank / count) for rank in range(1, count + 1)] == list(delays.over)


def test_an_exponential_distribution_comes_out_as_it_is() -> None:
    dice = random.Random(7)  # noqa: S311 - repeatable
    delays = Delays(over=tuple(dice.expovariate(1 / 600) for _ in range(20_000)))
    assert delays.within(HALF) == pytest.approx(600 * 0.6931, rel=0.03)
    assert delays.within(MOST) == pytest.approx(600 * 2.9957, rel=0.03)


def test_what_lasts_still_is_not_taken_for_what_is_over() -> None:
    """The same exponential delays, of which each is looked at before it may be over."""
    dice = random.Random(11)  # noqa: S311 - repeatable
    over: list[float] = []
    lasting: list[float] = []
    for _ in range(20_000):
        delay, looked_at = dice.expovariate(1 / 600), dice.uniform(0, 3_000)
        (over if delay <= looked_at else lasting).append(min(delay, looked_at))
    assert len(lasting) > 3_000
    seen = Delays(over=tuple(over), lasting=tuple(lasting))
    assert seen.within(HALF) == pytest.approx(600 * 0.6931, rel=0.04)
    assert seen.within(MOST) == pytest.approx(600 * 2.9957, rel=0.08)
    assert (Delays(over=tuple(over)).within(MOST) or 0) < 0.9 * 600 * 2.9957, "without those that last it looks better"


def test_a_share_that_nothing_tells_of_is_not_known() -> None:
    delays = Delays(over=(60.0, 120.0), lasting=(30.0, 300.0))
    # Of three that lasted more than 30 s, one ended at 60 and one at 120: two thirds are over.
    assert (delays.within(HALF), delays.within(MOST)) == (120, None)
    assert Delays(lasting=(5.0,)).within(HALF) is None
    assert Delays(over=(60.0,), lasting=(60.0,)).within(HALF) == 60, "it ended no later than the other lasted"


def test_leads_are_summed_up_by_what_they_tell() -> None:
    latency = summed_up(
        [
            LeadTimes(timing=Timing.WATCHED, to_seen=20, to_lead=30, to_person=5),
            LeadTimes(timing=Timing.WATCHED, to_seen=10, to_lead=15, waiting=400),
            LeadTimes(timing=Timing.EARLIER, to_person=900),
            LeadTimes(timing=Timing.LISTS),
        ]
    )
    assert (latency.to_seen.over, latency.to_lead.over) == ((10, 20), (15, 30))
    assert (latency.to_person.over, latency.to_person.lasting) == ((5, 900), (400,))
    assert latency.leads == {Timing.WATCHED: 2, Timing.EARLIER: 1, Timing.LISTS: 1}


def test_seconds_are_whole_and_never_fewer_than_none() -> None:
    assert seconds_between(NOON, NOON + 1.9 * SECOND) == 1
    assert seconds_between(NOON + SECOND, NOON) == 0
