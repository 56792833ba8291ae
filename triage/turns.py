"""Decide which targets are visited now: what people asked for, then what is due, pressing ones ahead."""

from __future__ import annotations

from dataclasses import dataclass

from domain.observations import Platform
from domain.store import Tx
from domain.targets import Claim
from triage.desk import Desk
from triage.outages import Line
from triage.prices import Purse


@dataclass(frozen=True, slots=True, kw_only=True)
class Turns:
    """Hands out the turns of one visitor, `without` those of a platform that it cannot visit."""

    desk: Desk
    line: Line
    purse: Purse
    without: Platform | None = None

    async def take(self, room: int, *, is_idle: bool) -> list[Claim]:
        """Claim up to so many targets; `is_idle` where no visit is under way."""
        now, network = self.desk.now(), self.line.network
        # While nothing can be reached, one look now and then tells when that is over.
        due = int(is_idle and network.may_probe(now)) if network.is_away else room
        if await self.purse.is_spent():
            due = 0

        def work(tx: Tx) -> list[Claim]:
            # Who asks for a visit gets an answer even while all is paused: not authorised, and no request made.
            wanted = [one for one in tx.targets.requested() if tx.targets.get(one).platform is not self.without]
            asked = [tx.targets.claim(target_id) for target_id in wanted[:room]]
            claims = [claim for claim in asked if claim is not None]
            standing = tx.standing.get()
            is_held_up = standing.paused or self.desk.clock_fault(tx, standing)
            left = 0 if is_held_up else min(due, room - len(claims))
            return claims + (tx.targets.claim_due(now, left, without=self.without) if left else [])

        return await self.desk.store.write(work)
