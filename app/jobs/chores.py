"""Do what recurs, each thing at its own pace, for as long as a process monitors."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from apscheduler.schedulers.asyncio import AsyncIOScheduler

from app.jobs.crew import log_fault

Chore = Callable[[], Awaitable[object]]


class Chores:
    """Things to do, with the seconds between two times; none runs twice at once, none is made up for."""

    def __init__(self, chores: Sequence[tuple[Chore, float]]) -> None:
        """Start nothing yet."""
        self._chores = chores
        self._ticker = AsyncIOScheduler()
        self._stopping = False

    def start(self) -> None:
        """Begin, on the running loop."""
        for chore, seconds in self._chores:
            self._ticker.add_job(
                self.guarded, "interval", args=[chore], seconds=seconds, coalesce=True, max_instances=1,
                misfire_grace_time=None,
            )  # fmt: skip
        self._ticker.start()

    def stop(self) -> None:
        """Begin nothing more, and let go of what is under way."""
        self._stopping = True
        self._ticker.shutdown(wait=False)

    async def guarded(self, chore: Chore) -> None:
        """Do one thing; a database that is away for a while stops nothing."""
        try:
            await chore()
        except asyncio.CancelledError:
            if not self._stopping:  # a stop lets chores go, and the ticker would log that with a traceback
                raise
        except Exception as fault:  # noqa: BLE001 - the next time tries again
            log_fault("job failed", fault)

    async def again(self, chore: Chore) -> None:
        """Do one thing over and over, until the stop."""
        while not self._stopping:
            await self.guarded(chore)
