"""Seat requests at hosts within one process: few at a time, a pause between their starts, first come first served."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

_LANES_BEFORE_A_SWEEP = 256


@dataclass(slots=True)
class _Lane:
    """One host: who is inside, and when the last one started."""

    seats: asyncio.Semaphore
    gate: asyncio.Lock = field(default_factory=asyncio.Lock)
    last_start: float = float("-inf")
    delay: float = 0.0
    users: int = 0


class LocalSeats:
    """Seats that the visits of one process share; they cost no statement and no thread."""

    def __init__(
        self,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        """Begin with every seat free."""
        self._clock = clock
        self._sleep = sleep
        self._lanes: dict[str, _Lane] = {}

    @asynccontextmanager
    async def seat(self, host: str, *, limit: int, delay: float) -> AsyncIterator[None]:
        """
        Hold one of a host's seats; its first holder fixes how many there are.

        A block must not wait for another seat at the same host: it would wait
        for itself.
        """
        lane = self._lane(host, limit)
        lane.users += 1
        try:
            async with lane.seats:
                async with lane.gate:
                    # The gate is held while sleeping: a cancelled sleeper reserves nothing.
                    pause = lane.last_start + delay - self._clock()
                    if pause > 0:
                        await self._sleep(pause)
                    lane.last_start, lane.delay = self._clock(), delay
                yield None
        finally:
            lane.users -= 1

    def _lane(self, host: str, limit: int) -> _Lane:
        """Return the lane of a host, sweeping out those nobody needs to remember."""
        lane = self._lanes.get(host)
        if lane is None:
            if len(self._lanes) >= _LANES_BEFORE_A_SWEEP:
                now = self._clock()
                self._lanes = {
                    name: kept for name, kept in self._lanes.items() if kept.users or kept.last_start + kept.delay > now
                }
            lane = self._lanes[host] = _Lane(seats=asyncio.Semaphore(limit))
        return lane
