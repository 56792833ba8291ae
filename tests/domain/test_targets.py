"""How a target moves from one status to another: every move from every status."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from domain.errors import BadInput, NotAllowed, WrongState
from domain.targets import MAX_DAYS, TargetStatus, WatchTarget, approve, checked_days, pause, resume, retire
from tests.contracts.samples import DAY, NOW, a_report, a_target

Move = Callable[[WatchTarget], WatchTarget]

MOVES: dict[str, Move] = {
    "approve": lambda target: approve(target, by="analyst.two", now=NOW),
    "pause": pause,
    "resume": lambda target: resume(target, now=NOW),
    "retire": retire,
}
LEADS_TO: dict[tuple[str, TargetStatus], TargetStatus] = {
    ("approve", TargetStatus.AWAITING_APPROVAL): TargetStatus.ACTIVE,
    ("pause", TargetStatus.ACTIVE): TargetStatus.PAUSED,
    ("resume", TargetStatus.PAUSED): TargetStatus.ACTIVE,
    **{("retire", status): TargetStatus.RETIRED for status in TargetStatus if status is not TargetStatus.RETIRED},
}


def target_in(status: TargetStatus) -> WatchTarget:
    is_due = status is TargetStatus.ACTIVE
    return a_target(a_report(), status=status, approved_by=None, next_due=NOW - DAY if is_due else None)


@pytest.mark.parametrize("status", TargetStatus)
@pytest.mark.parametrize("move", MOVES)
def test_every_move_from_every_status(move: str, status: TargetStatus) -> None:
    target = target_in(status)
    expected = LEADS_TO.get((move, status))
    if expected is None:
        with pytest.raises(WrongState, match=str(status)):
            MOVES[move](target)
        return
    moved = MOVES[move](target)
    assert moved.status is expected
    # Only an active target is ever due, and then at once.
    assert moved.next_due == (NOW if expected is TargetStatus.ACTIVE else None)
    assert moved.approved_by == ("analyst.two" if move == "approve" else None)
    assert moved.approved_at == (NOW if move == "approve" else None)
    assert replace(moved, status=status, next_due=target.next_due, approved_by=None, approved_at=None) == target


def test_nobody_approves_what_they_asked_for() -> None:
    target = target_in(TargetStatus.AWAITING_APPROVAL)
    with pytest.raises(NotAllowed, match=r"analyst\.one asked .* second person"):
        approve(target, by=target.requested_by, now=NOW)


@pytest.mark.parametrize(
    ("move", "status"), [("approve", TargetStatus.AWAITING_APPROVAL), ("resume", TargetStatus.PAUSED)]
)
@pytest.mark.parametrize("past", [timedelta(0), timedelta(seconds=1)])
def test_what_expired_is_not_brought_to_life(move: str, status: TargetStatus, past: timedelta) -> None:
    with pytest.raises(WrongState, match="expired"):
        MOVES[move](replace(target_in(status), expires_at=NOW - past))


@pytest.mark.parametrize("days", [1, 30, MAX_DAYS])
def test_a_target_lives_for_the_days_asked(days: int) -> None:
    assert checked_days(days) == timedelta(days=days)


@pytest.mark.parametrize("days", [-1, 0, MAX_DAYS + 1, 10**9])
def test_no_target_lives_longer_than_the_limit(days: int) -> None:
    with pytest.raises(BadInput, match="1 to 90 days"):
        checked_days(days)


def test_a_target_shows_neither_locator_nor_basis_in_logs() -> None:
    shown = repr(replace(target_in(TargetStatus.ACTIVE), locator=b"kites", basis=b"kites", locator_digest="kites"))
    assert "kites" not in shown
