"""What a queue of turns promises; subclass it and give it `dispatcher` and `worker`, its two ends, and `places`."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from domain.ids import TargetId
from domain.jobs import Turn, batch_of
from domain.ports import GiveBack, JobQueue

SOON = 20  # seconds within which what must come has come


def turns(count: int, *, first: int = 0) -> list[Turn]:
    return [Turn(target_id=TargetId(f"kite-{number}"), token=number + 7) for number in range(first, first + count)]


async def taken(worker: JobQueue, count: int) -> list[Turn]:
    """Take until there are so many."""
    seen: list[Turn] = []
    async with asyncio.timeout(SOON):
        while len(seen) < count:
            seen += await worker.take()
    return seen


def given_to(given: list[Turn]) -> GiveBack:
    """Return what notes the turns that are given back."""

    async def give_back(lost: Sequence[Turn]) -> None:
        given.extend(lost)

    return give_back


class JobQueueContract:
    """The suite; a subclass brings the fixtures `dispatcher`, `worker` (both ends of one queue) and `places`."""

    async def test_what_is_put_is_taken_once_in_its_order(self, dispatcher: JobQueue, worker: JobQueue) -> None:
        put = turns(3)
        await dispatcher.put(put[:2])
        await dispatcher.put(put[2:])
        assert await taken(worker, 3) == put
        nothing = asyncio.create_task(asyncio.wait_for(worker.take(), 0.3))
        await asyncio.wait({nothing})
        assert isinstance(nothing.exception(), TimeoutError)

    async def test_who_waits_is_given_what_comes(self, dispatcher: JobQueue, worker: JobQueue) -> None:
        waiting = asyncio.create_task(taken(worker, 2))
        await asyncio.sleep(0.1)
        await dispatcher.put(turns(2))
        assert await waiting == turns(2)

    async def test_there_is_room_as_long_as_there_are_places(
        self, dispatcher: JobQueue, worker: JobQueue, places: int
    ) -> None:
        async with asyncio.timeout(SOON):
            await dispatcher.freed()
        room = await dispatcher.room()
        assert room >= batch_of(places)
        await dispatcher.put(turns(room))
        assert await dispatcher.room() <= 0
        seen = await taken(worker, room)
        await worker.ended(seen)
        async with asyncio.timeout(SOON):
            await dispatcher.freed()
        assert await dispatcher.room() == room

    async def test_room_is_told_of_once_it_does_for_a_batch(
        self, dispatcher: JobQueue, worker: JobQueue, places: int
    ) -> None:
        async with asyncio.timeout(SOON):
            await dispatcher.freed()
        room = await dispatcher.room()
        await dispatcher.put(turns(room))
        freed = asyncio.create_task(dispatcher.freed())
        await asyncio.sleep(0.2)
        assert not freed.done()
        await worker.ended(await taken(worker, room))
        async with asyncio.timeout(SOON):
            await freed
        assert await dispatcher.room() >= batch_of(places)

    async def test_what_waits_or_is_under_way_is_held(self, dispatcher: JobQueue, worker: JobQueue) -> None:
        await dispatcher.put(turns(2))
        assert set(await dispatcher.held()) == set(turns(2))
        await taken(worker, 2)
        assert set(await dispatcher.held()) == set(turns(2))
        await worker.ended(turns(2))
        assert set(await dispatcher.held()) == set()

    async def test_nothing_is_given_back_while_its_taker_lives(self, dispatcher: JobQueue, worker: JobQueue) -> None:
        await dispatcher.put(turns(2))
        await taken(worker, 2)
        await dispatcher.put(turns(1, first=2))
        given: list[Turn] = []
        await dispatcher.recover(given_to(given))
        assert given == []

    async def test_who_lives_is_not_disowned(self, dispatcher: JobQueue, worker: JobQueue) -> None:
        await dispatcher.put(turns(1))
        await taken(worker, 1)
        disowned = asyncio.create_task(worker.disowned())
        await asyncio.sleep(0.3)
        assert not disowned.done()
        disowned.cancel()
