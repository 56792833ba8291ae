"""Tell how late the watch is, in all and of one target, always beside how long leads wait for a person."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from domain.ids import TargetId
from domain.latency import AFTER, RECENT, WAITED, Latency, summed_up
from domain.people import Actor, Permission
from domain.store import Tx
from triage.desk import Desk


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """What the log tells up to an event: seconds from posts to their leads, and from leads to a person."""

    event: int
    to_lead: tuple[int, ...] = ()
    to_person: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Latencies:
    """How late leads were."""

    desk: Desk

    async def recent(self, actor: Actor, target_id: TargetId | None = None) -> Latency:
        """Return how late leads of the last 30 days were, in all or of one target."""
        actor.require(Permission.SEE_DESK)
        now = self.desk.now()
        return await self._of(now - RECENT, None, target_id)

    async def between(self, actor: Actor, since: date | None, until: date | None) -> Latency:
        """Return how late the leads were that were filed on UTC days from `since` to `until`, both included."""
        actor.require(Permission.SEE_DESK)
        return await self._of(
            None if since is None else datetime.combine(since, time(), UTC),
            None if until is None else datetime.combine(until + timedelta(days=1), time(), UTC),
            None,
        )

    async def latest_event(self) -> int:
        """Return the number of the log's last event."""
        return await self.desk.store.read(lambda tx: tx.audit.head()[0])

    async def tally(self, after_event: int) -> Tally:
        """Return the delays that the log tells of after an event: each once, whichever process wrote it."""

        def work(tx: Tx) -> Tally:
            latest, told = after_event, {AFTER: list[int](), WAITED: list[int]()}
            for event in tx.audit.events(after_event):
                latest = event.seq
                for name in told.keys() & event.draft.details.keys():
                    told[name].append(int(event.draft.details[name]))
            return Tally(event=latest, to_lead=tuple(told[AFTER]), to_person=tuple(told[WAITED]))

        return await self.desk.store.read(work)

    async def _of(self, since: datetime | None, until: datetime | None, target_id: TargetId | None) -> Latency:
        now = self.desk.now()

        def work(tx: Tx) -> Latency:  # in a reader's thread: tens of thousands of leads would hold up the loop
            return summed_up(tx.lead_times(now, since=since, until=until, target_id=target_id))

        return await self.desk.store.read(work)
