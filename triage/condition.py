"""Say whether monitoring goes on, in any process; and in the one that visits, write down that it does."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta

from domain.condition import Beat, Signs, Standstill, standstill
from domain.errors import OperatorFault
from domain.store import Tx
from triage.desk import Desk


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """How the monitoring of an installation stands."""

    desk: Desk

    async def reasons(self) -> tuple[Standstill, ...]:
        """Return why nothing is watched, the worst first; empty while monitoring goes on. Raises nothing."""
        try:
            return await self.desk.store.read(self.reasons_in)
        except OperatorFault:
            return (Standstill.DATABASE_AWAY,)

    async def mail_fault(self) -> str:
        """Return the code of why the last message to people was not taken; empty where it was."""
        return await self.desk.store.read(lambda tx: tx.messages.fault())

    def reasons_in(self, tx: Tx) -> tuple[Standstill, ...]:
        """Return the same, by a transaction that reads."""
        standing = tx.standing.get()
        signs = Signs(
            standing=standing,
            clock=self.desk.clock_fault(tx, standing),
            beat=tx.standing.last_beat(),
            offline_since=tx.outages.current(),
        )
        return standstill(signs, self.desk.now())


@dataclass(slots=True, kw_only=True)
class Pulse:
    """The sign of life of the process that visits; `decodes` says whether its children can."""

    desk: Desk
    decodes: Callable[[], bool]
    clock: Callable[[], float] = time.monotonic
    _ticked: float = field(init=False)

    def __post_init__(self) -> None:
        """Begin to live."""
        self._ticked = self.clock()

    def ticked(self) -> None:
        """Note that what was due was looked for, and could be."""
        self._ticked = self.clock()

    async def beat(self) -> None:
        """Write when that was last so."""
        at = self.desk.now() - timedelta(seconds=self.clock() - self._ticked)
        beat = Beat(at=at, fault="" if self.decodes() else Standstill.DECODING_FAILS)
        await self.desk.store.write(lambda tx: tx.standing.beat(beat))
