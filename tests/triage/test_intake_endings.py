"""How a visit ends, and what it leaves behind."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest

from domain.errors import BadInput, EgressRefused, LostClaim, OperatorFault, VisitEnded
from domain.outcomes import Outcome
from domain.people import Actor
from domain.store import Tx
from tests.desk import LOCAL, START
from tests.fakes import FakeMedia, a_page, a_sight, picture
from tests.triage.deskhands import Desk
from triage.desk import Desk as TriageDesk

SECRET = "https://t.me/tin_lanterns sells blue kites"
SOON = timedelta(milliseconds=20)
AFTER_A_PAGE = timedelta(seconds=2)  # one page is committed long before
MINUTES = timedelta(minutes=1)


@pytest.mark.parametrize("outcome", sorted(set(Outcome) - {Outcome.NEW, Outcome.UNCHANGED, Outcome.GONE}))
async def test_how_a_source_ends_a_visit_is_its_outcome(desk: Desk, outcome: Outcome) -> None:
    target_id = (await desk.watch()).target.id
    visit = await desk.visit(target_id, a_page(a_sight("1")), VisitEnded(outcome, "a_code"))
    assert (visit.outcome, visit.code, visit.new_observations) == (outcome, "a_code", 1)
    assert len(await desk.posts(target_id)) == 1  # what was committed stays
    target = await desk.target(target_id)
    last = None if outcome is Outcome.OFFLINE else outcome  # nothing was learnt of the target
    assert (target.last_outcome, target.failures) == (last, 0 if outcome.is_ours else 1)


async def test_a_host_that_asked_for_a_pause_says_when_the_next_visit_is_due(desk: Desk) -> None:
    target_id = (await desk.watch()).target.id
    await desk.visit(target_id, VisitEnded(Outcome.UNREACHABLE, "timeout"))
    usual = (await desk.target(target_id)).next_due
    assert usual is not None
    for until in (usual + 7 * 60 * MINUTES, START):  # one outranks the interval, the other is over by then
        await desk.visit(target_id, VisitEnded(Outcome.LIMITED, "http_429", until=until))
        target = await desk.target(target_id)
        assert target.failures == 1
        assert target.next_due is not None
        assert target.next_due == until if until > usual else START < target.next_due < until + 7 * 60 * MINUTES


async def test_a_refused_address_is_an_outcome(desk: Desk) -> None:
    target_id = (await desk.watch()).target.id
    visit = await desk.visit(target_id, EgressRefused("loopback_only"))
    assert (visit.outcome, visit.code) == (Outcome.REFUSED, "loopback_only")


@pytest.mark.parametrize(
    "fault", [RuntimeError(SECRET), ValueError(SECRET), TimeoutError(SECRET), OSError(SECRET), BadInput(SECRET)]
)
async def test_what_nobody_foresaw_is_an_error_and_its_words_reach_no_log(
    desk: Desk, caplog: pytest.LogCaptureFixture, fault: Exception
) -> None:
    caplog.set_level(logging.DEBUG)
    target_id = (await desk.watch()).target.id
    visit = await desk.visit(target_id, a_page(a_sight("1", "kites")), fault)
    assert (visit.outcome, visit.code) == (Outcome.ERROR, type(fault).__name__)
    assert len(await desk.posts(target_id)) == 1
    # The whole of each record, for a formatter may print any of it.
    said = "".join(str(vars(record)) + caplog.handler.format(record) for record in caplog.records)
    assert target_id in said
    assert "tin_lanterns" not in said
    assert "kites" not in said


async def test_a_fault_of_rules_or_fingerprinter_writes_nothing_of_the_page(desk: Desk) -> None:
    target_id = (await desk.watch()).target.id
    desk.rules.fault = RuntimeError(SECRET)
    assert (await desk.visit(target_id, a_page(a_sight("1", "kites")))).outcome is Outcome.ERROR
    desk.rules.fault = None
    desk.fingerprinter.fault = RuntimeError(SECRET)
    assert (await desk.visit(target_id, a_page(a_sight("1", "", picture("kite"))))).outcome is Outcome.ERROR
    assert await desk.posts(target_id) == []
    desk.fingerprinter.fault = None
    assert (await desk.visit(target_id, a_page(a_sight("1", "kites", picture("kite"))))).outcome is Outcome.NEW


async def test_a_visit_that_lost_its_claim_says_so_and_writes_nothing(desk: Desk) -> None:
    target_id = (await desk.watch()).target.id

    async def lose() -> None:
        await desk.opened.store.write(lambda tx: tx.targets.void_claims())

    with pytest.raises(LostClaim):
        await desk.visit(
            target_id, a_page(a_sight("1")), lose, a_page(a_sight("2", "12 USD PayPal")), a_page(a_sight("3"))
        )
    assert [post.key.post for post in await desk.posts(target_id)] == ["1"]
    assert (await desk.target(target_id)).cursor == "1"
    assert (await desk.leads(), desk.source.pages_asked, desk.source.closed) == ([], 2, 1)
    assert (await desk.watchlist.show(LOCAL, target_id)).visits == ()


async def test_a_claim_lost_at_the_very_end_is_lost_too(desk: Desk) -> None:
    target_id = (await desk.watch()).target.id

    async def lose() -> None:
        await desk.opened.store.write(lambda tx: tx.targets.void_claims())

    with pytest.raises(LostClaim):
        await desk.visit(target_id, a_page(a_sight("1")), lose)


async def test_a_fault_of_the_installation_is_not_an_outcome(desk: Desk) -> None:
    target_id = (await desk.watch()).target.id
    with pytest.raises(OperatorFault):
        await desk.visit(target_id, OperatorFault("the disk is full"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Unwritable(TriageDesk):
    """A desk whose audit log takes no event."""

    def note(  # the signature is Desk's
        self,
        tx: Tx,  # noqa: ARG002 - same
        actor: Actor | str,  # noqa: ARG002 - same
        action: str,  # noqa: ARG002 - same
        subject: str = "",  # noqa: ARG002 - same
        **details: str | int,  # noqa: ARG002 - same
    ) -> None:
        raise OperatorFault("the audit log is broken")


async def test_a_lead_whose_audit_event_cannot_be_written_is_not_filed(desk: Desk) -> None:
    target_id = (await desk.watch()).target.id
    whole = desk.opened.office.desk
    desk.source.script = (a_page(a_sight("1", "12 USD by PayPal")),)
    intake = replace(desk.intake, desk=Unwritable(store=whole.store, vault=whole.vault, now=whole.now))
    with pytest.raises(OperatorFault):
        await intake.visit(await desk.claim(target_id), 0.5)
    assert (await desk.leads(), await desk.posts(target_id)) == ([], [])


async def test_a_visit_that_takes_too_long_stops_and_the_next_goes_on(desk: Desk) -> None:
    target_id = (await desk.watch()).target.id

    async def stay() -> None:
        await asyncio.Event().wait()

    desk.limits = replace(desk.limits, visit_deadline=AFTER_A_PAGE)
    visit = await desk.visit(target_id, a_page(a_sight("1")), stay)
    assert (visit.outcome, visit.code) == (Outcome.NEW, "visit_deadline")
    await desk.visit(target_id)
    assert desk.source.asked[-1].cursor == "1"


async def test_a_target_that_shows_no_page_in_time_was_not_seen(desk: Desk) -> None:
    target_id = (await desk.watch()).target.id

    async def stay() -> None:
        await asyncio.Event().wait()

    desk.limits = replace(desk.limits, visit_deadline=SOON)
    visit = await desk.visit(target_id, stay)
    assert (visit.outcome, visit.code) == (Outcome.UNREACHABLE, "visit_deadline")
    assert (await desk.target(target_id)).failures == 1


async def test_a_picture_that_hangs_at_the_visit_s_end_is_let_go(desk: Desk) -> None:
    target_id = (await desk.watch()).target.id
    hanging = FakeMedia(hangs=True)
    desk.limits = replace(desk.limits, visit_deadline=AFTER_A_PAGE)
    await desk.visit(target_id, a_page(a_sight("1", "", picture("kite", hanging))))
    assert (hanging.reads, hanging.closed > 0) == (1, True)


async def test_failures_in_a_row_lengthen_the_wait_and_one_success_ends_that(desk: Desk) -> None:
    target_id = (await desk.watch()).target.id
    waits = []
    for fault in (VisitEnded(Outcome.UNREACHABLE, "dns"),) * 3 + (None,):
        desk.source.script = (fault,) if fault else (a_page(a_sight("1")),)
        _, due = await desk.intake.visit(await desk.claim(target_id), 0.5)
        assert due is not None
        waits.append((due - desk.opened.clock()) / MINUTES)
        assert (await desk.target(target_id)).next_due == due
    assert waits == [30, 60, 120, 15]


async def test_a_pause_of_everything_costs_no_target_its_turn(desk: Desk) -> None:
    target = (await desk.watch()).target
    await desk.opened.store.write(lambda tx: tx.standing.pause_all("a reason"))
    for _ in range(4):
        _, due = await desk.intake.visit(await desk.claim(target.id), 0.5)
        assert due == target.next_due


async def test_a_target_paused_during_its_visit_is_due_no_more(desk: Desk) -> None:
    view = await desk.watch()

    async def pause() -> None:
        await desk.watchlist.pause(LOCAL, view.target.id)

    desk.source.script = (a_page(a_sight("1")), pause)
    _, due = await desk.intake.visit(await desk.claim(view.target.id), 0.5)
    assert due is None


async def test_a_request_for_a_visit_is_answered_by_it(desk: Desk) -> None:
    target_id = (await desk.watch()).target.id
    request = await desk.watchlist.request_visit(LOCAL, target_id)
    visit = await desk.visit(target_id, a_page(a_sight("1")))
    assert await desk.watchlist.answer(request) == visit
