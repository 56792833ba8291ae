"""A worker visits what still may be visited, and of the rest asks nobody anything."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

import scheduler
from app import config
from app.instance import Instance, open_instance
from app.jobs.opening import shared_queue
from app.visitor import open_visitor, open_worker
from domain.errors import OperatorFault
from domain.hashlists import ListClass
from domain.jobs import Turn, turn_of
from domain.observations import Platform
from domain.outcomes import Outcome
from domain.targets import Claim, Visit
from tests.acceptance.driver import until
from tests.acceptance.slow_site import SlowSite, slow_site
from tests.contracts.samples import put_target, some_entries
from tests.desk import LOCAL
from triage.list_terms import NewList
from triage.watchlist import NewTarget

pytestmark = pytest.mark.postgres
SOON = 60


def environment(folder: Path, url: str) -> dict[str, str]:
    return {
        "KAPEAR_DATA_DIR": str(folder),
        "KAPEAR_DATABASE_URL": url,
        "KAPEAR_ALLOW_NETWORKS": "127.0.0.0/8",
        "KAPEAR_CONTACT": "worker@example.org",
    }


async def claimed(instance: Instance, site: SlowSite, number: int) -> Claim:
    page = NewTarget(locator=site.page(number), report="K-1", authorised_by="the director", basis="kites")
    added = await instance.office.watchlist.add(LOCAL, page)
    claim = await instance.store.write(lambda tx: tx.targets.claim(added.target.id))
    assert claim is not None
    return claim


async def worked(instance: Instance, turns: list[Turn], is_done: Callable[[list[Visit]], bool]) -> list[Visit]:
    """Lend turns to a worker until that is done; returns its visits."""
    visits: list[Visit] = []
    stop = asyncio.Event()

    async def lend() -> None:
        opened = shared_queue(instance.config)
        assert opened is not None
        async with opened as queue, asyncio.timeout(SOON):
            await queue.freed()
            await queue.put(turns)
            while not is_done(visits) or await queue.held():  # noqa: ASYNC110 - the server tells nobody
                await asyncio.sleep(0.05)
        stop.set()

    async with open_instance(instance.config) as other, open_worker(other) as (visitor, queue):
        lending = asyncio.create_task(lend())
        working = asyncio.create_task(scheduler.work(visitor, queue, visits.append, stop))
        await asyncio.gather(lending, working)
    return visits


async def test_void_claims_and_retired_targets_in_the_queue_ask_nobody(tmp_path: Path, empty_postgres_url: str) -> None:
    settings = config.load(environment(tmp_path / "data", empty_postgres_url))
    with slow_site(0) as site:
        async with open_instance(settings, create=True) as instance:
            good, retired, void = [await claimed(instance, site, number) for number in range(3)]
            await instance.office.watchlist.retire(LOCAL, retired.target.id)
            await instance.store.write(lambda tx: tx.targets.give_back([turn_of(void)]))
            turns = [turn_of(claim) for claim in (void, retired, good)]
            visits = await worked(instance, [*turns, turns[0]], lambda seen: len(seen) == 2)
        assert {visit.target_id: visit.outcome for visit in visits} == {
            good.target.id: Outcome.NEW,
            retired.target.id: Outcome.NOT_AUTHORISED,
        }
        assert [path for path, _ in site.asked] == ["/kites/0"]


async def test_a_worker_ends_when_the_database_is_upgraded_beneath_it(
    tmp_path: Path, empty_postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("scheduler.LISTS_S", 0.1)
    settings = config.load(environment(tmp_path / "data", empty_postgres_url))
    async with open_instance(settings, create=True) as instance, open_worker(instance) as (visitor, queue):
        working = asyncio.create_task(scheduler.work(visitor, queue, lambda _: None, asyncio.Event()))
        await asyncio.sleep(0.5)
        assert not working.done()
        with psycopg.connect(empty_postgres_url) as connection:
            connection.execute("UPDATE kapear_schema SET version_num = '9999'")
        with pytest.raises(OperatorFault, match="newer version"):
            await asyncio.wait_for(working, SOON)


async def test_a_pause_ends_what_a_worker_asks(tmp_path: Path, empty_postgres_url: str) -> None:
    settings = config.load(environment(tmp_path / "data", empty_postgres_url))
    with slow_site(0) as site:
        site.is_open.clear()
        async with open_instance(settings, create=True) as instance:
            turn = turn_of(await claimed(instance, site, 0))

            async def pause() -> None:
                while not site.read_by("worker"):  # noqa: ASYNC110 - the site's thread tells nobody
                    await asyncio.sleep(0.05)
                await instance.office.watchlist.pause_all(LOCAL, "counsel asks for it")

            pausing = asyncio.create_task(pause())
            (visit,) = await worked(instance, [turn], bool)
            await pausing
        assert (visit.outcome, visit.code) == (Outcome.NOT_AUTHORISED, "all_paused")
        until(lambda: not site.read_by("worker"))


async def test_a_worker_reads_a_list_as_soon_as_it_is_there(
    tmp_path: Path, empty_postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("scheduler.LISTS_S", 0.1)
    settings = config.load(environment(tmp_path / "first", empty_postgres_url))
    async with open_instance(settings, create=True) as instance:
        shutil.copytree(tmp_path / "first", tmp_path / "second")
        elsewhere = config.load(environment(tmp_path / "second", empty_postgres_url))
        async with open_instance(elsewhere) as other, open_worker(other) as (visitor, queue):
            stop, before = asyncio.Event(), visitor.matcher.generation
            working = asyncio.create_task(scheduler.work(visitor, queue, lambda _: None, stop))
            wanted = NewList(name="Lanterns", classification="demo", list_class=ListClass.OWN)
            await instance.office.lists.import_list(LOCAL, wanted, some_entries(50))
            async with asyncio.timeout(SOON):
                while visitor.matcher.generation == before:  # noqa: ASYNC110 - it tells nobody
                    await asyncio.sleep(0.05)
            stop.set()
            await working
            assert len(visitor.matcher) == 50


async def test_what_takes_an_account_is_given_back(tmp_path: Path, empty_postgres_url: str) -> None:
    settings = config.load(environment(tmp_path / "data", empty_postgres_url))
    with slow_site(0) as site:
        async with open_instance(settings, create=True) as instance:
            store = instance.store
            channel = await put_target(store, platform=Platform.TELEGRAM)
            claim = await store.write(lambda tx: tx.targets.claim(channel.id))
            assert claim is not None
            good = await claimed(instance, site, 0)
            visits = await worked(instance, [turn_of(claim), turn_of(good)], lambda seen: len(seen) == 1)
            assert [visit.target_id for visit in visits] == [good.target.id]
            assert await store.read(lambda tx: tx.targets.standing_claims([turn_of(claim)])) == []
            assert await store.read(lambda tx: tx.targets.visits(channel.id, 5)) == []


async def test_what_is_lent_takes_no_account(tmp_path: Path, empty_postgres_url: str) -> None:
    settings = config.load(environment(tmp_path / "data", empty_postgres_url))
    async with open_instance(settings, create=True) as instance:
        channel = await put_target(instance.store, platform=Platform.TELEGRAM)
        preview = await put_target(instance.store)
        await instance.office.watchlist.request_visit(LOCAL, channel.id)
        async with open_visitor(instance) as visitor:
            lent = await visitor.lent_turns.take(9, is_idle=False)
        assert [claim.target.id for claim in lent] == [preview.id]
