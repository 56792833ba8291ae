"""A pause ends what asks others in the middle of an answer, wherever it was written, and it goes on where it was."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from domain.errors import BadInput, Halted
from domain.feeds import FeedPage
from domain.mandate import ALL_PAUSED
from domain.observations import Traffic
from domain.outcomes import Outcome
from domain.ports import RemoteAnswer
from exchange.clients.spool import DiskSpools
from tests.desk import LOCAL
from tests.fakes import a_page, a_sight
from tests.triage.deskhands import Desk
from tests.triage.test_feeds import FEED, ScriptedFeed
from tests.triage.test_feeds import a_page as a_feed_page
from tests.triage.test_remote import KITE, a_picture
from triage import halt as halting
from triage.feeds import Feeds
from triage.halt import Halt
from triage.remote import RemoteMatching
from triage.remote_list import RemoteList


@dataclass
class Stuck:
    """Somebody who begins to answer and never ends."""

    asked: asyncio.Event = field(default_factory=asyncio.Event)
    was_cut_off: bool = False

    async def wait(self) -> None:
        self.asked.set()
        try:
            await asyncio.Event().wait()
        finally:
            self.was_cut_off = True

    async def pages(self, checkpoint: str, traffic: Traffic) -> AsyncGenerator[FeedPage, None]:  # noqa: ARG002 - the port's
        yield a_feed_page(1, "kite")
        await self.wait()

    @property
    def batch(self) -> int:
        return 2

    async def ask(self, hashes: Sequence[bytes]) -> Sequence[RemoteAnswer]:  # noqa: ARG002 - the port's
        await self.wait()
        return []


@pytest.fixture(autouse=True)
def looks_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(halting, "LOOK_EVERY_S", 0.02)


async def lifted(halt: Halt) -> None:
    """Wait until a halt has seen that it is lifted."""
    while True:
        with contextlib.suppress(Halted):
            async with halt.going_out():
                return
        await asyncio.sleep(0.01)


async def test_a_visit_ends_within_a_page_and_goes_on_where_it_was(desk: Desk) -> None:
    office, stuck = desk.opened.office, Stuck()
    due = (await desk.watch()).target.next_due
    turns = desk.turns()
    desk.source.script = (a_page(a_sight("1")), stuck.wait)
    async with asyncio.timeout(20), office.desk.halt.following(desk.opened.store):
        (claim,) = await turns.take(1, is_idle=True)
        visiting = asyncio.create_task(desk.intake.visit(claim, 0.5))
        await stuck.asked.wait()
        await office.watchlist.pause_all(LOCAL, "counsel asks for it")
        visit, next_due = await visiting
        assert stuck.was_cut_off
        assert (visit.outcome, visit.code, visit.new_observations) == (Outcome.NOT_AUTHORISED, ALL_PAUSED, 1)
        assert next_due == due
        assert await turns.take(1, is_idle=True) == []
        await office.watchlist.pause_all(LOCAL, "")
        (claim,) = await turns.take(1, is_idle=True)
        desk.source.script = (a_page(a_sight("2")),)
        await lifted(office.desk.halt)
        visit, _ = await desk.intake.visit(claim, 0.5)
        assert visit.outcome is Outcome.NEW


async def test_a_pull_ends_within_a_page_and_keeps_what_it_had(desk: Desk, tmp_path: Path) -> None:
    office, stuck = desk.opened.office, Stuck()
    feeds = Feeds(desk=office.desk, lists=office.lists, spools=DiskSpools(tmp_path / "feeds"))
    async with asyncio.timeout(20), office.desk.halt.following(desk.opened.store):
        pulling = asyncio.create_task(feeds.pull_due([(FEED, lambda: stuck)]))
        await stuck.asked.wait()
        await office.watchlist.pause_all(LOCAL, "counsel asks for it")
        assert await pulling == []
        assert stuck.was_cut_off
        asked = ScriptedFeed([a_feed_page(2, "drum", begins_anew=False)])
        assert await feeds.pull_due([(FEED, lambda: asked)]) == []
        with pytest.raises(Halted, match="paused"):
            await feeds.pull(LOCAL, FEED, asked)
        assert asked.asked == []
        await office.watchlist.pause_all(LOCAL, "")
        await lifted(office.desk.halt)
        (pulled,) = await feeds.pull_due([(FEED, lambda: asked)])
        assert (pulled.resumed, pulled.effect.added) == (1, 2)


async def test_a_look_up_ends_and_what_is_known_stays_in_force(desk: Desk) -> None:
    office, stuck = desk.opened.office, Stuck()
    remote = RemoteMatching(desk=office.desk, lookup=stuck)
    known = RemoteList(desk=office.desk, lists=office.lists, remote=remote, name="shield")
    await known._put({KITE: "known"})
    async with asyncio.timeout(20), office.desk.halt.following(desk.opened.store):
        asking = asyncio.create_task(remote.ask([a_picture(KITE)]))
        await stuck.asked.wait()
        await office.watchlist.pause_all(LOCAL, "counsel asks for it")
        assert await asking == {}
        assert stuck.was_cut_off
        assert await known.follow() is None
        latest = await desk.opened.store.read(lambda tx: tx.lists.latest("shield"))
        assert latest is not None
        assert latest.retired_at is None


async def test_lines_that_are_kept_open_are_let_go_once(desk: Desk) -> None:
    let_go = asyncio.Queue[str]()
    await desk.watchlist.pause_all(LOCAL, "counsel asks for it")
    async with asyncio.timeout(20), Halt().following(desk.opened.store, lambda: let_go.put("let go")):
        assert await let_go.get() == "let go"
        await asyncio.sleep(0.1)
    assert let_go.empty()


async def test_a_timeout_of_one_s_own_is_no_pause() -> None:
    with pytest.raises(TimeoutError):
        async with Halt().going_out(), asyncio.timeout(0):
            await asyncio.sleep(1)


async def test_a_pause_takes_a_reason_that_says_something_and_is_in_the_log(desk: Desk) -> None:
    with pytest.raises(BadInput, match="Say why"):
        await desk.watchlist.pause_all(LOCAL, "  ")
    await desk.watchlist.pause_all(LOCAL, "counsel asks for it")
    await desk.watchlist.pause_all(LOCAL, "")
    events = await desk.opened.store.read(lambda tx: [event.draft for event in tx.audit.events()])
    assert [draft.action for draft in events[-2:]] == ["visits.paused", "visits.resumed"]
