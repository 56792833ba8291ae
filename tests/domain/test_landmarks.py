"""A host's landmark is what it was first seen to be, and a lasting change of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from domain.landmarks import SETTLED, Landmark, seen

NOW = datetime(2026, 3, 4, 5, 6, tzinfo=UTC)
DAY = timedelta(days=1)


def test_the_first_answer_is_the_landmark() -> None:
    assert seen(None, "kites", NOW) == Landmark(known="kites", seen_at=NOW)


def test_a_change_counts_once_it_has_lasted() -> None:
    mark = seen(None, "kites", NOW)
    for day in range(1, 9):
        mark = seen(mark, "boats", NOW + day * DAY)
        assert mark.known == ("boats" if day == 8 else "kites")


def test_what_passes_changes_nothing() -> None:
    mark = seen(seen(seen(None, "kites", NOW), "portal", NOW + DAY), "kites", NOW + 2 * DAY)
    assert mark == Landmark(known="kites", seen_at=NOW + 2 * DAY)
    assert seen(mark, "portal", NOW + 9 * DAY).known == "kites"


@given(st.lists(st.tuples(st.sampled_from("abc"), st.timedeltas(timedelta(hours=-1), 4 * DAY)), max_size=30))
def test_no_answer_of_less_than_a_week_takes_a_landmark_s_place(story: list[tuple[str, timedelta]]) -> None:
    mark, now = seen(None, "first", NOW), NOW
    since: dict[str, datetime] = {}
    for answer, pause in story:
        now += pause
        before, mark = mark, seen(mark, answer, now)
        since[answer] = min(now, since.get(answer, now))  # the clock may be set back
        if mark.known != before.known:
            assert now - since[answer] >= SETTLED
        assert Landmark.loaded(mark.dumped()) == mark


@given(st.text(max_size=80))
def test_what_was_not_written_here_is_no_landmark(text: str) -> None:
    loaded = Landmark.loaded(text)
    assert loaded is None or loaded.dumped() == text or Landmark.loaded(loaded.dumped()) == loaded


def test_a_landmark_is_looked_at_again_after_a_day() -> None:
    mark = seen(None, "kites", NOW)
    assert [mark.is_stale(NOW + hours * timedelta(hours=1)) for hours in (-1, 0, 23, 24)] == [True, False, False, True]
