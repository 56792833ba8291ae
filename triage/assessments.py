"""
Write what people decide on leads, and let the hotline's own list follow.

What two people hold illegal, each on a firm basis, goes on the own list: its
hashes, never a picture. When one of them says otherwise it goes off again, and
every lead that was filed for it is weighed anew.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from domain import assessments
from domain.assessments import Assessment, Basis, Verdict
from domain.audit import SYSTEM
from domain.hashlists import OWN_LIST, HashEntry
from domain.ids import LeadId
from domain.leads import Lead, assessed
from domain.people import Actor, Permission
from domain.store import Tx
from triage.desk import Desk
from triage.own_list import begin

RETIRED = (
    "The hotline's own list is retired, so nothing was put on it. When somebody has begun it again "
    "(kapear hashlist activate own), assess the lead once more."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessed:
    """
    What became of an assessment.

    The lead, what everybody says of it, how many hashes came on the own list
    and went off it; how many should have come and were kept back, and why.
    """

    lead: Lead
    assessments: tuple[Assessment, ...]
    listed: int = 0
    revoked: int = 0
    kept_back: int = 0
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessments:
    """What people hold of leads."""

    desk: Desk

    async def assess(
        self,
        actor: Actor,
        lead_id: str,
        *,
        verdict: Verdict,
        basis: Basis,
        classification: str = "",
        media: Sequence[str] = (),
    ) -> Assessed:
        """
        Write a decision; who holds the lead decides first, a second person after.

        `media` are SHA-256 digests of the lead's items, needed where it has
        several. Raises BadInput, WrongState or NotAllowed.
        """
        actor.require(Permission.WORK_LEADS)

        def work(tx: Tx) -> Assessed:
            lead = tx.leads.get(LeadId(lead_id))
            after = assessed(lead, by=actor.name)
            words = assessments.checked(lead, verdict, basis, classification)
            stored = {
                one.fingerprint.sha256: one.fingerprint
                for one in tx.prints.of_lead(lead.id)
                if one.fingerprint.sha256 is not None
            }
            decision = Assessment(
                lead_id=lead.id,
                actor=actor.name,
                at=self.desk.now(),
                verdict=verdict,
                basis=basis,
                classification=words,
                media=assessments.chosen(list(stored), media),
            )
            tx.opinions.assess(decision)
            if after != lead:
                tx.leads.update(after)
            self.desk.note(tx, actor, "lead.assessed", lead.id, verdict=verdict, basis=basis, media=len(decision.media))
            said = tx.opinions.assessments(lead.id)
            entries = [
                entry
                for digest in sorted(assessments.agreed(said))
                if digest in stored
                for entry in assessments.own_entries(stored[digest], words)
            ]
            return self._follow(tx, Assessed(lead=after, assessments=tuple(said)), entries)

        return await self.desk.store.write(work)

    async def show(self, actor: Actor, lead_id: str) -> list[Assessment]:
        """Return what people hold of a lead."""
        actor.require(Permission.SEE_DESK)
        return await self.desk.store.read(lambda tx: tx.opinions.assessments(tx.leads.get(LeadId(lead_id)).id))

    def _follow(self, tx: Tx, done: Assessed, entries: Sequence[HashEntry]) -> Assessed:
        """Let the own list hold exactly these hashes of a lead, and return what became of them."""
        now, lead_id = self.desk.now(), done.lead.id
        before = {(one.algorithm, one.hash) for one in tx.opinions.own_of(lead_id)}
        wanted = {(one.algorithm, one.hash): one for one in entries}
        fresh = [one for spot, one in wanted.items() if spot not in before]
        gone = before - wanted.keys()
        own = tx.lists.latest(OWN_LIST)
        if fresh and own is not None and own.retired_at is not None:
            done, fresh = replace(done, kept_back=len(fresh), why=RETIRED), []
        if fresh or gone:
            if fresh and own is None:
                begin(self.desk, tx)
            tx.opinions.own_add(lead_id, fresh, now)
            tx.opinions.own_revoke(lead_id, gone, now)
            generation = tx.lists.own_changed()
            self.desk.note(
                tx, SYSTEM, "hashlist.own_changed", lead_id, listed=len(fresh), revoked=len(gone), generation=generation
            )
        return replace(done, listed=len(fresh), revoked=len(gone))
