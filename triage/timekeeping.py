"""Let people go on with a clock that stands before the audit log, where it is the log's time that never was."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from domain.errors import BadInput, WrongState
from domain.people import Actor, Permission
from domain.store import Tx
from domain.targets import LONGEST_REASON
from domain.text import without_encoded_runs
from domain.timekeeping import ClockFault
from triage.desk import Desk


@dataclass(frozen=True, slots=True, kw_only=True)
class Timekeeping:
    """The clock, and what the audit log says of it."""

    desk: Desk

    async def accept(self, actor: Actor, reason: str) -> datetime:
        """
        Take the clock as right although the audit log holds a later time; returns the time that counted until now.

        What a clock that was ahead has planned is planned anew.
        Raises BadInput without a reason, WrongState where the clock is not behind.
        """
        actor.require(Permission.MANAGE_PEOPLE)
        stated = without_encoded_runs(reason.strip())[:LONGEST_REASON]
        if not stated:
            raise BadInput("Say why the clock is right: kapear clock accept REASON")

        def work(tx: Tx) -> datetime:
            now, newest = self.desk.now(), tx.audit.newest()
            if newest is None or self.desk.clock_fault(tx, tx.standing.get()) is not ClockFault.BEHIND:
                raise WrongState("The clock does not stand before the audit log: there is nothing to accept.")
            tx.audit.count_anew(now)
            tx.targets.plan_anew(now)
            self.desk.note(tx, actor, "clock.accepted", newest=newest.isoformat(), reason=stated)
            return newest

        return await self.desk.store.write(work)
