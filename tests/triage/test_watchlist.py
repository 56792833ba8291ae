"""Every target cites a report and a decision; nobody decides alone."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from domain.errors import BadInput, BadLocator, NotAllowed, NotFound, NotWatchable, Refused, WrongState
from domain.ids import TargetId, new_id
from domain.mandate import MandateScope
from domain.observations import Platform
from domain.people import Actor, Role
from domain.reports import Via
from domain.store import Tx
from domain.targets import TargetStatus
from tests.desk import LOCAL, START
from tests.triage.deskhands import ORGANISATION, Desk, mandate
from triage.watchlist import NewTarget, WatchList

WANTED = NewTarget(locator="http://127.0.0.1:9/kites", report="IHC-1", authorised_by="The board", basis="A report")


async def with_report(desk: Desk, reference: str = "IHC-1") -> Actor:
    bopha = await desk.opened.user("bopha")
    await desk.opened.office.reports.add(
        bopha, reference=reference, received_on=START.date(), via=Via.WEB, alleged="Tin lanterns"
    )
    return bopha


async def actions(desk: Desk) -> list[str]:
    return [event.action for event in await desk.events()]


# Not enrolled.


async def test_off_enrolment_a_target_is_active_at_once_and_its_unknown_report_is_made_up(desk: Desk) -> None:
    view = await desk.watchlist.add(LOCAL, WANTED)
    target = view.target
    assert (target.status, target.next_due, target.approved_by, target.synthetic) == (
        TargetStatus.ACTIVE, START, None, True,
    )  # fmt: skip
    assert (view.canonical, view.report, view.basis) == ("http://127.0.0.1:9/kites", "IHC-1", "A report")
    assert (target.requested_by, target.authorised_by) == ("os:tester", "The board")
    assert target.expires_at == START + timedelta(days=90)
    (report,) = await desk.opened.office.reports.all(LOCAL)
    assert (report.report.synthetic, report.alleged) == (True, "")
    assert (await actions(desk))[-2:] == ["report.added", "target.requested"]


async def test_off_enrolment_two_targets_may_cite_one_report(desk: Desk) -> None:
    await desk.watchlist.add(LOCAL, WANTED)
    await desk.watchlist.add(LOCAL, replace(WANTED, locator="http://127.0.0.1:9/lanterns"))
    assert len(await desk.opened.office.reports.all(LOCAL)) == 1


@pytest.mark.parametrize("locator", ["https://example.org/kites", "http://10.0.0.7/", "@tin_lanterns"])
async def test_off_enrolment_only_loopback_can_be_named(desk: Desk, locator: str) -> None:
    watchlist = WatchList(desk=desk.opened.office.desk)  # its Telegram is the real one
    with pytest.raises(NotAllowed, match="not enrolled"):
        await watchlist.add(LOCAL, replace(WANTED, locator=locator))
    assert (await watchlist.all(LOCAL), await desk.opened.office.reports.all(LOCAL)) == ([], [])


# Enrolled.


async def test_an_enrolled_target_waits_for_a_second_person(enrolled: Desk) -> None:
    bopha = await with_report(enrolled)
    chan = await enrolled.opened.user("chan")
    view = await enrolled.watchlist.add(bopha, replace(WANTED, locator="https://example.org/kites"))
    target = view.target
    assert (target.status, target.next_due, target.synthetic) == (TargetStatus.AWAITING_APPROVAL, None, False)
    with pytest.raises(NotAllowed, match="second person"):
        await enrolled.watchlist.approve(bopha, target.id)
    approved = (await enrolled.watchlist.approve(chan, target.id)).target
    assert (approved.status, approved.approved_by, approved.next_due) == (TargetStatus.ACTIVE, "chan", START)
    assert (await enrolled.watchlist.show(chan, target.id)).target == approved
    events = [(event.action, event.actor) for event in await enrolled.events() if event.subject == target.id]
    assert events == [("target.requested", "bopha"), ("target.approved", "chan")]


async def test_an_enrolled_target_cites_a_report_that_exists(enrolled: Desk) -> None:
    bopha = await enrolled.opened.user("bopha")
    with pytest.raises(NotFound, match="kapear report add IHC-1"):
        await enrolled.watchlist.add(bopha, WANTED)
    assert await enrolled.opened.office.reports.all(bopha) == []


async def test_a_report_made_up_before_enrolment_is_none(desk: Desk) -> None:
    await desk.watchlist.add(LOCAL, WANTED)
    people = [("sok", Role.ANALYST), ("dara", Role.SUPERVISOR)]
    await desk.opened.office.people.enrol(LOCAL, ORGANISATION, mandate(desk, MandateScope.TEXT), people)
    with pytest.raises(NotFound, match="cites nobody"):
        await desk.watchlist.add(await desk.opened.user("sok"), replace(WANTED, locator="https://example.org/"))


@pytest.mark.parametrize("name", ["nary", "vuthy"])
async def test_neither_admin_nor_auditor_decides(enrolled: Desk, name: str) -> None:
    bopha = await with_report(enrolled)
    target_id = (await enrolled.watchlist.add(bopha, WANTED)).target.id
    other = await enrolled.opened.user(name)
    watchlist = enrolled.watchlist
    for refused in (
        watchlist.add(other, replace(WANTED, locator="https://example.org/")),
        watchlist.approve(other, target_id),
        watchlist.pause(other, target_id),
        watchlist.resume(other, target_id),
        watchlist.retire(other, target_id),
        watchlist.request_visit(other, target_id),
        watchlist.pause_all(other, "a reason"),
    ):
        with pytest.raises(NotAllowed):
            await refused
    assert (await watchlist.show(bopha, target_id)).target.status is TargetStatus.AWAITING_APPROVAL


# What may be named.


@pytest.mark.parametrize(
    ("locator", "refusal"),
    [
        ("https://t.me/+AbCdEf123", NotWatchable),
        ("https://t.me./+AbCdEf123", NotWatchable),
        ("@lanternbot", NotWatchable),
        ("not a locator", BadLocator),
        ("", BadLocator),
    ],
)
async def test_what_is_never_fetched_is_refused_before_anything_is_written(
    desk: Desk, locator: str, refusal: type[Refused]
) -> None:
    with pytest.raises(refusal) as refused:
        await desk.watchlist.add(LOCAL, replace(WANTED, locator=locator))
    assert "AbCdEf123" not in str(refused.value)
    assert (await desk.watchlist.all(LOCAL), await actions(desk)) == ([], [])


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("http://127.0.0.1:9/kites", "HTTP://127.0.0.1:9/./kites#top"),
        ("http://127.0.0.1:9/kites", "http://127.0.0.1:9/k%69tes?utm_source=x"),
        ("http://127.0.0.1:9/", "http://127.0.0.1:9"),
        ("@tin_lanterns", "https://telegram.me/s/TIN_lanterns?before=9"),
        ("@tin_lanterns", "tg://resolve?domain=tin_lanterns"),
        ("tin_lanterns.t.me", "t.me/tin_lanterns"),
    ],
)
async def test_a_place_is_watched_once_however_it_is_spelled(desk: Desk, first: str, second: str) -> None:
    target = (await desk.watchlist.add(LOCAL, replace(WANTED, locator=first))).target
    with pytest.raises(WrongState, match=target.id):
        await desk.watchlist.add(LOCAL, replace(WANTED, locator=second))
    await desk.watchlist.retire(LOCAL, target.id)
    again = (await desk.watchlist.add(LOCAL, replace(WANTED, locator=second))).target
    assert again.id != target.id


async def test_an_expired_place_can_be_added_with_a_new_decision(desk: Desk) -> None:
    first = await desk.watchlist.add(LOCAL, replace(WANTED, days=1))
    desk.opened.clock.forward(timedelta(days=1))
    second = await desk.watchlist.add(LOCAL, replace(WANTED, days=1))
    statuses = {view.target.id: view.target.status for view in await desk.watchlist.all(LOCAL)}
    assert statuses == {first.target.id: TargetStatus.EXPIRED, second.target.id: TargetStatus.ACTIVE}


async def test_no_more_than_the_limit_is_watched(desk: Desk) -> None:
    first = (await desk.watchlist.add(LOCAL, WANTED)).target
    statuses = [TargetStatus.ACTIVE, TargetStatus.PAUSED, TargetStatus.AWAITING_APPROVAL]
    kept = [replace(first, id=TargetId(new_id()), locator_digest=new_id()) for _ in range(304)]
    rows = [replace(target, status=statuses[number % 3]) for number, target in enumerate(kept[:299])]
    retired = [replace(target, status=TargetStatus.RETIRED, next_due=None) for target in kept[299:]]

    def fill(tx: Tx) -> None:
        for target in (*rows, *retired):
            tx.targets.add(target)

    await desk.opened.store.write(fill)
    lanterns = replace(WANTED, locator="http://127.0.0.1:9/lanterns")
    with pytest.raises(WrongState, match="300 targets"):
        await desk.watchlist.add(LOCAL, lanterns)
    await desk.watchlist.retire(LOCAL, first.id)
    await desk.watchlist.add(LOCAL, lanterns)


@pytest.mark.parametrize(
    "change",
    [
        {"basis": " "},
        {"authorised_by": ""},
        {"days": 0},
        {"days": 91},
        {"backfill": -1},
        {"report": "no such reference!"},
        {"report": ""},
    ],
)
async def test_incomplete_decisions_are_refused(desk: Desk, change: dict[str, object]) -> None:
    with pytest.raises(BadInput):
        await desk.watchlist.add(LOCAL, replace(WANTED, **change))  # type: ignore[arg-type]  # parametrized
    assert await desk.watchlist.all(LOCAL) == []


async def test_words_that_carry_a_picture_are_kept_without_it(desk: Desk) -> None:
    run = "A" * 400
    view = await desk.watchlist.add(LOCAL, replace(WANTED, basis=f"See {run}", authorised_by=f"The board {run}"))
    assert run not in view.basis + view.target.authorised_by
    shown = await desk.watchlist.show(LOCAL, view.target.id)
    assert shown.basis == view.basis


async def test_what_was_asked_of_backfill_is_kept(desk: Desk) -> None:
    since = date(2026, 1, 31)
    target = (await desk.watchlist.add(LOCAL, replace(WANTED, backfill=None, backfill_since=since))).target
    assert await desk.target(target.id) == target
    assert (target.backfill, target.backfill_since) == (None, since)


# Steering.


async def test_pause_resume_retire_and_what_each_leaves_in_the_log(desk: Desk) -> None:
    target_id = (await desk.watchlist.add(LOCAL, WANTED)).target.id
    assert (await desk.watchlist.pause(LOCAL, target_id)).target.next_due is None
    assert (await desk.watchlist.resume(LOCAL, target_id)).target.next_due == START
    assert (await desk.watchlist.retire(LOCAL, target_id)).target.status is TargetStatus.RETIRED
    with pytest.raises(WrongState):
        await desk.watchlist.resume(LOCAL, target_id)
    events = [event.action for event in await desk.events() if event.subject == target_id]
    assert events == ["target.requested", "target.paused", "target.resumed", "target.retired"]


async def test_a_target_that_expired_unapproved_cannot_be_approved(enrolled: Desk) -> None:
    bopha = await with_report(enrolled)
    target_id = (await enrolled.watchlist.add(bopha, replace(WANTED, days=1))).target.id
    enrolled.opened.clock.forward(timedelta(days=1))
    with pytest.raises(WrongState, match="expired"):
        await enrolled.watchlist.approve(await enrolled.opened.user("chan"), target_id)


async def test_no_locator_stands_in_the_log_of_what_was_done(desk: Desk) -> None:
    target_id = (await desk.watchlist.add(LOCAL, WANTED)).target.id
    await desk.watchlist.request_visit(LOCAL, target_id)
    await desk.watchlist.pause_all(LOCAL, "http://127.0.0.1:9/kites is busy")
    await desk.watchlist.pause_all(LOCAL, "")
    events = await desk.events()
    assert [event.action for event in events][-3:] == ["target.visit_requested", "visits.paused", "visits.resumed"]
    assert "kites" not in repr(events)
    assert (await desk.opened.office.people.standing()).paused == ""


async def test_an_unknown_target_is_not_found(desk: Desk) -> None:
    for asked in (desk.watchlist.show, desk.watchlist.pause, desk.watchlist.posts, desk.watchlist.request_visit):
        with pytest.raises(NotFound):
            await asked(LOCAL, "no-such-id")


@pytest.mark.parametrize("again", ["https://localhost:9/kites", "http://www.localhost:9/kites?utm_source=x#top"])
async def test_an_address_with_http_or_www_is_no_second_place(desk: Desk, again: str) -> None:
    await desk.watchlist.add(LOCAL, replace(WANTED, locator="http://localhost:9/kites"))
    with pytest.raises(WrongState, match="watched already"):
        await desk.watchlist.add(LOCAL, replace(WANTED, locator=again))


# Beyond the usual.


async def test_a_site_is_read_as_deep_as_was_decided_and_the_approver_s_event_says_so(enrolled: Desk) -> None:
    bopha, chan = await with_report(enrolled), await enrolled.opened.user("chan")
    wanted = replace(WANTED, locator="https://example.org/shop/", depth=2, ignore_robots=" it shuts out all ")
    target = (await enrolled.watchlist.add(bopha, wanted)).target
    assert (target.depth, target.robots_ignored, target.plain_agent) == (2, "it shuts out all", "")
    approved = (await enrolled.watchlist.approve(chan, target.id)).target
    assert (approved.depth, approved.robots_ignored) == (2, "it shuts out all")
    beyond = {"depth": 2, "ignore_robots": "it shuts out all"}
    requested, decided = [dict(event.details) for event in await enrolled.events() if event.subject == target.id]
    assert requested == {"report": "IHC-1", "platform": "page", **beyond}
    assert decided == beyond
    assert "shuts out" not in repr(target)


async def test_only_a_supervisor_has_a_site_read_without_kapear_s_name(enrolled: Desk) -> None:
    bopha, dara = await with_report(enrolled), await enrolled.opened.user("dara")
    wanted = replace(WANTED, locator="https://example.org/shop/", plain_agent="it warns its buyers")
    with pytest.raises(NotAllowed, match="without Kapear's name"):
        await enrolled.watchlist.add(bopha, wanted)
    target = (await enrolled.watchlist.add(dara, wanted)).target
    assert target.plain_agent == "it warns its buyers"
    assert (await enrolled.watchlist.approve(bopha, target.id)).target.plain_agent == "it warns its buyers"


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({"depth": 4}, "0 .the one page. to 3, not 4"),
        ({"depth": -1}, "not -1"),
        ({"depth": 1, "locator": "@tin_lanterns"}, "for web pages"),
        ({"ignore_robots": " "}, "Say why .*--ignore-robots REASON"),
        ({"plain_agent": ""}, "Say why .*--plain-agent REASON"),
    ],
)
async def test_nothing_is_read_otherwise_without_a_reason(desk: Desk, changes: dict[str, Any], line: str) -> None:
    with pytest.raises(BadInput, match=line):
        await desk.watchlist.add(LOCAL, replace(WANTED, **changes))
    assert await desk.watchlist.all(LOCAL) == []


async def test_a_person_says_what_an_address_does_not_tell(desk: Desk) -> None:
    view = await desk.watchlist.add(LOCAL, replace(WANTED, platform=Platform.PAGE))
    assert view.target.platform is Platform.PAGE
    for platform, line in ((Platform.FORUM, "nothing on forum"), (Platform.TELEGRAM, "No account")):
        with pytest.raises(BadLocator, match=line):
            await desk.watchlist.add(LOCAL, replace(WANTED, locator="@tin_lanterns", platform=platform))
    asked = replace(WANTED, locator="@tin_lanterns", platform=Platform.TELEGRAM_WEB)
    assert (await desk.watchlist.add(LOCAL, asked)).target.platform is Platform.TELEGRAM_WEB
