"""Fetch what posts say whose leads were filed after they were seen, because a list changed."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta

from domain.audit import SYSTEM
from domain.errors import VisitEnded
from domain.filing import PostKey
from domain.ids import PostId
from domain.observations import ObservedPage
from domain.outcomes import Outcome
from domain.ports import Source, SourceTarget
from domain.store import Tx
from triage.assessing import Assessor
from triage.desk import Desk
from triage.run import Run

CAPTURED_WITHIN = timedelta(days=7)  # of a lead's filing; what cannot be had by then is not asked for any more

TakeIn = Callable[[Run, ObservedPage, PostKey], Awaitable[None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Captures:
    """Captures the words of posts that leads wait for; `take_in` assesses one post of a page and commits it."""

    desk: Desk
    assessor: Assessor
    take_in: TakeIn
    at_most: int

    async def fetch(self, run: Run, source: Source, wanted: SourceTarget) -> None:
        """Ask for each post once."""
        since, limit = run.started - CAPTURED_WITHIN, self.at_most
        for row in await self.desk.store.read(lambda tx: tx.prints.awaited(run.target.id, since, limit)):
            try:
                page = await source.post(wanted, row.key.post, run.traffic)
            except VisitEnded as ended:
                if ended.outcome is Outcome.RESTRICTED:
                    continue  # this one is not shown; the others may be
                return  # the visit has what it came for; the next one asks again
            if page is None or not self.assessor.shows(page, run.target.platform, row.key):
                await self._note_gone(run, row.id)
            else:
                await self.take_in(run, page, row.key)

    async def _note_gone(self, run: Run, post_id: PostId) -> None:
        """Write that the platform shows a post no more, so that its lead says why it has no words."""

        def work(tx: Tx) -> None:
            for lead_id in tx.prints.gone(post_id):
                self.desk.note(tx, SYSTEM, "lead.post_gone", lead_id, target=run.target.id, post=post_id)

        await self.desk.store.write(work)
