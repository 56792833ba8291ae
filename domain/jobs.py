"""Say what a job is made of: turns that were claimed, on their way to whoever takes them."""

from __future__ import annotations

from dataclasses import dataclass

from domain.ids import TargetId
from domain.targets import Claim

BATCHES = 4  # as visits end, a quarter of their places is filled at once: one transaction for many


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """A claim by its name alone: which target, and under which token. Nothing of the target itself."""

    target_id: TargetId
    token: int


def turn_of(claim: Claim) -> Turn:
    """Return by what a claim is told of."""
    return Turn(target_id=claim.target.id, token=claim.token)


def batch_of(places: int) -> int:
    """Return how many turns are handed over at once where so many visits run beside each other."""
    return max(1, places // BATCHES)
