"""What no lead needs goes after 30 days, and of visits their sums stay."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from domain.store import Tx
from domain.timekeeping import Keeping, Require
from tests.fakes import a_page, a_sight
from tests.triage.deskhands import Desk
from triage import retention
from triage.retention import Deleted, Retention

DAYS = timedelta(days=1)


async def events(desk: Desk, action: str) -> list[str | int]:
    def counts(tx: Tx) -> list[str | int]:
        return [event.draft.details["count"] for event in tx.audit.events() if event.draft.action == action]

    return await desk.opened.store.read(counts)


async def test_visits_go_day_by_day_and_what_they_sum_to_stays(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "VISITS_AT_ONCE", 2)
    target_id = (await desk.watch()).target.id
    for number in range(3):
        await desk.visit(target_id, a_page(a_sight(str(number))))
        desk.opened.clock.forward(timedelta(minutes=5))
    office, store = desk.opened.office, desk.opened.store
    before = await store.read(lambda tx: tx.figures(None, None))
    desk.opened.clock.forward(30 * DAYS)
    assert await office.retention.purge() == Deleted(posts=3, visits=0), "their day is not over for 30 days"
    desk.opened.clock.forward(DAYS)
    assert await office.retention.purge() == Deleted(posts=0, visits=3)
    assert await office.retention.purge() == Deleted(posts=0, visits=0)
    after = await store.read(lambda tx: tx.figures(None, None))
    assert (before["visits"], after["visits"]) == (3, 3)
    assert await store.read(lambda tx: tx.targets.visits(target_id, 9)) == []
    assert (await events(desk, "posts.purged"), await events(desk, "visits.purged")) == ([3], [2, 1])


async def test_nothing_goes_by_a_clock_that_is_wrong(desk: Desk) -> None:
    target_id = (await desk.watch()).target.id
    await desk.visit(target_id, a_page(a_sight("1")))
    desk.opened.clock.forward(40 * DAYS)
    kept = Keeping.LOST
    by_it = Retention(
        desk=replace(desk.opened.office.desk, keeping=lambda: kept, require_sync=Require.ALWAYS),
    )
    assert await by_it.purge() == Deleted(posts=0, visits=0)
    kept = Keeping.KEPT
    assert await by_it.purge() == Deleted(posts=1, visits=1)
