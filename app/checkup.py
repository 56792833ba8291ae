"""Say of one promise whether this machine lets Kapear keep it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

GIB = 1 << 30
LITTLE_SPACE = GIB  # free on the disk, in bytes
NO_SPACE = GIB // 16


class State(StrEnum):
    """How a check ended."""

    OK = "ok"
    WARNING = "warning"  # it works, or could not be looked at; somebody should look
    BROKEN = "broken"  # a promise cannot be kept, or Kapear cannot work


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """What was looked at, what was found, and how to mend it (empty when all is well)."""

    name: str
    state: State
    finding: str
    mend: str = ""


def weakened(missing_layers: tuple[str, ...]) -> tuple[str, ...]:
    """Return what everybody must be told when pictures are decoded all the same; empty when no layer is missing."""
    if not missing_layers:
        return ()
    missing = " and ".join(missing_layers)
    return (f"pictures are decoded without the full lock-down: {missing} missing here; see kapear doctor",)


def worst(checks: list[Check]) -> State:
    """Return the state of the installation: that of its worst check."""
    states = {check.state for check in checks}
    return next(state for state in (State.BROKEN, State.WARNING, State.OK) if state in states or state is State.OK)
