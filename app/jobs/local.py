"""
Carry turns within one process.

There is room as far as visits have ended: nothing waits in here for long, so
what is due next is decided as late as can be.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from domain.jobs import Turn, batch_of
from domain.ports import GiveBack


class LocalQueue:
    """A `JobQueue` for so many visits at once, on the loop it is used on; it ends with its process."""

    def __init__(self, places: int) -> None:
        """Hold nothing yet."""
        self._places = places
        self._batches: asyncio.Queue[Sequence[Turn]] = asyncio.Queue()
        self._out: set[Turn] = set()  # put, and not ended
        self._change = asyncio.Event()

    async def room(self) -> int:
        """Return how many visits may begin."""
        return max(0, self._places - len(self._out))

    async def freed(self) -> None:
        """Wait until there is room for a batch."""
        while await self.room() < batch_of(self._places):
            self._change.clear()
            await self._change.wait()

    async def put(self, turns: Sequence[Turn]) -> None:
        """Hand turns over."""
        self._out.update(turns)
        self._batches.put_nowait(tuple(turns))

    async def held(self) -> set[Turn]:
        """Return every turn that was put and has not ended."""
        return set(self._out)

    async def recover(self, give_back: GiveBack) -> None:
        """Do nothing: who visits here ends with this process."""

    async def take(self) -> Sequence[Turn]:
        """Wait for turns."""
        return await self._batches.get()

    async def ended(self, turns: Sequence[Turn]) -> None:
        """Make room."""
        self._out.difference_update(turns)
        self._change.set()

    async def disowned(self) -> None:
        """Never return."""
        await asyncio.Event().wait()
