"""A clock set back, or kept by nobody, stops visits and approvals, and a person lets them go on."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from domain.audit import SYSTEM
from domain.errors import BadInput, NotAllowed, WrongState
from domain.mandate import HELD_UP
from domain.outcomes import Outcome
from domain.reports import Via
from domain.store import Tx
from domain.targets import Claim
from domain.timekeeping import ClockFault, Keeping
from tests.desk import LOCAL
from tests.fakes import a_page, a_sight
from tests.triage.deskhands import Desk
from triage.timekeeping import Timekeeping

DAY = timedelta(days=1)


async def taken(desk: Desk) -> list[Claim]:
    return await desk.turns().take(4, is_idle=True)


async def set_back(desk: Desk, by: timedelta = DAY) -> None:
    """Let an event be written, and the clock be set back behind it."""
    await desk.opened.store.write(lambda tx: desk.opened.office.desk.note(tx, SYSTEM, "lists.checked"))
    desk.opened.clock.forward(-by)


async def test_a_clock_set_back_a_day_takes_no_turns_until_it_is_right_again(desk: Desk) -> None:
    target = (await desk.watch()).target
    desk.opened.clock.forward(DAY)
    await set_back(desk)
    assert await taken(desk) == []
    desk.opened.clock.forward(DAY)
    assert [claim.target.id for claim in await taken(desk)] == [target.id]


async def test_a_few_seconds_are_nothing(desk: Desk) -> None:
    await desk.watch()
    desk.opened.clock.forward(DAY)
    await set_back(desk, timedelta(seconds=50))
    assert len(await taken(desk)) == 1


async def test_an_event_of_the_clock_that_is_behind_hides_nothing(desk: Desk) -> None:
    await desk.watch()
    desk.opened.clock.forward(DAY)
    await set_back(desk)
    await desk.opened.store.write(lambda tx: desk.opened.office.desk.note(tx, LOCAL, "lead.claimed"))
    assert await taken(desk) == []


async def test_who_asks_for_a_visit_is_told_why_there_is_none_and_the_turn_is_kept(desk: Desk) -> None:
    view = await desk.watch()
    desk.opened.clock.forward(DAY)
    await set_back(desk)
    await desk.watchlist.request_visit(LOCAL, view.target.id)
    (claim,) = await taken(desk)
    visit, due = await desk.intake.visit(claim, 0.5)
    assert (visit.outcome, visit.code, visit.requests) == (Outcome.NOT_AUTHORISED, ClockFault.BEHIND, 0)
    assert visit.code in HELD_UP
    assert due == view.target.next_due


async def test_a_clock_that_is_set_back_during_a_visit_ends_it_before_the_next_page(desk: Desk) -> None:
    view = await desk.watch()

    async def back() -> None:
        desk.opened.clock.forward(DAY)
        await set_back(desk)

    desk.source.script = (a_page(a_sight("1")), back, a_page(a_sight("2")))
    (claim,) = await taken(desk)
    visit, _ = await desk.intake.visit(claim, 0.5)
    assert (visit.outcome, visit.code, visit.new_observations) == (Outcome.NOT_AUTHORISED, ClockFault.BEHIND, 1)
    assert len(await desk.watchlist.posts(LOCAL, view.target.id)) == 1


async def test_nothing_is_approved_by_a_wrong_clock(enrolled: Desk) -> None:
    office = enrolled.opened.office
    bopha, chan = await enrolled.opened.user("bopha"), await enrolled.opened.user("chan")
    await office.reports.add(
        bopha, reference="IHC-1", received_on=enrolled.opened.clock().date(), via=Via.PHONE, alleged="Tin lanterns"
    )
    waiting = await enrolled.watch(by=bopha)
    enrolled.opened.clock.forward(DAY)
    await set_back(enrolled)
    with pytest.raises(WrongState, match="kapear clock accept"):
        await office.watchlist.approve(chan, waiting.target.id)
    enrolled.opened.clock.forward(DAY)
    lost = replace(office.desk, keeping=lambda: Keeping.LOST)
    with pytest.raises(WrongState, match="require_clock_sync"):
        await replace(office.watchlist, desk=lost).approve(chan, waiting.target.id)
    assert (await office.watchlist.approve(chan, waiting.target.id)).target.approved_by == "chan"
    assert await replace(enrolled.turns(), desk=lost).take(4, is_idle=True) == []


async def test_a_person_takes_the_clock_as_right_with_a_reason_and_visits_go_on(desk: Desk) -> None:
    far = (await desk.watch()).target
    desk.opened.clock.forward(DAY)
    (claim,) = await taken(desk)
    await desk.intake.visit(claim, 0.5)  # by the clock a day ahead
    await set_back(desk)
    desk.opened.clock.forward(-DAY)
    accepting = Timekeeping(desk=desk.opened.office.desk)
    for blank in ("", "  "):
        with pytest.raises(BadInput, match="REASON"):
            await accepting.accept(LOCAL, blank)
    newest = await accepting.accept(LOCAL, "the clock's battery was flat")
    assert newest - desk.opened.clock() == 2 * DAY
    desk.opened.clock.forward(DAY / 2)
    assert [one.target.id for one in await taken(desk)] == [far.id]

    def last(tx: Tx) -> tuple[str, dict[str, str | int]]:
        event = list(tx.audit.events())[-1]
        return event.draft.action, dict(event.draft.details)

    assert await desk.opened.store.read(last) == (
        "clock.accepted", {"newest": newest.isoformat(), "reason": "the clock's battery was flat"},
    )  # fmt: skip
    with pytest.raises(WrongState, match="nothing to accept"):
        await accepting.accept(LOCAL, "again")


async def test_an_analyst_may_not_take_the_clock_as_right(enrolled: Desk) -> None:
    with pytest.raises(NotAllowed):
        await enrolled.opened.office.timekeeping.accept(await enrolled.opened.user("bopha"), "it looks right")
