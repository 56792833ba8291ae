"""Do what recurs, each thing at its own pace, for as long as a process monitors."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from apscheduler.schedulers.asyncio import AsyncIOScheduler

from app.jobs.crew import log_fault
from app.jumps import follow_clock

Chore = Callable[[], Awaitable[object]]


class Chores:
    """Things to do, with the seconds between two times; none runs twice at once, none is made up for."""

    def __init__(self, chores: Sequence[tuple[Chore, float]], *, set_back: Chore | None = None) -> None:
        """Start nothing yet; `set_back` is done when somebody has set the clock back."""
        self._chores = chores
        self._set_back = set_back
        self._following: asyncio.Task[None] | None = None
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
        self._following = asyncio.create_task(follow_clock(self._ticker, self._after_set_back))

    def stop(self) -> None:
        """Begin nothing more, and let go of what is under way."""
        self._stopping = True
        if self._following is not None:
            self._following.cancel()
        self._ticker.shutdown(wait=False)

    async def _after_set_back(self) -> None:
        if self._set_back is not None:
            await self.guarded(self._set_back)

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
