"""What people are told: each state once when it begins, daily while it lasts, and once when it is over."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

from domain.messages import BEGAN, ENDED, QUIET, Kind, Message, Said, State, Turn, due

MORNING = datetime(2026, 4, 1, 8, tzinfo=UTC)
HOUR = timedelta(hours=1)
STILL = State(kind=Kind.STANDS_STILL, subject="no_tick", since=MORNING)
LEAD = State(kind=Kind.LEAD_WAITS, subject="lead-1", since=MORNING - 5 * HOUR)


class Memory:
    """What was said, as the store would keep it."""

    def __init__(self) -> None:
        self.said: dict[tuple[Kind, str], Said] = {}

    def hear(self, now: datetime, *states: State) -> list[tuple[Turn, Kind, str]]:
        messages = due(states, list(self.said.values()), now, today=now.date(), hour=now.hour, daily_at=8)
        for message in messages:
            self.note(message, now)
        return [(one.turn, one.state.kind, one.state.subject) for one in messages]

    def note(self, message: Message, now: datetime) -> None:
        state = message.state
        since = datetime.combine(now.date(), time(), UTC) if state.kind is Kind.DAILY else state.since
        ended = now if message.turn is Turn.ENDED else None
        said = Said(kind=state.kind, subject=state.subject, since=since, said_at=now, ended_at=ended)
        self.said[state.kind, state.subject] = said


def without_daily(found: Collection[tuple[Turn, Kind, str]]) -> list[tuple[Turn, Kind, str]]:
    return [one for one in found if one[1] is not Kind.DAILY]


def test_a_state_is_said_once_daily_and_when_it_is_over() -> None:
    memory, begins = Memory(), MORNING + HOUR
    assert memory.hear(begins, STILL)[0] == (Turn.BEGAN, Kind.STANDS_STILL, "no_tick")
    for minutes in range(1, 22 * 60):
        assert memory.hear(begins + timedelta(minutes=minutes), STILL) == []
    day = memory.hear(MORNING + timedelta(days=1), STILL)
    assert day == [(Turn.LASTS, Kind.STANDS_STILL, "no_tick"), (Turn.LASTS, Kind.DAILY, "")]
    over = MORNING + timedelta(days=1, hours=2)
    assert memory.hear(over) == [(Turn.ENDED, Kind.STANDS_STILL, "no_tick")]
    assert memory.hear(over + HOUR / 2) == []


def test_what_comes_and_goes_is_not_said_each_time() -> None:
    memory, now = Memory(), MORNING
    memory.hear(now, STILL)
    memory.hear(now + HOUR / 4)
    assert memory.hear(now + HOUR / 2, STILL) == []
    again = now + HOUR / 4 + QUIET
    assert memory.hear(again, STILL) == [(Turn.BEGAN, Kind.STANDS_STILL, "no_tick")]


def test_the_day_s_line_comes_once_a_day_from_its_hour_on_and_at_once_after_a_start() -> None:
    memory = Memory()
    assert memory.hear(MORNING - HOUR) == []
    assert memory.hear(MORNING + 7 * HOUR) == [(Turn.LASTS, Kind.DAILY, "")]
    assert memory.hear(MORNING + 8 * HOUR) == []
    assert memory.hear(MORNING + 23 * HOUR) == []
    assert memory.hear(MORNING + 24 * HOUR) == [(Turn.LASTS, Kind.DAILY, "")]


def test_a_clock_that_was_set_back_silences_nothing() -> None:
    memory, ahead = Memory(), MORNING + timedelta(days=400)
    memory.hear(ahead, STILL)
    memory.hear(ahead + HOUR)
    assert memory.hear(MORNING, STILL) == [(Turn.BEGAN, Kind.STANDS_STILL, "no_tick"), (Turn.LASTS, Kind.DAILY, "")]


def test_the_gravest_comes_first_and_each_subject_is_its_own() -> None:
    memory, other = Memory(), replace(LEAD, subject="lead-2", since=MORNING - 6 * HOUR)
    found = without_daily(memory.hear(MORNING, LEAD, other, STILL))
    assert [subject for _, _, subject in found] == ["no_tick", "lead-2", "lead-1"]
    assert memory.hear(MORNING + HOUR, other, STILL) == [(Turn.ENDED, Kind.LEAD_WAITS, "lead-1")]


def test_every_kind_has_words_for_its_beginning_and_its_end() -> None:
    assert set(BEGAN) == set(ENDED) == set(Kind) - {Kind.DAILY}
