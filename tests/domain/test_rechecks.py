"""A lead's post is looked at daily, then ever more rarely, and soon after it is first said to be gone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from domain.filing import PostKey
from domain.ids import PostId
from domain.observations import Platform
from domain.presence import APART
from domain.rechecks import RARELY, LeadPost, next_look

NOW = datetime(2026, 3, 4, 5, 6, tzinfo=UTC)
DAY = timedelta(days=1)
KEY = PostKey(platform=Platform.TELEGRAM, container="1", post="2")


def post(looked: timedelta | None = None, gone: timedelta | None = None, down: timedelta | None = None) -> LeadPost:
    moments = [None if one is None else NOW + one for one in (looked, gone, down)]
    return LeadPost(
        id=PostId("p"), key=KEY, filed_at=NOW, looked_at=moments[0], gone_since=moments[1], taken_down_at=moments[2]
    )


def test_looks_are_a_day_apart_then_two_then_four_then_seven() -> None:
    looks: list[float] = []
    found = post()
    while not looks or looks[-1] < 60:
        at = next_look(found) - NOW
        looks.append(at / DAY)
        found = post(at)
    assert looks[:7] == [1, 2, 3, 4, 5, 6, 7]
    waits = [later - earlier for earlier, later in pairwise(looks[6:])]
    assert waits == [2, 2, 2, 2, 4, 4, 4, 4, *(7,) * (len(waits) - 8)]


def test_what_was_said_to_be_gone_is_looked_at_soon_after_six_hours() -> None:
    wait = next_look(post(DAY, DAY)) - NOW - DAY
    assert APART <= wait < APART + DAY / 24


def test_what_was_taken_down_is_looked_at_on_the_clock() -> None:
    assert next_look(post(2 * DAY, DAY, 2 * DAY)) == NOW + 3 * DAY


@given(
    st.timedeltas(timedelta(0), 90 * DAY),
    st.one_of(st.none(), st.timedeltas(timedelta(0), 90 * DAY)),
)
def test_a_look_is_never_longer_than_a_week_away(looked: timedelta, gone: timedelta | None) -> None:
    wait = next_look(post(looked, gone)) - NOW - looked
    assert wait <= RARELY
