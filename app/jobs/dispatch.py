"""
Keep a queue filled with what is due, and no further than it has room.

What waits on a queue was decided on earlier, and what is urgent now would
wait behind it: so little waits there.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from app.jobs.crew import Crew
from domain.jobs import turn_of
from domain.ports import JobQueue
from triage.turns import Turns


@dataclass(slots=True, kw_only=True)
class Dispatch:
    """Claims for one queue; what could not be put there is given back by the crew's next `settle`."""

    queue: JobQueue
    turns: Turns
    crew: Crew
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
            claims = await self.turns.take(room, is_idle=self.crew.is_idle)
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

    async def stop(self) -> None:
        """Claim nothing more; returns when what is being claimed is on the queue."""
        self._stopped = True
        async with self._filling:
            pass
