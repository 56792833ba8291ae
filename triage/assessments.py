"""
Write what people decide on leads, and let the hotline's own list follow.

What two people hold illegal, each on a firm basis, goes on the own list: its
hashes, never a picture. When one of them says otherwise it goes off again, and
every lead that was filed for it is weighed anew.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from domain import assessments
from domain.assessments import Assessment, Basis, Verdict
from domain.audit import SYSTEM
from domain.errors import WrongState
from domain.hashlists import OWN_LIST, HashEntry, HashList, ListClass
from domain.ids import LeadId, ListId
from domain.leads import Lead, assessed
from domain.people import Actor, Permission
from domain.store import Tx
from triage.desk import Desk


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessed:
    """What became of an assessment: the lead, what everybody says of it, and how many hashes came and went."""

    lead: Lead
    assessments: tuple[Assessment, ...]
    listed: int
    revoked: int


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
            listed, revoked = self._follow(tx, lead, entries)
            return Assessed(lead=after, assessments=tuple(said), listed=listed, revoked=revoked)

        return await self.desk.store.write(work)

    async def show(self, actor: Actor, lead_id: str) -> list[Assessment]:
        """Return what people hold of a lead."""
        actor.require(Permission.SEE_DESK)
        return await self.desk.store.read(lambda tx: tx.opinions.assessments(tx.leads.get(LeadId(lead_id)).id))

    def _follow(self, tx: Tx, lead: Lead, entries: Sequence[HashEntry]) -> tuple[int, int]:
        """Let the own list hold exactly these hashes of a lead; returns how many came and went."""
        now = self.desk.now()
        before = {(one.algorithm, one.hash) for one in tx.opinions.own_of(lead.id)}
        wanted = {(one.algorithm, one.hash): one for one in entries}
        fresh = [one for spot, one in wanted.items() if spot not in before]
        gone = before - wanted.keys()
        if not fresh and not gone:
            return 0, 0
        if fresh:
            self._own_list(tx)
            tx.opinions.own_add(lead.id, fresh, now)
        if gone:
            tx.opinions.own_revoke(lead.id, gone, now)
        generation = tx.lists.own_changed()
        self.desk.note(
            tx, SYSTEM, "hashlist.own_changed", lead.id, listed=len(fresh), revoked=len(gone), generation=generation
        )
        return len(fresh), len(gone)

    def _own_list(self, tx: Tx) -> None:
        """Make the hotline's own list, with its first hash."""
        latest = tx.lists.latest(OWN_LIST)
        if latest is not None and latest.retired_at is None:
            return
        if latest is not None:
            raise WrongState("The hotline's own list was retired; nothing can be put on it.")
        own = HashList(
            id=ListId(self.desk.new_id()),
            name=OWN_LIST,
            version=1,
            list_class=ListClass.OWN,
            classification=Verdict.ILLEGAL.value,
            authority="",
            entries=0,
            imported_at=self.desk.now(),
        )
        tx.lists.stage(own)
        tx.lists.activate(own.id, entries=0, now=self.desk.now())
