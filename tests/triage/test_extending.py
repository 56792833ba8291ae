"""A target with an open lead may be watched longer: one person asks, another approves."""

from __future__ import annotations

from datetime import timedelta

import pytest

from domain.errors import BadInput, NotAllowed, WrongState
from domain.targets import TargetStatus
from tests.desk import LOCAL
from tests.fakes import a_page, a_sight, picture
from tests.triage.deskhands import Desk
from triage.json_views import target_json

DAY = timedelta(days=1)


async def with_a_lead(desk: Desk, target_id: str) -> None:
    desk.matcher.wanted = [b"kite"]
    await desk.visit(target_id, a_page(a_sight("1", "", picture("kite"))))


async def test_one_asks_and_another_approves(enrolled: Desk) -> None:
    target_id = await enrolled.approved()
    await with_a_lead(enrolled, target_id)
    before = await enrolled.target(target_id)
    enrolled.opened.clock.forward(85 * DAY)
    bopha, chan = await enrolled.opened.user("bopha"), await enrolled.opened.user("chan")
    view = await enrolled.watchlist.extend(bopha, target_id, days=30, reason="The notice is open")
    assert (view.target.expires_at, view.target.extension_by) == (before.expires_at, "bopha")
    assert view.target.extends_to == before.expires_at + 30 * DAY
    assert view.extension_reason == "The notice is open"
    assert target_json(view)["extends_to"] is not None
    with pytest.raises(NotAllowed):
        await enrolled.watchlist.approve(bopha, target_id)
    view = await enrolled.watchlist.approve(chan, target_id)
    assert (view.target.expires_at, view.target.extends_to) == (before.expires_at + 30 * DAY, None)
    assert (view.target.approved_by, view.target.status) == (before.approved_by, TargetStatus.ACTIVE)
    told = [event.action for event in await enrolled.events() if event.subject == target_id]
    assert told[-2:] == ["target.extension_requested", "target.extended"]


async def test_an_extension_that_nobody_approved_extends_nothing(enrolled: Desk) -> None:
    target_id = await enrolled.approved()
    await with_a_lead(enrolled, target_id)
    enrolled.opened.clock.forward(80 * DAY)
    bopha, chan = await enrolled.opened.user("bopha"), await enrolled.opened.user("chan")
    await enrolled.watchlist.extend(bopha, target_id, days=30, reason="The notice is open")
    enrolled.opened.clock.forward(11 * DAY)
    with pytest.raises(WrongState):
        await enrolled.watchlist.approve(chan, target_id)
    assert (await enrolled.target(target_id)).expires_at <= enrolled.opened.clock()


async def test_off_enrolment_it_is_in_force_at_once_and_never_beyond_ninety_days(desk: Desk) -> None:
    target_id = (await desk.watch(days=10)).target.id
    await with_a_lead(desk, target_id)
    view = await desk.watchlist.extend(LOCAL, target_id, days=90, reason="A lead is open")
    assert (view.target.expires_at, view.target.extends_to) == (desk.opened.clock() + 90 * DAY, None)
    with pytest.raises(BadInput):
        await desk.watchlist.extend(LOCAL, target_id, days=1, reason="A lead is open")


async def test_without_an_open_lead_a_reason_or_days_there_is_no_extension(desk: Desk) -> None:
    target_id = (await desk.watch(days=10)).target.id
    with pytest.raises(WrongState):
        await desk.watchlist.extend(LOCAL, target_id, days=5, reason="A lead is open")
    await with_a_lead(desk, target_id)
    for days, reason in ((5, " "), (0, "A lead is open"), (91, "A lead is open")):
        with pytest.raises(BadInput):
            await desk.watchlist.extend(LOCAL, target_id, days=days, reason=reason)
    await desk.watchlist.retire(LOCAL, target_id)
    with pytest.raises(WrongState):
        await desk.watchlist.extend(LOCAL, target_id, days=5, reason="A lead is open")
