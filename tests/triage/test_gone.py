"""A place is gone once its platform has said so twice, hours apart, and was itself each time."""

from __future__ import annotations

from datetime import timedelta

import pytest

from domain.errors import VisitEnded
from domain.outcomes import Outcome
from domain.presence import APART, DOUBT
from domain.targets import Visit
from tests.fakes import a_page, a_sight
from tests.triage.deskhands import Desk

HOUR = timedelta(hours=1)
SAID = VisitEnded(Outcome.GONE, "http_404")
ENDINGS = [
    VisitEnded(Outcome.GONE, "http_404"),
    VisitEnded(Outcome.MOVED, "left_scope"),
    VisitEnded(Outcome.RESTRICTED, "http_451"),
    VisitEnded(Outcome.NO_PREVIEW, "redirected"),
]


def ended(visit: Visit) -> tuple[Outcome, str]:
    return visit.outcome, visit.code


async def test_gone_is_said_twice_six_hours_apart(desk: Desk) -> None:
    target_id = (await desk.watch()).target.id
    assert ended(await desk.visit(target_id, SAID)) == (Outcome.UNREACHABLE, "gone_unconfirmed")
    first = await desk.target(target_id)
    assert (first.gone_since, first.failures) == (desk.opened.clock(), 0)
    assert first.next_due is not None
    desk.opened.clock.forward(HOUR)
    assert ended(await desk.visit(target_id, SAID)) == (Outcome.UNREACHABLE, "gone_unconfirmed")
    assert (await desk.target(target_id)).next_due == first.next_due, "the second look is where it was"
    desk.opened.clock.forward(first.next_due - desk.opened.clock())
    assert ended(await desk.visit(target_id, SAID)) == (Outcome.GONE, "http_404")
    target = await desk.target(target_id)
    assert (target.gone_since, target.failures, target.last_outcome) == (first.gone_since, 1, Outcome.GONE)


async def test_what_is_seen_again_is_not_gone(desk: Desk) -> None:
    target_id = (await desk.watch()).target.id
    await desk.visit(target_id, SAID)
    desk.opened.clock.forward(APART - HOUR)
    await desk.visit(target_id, a_page(a_sight("1")))
    assert (await desk.target(target_id)).gone_since is None
    desk.opened.clock.forward(2 * HOUR)
    assert (await desk.visit(target_id, SAID)).code == "gone_unconfirmed"


@pytest.mark.parametrize("ending", ENDINGS, ids=lambda ending: ending.code)
async def test_a_platform_that_is_not_itself_is_not_believed(desk: Desk, ending: VisitEnded) -> None:
    target_id = (await desk.watch()).target.id
    await desk.visit(target_id, a_page(a_sight("1")))
    desk.source.itself = False
    for _ in range(3):
        assert ended(await desk.visit(target_id, ending)) == (Outcome.UNREACHABLE, "not_itself")
        target = await desk.target(target_id)
        assert (target.gone_since, target.failures) == (None, 0)
        assert target.next_due == desk.opened.clock() + DOUBT
        desk.opened.clock.forward(APART + HOUR)


@pytest.mark.parametrize("ending", ENDINGS[1:], ids=lambda ending: ending.code)
async def test_who_adds_a_place_that_moved_or_is_closed_is_told_so_at_once(desk: Desk, ending: VisitEnded) -> None:
    target_id = (await desk.watch()).target.id
    desk.source.itself = False
    assert ended(await desk.visit(target_id, ending)) == (ending.outcome, ending.code)


@pytest.mark.parametrize("ending", ENDINGS, ids=lambda ending: ending.code)
async def test_without_asking_for_a_witness_it_would_be_believed(desk: Desk, ending: VisitEnded) -> None:
    """Control: what a portal says twice is taken for the truth where the platform counts as itself."""
    target_id = (await desk.watch()).target.id
    await desk.visit(target_id, ending)
    desk.opened.clock.forward(APART)
    assert ended(await desk.visit(target_id, ending)) == (ending.outcome, ending.code)


async def test_a_witness_that_breaks_is_none(desk: Desk) -> None:
    target_id = (await desk.watch()).target.id
    desk.source.itself = RuntimeError("its own words")
    assert ended(await desk.visit(target_id, SAID)) == (Outcome.UNREACHABLE, "not_itself")


async def test_a_platform_that_is_not_itself_between_two_answers_changes_nothing(desk: Desk) -> None:
    target_id = (await desk.watch()).target.id
    await desk.visit(target_id, SAID)
    since = desk.opened.clock()
    desk.opened.clock.forward(APART)
    desk.source.itself = False
    await desk.visit(target_id, SAID)
    assert (await desk.target(target_id)).gone_since == since
    desk.source.itself = True
    assert (await desk.visit(target_id, SAID)).outcome is Outcome.GONE
