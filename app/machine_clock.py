"""
Ask the machine how its clock is kept.

The kernel knows whether somebody disciplines its clock. Where it says no, that
is a fault only on a machine that has a time service: in a container, or where
a host sets the clock from outside, nobody is meant to.
"""

from __future__ import annotations

import ctypes
from pathlib import Path

from domain.timekeeping import Keeping

NOT_SYNCHRONISED = 5  # what adjtimex answers; below zero it may not be asked
# What running time services leave there: systemd-timesyncd, chrony, ntpd, ntpsec, openntpd.
SERVICES = ("systemd/timesync", "chrony", "chronyd.pid", "ntpd.pid", "ntpd", "openntpd")


def keeping(run: Path = Path("/run"), answer: int | None = None) -> Keeping:
    """Return how the clock is kept; asks the kernel and looks at /run, and changes nothing."""
    answer = _adjtimex() if answer is None else answer
    if 0 <= answer < NOT_SYNCHRONISED:
        return Keeping.KEPT
    has_service = any((run / name).exists() for name in SERVICES)
    return Keeping.LOST if answer == NOT_SYNCHRONISED and has_service else Keeping.UNKNOWN


def _adjtimex() -> int:
    question = ctypes.create_string_buffer(512)  # struct timex, all zero: asks and sets nothing
    return int(ctypes.CDLL(None).adjtimex(question))
