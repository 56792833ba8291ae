"""
Decide whether monitoring goes on, and if not, why.

Pure: the caller brings what the database says of it, which is the same in
every process: whoever visits writes down that it still does.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from domain.mandate import Standing
from domain.timekeeping import CLOCK_WRONG, ClockFault

SILENT = timedelta(seconds=60)  # without a sign of the process that visits
BEAT_EVERY = timedelta(seconds=10)


class Standstill(StrEnum):
    """Why nothing is watched, the worst first."""

    DATABASE_AWAY = "database_away"
    NO_TICK = "no_tick"
    PAUSED = "paused"
    CLOCK_BEHIND = ClockFault.BEHIND.value
    CLOCK_UNSYNCHRONISED = ClockFault.UNSYNCHRONISED.value
    MANDATE_EXPIRED = "mandate_expired"
    NETWORK_AWAY = "network_away"
    DECODING_FAILS = "decoding_fails"


WHY: Mapping[Standstill, str] = {
    Standstill.DATABASE_AWAY: "The database does not answer, so nothing is watched: see kapear doctor",
    Standstill.NO_TICK: "Nothing has been watched for a minute or longer: see that kapear run is running",
    Standstill.PAUSED: "Everything is paused, so nothing is watched till a person lets it go on: kapear pause --all ''",
    Standstill.CLOCK_BEHIND: CLOCK_WRONG[ClockFault.BEHIND],
    Standstill.CLOCK_UNSYNCHRONISED: CLOCK_WRONG[ClockFault.UNSYNCHRONISED],
    Standstill.MANDATE_EXPIRED: "The mandate has expired, so nothing is watched: renew it with kapear enrol",
    Standstill.NETWORK_AWAY: "The network is away, so nothing is watched: mend the line",
    Standstill.DECODING_FAILS: "No child process that decodes pictures starts, so none is compared: see kapear doctor",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Beat:
    """The last sign of the process that visits (None: there never was one), and what it said was wrong with it."""

    at: datetime | None
    fault: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Signs:
    """All that the database says of how the monitoring stands."""

    standing: Standing
    clock: ClockFault | None
    beat: Beat
    offline_since: datetime | None


def standstill(signs: Signs, now: datetime) -> tuple[Standstill, ...]:
    """Return why nothing is watched, the worst first; empty while monitoring goes on."""
    silent_since = signs.beat.at
    checks = (
        (Standstill.NO_TICK, silent_since is None or now - silent_since > SILENT),
        (Standstill.PAUSED, bool(signs.standing.paused)),
        (Standstill.CLOCK_BEHIND, signs.clock is ClockFault.BEHIND),
        (Standstill.CLOCK_UNSYNCHRONISED, signs.clock is ClockFault.UNSYNCHRONISED),
        (Standstill.MANDATE_EXPIRED, signs.standing.governing_mandate.expires_at <= now),
        (Standstill.NETWORK_AWAY, signs.offline_since is not None),
        (Standstill.DECODING_FAILS, signs.beat.fault == Standstill.DECODING_FAILS),
    )
    return tuple(reason for reason, holds in checks if holds)
