"""
Say what single hashes of a list are worth, from the leads that they made.

A hash is named by the lead and the list that it matched there: nobody looks
one up by itself. What is said stays with the hash in all later versions of the
list, and is what its provider is told. It is remembered with the lead, so that
it can be taken back when the version that was matched is long gone.
"""

from __future__ import annotations

from dataclasses import dataclass

from domain.errors import BadInput, WrongState
from domain.hashlists import OWN_LIST, HashMatch, Opinion, QuotedHash
from domain.ids import LeadId
from domain.leads import Lead
from domain.people import Actor, Permission
from domain.ports import ListShelf
from domain.store import Tx
from triage.desk import Desk


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """How many hashes an opinion was about, and for how many it was new."""

    hashes: int
    new: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Opinions:
    """What people say of hashes."""

    desk: Desk
    shelf: ListShelf

    async def say(self, actor: Actor, lead_id: str, list_name: str, opinion: Opinion) -> Said:
        """
        Say something of the hashes of a list that a lead's pictures match.

        A disabled hash matches nothing any more, and the leads that it made
        are weighed anew.
        """
        actor.require(_permission(opinion))
        disables = opinion is Opinion.DISABLED

        def work(tx: Tx) -> Said:
            lead = tx.leads.get(LeadId(lead_id))
            found = self._hashes(tx, lead, list_name)
            now = self.desk.now()
            fresh = [
                one
                for one in found
                if tx.opinions.add(list_name, one, opinion, lead_id=lead.id, by=actor.name, now=now)
            ]
            other = {Opinion.CONFIRMED: Opinion.DISPUTED, Opinion.DISPUTED: Opinion.CONFIRMED}.get(opinion)
            if other is not None:  # nobody holds both
                for one in found:
                    tx.opinions.remove(list_name, one, other, by=actor.name)
            self._note(tx, actor, f"hash.{opinion}", lead_id, name=list_name, hashes=len(fresh), counts=disables)
            return Said(hashes=len(found), new=len(fresh))

        return await self.desk.store.write(work)

    async def take_back(self, actor: Actor, lead_id: str, list_name: str, opinion: Opinion) -> Said:
        """Take an opinion back; a disabled hash matches again, whoever disabled it."""
        actor.require(_permission(opinion))
        disables = opinion is Opinion.DISABLED
        by = None if disables else actor.name

        def work(tx: Tx) -> Said:
            found = self._hashes(tx, tx.leads.get(LeadId(lead_id)), list_name)
            gone = [one for one in found if tx.opinions.remove(list_name, one, opinion, by=by)]
            self._note(
                tx, actor, f"hash.{opinion}_taken_back", lead_id, name=list_name, hashes=len(gone), counts=disables
            )
            return Said(hashes=len(found), new=len(gone))

        return await self.desk.store.write(work)

    def _note(self, tx: Tx, actor: Actor, action: str, lead_id: str, *, name: str, hashes: int, counts: bool) -> None:
        """Write what was said of new; what `counts` in matching is compared again."""
        if not hashes:
            return
        self.desk.note(tx, actor, action, lead_id, name=name, hashes=hashes)
        if counts:
            tx.lists.changed(name)

    def _hashes(self, tx: Tx, lead: Lead, list_name: str) -> list[QuotedHash]:
        """
        Return the hashes of a list that a lead's pictures match or matched.

        They are read in the version that was matched; once that is gone, they
        are those of which something was said while it was there.
        """
        if list_name == OWN_LIST:
            raise BadInput("The hotline's own list follows your assessments: assess the lead that its hash came from.")
        quoted = [one.match for one in (*lead.matches, *lead.withdrawn) if one.match.list_name == list_name]
        if not quoted:
            named = ", ".join(dict.fromkeys(one.match.list_name for one in (*lead.matches, *lead.withdrawn)))
            raise BadInput(f"No picture of this lead matches a list named {list_name[:80]}; it has {named or 'none'}.")
        found = [self._read(match) for match in quoted if self.shelf.holds(match.list_id)]
        found += tx.opinions.said_of(list_name, lead.id, quoted)
        if not found:
            raise WrongState(
                "The version that this lead matched is gone, and nothing was said of its hash; "
                "wait till the lead was compared with the new version."
            )
        return list({(one.algorithm, one.hash): one for one in reversed(found)}.values())

    def _read(self, match: HashMatch) -> QuotedHash:
        entry = self.shelf.entry(match.list_id, match.entry_id)
        return QuotedHash(list_id=match.list_id, entry_id=match.entry_id, algorithm=entry.algorithm, hash=entry.hash)


def _permission(opinion: Opinion) -> Permission:
    return Permission.DISABLE_HASHES if opinion is Opinion.DISABLED else Permission.WORK_LEADS
