"""When a target is visited next is explained by what its last visit stored, and by nothing else."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from domain.cadence import Because, Cadence, Case, Decision, decide, dumped
from domain.explanation import (
    FIRST,
    HARDLY,
    MOST_AHEAD,
    OPEN_LEAD,
    SENTENCES,
    SET_SINCE,
    WHY,
    NextVisit,
    next_visit,
)
from domain.outcomes import Outcome
from domain.pace import Pace
from domain.rates import PostRate
from domain.rhythm import Rhythm
from domain.targets import WatchTarget
from tests.contracts.samples import NOW, a_report, a_target

CADENCE = Cadence()
EVENING = Rhythm(seen=tuple(40.0 if 18 <= hour < 22 else 0.0 for hour in range(24)))


def a_pace(a_day: float, rhythm: Rhythm | None = None) -> Pace:
    """What is known of a target that was seen for long to post so often."""
    rate = PostRate(posts=a_day / 24 * 500 - 0.5, hours=499)
    return Pace(rate=rate, rhythm=rhythm or Rhythm(), until=490_000.0)


def decided(**changes: object) -> Decision:
    case = Case(at=NOW, outcome=Outcome.NEW, pace=a_pace(6), price=CADENCE.first_price)
    return decide(CADENCE, replace(case, **changes))  # type: ignore[arg-type]  # fields of a case


def explained(decision: Decision, **changes: object) -> NextVisit:
    found = next_visit(CADENCE, watched(decision, **changes))
    assert found is not None
    return found


def watched(decision: Decision, **changes: object) -> WatchTarget:
    return a_target(a_report(), **{"next_due": decision.due, "decision": dumped(decision), **changes})


def texts(visit: NextVisit) -> list[str]:
    return [sentence.text for sentence in visit.sentences]


@pytest.mark.parametrize(
    ("changes", "because"),
    [
        ({}, Because.LEARNED),
        ({"pace": a_pace(50_000)}, Because.FLOOR),
        ({"pace": a_pace(0.001)}, Because.CEILING),
        ({"is_unfinished": True}, Because.UNFINISHED),
        ({"outcome": Outcome.UNREACHABLE, "failures": 3}, Because.FAILING),
        ({"outcome": Outcome.NOT_AUTHORISED}, Because.NOT_ASKED),
        ({"wait_until": NOW + timedelta(days=3)}, Because.ASKED_TO_WAIT),
        ({"look_at": NOW + timedelta(hours=6)}, Because.LOOK_AGAIN),
    ],
)
def test_every_decision_has_its_sentence(changes: dict[str, object], because: Because) -> None:
    decision = decided(**changes)
    assert decision.because is because
    visit = explained(decision)
    assert (visit.at, texts(visit)[0]) == (decision.due, WHY[because])
    assert all("%" not in str(sentence) for sentence in visit.sentences)


def test_a_failure_says_how_many_there_were() -> None:
    visit = explained(decided(outcome=Outcome.UNREACHABLE, failures=3))
    assert str(visit.sentences[0]) == "Failures in a row: 3. Each doubles the wait."


def test_what_is_not_to_be_visited_has_no_next_visit() -> None:
    assert next_visit(CADENCE, watched(decided(), next_due=None)) is None


def test_before_the_first_visit_there_is_nothing_to_explain() -> None:
    visit = next_visit(CADENCE, replace(watched(decided()), decision=""))
    assert visit is not None
    assert (texts(visit), visit.by_hour, visit.ahead, visit.decision) == ([FIRST], (), (), None)


def test_what_was_put_forward_since_says_so() -> None:
    visit = explained(decided(), next_due=NOW)
    assert texts(visit)[0] == SET_SINCE
    assert visit.at == visit.ahead[0] == NOW


@pytest.mark.parametrize(
    ("a_day", "said"),
    [
        (240, "Posts to be expected in an hour: about 10."),
        (36, "Posts to be expected in an hour: about 1.5."),
        (3, "Posts to be expected in a day: about 3."),
        (0.5, "Posts to be expected in a week: about 3.5."),
        (0.1, HARDLY),
    ],
)
def test_the_rate_is_told_by_the_shortest_time_that_holds_a_post(a_day: float, said: str) -> None:
    assert str(explained(decided(pace=a_pace(a_day))).sentences[1]) == said


def test_of_a_rate_that_nobody_learned_nothing_is_said() -> None:
    visit = explained(decided(pace=Pace()))
    assert texts(visit) == [WHY[Because.LEARNED]]


def test_an_open_lead_is_named_by_what_it_weighs() -> None:
    (*_, last) = explained(decided(weight=4.0)).sentences
    assert (last.text, str(last)) == (OPEN_LEAD, "A lead of it is open, so it counts 4 times as much.")


def test_the_visits_ahead_are_denser_where_posts_come() -> None:
    visit = explained(decided(pace=a_pace(24, EVENING)))
    assert sum(visit.by_hour) == pytest.approx(1)
    assert max(range(24), key=visit.by_hour.__getitem__) in range(18, 22)
    assert visit.ahead[0] == visit.at
    assert all(visit.at <= moment < visit.at + timedelta(hours=24) for moment in visit.ahead)
    by_evening = sum(18 <= moment.hour < 22 for moment in visit.ahead)
    assert by_evening / 4 > 2 * (len(visit.ahead) - by_evening) / 20


def test_the_busiest_target_has_no_more_visits_ahead_than_are_told() -> None:
    busiest = explained(decided(pace=a_pace(50_000)))
    assert len(busiest.ahead) <= MOST_AHEAD
    assert busiest.ahead[1] - busiest.ahead[0] == timedelta(hours=CADENCE.bounds.floor)


def test_every_sentence_that_is_said_can_be_translated() -> None:
    said = {sentence.text for weight in (1.0, 4.0) for sentence in explained(decided(weight=weight)).sentences}
    assert said <= set(SENTENCES)
