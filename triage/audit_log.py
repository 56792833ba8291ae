"""Read the hash-chained log back, and say whether it is whole."""

from __future__ import annotations

from dataclasses import dataclass

from domain.audit import Verdict, verify
from domain.people import Actor, Permission
from triage.desk import Desk


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditLog:
    """The audit log."""

    desk: Desk

    async def verify(self, actor: Actor) -> Verdict:
        """Walk the whole chain."""
        actor.require(Permission.READ_AUDIT)
        return await self.desk.store.read(lambda tx: verify(tx.audit.events(), head=tx.audit.head()))
