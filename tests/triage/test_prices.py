"""Visits go where posts appear, within what all targets, a host, the accounts and a day may take."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from domain.cadence import Because, Cadence, Decision, decide, loaded, weight_of
from domain.errors import VisitEnded
from domain.observations import Platform
from domain.outcomes import Outcome
from tests.desk import LOCAL
from tests.fakes import a_page, a_sight, picture
from tests.triage.deskhands import Desk
from triage.prices import ACCOUNTS, ALL, Prices

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


def prices(desk: Desk, **limits: Any) -> Prices:
    return Prices(desk=desk.opened.office.desk, cadence=Cadence(**limits))


async def decision(desk: Desk, target_id: str) -> Decision:
    decided = loaded((await desk.target(target_id)).decision)
    assert decided is not None
    return decided


async def of(desk: Desk, *budgets: str) -> dict[str, float]:
    return await desk.opened.store.read(lambda tx: tx.prices.of(budgets))


async def test_a_visit_decides_on_the_next_and_leaves_what_it_decided_on(desk: Desk) -> None:
    target_id = (await desk.watch()).target.id
    await desk.visit(target_id, a_page(a_sight("1")))
    target, decided = await desk.target(target_id), await decision(desk, target_id)
    assert target.next_due == decided.due
    assert decide(Cadence(), decided.case) == decided


async def test_a_busy_target_is_visited_more_often_than_a_quiet_one(desk: Desk) -> None:
    busy, quiet = (await desk.watch()).target.id, (await desk.watch("@slow_kites")).target.id
    for round_ in range(6):
        for target_id in (busy, quiet):
            posts = [replace(a_sight(f"{round_}{number}"), posted_at=None) for number in range(9 * (target_id == busy))]
            await desk.visit(target_id, a_page(*posts, cursor=str(round_)))
        desk.opened.clock.forward(HOUR)
    waits = [(one := await decision(desk, target_id)).due - one.case.at for target_id in (busy, quiet)]
    assert waits[0] < waits[1] / 2


async def test_an_open_lead_brings_its_target_forward(desk: Desk) -> None:
    target_id = (await desk.watch()).target.id
    await desk.visit(target_id, a_page(a_sight("1")))
    before = await decision(desk, target_id)
    desk.matcher.wanted = [b"lantern"]
    await desk.visit(target_id, a_page(a_sight("2", "", picture("lantern"))))
    (lead,) = await desk.leads()
    after = await decision(desk, target_id)
    assert (before.case.weight, after.case.weight) == (1.0, weight_of(lead.urgency))
    assert after.due - after.case.at < before.due - before.case.at


async def test_a_target_with_an_open_lead_waits_behind_no_bulk(desk: Desk) -> None:
    bulk, pressing = (await desk.watch()).target.id, (await desk.watch("@slow_kites")).target.id
    desk.matcher.wanted = [b"lantern"]
    await desk.visit(bulk, a_page(a_sight("1")))
    desk.opened.clock.forward(HOUR)
    await desk.visit(pressing, a_page(a_sight("2", "", picture("lantern"))))
    desk.opened.clock.forward(HOUR * 24)
    assert (await decision(desk, bulk)).due < (await decision(desk, pressing)).due
    turns = desk.turns()
    order = [claim.target.id for _ in range(2) for claim in await turns.take(1, is_idle=True)]
    assert order == [pressing, bulk]


async def test_a_failing_target_says_so(desk: Desk) -> None:
    target_id = (await desk.watch()).target.id
    for _ in range(2):
        await desk.visit(target_id, VisitEnded(Outcome.UNREACHABLE, "timeout"))
    decided = await decision(desk, target_id)
    assert (decided.because, decided.case.failures) == (Because.FAILING, 2)


async def test_all_targets_together_have_a_visit_each_and_interval(desk: Desk) -> None:
    for name in ("@tin_lanterns", "@slow_kites", "@paper_boats"):
        await desk.visit((await desk.watch(name)).target.id, a_page(a_sight(f"{name}1")))
    budget = prices(desk, interval=timedelta(minutes=30))
    await budget.refresh()
    (price,) = (await of(desk, ALL)).values()
    waits = []
    for target in await desk.opened.store.read(lambda tx: tx.targets.all()):
        pressure = (await decision(desk, target.id)).pressure
        waits.append(price / pressure)
    assert sum(1 / wait for wait in waits) == pytest.approx(3 / 0.5, rel=0.06)


async def test_a_host_with_many_targets_has_a_price_of_its_own(desk: Desk) -> None:
    for number in range(8):
        await desk.visit((await desk.watch(f"@kites_{number}_shop")).target.id, a_page(a_sight(f"{number}1")))
    page = (await desk.watch("http://127.0.0.1/boats")).target
    await desk.visit(page.id, a_page(a_sight("p1")))
    budget = prices(desk, host_visits=4.0)
    await budget.refresh()
    channel = (await desk.opened.store.read(lambda tx: tx.targets.all()))[-1]
    assert channel.platform is Platform.TELEGRAM_WEB
    theirs, others = budget.budget_of(channel), budget.budget_of(page)
    found = await of(desk, ALL, theirs, others)
    assert set(found) == {ALL, theirs}
    assert found[theirs] > found[ALL]
    dear, plain = await desk.opened.store.read(lambda tx: (budget.of(tx, theirs), budget.of(tx, others)))
    assert (dear, plain) == (found[theirs], found[ALL])
    await prices(desk).refresh()
    assert set(await of(desk, ALL, theirs)) == {ALL}, "a budget that is enough has no price of its own"


async def test_telegram_accounts_are_a_budget_whatever_the_channel(desk: Desk) -> None:
    await desk.watch()
    (target,) = await desk.opened.store.read(lambda tx: tx.targets.all())
    await desk.opened.store.write(lambda tx: tx.targets.adopt(Platform.TELEGRAM_WEB, Platform.TELEGRAM))
    assert prices(desk).budget_of(target) != ACCOUNTS
    assert prices(desk).budget_of(await desk.target(target.id)) == ACCOUNTS


async def test_fewer_bytes_a_day_make_every_visit_dearer(desk: Desk) -> None:
    for name in ("@tin_lanterns", "@slow_kites"):
        await desk.visit((await desk.watch(name)).target.id, a_page(a_sight(f"{name}1")))
    found: list[float] = []
    for limit in (None, 10**12, 1_000):
        await prices(desk, bytes_a_day=limit).refresh()
        found += (await of(desk, ALL)).values()
    assert found[0] == found[1] < found[2]


async def test_once_a_days_bytes_are_spent_only_people_are_served_until_the_next(desk: Desk) -> None:
    first, second = (await desk.watch()).target, (await desk.watch("@slow_kites")).target
    turns = desk.turns(bytes_a_day=2_000)
    for claim in await turns.take(2, is_idle=True):
        desk.source.script = (a_page(a_sight(f"{claim.target.id}1")),)
        await desk.intake.visit(claim, 0.5)
    desk.opened.clock.forward(MINUTE * 40)
    assert not await turns.take(2, is_idle=True)
    await desk.watchlist.request_visit(LOCAL, first.id)
    assert [claim.target.id for claim in await turns.take(2, is_idle=True)] == [first.id]
    desk.opened.clock.forward(24 * HOUR)
    assert [claim.target.id for claim in await turns.take(2, is_idle=True)] == [second.id]


async def test_what_is_used_of_the_budgets_is_told(desk: Desk) -> None:
    for name in ("@tin_lanterns", "@slow_kites"):
        await desk.visit((await desk.watch(name)).target.id, a_page(a_sight(f"{name}1")))
    used = await prices(desk, bytes_a_day=48_000).use()
    assert (used.visits, used.fetched, used.may_be_fetched) == (2, 2_000, 48_000)
    assert used.visits_allowed == 2  # 2,000 bytes an hour, and 1,000 a visit
    assert (await prices(desk).use()).visits_allowed == 8
    desk.opened.clock.forward(HOUR * 24)
    later = await prices(desk).use()
    assert (later.visits, later.fetched, later.may_be_fetched) == (0, 0, None)
