"""
Stop whatever asks others the moment everything is paused, and let nothing begin until it goes on.

Whoever sends requests does so within `going_out`. A pause ends it there, in
the middle of an answer if need be; what was committed stays.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

from domain.errors import Halted, OperatorFault
from domain.store import Store

log = logging.getLogger("kapear.halt")

LOOK_EVERY_S = 1.0  # a pause is promised to end every request within 5 s


@dataclass(slots=True)
class Halt:
    """Whether anything may be asked by this process now."""

    _is_down: bool = False
    _gates: set[asyncio.Timeout] = field(default_factory=set)

    @asynccontextmanager
    async def going_out(self) -> AsyncIterator[None]:
        """Let requests be made within; raises Halted at its beginning or in its middle."""
        if self._is_down:
            raise Halted
        gate = asyncio.timeout(None)
        try:
            async with gate:
                self._gates.add(gate)
                yield
        except TimeoutError:
            if gate.expired():
                raise Halted from None
            raise
        finally:
            self._gates.discard(gate)

    def turn(self, *, down: bool) -> bool:
        """Say whether all is paused; returns whether that is new. What goes out now ends at once."""
        is_new, self._is_down = down is not self._is_down, down
        if down:
            now = asyncio.get_running_loop().time()
            for gate in self._gates:
                gate.reschedule(now)
            self._gates.clear()
        return is_new

    @asynccontextmanager
    async def following(self, store: Store, let_go: Callable[[], Awaitable[None]] | None = None) -> AsyncIterator[None]:
        """
        Follow for the length of the block what the database says, wherever the pause was written.

        `let_go` closes lines that are kept open between requests.
        """
        await self._look(store, let_go)
        following = asyncio.create_task(self._follow(store, let_go))
        try:
            yield
        finally:
            following.cancel()
            with suppress(asyncio.CancelledError):
                await following

    async def _follow(self, store: Store, let_go: Callable[[], Awaitable[None]] | None) -> None:
        while True:
            await asyncio.sleep(LOOK_EVERY_S)
            with suppress(OperatorFault):  # a database that is away says nothing new
                await self._look(store, let_go)

    async def _look(self, store: Store, let_go: Callable[[], Awaitable[None]] | None) -> None:
        paused = await store.read(lambda tx: bool(tx.standing.get().paused))
        if self.turn(down=paused):
            log.warning("paused" if paused else "going on")
            if paused and let_go is not None:
                await let_go()
