"""The queue on PostgreSQL keeps the contract of queues, and lets go of nothing that a lost worker had."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import psycopg
import pytest
from procrastinate.exceptions import ConnectorException

from app.jobs import shared
from app.jobs.shared import SharedQueue, opened
from domain.errors import OperatorFault
from domain.jobs import Turn
from storage.engine import server_address
from tests.contracts.job_queue import SOON, JobQueueContract, given_to, taken, turns

pytestmark = pytest.mark.postgres
PLACES = 8


@pytest.fixture
async def stack() -> AsyncIterator[AsyncExitStack]:
    async with AsyncExitStack() as opening:
        yield opening


async def end_of(stack: AsyncExitStack, url: str, *, works: bool) -> SharedQueue:
    server = server_address(url)
    assert server is not None
    return await stack.enter_async_context(opened(*server, PLACES, works=works))


def stored(url: str, query: str) -> list[tuple[object, ...]]:
    with psycopg.connect(url) as connection:
        return connection.execute(query.encode()).fetchall()


class TestSharedQueue(JobQueueContract):
    """Two processes' ends of one queue, on one loop."""

    @pytest.fixture
    def places(self) -> int:
        return PLACES

    @pytest.fixture
    async def dispatcher(self, stack: AsyncExitStack, empty_postgres_url: str) -> SharedQueue:
        return await end_of(stack, empty_postgres_url, works=False)

    @pytest.fixture
    async def worker(self, stack: AsyncExitStack, empty_postgres_url: str, dispatcher: SharedQueue) -> SharedQueue:
        queue = await end_of(stack, empty_postgres_url, works=True)
        async with asyncio.timeout(SOON):
            await dispatcher.freed()
        return queue


async def test_without_a_worker_there_is_no_room_and_what_waits_comes_back(
    stack: AsyncExitStack, empty_postgres_url: str
) -> None:
    queue = await end_of(stack, empty_postgres_url, works=False)
    assert await queue.room() == 0
    await queue.put(turns(5))
    assert await queue.held() == set(turns(5))
    given: list[Turn] = []
    await queue.recover(given_to(given))
    assert sorted(given, key=lambda turn: turn.token) == turns(5)
    assert await queue.held() == set()


async def test_what_a_worker_had_comes_back_as_soon_as_it_leaves(
    stack: AsyncExitStack, empty_postgres_url: str
) -> None:
    queue = await end_of(stack, empty_postgres_url, works=False)
    async with AsyncExitStack() as life:
        worker = await end_of(life, empty_postgres_url, works=True)
        async with asyncio.timeout(SOON):
            await queue.freed()
        await queue.put(turns(2))
        await taken(worker, 2)
    given: list[Turn] = []
    await queue.recover(given_to(given))
    await queue.recover(given_to(given))
    assert given == turns(2)


async def test_who_gives_no_sign_of_life_is_disowned_before_others_have_its_turns(
    stack: AsyncExitStack, empty_postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shared, "HEARTBEAT_S", 0.2)
    monkeypatch.setattr(shared, "SILENT_S", 0.5)
    monkeypatch.setattr(shared, "GONE_S", 1.5)
    queue = await end_of(stack, empty_postgres_url, works=False)
    worker = await end_of(stack, empty_postgres_url, works=True)
    async with asyncio.timeout(SOON):
        await queue.freed()
    await queue.put(turns(2))
    await taken(worker, 2)
    given: list[Turn] = []

    async def no_sign(_: int) -> None:
        raise OperatorFault("away")

    monkeypatch.setattr(worker._manager, "update_heartbeat", no_sign)
    async with asyncio.timeout(SOON):
        await worker.disowned()
        await queue.recover(given_to(given))
        assert given == []
        while not given:
            await queue.recover(given_to(given))
            await asyncio.sleep(0.1)
    assert given == turns(2)
    assert stored(empty_postgres_url, "SELECT DISTINCT status::text FROM procrastinate_jobs") == [("failed",)]
    await queue.put(turns(2, first=2))
    monkeypatch.undo()
    assert await taken(worker, 2) == turns(2, first=2)  # it came back under another name


async def test_a_job_that_was_handed_over_while_the_answer_was_lost_is_taken_all_the_same(
    stack: AsyncExitStack, empty_postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    queue = await end_of(stack, empty_postgres_url, works=True)
    async with asyncio.timeout(SOON):
        await queue.freed()
    await queue.put(turns(2))
    real = queue._manager.fetch_job

    async def unheard(queues: list[str], worker: int) -> None:
        if await real(queues, worker) is not None:
            monkeypatch.undo()
            raise ConnectorException("the connection ended")

    monkeypatch.setattr(queue._manager, "fetch_job", unheard)
    with pytest.raises(OperatorFault):
        await taken(queue, 2)
    assert await taken(queue, 2) == turns(2)
    await queue.put(turns(1, first=2))
    assert await taken(queue, 1) == turns(1, first=2)  # and each but once


async def test_a_server_that_is_silent_is_not_waited_for_without_end(
    stack: AsyncExitStack, empty_postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shared, "SILENT_S", 0.2)
    queue = await end_of(stack, empty_postgres_url, works=False)

    async def silent(**_: object) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(queue._manager, "list_jobs_async", silent)
    async with asyncio.timeout(SOON):
        with pytest.raises(OperatorFault):
            await queue.held()


async def test_jobs_hold_ids_and_numbers_and_go_as_they_end(stack: AsyncExitStack, empty_postgres_url: str) -> None:
    queue = await end_of(stack, empty_postgres_url, works=True)
    await queue.put(turns(2))
    assert stored(empty_postgres_url, "SELECT args::text FROM procrastinate_jobs") == [
        ('{"turns": [["kite-0", 7], ["kite-1", 8]]}',)
    ]
    await queue.ended(await taken(queue, 2))
    assert stored(empty_postgres_url, "SELECT args::text FROM procrastinate_jobs") == []


async def test_two_that_come_first_at_once_make_the_tables_once(stack: AsyncExitStack, empty_postgres_url: str) -> None:
    first, second = await asyncio.gather(*(end_of(stack, empty_postgres_url, works=False) for _ in range(2)))
    await first.put(turns(1))
    assert await second.held() == set(turns(1))
