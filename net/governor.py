"""
Be a quiet guest: few connections to one host at a time, and a pause between them.

One governor serves every visit of the process. Scrapy's own slots live and die
with one crawl, so two targets on one host would know nothing of each other.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

_LANES_BEFORE_A_SWEEP = 256


@dataclass(slots=True)
class _Lane:
    """What is known of one host: who is inside, and when the next may start."""

    seats: asyncio.Semaphore
    gate: asyncio.Lock = field(default_factory=asyncio.Lock)
    next_start: float = 0.0
    users: int = 0


class HostGovernor:
    """
    Bounds, per host, how many requests run and how soon the next one starts.

    Waiters are served in order. One that is cancelled gives its turn away.
    """

    def __init__(
        self,
        *,
        per_host: int = 2,
        delay: float = 1.0,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        """Allow `per_host` requests at a time and `delay` seconds between their starts."""
        self._per_host = per_host
        self._delay = delay
        self._clock = clock
        self._sleep = sleep
        self._lanes: dict[str, _Lane] = {}

    @asynccontextmanager
    async def slot(self, host: str) -> AsyncIterator[None]:
        """
        Hold a seat at `host` for as long as the block runs.

        A block must not wait for another seat at the same host: it would wait
        for itself.
        """
        lane = self._lane(host.lower().rstrip("."))
        lane.users += 1
        try:
            async with lane.seats:
                async with lane.gate:
                    # The gate is held while sleeping: a cancelled sleeper reserves nothing.
                    pause = lane.next_start - self._clock()
                    if pause > 0:
                        await self._sleep(pause)
                    lane.next_start = self._clock() + self._delay
                yield
        finally:
            lane.users -= 1

    def _lane(self, host: str) -> _Lane:
        """Return the lane of a host, sweeping out those nobody needs to remember."""
        if host not in self._lanes:
            if len(self._lanes) >= _LANES_BEFORE_A_SWEEP:
                now = self._clock()
                self._lanes = {name: lane for name, lane in self._lanes.items() if lane.users or lane.next_start > now}
            self._lanes[host] = _Lane(seats=asyncio.Semaphore(self._per_host))
        return self._lanes[host]
