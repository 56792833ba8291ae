"""Tell leads that what they are about was taken down, or is there again."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from domain import leads, scoring
from domain.audit import SYSTEM
from domain.ids import LeadId, TargetId
from domain.outcomes import Outcome
from domain.presence import Ruling
from domain.store import Tx
from domain.targets import WatchTarget
from triage.desk import Desk


@dataclass(frozen=True, slots=True, kw_only=True)
class Takedowns:
    """Writes removals and returns, with their audit events, in the transaction that learns of them."""

    desk: Desk

    def of_target(self, tx: Tx, target: WatchTarget, ruling: Ruling) -> None:
        """Write what a visit's end means for the leads of its target."""
        now = self.desk.now()
        if ruling.outcome is Outcome.GONE and ruling.gone_since is not None:
            verified = tx.takedowns.target_gone(target.id, ruling.gone_since, now)
            self.verified(tx, target.id, verified, ruling.gone_since, now)
        elif ruling.outcome.was_seen and target.gone_since is not None:
            self.returned(tx, target.id, tx.takedowns.target_back(target.id, target.gone_since))

    def verified(
        self, tx: Tx, target_id: TargetId, lead_ids: Iterable[LeadId], first: datetime, second: datetime
    ) -> None:
        """Note that a removal is verified: said twice, and when."""
        for lead_id in lead_ids:
            said = {"first": first.isoformat(), "second": second.isoformat()}
            self.desk.note(tx, SYSTEM, "lead.taken_down", lead_id, target=target_id, **said)

    def returned(self, tx: Tx, target_id: TargetId, lead_ids: Iterable[LeadId]) -> None:
        """Note that what was taken down is there again; what was closed as gone is back in the queue."""
        for lead_id in lead_ids:
            before = tx.leads.get(lead_id)
            after = leads.recurred(before)
            if after != before:
                tx.leads.update(after)
            tx.takedowns.explain(lead_id, scoring.recurred(before.reasons))
            self.desk.note(tx, SYSTEM, "lead.recurred", lead_id, target=target_id, status=after.status)
