"""
Say when a target is visited next, and why, from what its last visit stored.

Pure: the decision is stored whole, so the same words can be made again from
the books alone. Sentences are the console's too, which translates them; what
goes into them are numbers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from domain.cadence import Because, Cadence, Decision, hours_of, loaded, own_wait
from domain.pricing import pressure
from domain.targets import WatchTarget

DAY = timedelta(hours=24)
MOST_AHEAD = 300  # visits of a day that are told; at the least interval there are fewer
_DAY_H, _WEEK_H = 24, 7 * 24
_FEW = 10  # of what is told to a tenth

WHY: Mapping[Because, str] = {
    Because.LEARNED: "It is visited as often as its posts are worth it, and more at the hours at which they come.",
    Because.FLOOR: "It posts more often than it may be visited: this is the shortest time between two visits.",
    Because.CEILING: "It hardly posts: this is the longest time that a target goes unwatched.",
    Because.UNFINISHED: "The last visit stopped early and goes on.",
    Because.FAILING: "Failures in a row: %(failures)s. Each doubles the wait.",
    Because.NOT_ASKED: "The last visit asked nobody: it might not be visited, or the network was away.",
    Because.ASKED_TO_WAIT: "Its host, or Telegram, asked for a pause until then.",
    Because.LOOK_AGAIN: "What it said at the last visit is to be confirmed.",
}
FIRST = "It was not visited yet."
SET_SINCE = (
    "This time was set since its last visit: "
    "it was resumed, a lead waits for what a post says, or the network was away."
)
OPEN_LEAD = "A lead of it is open, so it counts %(times)s times as much."
RATES = {
    1: "Posts to be expected in an hour: about %(count)s.",
    _DAY_H: "Posts to be expected in a day: about %(count)s.",
    _WEEK_H: "Posts to be expected in a week: about %(count)s.",
}
HARDLY = "Less than one post is to be expected in a week."
SENTENCES = (*WHY.values(), FIRST, SET_SINCE, OPEN_LEAD, *RATES.values(), HARDLY)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sentence:
    """A sentence, and the numbers that go into it."""

    text: str
    numbers: Mapping[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        """Return it in English."""
        return self.text % self.numbers


@dataclass(frozen=True, slots=True, kw_only=True)
class NextVisit:
    """
    A target's next visit and what speaks for it.

    `by_hour` are the shares of its posts in the hours of the day (UTC), as far
    as they are known, together 1; `ahead` the visits of a day from the next
    on, if its posts come as they did. `decision` is None before the first.
    """

    at: datetime
    sentences: tuple[Sentence, ...]
    decision: Decision | None = None
    by_hour: tuple[float, ...] = ()
    ahead: tuple[datetime, ...] = ()


def next_visit(cadence: Cadence, target: WatchTarget) -> NextVisit | None:
    """Return a target's next visit with its reasons; None for one that is not to be visited."""
    if target.next_due is None:
        return None
    decision = loaded(target.decision)
    if decision is None:
        return NextVisit(at=target.next_due, sentences=(Sentence(text=FIRST),))
    shares = [root * root for root in decision.case.pace.rhythm.roots]
    return NextVisit(
        at=target.next_due,
        sentences=_sentences(decision, is_kept=target.next_due == decision.due),
        decision=decision,
        by_hour=tuple(share / sum(shares) for share in shares),
        ahead=_ahead(cadence, decision, target.next_due),
    )


def _sentences(decision: Decision, *, is_kept: bool) -> tuple[Sentence, ...]:
    case = decision.case
    why = Sentence(text=WHY[decision.because], numbers={"failures": str(case.failures)})
    said = [why if is_kept else Sentence(text=SET_SINCE)]
    if case.pace.until is not None:
        said.append(_rate(case.pace.rate.per_hour))
    if case.weight > 1:
        said.append(Sentence(text=OPEN_LEAD, numbers={"times": _figure(case.weight)}))
    return tuple(said)


def _rate(per_hour: float) -> Sentence:
    """Return how often posts are to be expected, by the shortest time that holds one."""
    for hours, text in RATES.items():
        if per_hour * hours >= 1:
            return Sentence(text=text, numbers={"count": _figure(per_hour * hours)})
    return Sentence(text=HARDLY)


def _figure(number: float) -> str:
    return f"{number:.0f}" if number >= _FEW else f"{number:.1f}".removesuffix(".0")


def _ahead(cadence: Cadence, decision: Decision, first: datetime) -> tuple[datetime, ...]:
    """Return the visits of a day from the first on, without the dice that spread them."""
    case, visits, moment = decision.case, [first], first
    effort = case.price / pressure(case.weight, case.pace.rate.per_hour)
    while len(visits) < MOST_AHEAD:
        _, hours = own_wait(cadence, case.pace.rhythm, effort, hours_of(moment), 0.5)
        moment += timedelta(hours=hours)
        if moment >= first + DAY:
            break
        visits.append(moment)
    return tuple(visits)
