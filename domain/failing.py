"""
Decide when people are told that a target fails, and what they can do about it.

Whatever a target does to its visits, it only harms itself: it is looked at
ever more rarely, and no other target waits for it. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from domain.outcomes import Outcome
from domain.targets import TargetStatus, WatchTarget

TOLD_AFTER = 3  # failures in a row; fewer come and go

ADVICE: Mapping[Outcome, str] = {
    Outcome.ERROR: (
        "What is there cannot be read: look at it by hand, and tell whoever keeps this program the code of its visits."
    ),
    Outcome.UNREACHABLE: (
        "It does not answer: try it in a browser; where it opens, say so to whoever keeps this program, else wait or "
        "retire it."
    ),
    Outcome.REFUSED: (
        "Its address leads to where nothing may be asked: retire it, and add the public address if it has one."
    ),
    Outcome.RESTRICTED: "It cannot be read without an invitation any more: look at it by hand, or retire it.",
    Outcome.NO_PREVIEW: "It shows no preview any more: add a Telegram account that may read it, or retire it.",
    Outcome.MOVED: "It leads to another address: retire it, and add that address by a decision of its own.",
    Outcome.GONE: "It is gone: retire it, or let it be watched until it expires, should it come back.",
    Outcome.LIMITED: "It asks to be left alone for now: wait; it is looked at again as soon as it allows.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Failing:
    """A target that fails: since when, how often in a row, and what people can do."""

    since: datetime
    failures: int
    advice: str


def failing(target: WatchTarget) -> Failing | None:
    """Return how a target fails, None where it does not; `since` is its first look after the last that saw it."""
    outcome = target.last_outcome
    if target.failures < TOLD_AFTER or target.status is not TargetStatus.ACTIVE:
        return None
    if outcome is None or outcome not in ADVICE:
        return None
    return Failing(since=target.unseen_since or target.created_at, failures=target.failures, advice=ADVICE[outcome])
