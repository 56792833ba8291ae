"""Whether monitoring goes on, and which reason comes first where it does not."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from domain.condition import SILENT, WHY, Beat, Signs, Standstill, standstill
from domain.mandate import Mandate, MandateScope, Organisation, Standing
from domain.timekeeping import ClockFault

NOON = datetime(2026, 4, 1, 12, tzinfo=UTC)
ENROLLED = Standing(
    organisation=Organisation(name="A test hotline", contact="desk@example.org", zone="Asia/Phnom_Penh"),
    mandate=Mandate(authority="A", document="A-1", scope=MandateScope.TEXT, expires_at=NOON + timedelta(days=9)),
    users=2,
)
WELL = Signs(standing=ENROLLED, clock=None, beat=Beat(at=NOON - SILENT), offline_since=None)


def test_monitoring_goes_on_while_every_sign_is_good() -> None:
    assert standstill(WELL, NOON) == ()


@pytest.mark.parametrize(
    ("signs", "reason"),
    [
        (replace(WELL, beat=Beat(at=None)), Standstill.NO_TICK),
        (replace(WELL, beat=Beat(at=NOON - SILENT - timedelta(seconds=1))), Standstill.NO_TICK),
        (replace(WELL, standing=replace(ENROLLED, paused="line repair")), Standstill.PAUSED),
        (replace(WELL, clock=ClockFault.BEHIND), Standstill.CLOCK_BEHIND),
        (replace(WELL, clock=ClockFault.UNSYNCHRONISED), Standstill.CLOCK_UNSYNCHRONISED),
        (replace(WELL, offline_since=NOON), Standstill.NETWORK_AWAY),
        (replace(WELL, beat=Beat(at=NOON, fault="decoding_fails")), Standstill.DECODING_FAILS),
    ],
)
def test_each_bad_sign_is_a_reason_of_its_own(signs: Signs, reason: Standstill) -> None:
    assert standstill(signs, NOON) == (reason,)


def test_an_expired_mandate_stops_an_enrolled_hotline_only() -> None:
    later = NOON + timedelta(days=9)
    assert standstill(replace(WELL, beat=Beat(at=later)), later) == (Standstill.MANDATE_EXPIRED,)
    assert standstill(replace(WELL, beat=Beat(at=later), standing=Standing()), later) == ()


def test_the_worst_reason_comes_first_and_none_hides_another() -> None:
    all_bad = Signs(
        standing=replace(ENROLLED, paused="line repair"),
        clock=ClockFault.BEHIND,
        beat=Beat(at=None),
        offline_since=NOON,
    )
    assert standstill(all_bad, NOON) == (
        Standstill.NO_TICK, Standstill.PAUSED, Standstill.CLOCK_BEHIND, Standstill.NETWORK_AWAY,
    )  # fmt: skip


def test_every_reason_has_one_line_that_says_how_to_mend_it() -> None:
    assert set(WHY) == set(Standstill)
    assert all(": " in line and "\n" not in line for line in WHY.values())
