"""Lay out the console's drawings: scores as sums of their reasons, visits as a strip, delays and days as columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from math import log
from zoneinfo import ZoneInfo

from domain.explanation import NextVisit
from domain.latency import HALF, MOST, Delays
from domain.leads import Lead
from domain.outcomes import Outcome
from domain.scoring import Reason, Rule, Score, total
from domain.targets import Visit

FULL = 100  # points that fill a bar; more is drawn as full and written as it is

# Delays are drawn where each step multiplies: seconds and weeks have room on one line.
SHORTEST, LONGEST = 30.0, 30 * 86_400.0
COLUMNS = 32
PLOT_WIDTH, PLOT_HEIGHT = 320, 28
HOUR = timedelta(hours=1)
DAY_HOURS, HOUR_WIDTH = 24, PLOT_WIDTH / 24
TICKS = (60, 600, 3_600, 6 * 3_600, 86_400, 7 * 86_400)

_TONES = {
    Outcome.NEW: "fresh",
    Outcome.UNCHANGED: "quiet",
    Outcome.GONE: "absent",
    Outcome.MOVED: "absent",
    Outcome.RESTRICTED: "absent",
    Outcome.NO_PREVIEW: "absent",
    Outcome.REFUSED: "barred",
    Outcome.NOT_AUTHORISED: "barred",
    Outcome.LIMITED: "failed",
    Outcome.UNREACHABLE: "failed",
    Outcome.OFFLINE: "failed",
    Outcome.ERROR: "failed",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """One reason's part of a bar, in points from the left."""

    start: int
    width: int
    reason: Reason


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreBar:
    """A score drawn: its segments add up to its points."""

    score: Score
    points: int
    segments: tuple[Segment, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DelayColumn:
    """How many delays are about as long: how high it is drawn for those that are over, and on them what lasts."""

    x: float
    over: float
    lasting: float


@dataclass(frozen=True, slots=True, kw_only=True)
class DelayPlot:
    """Delays drawn; `half` and `most` are where such shares of them are over, None where that is not known."""

    columns: tuple[DelayColumn, ...]
    half: float | None
    most: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DayColumn:
    """The share of posts that come in one hour of the day; `x` is when it begins, in local time."""

    x: float
    height: float


@dataclass(frozen=True, slots=True, kw_only=True)
class DayPlot:
    """A target's day drawn from midnight to midnight, with the times of day at which visits come next."""

    columns: tuple[DayColumn, ...]
    visits: tuple[float, ...]


def day_plot(visit: NextVisit, zone: ZoneInfo) -> DayPlot:
    """Return the rhythm of a target's day in a zone, and its visits of the next 24 hours."""
    highest = max(visit.by_hour, default=1)
    shift = (visit.at.astimezone(zone).utcoffset() or timedelta(0)) / HOUR
    return DayPlot(
        columns=tuple(
            DayColumn(x=(hour + shift) % DAY_HOURS * HOUR_WIDTH, height=round(share / highest * PLOT_HEIGHT, 1))
            for hour, share in enumerate(visit.by_hour)
        ),
        visits=tuple(round((_hour_of(moment) + shift) % DAY_HOURS * HOUR_WIDTH, 1) for moment in visit.ahead),
    )


def _hour_of(moment: datetime) -> float:
    """Return the hour of the day in UTC, with its parts."""
    local = moment.astimezone(UTC)
    return local.hour + local.minute / 60 + local.second / 3_600


def delay_plot(delays: Delays) -> DelayPlot:
    """Return delays as columns; what is shorter or longer than the line stands at its ends."""
    over, lasting = _counted(delays.over), _counted(delays.lasting)
    highest = max((a + b for a, b in zip(over, lasting, strict=True)), default=0) or 1
    return DelayPlot(
        columns=tuple(
            DelayColumn(
                x=place * PLOT_WIDTH / COLUMNS,
                over=round(ended * PLOT_HEIGHT / highest, 1),
                lasting=round(waiting * PLOT_HEIGHT / highest, 1),
            )
            for place, (ended, waiting) in enumerate(zip(over, lasting, strict=True))
            if ended or waiting
        ),
        half=_placed(delays.within(HALF)),
        most=_placed(delays.within(MOST)),
    )


def delay_ticks() -> list[tuple[float, int]]:
    """Return where the line of delays is marked, and with how many seconds."""
    return [(PLOT_WIDTH * _along(seconds), seconds) for seconds in TICKS]


def _along(seconds: float) -> float:
    """Return where on its line a delay stands, from 0 to 1."""
    within = min(max(seconds, SHORTEST), LONGEST)
    return log(within / SHORTEST) / log(LONGEST / SHORTEST)


def _placed(seconds: float | None) -> float | None:
    return None if seconds is None else round(PLOT_WIDTH * _along(seconds), 1)


def _counted(delays: Sequence[float]) -> list[int]:
    counts = [0] * COLUMNS
    for seconds in delays:
        counts[min(COLUMNS - 1, int(COLUMNS * _along(seconds)))] += 1
    return counts


def score_bars(lead: Lead) -> tuple[ScoreBar, ...]:
    """Return both scores of a lead as bars."""
    return tuple(_bar(score, [reason for reason in lead.reasons if reason.score is score]) for score in Score)


def tone(outcome: Outcome) -> str:
    """Return the class a visit with this outcome is drawn in."""
    return _TONES[outcome]


def strip(visits: Sequence[Visit]) -> list[tuple[int, Visit, str]]:
    """Return visits oldest first with their place and tone; visits come newest first."""
    return [(place, visit, tone(visit.outcome)) for place, visit in enumerate(reversed(visits))]


def _drawn(reasons: Sequence[Reason]) -> list[int]:
    """Return how much of the bar each reason is; what was taken back is taken from the matches that it took back."""
    widths: list[int] = []
    owed = 0
    for reason in reasons:
        owed -= min(0, reason.points)
        widths.append(max(0, reason.points))
        latest = range(len(widths) - 1, -1, -1)
        for place in sorted(latest, key=lambda place: reasons[place].rule is not Rule.KNOWN_MATCH):
            taken = min(owed, widths[place])
            widths[place] -= taken
            owed -= taken
    return widths


def _bar(score: Score, reasons: list[Reason]) -> ScoreBar:
    ends = list(accumulate(_drawn(reasons)))
    starts = [0, *ends[:-1]]
    segments = tuple(
        Segment(start=min(start, FULL), width=min(end, FULL) - min(start, FULL), reason=reason)
        for start, end, reason in zip(starts, ends, reasons, strict=False)
    )
    return ScoreBar(score=score, points=total(reasons, score), segments=segments)
