"""How a lead moves through the queue: every move from every status, by its holder and by another."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from domain.errors import BadInput, WrongState
from domain.ids import LeadId, TargetId
from domain.latency import Timing
from domain.leads import (
    Closing,
    Lead,
    LeadKind,
    LeadStatus,
    checked_note,
    claim,
    close,
    filed_after,
    release,
    reopened,
    waited,
)
from domain.observations import Platform
from tests.contracts.samples import NOW

MOVES: dict[str, Callable[[Lead, str], Lead]] = {
    "claim": lambda lead, by: claim(lead, by=by, now=NOW),
    "release": lambda lead, by: release(lead, by=by),
    "close": lambda lead, by: close(lead, by=by, closing=Closing.REMOVED),
}
EARLIER = NOW - timedelta(hours=1)


def lead_in(status: LeadStatus) -> Lead:
    held = status is not LeadStatus.NEW
    return Lead(
        id=LeadId("lead-1"), group="secret", kind=LeadKind.HASH, status=status, target_id=TargetId("target-1"),
        platform=Platform.PAGE, urgency=20, value=10, posted_at=None, seen_at=EARLIER, filed_at=EARLIER,
        claimed_by="sok" if held else None, claimed_at=EARLIER if held else None,
    )  # fmt: skip


@pytest.mark.parametrize("status", LeadStatus)
@pytest.mark.parametrize("by", ["sok", "dara"])
@pytest.mark.parametrize("move", MOVES)
def test_every_move_from_every_status(move: str, by: str, status: LeadStatus) -> None:
    lead = lead_in(status)
    if move == "claim" and status is LeadStatus.NEW:
        expected = replace(lead, status=LeadStatus.CLAIMED, claimed_by=by, claimed_at=NOW, first_claimed_at=NOW)
    elif by == "sok" and status is LeadStatus.CLAIMED:
        expected = {
            "claim": lead,
            "release": replace(lead, status=LeadStatus.NEW, claimed_by=None, claimed_at=None),
            "close": replace(lead, status=LeadStatus.CLOSED, closed_as=Closing.REMOVED),
        }[move]
    else:
        with pytest.raises(WrongState, match="claimed by sok" if status is LeadStatus.CLAIMED else str(status)):
            MOVES[move](lead, by)
        return
    assert MOVES[move](lead, by) == expected


@pytest.mark.parametrize("closing", [None, *Closing])
def test_only_what_was_gone_is_reopened(closing: Closing | None) -> None:
    status = LeadStatus.CLAIMED if closing is None else LeadStatus.CLOSED
    lead = replace(lead_in(status), closed_as=closing)
    if closing in {Closing.REMOVED, Closing.UNAVAILABLE, Closing.MOVED, Closing.EXPIRED}:
        assert reopened(lead) == lead_in(LeadStatus.NEW)
    elif closing is Closing.WITHDRAWN:
        assert reopened(lead) == lead_in(LeadStatus.NEW)
        assert reopened(lead, speaks=False) == lead
    else:
        assert reopened(lead) == lead


def test_the_first_claim_is_kept_whoever_comes_later() -> None:
    first = claim(lead_in(LeadStatus.NEW), by="sok", now=EARLIER)
    again = claim(release(first, by="sok"), by="dara", now=NOW)
    assert (again.claimed_by, again.claimed_at, again.first_claimed_at) == ("dara", NOW, EARLIER)
    assert reopened(replace(again, status=LeadStatus.CLOSED, closed_as=Closing.MOVED)).first_claimed_at == EARLIER


def test_the_log_is_told_of_delays_that_count_and_of_the_first_claim() -> None:
    new = lead_in(LeadStatus.NEW)
    taken = claim(new, by="sok", now=NOW)
    assert waited(new, taken) == {"waited_s": 3600}
    assert waited(taken, release(taken, by="sok")) == {}
    assert waited(release(taken, by="sok"), claim(release(taken, by="sok"), by="dara", now=NOW)) == {}
    early = replace(new, appeared_at=EARLIER - timedelta(minutes=5), timing=Timing.WATCHED)
    assert filed_after(early) == {"after_s": 300}
    assert filed_after(replace(early, timing=Timing.EARLIER)) == {}
    ahead = replace(early, appeared_at=NOW)
    assert filed_after(ahead) == {"after_s": 0}, "a platform's clock may run ahead"


def test_a_note_is_kept_without_its_margins() -> None:
    assert checked_note("  Called the host.\n") == "Called the host."


@pytest.mark.parametrize("text", ["", " \n", "x" * 20_001])
def test_an_empty_or_huge_note_is_refused(text: str) -> None:
    with pytest.raises(BadInput, match="20,000"):
        checked_note(text)


def test_a_lead_does_not_show_its_group() -> None:
    assert "secret" not in repr(lead_in(LeadStatus.NEW))
