"""
Decide whether the clock can be trusted with what hangs on it: when a target ends, and who approved it when.

Pure: the caller brings the clock, the newest time in the audit log, and what
the machine says of how its clock is kept.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

TOLERANCE = timedelta(minutes=1)  # machines that share a database agree to less than this


class Keeping(StrEnum):
    """What the machine says of how its clock is kept."""

    KEPT = "kept"  # a time service keeps it
    LOST = "lost"  # one should, and does not
    UNKNOWN = "unknown"  # nobody here keeps it: a container, or a host that sets it from outside


class Require(StrEnum):
    """Which clocks are good enough; the setting `require_clock_sync`."""

    WHERE_KEPT = "where_kept"  # on an enrolled instance whose machine has a time service; the default
    ALWAYS = "true"
    NEVER = "false"


class ClockFault(StrEnum):
    """What is wrong with the clock, as visits and logs name it."""

    BEHIND = "clock_behind"
    UNSYNCHRONISED = "clock_unsynchronised"


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockReading:
    """The clock, the newest time that the audit log holds (None: it is empty), and how the clock is kept."""

    now: datetime
    newest: datetime | None
    keeping: Keeping = Keeping.UNKNOWN
    require: Require = Require.WHERE_KEPT


def clock_fault(reading: ClockReading, *, enrolled: bool) -> ClockFault | None:
    """Return what is wrong with the clock; None where visits and approvals may go by it."""
    if reading.newest is not None and reading.now < reading.newest - TOLERANCE:
        return ClockFault.BEHIND
    bad = {
        Require.ALWAYS: {Keeping.LOST, Keeping.UNKNOWN},
        Require.WHERE_KEPT: {Keeping.LOST} if enrolled else set(),
        Require.NEVER: set(),
    }
    return ClockFault.UNSYNCHRONISED if reading.keeping in bad[reading.require] else None


CLOCK_WRONG: Mapping[str, str] = {
    ClockFault.BEHIND: (
        "The clock stands before the newest event of the audit log, so nothing is visited or approved: set the clock; "
        "if it is right and the log holds a time that never was: kapear clock accept REASON"
    ),
    ClockFault.UNSYNCHRONISED: (
        "The clock is not kept by a time service, so nothing is visited or approved: timedatectl set-ntp true; "
        "where it is kept by other means: require_clock_sync = false in kapear.toml"
    ),
}
