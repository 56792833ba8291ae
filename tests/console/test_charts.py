from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from console.charts import (
    FULL,
    HOUR_WIDTH,
    PLOT_HEIGHT,
    PLOT_WIDTH,
    day_plot,
    delay_plot,
    delay_ticks,
    score_bars,
    strip,
    tone,
)
from domain.explanation import NextVisit
from domain.ids import LeadId, TargetId, VisitId
from domain.latency import Delays
from domain.leads import Lead, LeadKind, LeadStatus
from domain.observations import Platform
from domain.outcomes import Outcome
from domain.scoring import Reason, Rule, Score, total
from domain.targets import Visit
from tests.desk import START

reasons = st.lists(
    st.builds(
        Reason,
        score=st.sampled_from(Score),
        rule=st.sampled_from(Rule),
        version=st.just(1),
        points=st.integers(-30, 60),
    ),
    max_size=8,
)


@given(reasons)
def test_a_bar_is_the_sum_of_its_reasons_and_stays_in_its_rail(stated: list[Reason]) -> None:
    lead = Lead(
        id=LeadId("l"), group="g", kind=LeadKind.TEXT, status=LeadStatus.NEW, target_id=TargetId("t"),
        platform=Platform.PAGE, urgency=0, value=0, posted_at=None, seen_at=START, filed_at=START,
        reasons=tuple(stated),
    )  # fmt: skip
    for bar in score_bars(lead):
        assert bar.points == total(stated, bar.score) == sum(part.reason.points for part in bar.segments)
        assert sum(part.width for part in bar.segments) == min(max(bar.points, 0), FULL)
        assert all(0 <= part.start <= part.start + part.width <= FULL for part in bar.segments)


def test_a_strip_runs_from_the_oldest_visit_and_every_outcome_has_a_tone() -> None:
    visits = [
        Visit(
            id=VisitId(f"v{number}"),
            target_id=TargetId("t"),
            started_at=START - timedelta(hours=number),
            ended_at=START,
            outcome=outcome,
        )
        for number, outcome in enumerate(Outcome)
    ]
    drawn = strip(visits)
    assert [visit.id for _, visit, _ in drawn] == [visit.id for visit in reversed(visits)]
    assert [place for place, _, _ in drawn] == list(range(len(Outcome)))
    assert {tone(outcome) for outcome in Outcome} == {"fresh", "quiet", "absent", "failed", "barred"}


seconds = st.lists(st.floats(min_value=0, max_value=10**9), max_size=40).map(lambda values: tuple(sorted(values)))


@given(seconds, seconds)
def test_every_delay_is_drawn_within_the_plot(over: tuple[float, ...], lasting: tuple[float, ...]) -> None:
    drawn = delay_plot(Delays(over=over, lasting=lasting))
    assert bool(drawn.columns) == bool(over or lasting)
    assert all(0 <= column.x < PLOT_WIDTH for column in drawn.columns)
    heights = [column.over + column.lasting for column in drawn.columns]
    assert all(0 < height <= PLOT_HEIGHT + 0.1 for height in heights)
    assert not heights or max(heights) >= PLOT_HEIGHT - 0.1, "the highest column fills the plot"
    assert all(place is None or 0 <= place <= PLOT_WIDTH for place in (drawn.half, drawn.most))


def test_a_delay_stands_above_its_mark() -> None:
    marks = {seconds: x for x, seconds in delay_ticks()}
    hour = delay_plot(Delays(over=(3_600.0,)))
    assert hour.half == hour.most == round(marks[3_600], 1)
    (column,) = hour.columns
    assert column.x <= marks[3_600] < column.x + 10
    assert sorted(marks.values()) == list(marks.values())


def test_a_day_is_drawn_in_the_hotline_s_own_time() -> None:
    at = datetime(2026, 3, 2, 4, 30, tzinfo=UTC)  # 11:30 in Phnom Penh
    visit = NextVisit(
        at=at, sentences=(), by_hour=tuple(0.5 if hour in {17, 18} else 0.0 for hour in range(24)), ahead=(at,)
    )
    drawn = day_plot(visit, ZoneInfo("Asia/Phnom_Penh"))
    evening = [round(column.x / HOUR_WIDTH, 3) for column in drawn.columns if column.height]
    assert evening == [0, 1], "17:00 and 18:00 UTC are midnight and one o'clock there"
    assert max(column.height for column in drawn.columns) == PLOT_HEIGHT
    assert drawn.visits == (round(11.5 * HOUR_WIDTH, 1),)
    half_an_hour_off = day_plot(visit, ZoneInfo("Asia/Kolkata"))
    assert all(0 <= column.x < PLOT_WIDTH for column in half_an_hour_off.columns)
