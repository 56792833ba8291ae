"""
Decide when a target is visited next: the revisit policy, as pure functions.

Posts are to be seen early for a limited number of visits, so visits go where
posts appear. `domain.pace` learns how often and when a target posts
(`seen`, `looked`), `domain.pricing` what a visit costs in each budget (`price`),
and `decide` puts both together: the wait is the price over the root of weight
times rate, counted in the target's own day, within floor and ceiling. Whatever
a host asks for, and whatever must be looked at again, comes before that.

The caller brings the clock and the dice. A `Decision` holds what it was made
of, so anybody can make it again (`decide(cadence, decision.case)`).
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from domain.errors import BadInput
from domain.outcomes import Outcome
from domain.pace import Pace
from domain.pricing import Bounds, pressure
from domain.rates import PRIOR_RATE, PostRate
from domain.rhythm import Rhythm

JITTER = 0.05  # spreads targets that were added together; costs less than a thousandth of the delay
_FLOORS_AN_INTERVAL = 20  # the busiest target is visited so many times as often as the average
HEAD_START = timedelta(days=1)  # for so long a pressing target counts as due already
_HOUR = timedelta(hours=1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DIGITS = 4  # kept of what was learned
_OPEN_LEAD, _HIGHEST = 4.0, 32.0  # what a target weighs with an open lead, and at most
_MERELY_THERE, _POINTS_A_DOUBLING = 20, 10  # of removal urgency


@dataclass(frozen=True, slots=True, kw_only=True)
class Cadence:
    """
    How often targets may be visited.

    `interval` is the time between two visits of a target on average over all
    targets: it sets the budget. `ceiling` bounds how long any target goes
    unwatched. `host_visits` and `account_visits` are the most visits an hour to
    one host, and through one Telegram account; `bytes_a_day` is the most that
    is fetched on a day (UTC), None without a limit.
    """

    interval: timedelta = timedelta(minutes=15)
    ceiling: timedelta = timedelta(hours=24)
    host_visits: float = 1800.0
    account_visits: float = 1200.0
    bytes_a_day: int | None = None

    def __post_init__(self) -> None:
        """Refuse a cadence that could never be kept."""
        if not timedelta(0) < self.interval <= self.ceiling:
            raise BadInput("The visit interval must be above zero and no longer than its ceiling.")
        if min(self.host_visits, self.account_visits, self.bytes_a_day or 1) <= 0:
            raise BadInput("What a host, an account or a day may take must be above zero.")

    @property
    def first_price(self) -> float:
        """Return what a visit costs before any price was found: a target of which nothing is known waits `interval`."""
        return self.interval / _HOUR * pressure(1.0, PRIOR_RATE)

    @property
    def bounds(self) -> Bounds:
        """Return floor and ceiling of the time between two visits of one target."""
        return Bounds(floor=self.interval / _FLOORS_AN_INTERVAL / _HOUR, ceiling=self.ceiling / _HOUR)


class Because(StrEnum):
    """What decided when the next visit is."""

    LEARNED = "learned"  # how often it posts
    FLOOR = "floor"  # it posts more often than it may be visited
    CEILING = "ceiling"  # it hardly posts, and no target goes unwatched for longer
    UNFINISHED = "unfinished"  # the visit stopped early and goes on
    FAILING = "failing"  # each failure in a row doubles the wait
    NOT_ASKED = "not_asked"  # nobody was asked: it may not be visited, or the network is away
    ASKED_TO_WAIT = "asked_to_wait"  # by its host, or by Telegram
    LOOK_AGAIN = "look_again"  # what it said is to be confirmed


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """
    What a visit leaves to decide on.

    `look_at` is when what was said must be confirmed, `wait_until` what host or
    account asked for. `dice` in [0, 1) spreads the wait by 5 % either way.
    """

    at: datetime
    outcome: Outcome
    pace: Pace = field(default_factory=Pace)
    weight: float = 1.0
    price: float
    failures: int = 0
    is_unfinished: bool = False
    look_at: datetime | None = None
    wait_until: datetime | None = None
    dice: float = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """When the next visit is, and what decided that."""

    case: Case
    because: Because
    due: datetime

    @property
    def pressure(self) -> float:
        """Return how strongly the target asks for visits."""
        return pressure(self.case.weight, self.case.pace.rate.per_hour)


def decide(cadence: Cadence, case: Case) -> Decision:
    """Return when the target of a visit is visited next."""
    because, wait = _usual_wait(cadence, case)
    due = case.at + wait
    if case.look_at is not None:
        because, due = because if case.outcome.is_ours else Because.LOOK_AGAIN, case.look_at
    if case.wait_until is not None and case.wait_until > due:
        because, due = Because.ASKED_TO_WAIT, case.wait_until
    return Decision(case=case, because=because, due=due)


def _usual_wait(cadence: Cadence, case: Case) -> tuple[Because, timedelta]:
    """Return how long to wait where nobody says otherwise, and what decided that."""
    if case.is_unfinished:
        return Because.UNFINISHED, cadence.bounds.floor * _HOUR
    if case.outcome.is_ours:
        return Because.NOT_ASKED, _spread(cadence.interval, case.dice)
    because, wait = _learned_wait(cadence, case)
    if not case.outcome.was_seen and case.failures:
        return max((Because.LEARNED, wait), (Because.FAILING, backoff(cadence, case.failures, case.dice)), key=_wait)
    return because, wait


def _wait(choice: tuple[Because, timedelta]) -> timedelta:
    return choice[1]


def _learned_wait(cadence: Cadence, case: Case) -> tuple[Because, timedelta]:
    effort = case.price / pressure(case.weight, case.pace.rate.per_hour)
    because, hours = own_wait(cadence, case.pace.rhythm, effort, hours_of(case.at), case.dice)
    return because, hours * _HOUR


def own_wait(cadence: Cadence, rhythm: Rhythm, effort: float, now: float, dice: float) -> tuple[Because, float]:
    """Return how many hours from a moment (hours since 1970) it takes to spend an effort, and what decided that."""
    wait = rhythm.wait(now, effort * (1 + JITTER * (2 * dice - 1)))
    bounded = cadence.bounds.within(wait)
    return Because.LEARNED if bounded == wait else Because.FLOOR if bounded > wait else Because.CEILING, bounded


def backoff(cadence: Cadence, failures: int, dice: float) -> timedelta:
    """Return the time until a target that failed so many times in a row is tried again."""
    doubled = cadence.interval * (1 << min(failures, 16))
    return min(_spread(doubled, dice), cadence.ceiling)


def _spread(wait: timedelta, dice: float) -> timedelta:
    return wait * (1 + JITTER * (2 * dice - 1))


def hours_of(moment: datetime) -> float:
    """Return a moment as hours since 1970 in UTC."""
    return (moment - _EPOCH) / _HOUR


def dumped(decision: Decision) -> str:
    """Return a decision as it is stored: a few hundred characters, figures alone."""
    case = decision.case
    rate = case.pace.rate
    return json.dumps(
        {
            "at": _micros(case.at),
            "because": decision.because,
            "dice": case.dice,
            "due": _micros(decision.due),
            "failures": case.failures,
            "look_at": _micros(case.look_at),
            "outcome": case.outcome,
            "price": case.price,
            "rate": [rate.posts, rate.hours, rate.visits, rate.silent],
            "rhythm": case.pace.rhythm.seen,
            "unfinished": case.is_unfinished,
            "until": case.pace.until,
            "wait_until": _micros(case.wait_until),
            "weight": case.weight,
        },
        separators=(",", ":"),
    )


def loaded(text: str) -> Decision | None:
    """Return a decision as `dumped` wrote it; None where there is none yet."""
    if not text:
        return None
    read = json.loads(text)
    posts, hours, visits, silent = read["rate"]
    case = Case(
        at=_moment(read["at"]),
        outcome=Outcome(read["outcome"]),
        pace=Pace(
            rate=PostRate(posts=posts, hours=hours, visits=visits, silent=silent),
            rhythm=Rhythm(seen=tuple(read["rhythm"])),
            until=read["until"],
        ),
        weight=read["weight"],
        price=read["price"],
        failures=read["failures"],
        is_unfinished=read["unfinished"],
        look_at=_moment(read["look_at"]) if read["look_at"] is not None else None,
        wait_until=_moment(read["wait_until"]) if read["wait_until"] is not None else None,
        dice=read["dice"],
    )
    return Decision(case=case, because=Because(read["because"]), due=_moment(read["due"]))


def rounded(pace: Pace) -> Pace:
    """Return a pace with as many digits as are stored, to decide on nothing that could not be replayed."""
    rate = pace.rate
    kept = [round(value, _DIGITS) for value in (rate.posts, rate.hours, rate.visits, rate.silent)]
    return Pace(
        rate=PostRate(posts=kept[0], hours=kept[1], visits=kept[2], silent=kept[3]),
        rhythm=Rhythm(seen=tuple(round(count, _DIGITS) for count in pace.rhythm.seen)),
        until=pace.until,
    )


def _micros(moment: datetime | None) -> int | None:
    return None if moment is None else (moment - _EPOCH) // timedelta(microseconds=1)


def _moment(micros: int) -> datetime:
    return _EPOCH + timedelta(microseconds=micros)


def weight_of(urgency: int | None) -> float:
    """
    Return what a target weighs by the removal urgency of its most urgent open lead; None without one.

    An open lead doubles the visits; every ten points beyond those of a post that
    is merely there double its weight, up to eightfold.
    """
    if urgency is None:
        return 1.0
    return min(_OPEN_LEAD * math.exp2(max(urgency - _MERELY_THERE, 0) / _POINTS_A_DOUBLING), _HIGHEST)
