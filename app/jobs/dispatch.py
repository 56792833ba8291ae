"""
Keep a queue filled with what is due, and no further than it has room.

What waits on a queue was decided on earlier, and what is urgent now would
wait behind it: so little waits there.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from app.jobs.crew import Crew
from domain.jobs import Turn, turn_of
from domain.ports import JobQueue
from triage.turns import Turns


@dataclass(slots=True, kw_only=True)
class Dispatch:
    """
    Claims for one queue; what could not be put there is given back by the crew's next `settle`.

    `is_in_doubt` once nobody knows whether something was claimed, for the database went away meanwhile.
    """

    queue: JobQueue
    turns: Turns
    crew: Crew
    is_in_doubt: bool = False
    _filling: asyncio.Lock = field(default_factory=asyncio.Lock)
    _hungry: asyncio.Event = field(default_factory=asyncio.Event)  # there may be more that is due
    _stopped: bool = False

    async def fill(self) -> None:
        """Claim as much as there is room for, and put it on the queue."""
        async with self._filling:
            room = 0 if self._stopped else await self.queue.room()
            if room <= 0:
                self._hungry.set()
                return
            self._hungry.clear()
            try:
                claims = await self.turns.take(room, is_idle=self.crew.is_idle)
            except BaseException:
                self.is_in_doubt = True
                raise
            turns = [turn_of(claim) for claim in claims]
            if not turns:
                return
            try:
                await self.queue.put(turns)
            except BaseException:
                self.crew.give_back(turns)
                raise
            if len(turns) == room:
                self._hungry.set()

    async def refill(self) -> None:
        """Fill again as soon as there is room for a batch, if more may be due; until the next `fill` finds nothing."""
        await self._hungry.wait()
        try:
            await self.queue.freed()
            await self.fill()
        except BaseException:
            self._hungry.clear()  # the next tick tries again
            raise

    @asynccontextmanager
    async def held(self) -> AsyncIterator[Collection[Turn]]:
        """Claim nothing for the length of a block; yields every turn that was claimed and has not ended."""
        async with self._filling:
            yield await self.queue.held()

    async def stop(self) -> None:
        """Claim nothing more; returns when what is being claimed is on the queue."""
        self._stopped = True
        async with self._filling:
            pass
