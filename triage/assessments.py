"""
Write what people decide on leads, and let the hotline's own list follow.

What two people hold illegal, each on a firm basis, goes on the own list: its
hashes, never a picture. When one of them says otherwise it goes off again, and
every lead that was filed for it is weighed anew. A hash that many pictures are
near to is kept back: it is a card's.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

from domain import assessments
from domain.assessments import MOST_ALIKE, Assessment, Basis, Spot, Verdict, spot_of
from domain.audit import SYSTEM
from domain.hashlists import OWN_LIST, Algorithm, HashEntry, HashList
from domain.ids import LeadId
from domain.leads import Lead, assessed
from domain.people import Actor, Permission
from domain.store import Tx
from triage.desk import Desk
from triage.lookalikes import Lookalikes
from triage.own_list import begin

RETIRED = (
    "The hotline's own list is retired, so nothing was put on it. When somebody has begun it again "
    "(kapear hashlist activate own), assess the lead once more."
)
COMMON = (
    f"More than {MOST_ALIKE} other pictures of the last 30 days look like it, as cards of one layout do: only equal "
    "bytes are known again, not its likeness. If it is no card, assess it once more with --even-if-common."
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
    lookalikes: Lookalikes

    async def assess(
        self,
        actor: Actor,
        lead_id: str,
        *,
        verdict: Verdict,
        basis: Basis,
        classification: str = "",
        media: Sequence[str] = (),
        even_if_common: bool = False,
    ) -> Assessed:
        """
        Write a decision; who holds the lead decides first, a second person after.

        `media` are SHA-256 digests of the lead's items, needed where it has
        several. `even_if_common` lets hashes on the own list that many pictures
        are near to. Raises BadInput, WrongState or NotAllowed.
        """
        actor.require(Permission.WORK_LEADS)

        def work(tx: Tx, looked_at: Mapping[Spot, bool] | None) -> Assessed:
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
            return self._follow(tx, Assessed(lead=after, assessments=tuple(said)), entries, looked_at)

        looked_at: dict[Spot, bool] = {}
        while True:  # once, unless what would go on the list is to be looked at, or somebody was quicker
            try:
                return await self.desk.store.write(partial(work, looked_at=None if even_if_common else looked_at))
            except _LookFirst as first:
                common = await self.lookalikes.common(first.entries, first.digests)
                looked_at |= {spot: spot in common for spot in map(spot_of, first.entries)}

    async def show(self, actor: Actor, lead_id: str) -> list[Assessment]:
        """Return what people hold of a lead."""
        actor.require(Permission.SEE_DESK)
        return await self.desk.store.read(lambda tx: tx.opinions.assessments(tx.leads.get(LeadId(lead_id)).id))

    def _follow(
        self, tx: Tx, done: Assessed, entries: Sequence[HashEntry], looked_at: Mapping[Spot, bool] | None
    ) -> Assessed:
        """Let the own list hold these hashes of a lead and no others, and return what became of them."""
        now, lead_id = self.desk.now(), done.lead.id
        before = {spot_of(one) for one in tx.opinions.own_of(lead_id)}
        wanted = {spot_of(one): one for one in entries}
        fresh = {spot: one for spot, one in wanted.items() if spot not in before}
        gone = before - wanted.keys()
        own = tx.lists.latest(OWN_LIST)
        kept_back, why = _kept_back(own, fresh, entries, looked_at)
        listed = [one for spot, one in fresh.items() if spot not in kept_back]
        if kept_back:
            self.desk.note(tx, SYSTEM, "hashlist.own_kept_back", lead_id, hashes=len(kept_back))
        if listed or gone:
            if own is None:
                begin(self.desk, tx)
            tx.opinions.own_add(lead_id, listed, now)
            tx.opinions.own_revoke(lead_id, gone, now)
            generation = tx.lists.own_changed()
            self.desk.note(
                tx,
                SYSTEM,
                "hashlist.own_changed",
                lead_id,
                listed=len(listed),
                revoked=len(gone),
                generation=generation,
            )
        return replace(done, listed=len(listed), revoked=len(gone), kept_back=len(kept_back), why=why)


class _LookFirst(Exception):
    """Hashes would go on the own list that were not compared yet with what was seen; nothing was written."""

    def __init__(self, entries: Sequence[HashEntry], digests: Collection[str]) -> None:
        """Name the hashes, and the SHA-256 of the pictures that they are of."""
        super().__init__()
        self.entries, self.digests = entries, digests


def _kept_back(
    own: HashList | None,
    fresh: Mapping[Spot, HashEntry],
    entries: Sequence[HashEntry],
    looked_at: Mapping[Spot, bool] | None,
) -> tuple[Collection[Spot], str]:
    """
    Return which hashes do not go on the own list, and why.

    Equal bytes are nobody else's, so only what finds likenesses is looked at.
    """
    if fresh and own is not None and own.retired_at is not None:
        return fresh.keys(), RETIRED
    if looked_at is None:
        return (), ""
    near = [one for one in fresh.values() if not one.algorithm.is_exact]
    if any(spot_of(one) not in looked_at for one in near):
        raise _LookFirst(near, {one.hash.hex() for one in entries if one.algorithm is Algorithm.SHA256})
    common = [spot for spot in fresh if looked_at.get(spot)]
    return common, COMMON if common else ""
