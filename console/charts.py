"""Lay out the two small drawings of the console: a score as the sum of its reasons, visits as a strip."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

from domain.leads import Lead
from domain.outcomes import Outcome
from domain.scoring import Reason, Rule, Score, total
from domain.targets import Visit

FULL = 100  # points that fill a bar; more is drawn as full and written as it is

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
