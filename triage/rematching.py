"""
Compare what was seen before with lists that changed since, till nothing is older than the lists.

It needs no picture: the hashes are stored. A round takes a few hundred
fingerprints, and each is written with the generation of the lists that it was
compared with, so a crash loses nothing and repeats nothing.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field

from domain.audit import SYSTEM
from domain.hashlists import Withdrawal
from domain.ids import LeadId
from domain.ports import Matcher
from domain.rematching import Compared, Rematcher, RematchPlan, StoredPrint
from domain.scoring import Points
from domain.store import Tx
from triage.desk import Desk

log = logging.getLogger("kapear.rematching")

AT_ONCE = 200  # fingerprints compared and written together


@dataclass(frozen=True, slots=True, kw_only=True)
class Rematching:
    """Keeps leads true to the lists in force."""

    desk: Desk
    matcher: Matcher
    points: Points = field(default_factory=Points)

    async def run(self) -> int:
        """Compare until nothing that is stored is older than the matcher's lists; returns how much there was."""
        done = 0
        while count := await self.step():
            done += count
        if done:
            log.info("compared again", extra={"media": done, "generation": self.matcher.generation})
        return done

    async def step(self) -> int:
        """
        Compare the longest outdated fingerprints, and write what follows; returns how many there were.

        Writes nothing, and returns 0, when the lists changed meanwhile: what a
        match that is not found means is known of one state of the lists only.
        """
        generation = self.matcher.generation

        def due(tx: Tx) -> tuple[int, list[StoredPrint]]:
            return tx.lists.negative_generation(), tx.prints.outdated(generation, AT_ONCE)

        negative, stored = await self.desk.store.read(due)
        if stored:
            compared = [await self._compared(one, generation, negative) for one in stored]
            if not await self.desk.store.write(lambda tx: self._record(tx, compared, generation)):
                return 0
        return len(stored)

    async def _compared(self, one: StoredPrint, generation: int, negative: int) -> Compared:
        # What a negative list took away is on another list, which need not have changed.
        since = 0 if negative > one.generation else one.generation
        matches = await self.matcher.match(one.fingerprint, since)
        return Compared(media_id=one.media_id, since=since, generation=generation, matches=matches)

    def _record(self, tx: Tx, compared: Sequence[Compared], generation: int) -> bool:
        if tx.lists.generation() != generation:
            return False
        now = self.desk.now()
        known = tx.prints.known([one.media_id for one in compared])
        plan = Rematcher(now=now, new_id=self.desk.new_id, points=self.points).plan(compared, known)
        keys = {lead.id: self.desk.vault.new_lead_key(lead.id) for lead in plan.filed}
        tx.prints.record(plan, keys)
        tx.targets.hurry({lead.target_id for lead in plan.filed}, now)  # a visit is to bring what the posts say
        for lead in plan.filed:
            self.desk.note(tx, SYSTEM, "lead.filed", lead.id, kind=lead.kind, target=lead.target_id, cause="hashlist")
        for lead in plan.reopened:
            self.desk.note(tx, SYSTEM, "lead.reopened", lead.id, cause="hashlist")
        for lead_id, why in _causes(plan).items():
            self.desk.note(tx, SYSTEM, "lead.match_withdrawn", lead_id, why=why)
        for lead in plan.retracted:
            self.desk.note(tx, SYSTEM, "lead.retracted", lead.id)
        return True


def _causes(plan: RematchPlan) -> dict[LeadId, str]:
    """Return for each lead that lost matches why, in words of the log."""
    causes: dict[LeadId, dict[Withdrawal, None]] = {}
    for lead_id, item in plan.withdrawn:
        if item.withdrawn not in {None, Withdrawal.SUPERSEDED}:
            causes.setdefault(lead_id, {})[item.withdrawn or Withdrawal.ENTRY_GONE] = None
    return {lead_id: ", ".join(found) for lead_id, found in causes.items()}
