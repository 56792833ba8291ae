"""Delete what is needed no longer, in steps: others write in between."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, time

from domain.audit import SYSTEM
from domain.store import Tx
from domain.targets import KEPT
from triage.desk import Desk

POSTS_AT_ONCE = 1_000
VISITS_AT_ONCE = 5_000


@dataclass(frozen=True, slots=True)
class Deleted:
    """How many rows went."""

    posts: int
    visits: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Retention:
    """What is kept, and for how long."""

    desk: Desk

    async def purge(self) -> Deleted:
        """
        Delete what no lead needs after 30 days: posts, from the log of the database too, and visits; their sums stay.

        Visits go by whole days: there is something to do, and to say in the
        audit log, once a day. Nothing goes by a clock that is wrong.
        """
        if await self.desk.store.read(lambda tx: self.desk.clock_fault(tx, tx.standing.get())):
            return Deleted(posts=0, visits=0)
        before = self.desk.now() - KEPT
        midnight = datetime.combine(before.date(), time(), UTC)
        posts = await self._all("posts.purged", lambda tx: tx.targets.sum_up_posts(before, POSTS_AT_ONCE))
        if posts:
            await self.desk.store.checkpoint()
        visits = await self._all("visits.purged", lambda tx: tx.targets.sum_up_visits(midnight, VISITS_AT_ONCE))
        return Deleted(posts=posts, visits=visits)

    async def _all(self, action: str, delete: Callable[[Tx], int]) -> int:
        """Delete step by step, and tell the audit log of each; returns how many rows went."""

        def step(tx: Tx) -> int:
            gone = delete(tx)
            if gone:
                self.desk.note(tx, SYSTEM, action, count=gone)
            return gone

        every = 0
        while gone := await self.desk.store.write(step):
            every += gone
        return every
