"""
Decide whose fault it is that nothing answers: one host's, or the network's.

While nothing at all answers, that is one state of the instance and nothing is
held against any target. Pure: every visit's end is an event, the caller brings
the clock, and the state is a value that can be replayed.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum

from domain.courtesy import HOST_RESTS
from domain.ids import TargetId
from domain.outcomes import Outcome
from domain.presence import UNCONFIRMED

RECENT = timedelta(minutes=2)  # who answered within this speaks for the network
PROBES = timedelta(seconds=20)  # while it is away, one due target is looked at this often
SURE_AFTER = timedelta(minutes=5)  # where only one target is there to ask
NO_NETWORK = frozenset({"no_route", "no_resolver"})  # codes that hardly any single host can cause
DOUBTED = timedelta(minutes=10)  # how far back failures are forgiven that turn out to be the network's
ENOUGH = 2  # hosts that fail within RECENT, with no other answering


class Sign(StrEnum):
    """What the end of a visit says of the network."""

    ANSWERED = "answered"
    FAILED = "failed"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outage:
    """A time in which nothing was watched, for the network was away; `ended_at` None: it still is."""

    started_at: datetime
    ended_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """A visit that reached nobody, and how its target stood before it."""

    host: str = field(repr=False)
    target_id: TargetId
    at: datetime
    failures: int = 0
    outcome: Outcome | None = None
    due: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    """
    How the network stands.

    `doubts` are the failures since somebody answered last, within DOUBTED.
    `away_since` is set while everything is taken to be away, `is_sure` once
    another look has failed too. `probed_at` is when it was last tried.
    """

    answered_at: datetime | None = None
    doubts: tuple[Failure, ...] = ()
    away_since: datetime | None = None
    is_sure: bool = False
    probed_at: datetime | None = None

    @property
    def is_away(self) -> bool:
        """Return whether nothing can be reached."""
        return self.away_since is not None

    def may_probe(self, now: datetime) -> bool:
        """Return whether it is time to look at one target, while the network is away."""
        return self.probed_at is None or not _within(PROBES, self.probed_at, now)


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """The network as it stands after a failure: whether it is to blame, and what it is blamed for after all."""

    network: Network
    is_network: bool
    forgiven: tuple[Failure, ...] = ()


def sign_of(outcome: Outcome, code: str, *, was_asked: bool) -> Sign:
    """Return what a visit's end says of the network; `was_asked` where at least one request was made."""
    if code == HOST_RESTS:
        return Sign.NOTHING
    if outcome is Outcome.UNREACHABLE and not code.startswith("http_") and code != UNCONFIRMED:
        return Sign.FAILED
    silent = outcome.is_ours or outcome in {Outcome.ERROR, Outcome.REFUSED}
    return Sign.NOTHING if silent or not was_asked else Sign.ANSWERED


def answered(now: datetime) -> Network:
    """Return the network as it stands when somebody has answered, however it stood before."""
    return Network(answered_at=now)


def failed(network: Network, failure: Failure, code: str) -> Verdict:
    """
    Say whose fault a failure is.

    The network's: while it is away; where nobody answered of late and there is
    no route or no resolver; or where hosts fail together and none answers.
    What was held against targets before that was seen is forgiven.
    """
    now = failure.at
    if network.away_since is not None:
        is_another = all(doubt.target_id != failure.target_id for doubt in network.doubts)
        sure = network.is_sure or is_another or now - network.away_since >= SURE_AFTER
        return Verdict(network=replace(network, is_sure=sure, probed_at=now), is_network=True)
    earlier = tuple(doubt for doubt in network.doubts if _within(DOUBTED, doubt.at, now))
    doubts = (*earlier, failure)
    hosts = {doubt.host for doubt in doubts if _within(RECENT, doubt.at, now)}
    somebody_answers = network.answered_at is not None and _within(RECENT, network.answered_at, now)
    if somebody_answers or (code not in NO_NETWORK and len(hosts) < ENOUGH):
        return Verdict(network=replace(network, doubts=doubts), is_network=False)
    away = replace(network, doubts=doubts, away_since=doubts[0].at, probed_at=now)
    return Verdict(network=away, is_network=True, forgiven=earlier)


def _within(span: timedelta, earlier: datetime, now: datetime) -> bool:
    """Return whether it is no longer ago than this; a clock that was set back says no."""
    return timedelta(0) <= now - earlier < span
