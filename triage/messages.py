"""
Tell the hotline's people how their watch stands, by mail and without content.

What is to be said is asked of the database each time, so a restart neither
repeats nor forgets. A letter that is not taken is written anew later; that
monitoring goes on does not depend on it.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from domain.audit import Checkpoint
from domain.condition import Standstill
from domain.errors import NotSent
from domain.latency import RECENT, summed_up
from domain.leads import LeadStatus
from domain.messages import DAY, Kind, Letter, Message, Said, State, Turn, due
from domain.ports import Postman
from domain.store import Tx
from domain.targets import TargetStatus
from triage.audit_log import checkpoint_in
from triage.condition import Condition
from triage.desk import Desk

log = logging.getLogger("kapear.messages")

FIRST_WAIT = timedelta(minutes=1)
LONGEST_WAIT = timedelta(hours=1)
OUTAGE_TOLD_AFTER = timedelta(minutes=10)  # lines fall and rise; mail would not get out by them either
KEPT = timedelta(days=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What the hotline wants to be told, and when."""

    daily_at: int = 8
    urgent_points: int = 40
    urgent_after: timedelta = timedelta(hours=4)
    target_ends: timedelta = timedelta(days=7)
    mandate_ends: timedelta = timedelta(days=30)
    licence_ends: timedelta = timedelta(days=30)
    failures: int = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """
    What a letter is written from: what is due, why nothing is watched, and counts in all.

    `to_lead_s` are the seconds within which 95 of 100 posts of late became
    leads; None where that is not known, or the day's line is not due.
    `checkpoint` is where the audit log ends, so that its end is known elsewhere.
    """

    messages: tuple[Message, ...]
    reasons: tuple[Standstill, ...] = ()
    waiting: int = 0
    active: int = 0
    visits: int = 0
    to_lead_s: float | None = None
    checkpoint: Checkpoint | None = None


Writer = Callable[[Report], Letter]


@dataclass(slots=True, kw_only=True)
class Messenger:
    """Sends what is due; `writes` puts it into words, `disk_is_full` looks at the machine."""

    desk: Desk
    postman: Postman
    writes: Writer
    zone: ZoneInfo
    told: Told = field(default_factory=Told)
    feeds: Collection[str] = ()
    disk_is_full: Callable[[], bool] = lambda: False
    _wait: timedelta = FIRST_WAIT
    _not_before: datetime | None = None

    async def say_due(self) -> None:
        """Send one letter with all that is due, if anything is; for the ticker. Raises nothing of the mail server's."""
        now = self.desk.now()
        if self._not_before is not None and self._not_before - LONGEST_WAIT <= now < self._not_before:
            return
        report = await self.desk.store.read(self._report)
        if report.messages and await self._sent(self.writes(report)):
            await self.desk.store.write(lambda tx: self._note(tx, report.messages, now))

    async def say_silence(self) -> None:
        """Do the same in a process that does not visit: it speaks only while nobody visits."""
        if Standstill.NO_TICK in await Condition(desk=self.desk).reasons():
            await self.say_due()

    async def _sent(self, letter: Letter) -> bool:
        """Hand a letter over, and write whether mail can be sent."""
        try:
            code = "recipient" if await self.postman.send(letter) else ""
            is_sent = True
        except NotSent as fault:
            code, is_sent = fault.code, False
        if is_sent:
            self._wait, self._not_before = FIRST_WAIT, None
        else:
            self._not_before = self.desk.now() + self._wait
            self._wait = min(2 * self._wait, LONGEST_WAIT)
            log.warning("mail was not sent", extra={"code": code})
        if code != await self.desk.store.read(lambda tx: tx.messages.fault()):
            await self.desk.store.write(lambda tx: tx.messages.note_fault(code))
        return is_sent

    def _report(self, tx: Tx) -> Report:
        now = self.desk.now()
        here = now.astimezone(self.zone)
        reasons = Condition(desk=self.desk).reasons_in(tx)
        messages = due(
            self._states(tx, now, reasons), tx.messages.said(now - DAY), now,
            today=here.date(), hour=here.hour, daily_at=self.told.daily_at,
        )  # fmt: skip
        delays = None
        if any(one.state.kind is Kind.DAILY for one in messages):
            delays = summed_up(tx.lead_times(now, since=now - RECENT, until=None, target_id=None)).to_lead.within(0.95)
        return Report(
            messages=messages,
            checkpoint=checkpoint_in(tx),
            to_lead_s=delays,
            reasons=reasons,
            waiting=tx.leads.count(LeadStatus.NEW),
            active=tx.targets.count([TargetStatus.ACTIVE]),
            visits=tx.targets.visit_count(now - DAY),
        )

    def _states(self, tx: Tx, now: datetime, reasons: Collection[Standstill]) -> list[State]:
        """Return all that people are to know now."""
        told, away = self.told, tx.outages.current()
        since = {Standstill.NETWORK_AWAY: away, Standstill.NO_TICK: tx.standing.last_beat().at}
        still = [State(kind=Kind.STANDS_STILL, subject=one, since=since.get(one) or now) for one in reasons]
        states = [
            one for one in still
            if one.subject != Standstill.NETWORK_AWAY or now - one.since >= OUTAGE_TOLD_AFTER
        ]  # fmt: skip
        standing = tx.standing.get()
        if standing.enrolled and standing.governing_mandate.expires_at < now + told.mandate_ends:
            states.append(State(kind=Kind.MANDATE_ENDS, since=standing.governing_mandate.expires_at))
        if self.disk_is_full():
            states.append(State(kind=Kind.DISK_NEARLY_FULL, since=now))
        states += [
            State(kind=Kind.ACCOUNT_PARKED, subject=one.id, since=one.parked_at or now)
            for one in tx.telegram.accounts() if one.parked
        ]  # fmt: skip
        states += [
            State(kind=Kind.FEED_FAILS, subject=one.name, since=one.pulled_at or now)
            for one in tx.feeds.all() if one.fault and one.name in self.feeds
        ]  # fmt: skip
        last_day = (now + told.licence_ends).date()
        states += [
            State(kind=Kind.LICENCE_ENDS, subject=one.name, since=datetime.combine(one.licence_ends, time(), UTC))
            for one in tx.lists.in_force() if one.licence_ends is not None and one.licence_ends <= last_day
        ]  # fmt: skip
        waiting = tx.leads.waiting(told.urgent_points, now - told.urgent_after)
        ending, failing = tx.targets.ending(now + told.target_ends), tx.targets.failing(told.failures)
        states += [State(kind=Kind.LEAD_WAITS, subject=lead, since=filed) for lead, filed in waiting]
        states += [State(kind=Kind.TARGET_ENDS, subject=target, since=ends) for target, ends in ending]
        return states + [State(kind=Kind.TARGET_FAILS, subject=target, since=seen or now) for target, seen in failing]

    def _note(self, tx: Tx, messages: Collection[Message], now: datetime) -> None:
        """Write down what was said."""
        for message in messages:
            state = message.state
            said = Said(kind=state.kind, subject=state.subject, since=state.since, said_at=now)
            if state.kind is Kind.DAILY:
                today = now.astimezone(self.zone).date()
                said = replace(said, since=datetime.combine(today, time(), UTC))
            tx.messages.put(replace(said, ended_at=now if message.turn is Turn.ENDED else None))
        tx.messages.forget(now - KEPT)
