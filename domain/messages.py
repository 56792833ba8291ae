"""
Decide what people are told by mail, and when they are told again.

A state is said once when it begins, again with each day's line while it
lasts, and once when it is over. Messages hold ids, codes, times and counts:
never a place, a handle, a text or a name of what is watched.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

LOOK_EVERY = timedelta(minutes=1)  # how often it is asked what is due
QUIET = timedelta(hours=1)  # a state that begins again so soon after its end is not said anew each time
DAY = timedelta(days=1)


class Kind(StrEnum):
    """What people are told of; the order is that of a message."""

    STANDS_STILL = "stands_still"
    DISK_NEARLY_FULL = "disk_nearly_full"
    MANDATE_ENDS = "mandate_ends"
    LEAD_WAITS = "lead_waits"
    ACCOUNT_PARKED = "account_parked"
    FEED_FAILS = "feed_fails"
    LICENCE_ENDS = "licence_ends"
    TARGET_ENDS = "target_ends"
    TARGET_FAILS = "target_fails"
    DAILY = "daily"


class Turn(StrEnum):
    """Where a state stands when it is said."""

    BEGAN = "began"
    LASTS = "lasts"
    ENDED = "ended"


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """Something that people are to know; `subject` is an id, a code or the name of a list or feed of the hotline's."""

    kind: Kind
    subject: str = ""
    since: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What was said of a state, and when last; `ended_at` once its end was said."""

    kind: Kind
    subject: str
    since: datetime
    said_at: datetime
    ended_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One line to people."""

    turn: Turn
    state: State


def due(
    states: Collection[State], said: Collection[Said], now: datetime, *, today: date, hour: int, daily_at: int
) -> tuple[Message, ...]:
    """
    Return what is to be said now, the gravest kind first; empty for nothing.

    `today` and `hour` are those of the hotline's zone. From `daily_at` on, the
    day's line is due, and with it whatever lasts.
    """
    before = {(one.kind, one.subject): one for one in said}
    living = {(one.kind, one.subject): one for one in states}
    is_daily = _is_daily_due(before.get((Kind.DAILY, "")), now, today=today, hour=hour, daily_at=daily_at)
    found = [Message(turn=Turn.LASTS, state=State(kind=Kind.DAILY, since=now))] if is_daily else []
    for key, state in living.items():
        last = before.get(key)
        if last is None or (last.ended_at is not None and not timedelta(0) <= now - last.ended_at < QUIET):
            found.append(Message(turn=Turn.BEGAN, state=state))
        elif last.ended_at is None and is_daily:
            found.append(Message(turn=Turn.LASTS, state=state))
    found += [
        Message(turn=Turn.ENDED, state=State(kind=one.kind, subject=one.subject, since=one.since))
        for key, one in before.items()
        if one.kind is not Kind.DAILY and one.ended_at is None and key not in living
    ]
    order = list(Kind)
    return tuple(sorted(found, key=lambda one: (order.index(one.state.kind), one.state.since, one.state.subject)))


def _is_daily_due(last: Said | None, now: datetime, *, today: date, hour: int, daily_at: int) -> bool:
    """Return whether the day's line is due; `since` of the last one is the day that it was said for, at midnight."""
    if hour < daily_at:
        return False
    if last is None:
        return True
    # A clock set back since must not silence it.
    return last.since.date() != today or last.said_at > now + DAY


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A mail to the hotline's own people: plain text."""

    subject: str
    body: str


# English; the console's catalogue has the Khmer. `{subject}` is the state's, `{since}` a time in UTC.
BEGAN: Mapping[Kind, str] = {
    Kind.STANDS_STILL: "Nothing is watched ({subject}), since {since}.",
    Kind.DISK_NEARLY_FULL: "The disk is nearly full. On a full disk nothing is watched: make room.",
    Kind.MANDATE_ENDS: "The mandate ends soon, or has ended. Without one nothing is watched: kapear enrol.",
    Kind.LEAD_WAITS: "An urgent lead waits since {since} for somebody: {subject}",
    Kind.ACCOUNT_PARKED: "A Telegram account is parked since {since} and reads nothing: kapear telegram status.",
    Kind.FEED_FAILS: "The feed {subject} fails: its list grows old. See kapear hashlist feeds.",
    Kind.LICENCE_ENDS: "The licence of the list {subject} ends soon. Without one it is used no more.",
    Kind.TARGET_ENDS: "A target ends soon; with an open lead it can be extended: {subject}",
    Kind.TARGET_FAILS: "A target could not be read for a long time: {subject}",
}
ENDED: Mapping[Kind, str] = {
    Kind.STANDS_STILL: "That is over ({subject}); it had begun {since}.",
    Kind.DISK_NEARLY_FULL: "The disk has room again.",
    Kind.MANDATE_ENDS: "The mandate was renewed.",
    Kind.LEAD_WAITS: "The urgent lead waits no more: {subject}",
    Kind.ACCOUNT_PARKED: "The Telegram account that was parked {since} reads again, or was removed.",
    Kind.FEED_FAILS: "The feed {subject} is pulled again.",
    Kind.LICENCE_ENDS: "The list {subject} has a licence again, or is used no more.",
    Kind.TARGET_ENDS: "The target was extended, or has ended: {subject}",
    Kind.TARGET_FAILS: "The target can be read again, or is watched no more: {subject}",
}
WATCHING = "Kapear is watching."
NOT_WATCHING = "Kapear is not watching ({subject})."
COUNTS = "Leads waiting: {waiting}. Targets active: {active}. Visits in 24 hours: {visits}."
DELAY = "From a post to its lead, within 30 days: 95 of 100 in at most {minutes} minutes."
CHECKPOINT = "Audit log, to be kept: {checkpoint}"
CONSOLE = "Console: {address}"
A_TEST = "This is a test. Messages of Kapear reach you."
TEXTS = (*BEGAN.values(), *ENDED.values(), WATCHING, NOT_WATCHING, COUNTS, DELAY, CHECKPOINT, CONSOLE, A_TEST)
