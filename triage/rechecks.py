"""
Look again at the posts of open leads, to learn when they are taken down.

Part of a visit, so under its target's living authorisation only, and after the
target itself was read. Nothing known is read again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from domain.errors import VisitEnded
from domain.outcomes import Outcome
from domain.ports import Source, SourceTarget
from domain.presence import absence
from domain.rechecks import LeadPost, next_look
from domain.store import Tx
from domain.targets import WatchTarget
from triage.assessing import Assessor
from triage.captures import TakeIn
from triage.desk import Desk
from triage.run import Run
from triage.takedowns import Takedowns


def due_posts(tx: Tx, target: WatchTarget, now: datetime, limit: int) -> Sequence[LeadPost]:
    """Return the posts that are to be looked at now; of a single page its own visits tell."""
    if target.platform.names_posts_by_url and not target.depth:
        return ()
    due = [post for post in tx.takedowns.open_posts(target.id) if next_look(post) <= now]
    return sorted(due, key=next_look)[:limit]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rechecks:
    """Looks at posts one by one; `take_in` assesses one post of a page and commits it."""

    desk: Desk
    assessor: Assessor
    take_in: TakeIn
    at_most: int

    async def look(self, run: Run, source: Source, wanted: SourceTarget) -> None:
        """Look at the posts that are due."""
        now, limit = self.desk.now(), self.at_most
        for post in await self.desk.store.read(lambda tx: due_posts(tx, run.target, now, limit)):
            try:
                page = await source.post(wanted, post.key.post, run.traffic)
            except VisitEnded as ended:
                if ended.outcome is not Outcome.RESTRICTED:
                    return  # the visit has what it came for; the next one asks again
                await self._told(run, post, gone=False)  # it is not shown, and not said to be gone either
                continue
            if page is None:
                await self._gone(run, source, wanted, post)
            elif self.assessor.shows(page, run.target.platform, post.key):
                await self.take_in(run, page, post.key)
                await self._told(run, post, gone=False, seen=True)
            else:
                await self._told(run, post, gone=False)  # another channel has the name by now

    async def _gone(self, run: Run, source: Source, wanted: SourceTarget, post: LeadPost) -> None:
        """Write that the platform says a post is gone, if the platform is itself."""
        try:
            is_itself = await source.is_itself(wanted, run.traffic)
        except VisitEnded:
            is_itself = False
        if is_itself:
            await self._told(run, post, gone=True)

    async def _told(self, run: Run, post: LeadPost, *, gone: bool, seen: bool = False) -> None:
        """Write what a look told; only a post that is shown is back."""
        now = self.desk.now()
        found = absence(post.gone_since, now) if gone else None
        since = found.since if found else None if seen else post.gone_since
        is_new = found is not None and found.is_confirmed and post.taken_down_at is None
        taken_down_at = now if is_new else None if seen else post.taken_down_at
        takedowns = Takedowns(desk=self.desk)

        def work(tx: Tx) -> None:
            back = tx.takedowns.down([post.id]) if seen else ()
            lead_ids = tx.takedowns.looked(post.id, now, gone_since=since, taken_down_at=taken_down_at)
            if is_new and since is not None:
                takedowns.verified(tx, run.target.id, lead_ids, since, now)
            takedowns.returned(tx, run.target.id, back)

        await self.desk.store.write(work)
