"""Read the hash-chained log back, and say whether it is whole."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from domain.audit import Checkpoint, Verdict, verify
from domain.people import Actor, Permission
from domain.store import Tx
from triage.desk import Desk


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditLog:
    """The audit log."""

    desk: Desk

    async def verify(self, actor: Actor, kept: Sequence[Checkpoint] = ()) -> Verdict:
        """Walk the whole chain, past the checkpoints that were kept elsewhere."""
        actor.require(Permission.READ_AUDIT)
        return await self.desk.store.read(lambda tx: verify(tx.audit.events(), head=tx.audit.head(), kept=kept))

    async def checkpoint(self, actor: Actor) -> Checkpoint:
        """Return where the chain ends now."""
        actor.require(Permission.READ_AUDIT)
        return await self.desk.store.read(checkpoint_in)


def checkpoint_in(tx: Tx) -> Checkpoint:
    """Return where the chain ends."""
    events, last = tx.audit.head()
    return Checkpoint(events=events, hash=last)
