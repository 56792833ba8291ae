"""
Chain every event to the one before it, so that no edit goes unseen.

The hash covers the number, the time, who, what and the details in one
canonical encoding, and the hash of the event before. Details hold ids and
words of the house, never a locator, a text or a handle.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from domain.errors import BadInput

GENESIS = "0" * 64
_CHECKPOINT = re.compile(r"(\d{1,15}):([0-9a-f]{64})", re.ASCII)
SYSTEM = "kapear"  # the actor of what no person did


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditDraft:
    """An event before it has its place in the chain."""

    at: datetime
    actor: str
    action: str
    subject: str = ""
    details: Mapping[str, str | int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEvent:
    """An event in its place: `seq` counts from 1 without holes."""

    seq: int
    draft: AuditDraft
    previous: str
    hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """
    How many events the chain had, and the hash of the last.

    Kept where whoever rules the machine cannot write, it shows a chain that was
    rewritten as a whole, or cut together with what the store noted of its end.
    """

    events: int
    hash: str

    def __str__(self) -> str:
        """Return it as people keep it."""
        return f"{self.events}:{self.hash}"


def checkpoint_of(text: str) -> Checkpoint:
    """Return a checkpoint that somebody kept; raises BadInput."""
    found = _CHECKPOINT.fullmatch(text.strip())
    if found is None:
        raise BadInput(
            "A checkpoint is a number, a colon and 64 hexadecimal digits, as `kapear audit checkpoint` says."
        )
    return Checkpoint(events=int(found[1]), hash=found[2])


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What a walk along the chain found; `broken_at` is None when all is well."""

    events: int
    head: str
    broken_at: int | None = None
    reason: str = ""


def chained(draft: AuditDraft, *, seq: int, previous: str) -> AuditEvent:
    """Return the draft as event number `seq` after the event whose hash is `previous`."""
    return AuditEvent(seq=seq, draft=draft, previous=previous, hash=_hash(draft, seq, previous))


def verify(
    events: Iterable[AuditEvent], *, head: tuple[int, str] | None = None, kept: Iterable[Checkpoint] = ()
) -> Verdict:
    """
    Walk the chain and say whether it is whole.

    `head` is what the store noted of the last event (number and hash), so that
    a chain cut short at its end is noticed too; each checkpoint that was kept
    elsewhere must be on the way.
    """
    previous, count = GENESIS, 0
    awaited = sorted((one for one in kept if one.events), key=lambda one: one.events, reverse=True)
    for event in events:
        if flaw := _flaw(event, count, previous):
            reached = count if event.seq != count + 1 else count + 1
            return Verdict(events=reached, head=previous, broken_at=count + 1, reason=flaw)
        count, previous = event.seq, event.hash
        while awaited and awaited[-1].events == count:
            if awaited.pop().hash != previous:
                reason = f"event {count} is not the one of the checkpoint"
                return Verdict(events=count, head=previous, broken_at=count, reason=reason)
    if awaited or head not in {None, (count, previous)}:
        reason = f"the chain was cut after event {count}"
        return Verdict(events=count, head=previous, broken_at=count + 1, reason=reason)
    return Verdict(events=count, head=previous)


def _flaw(event: AuditEvent, count: int, previous: str) -> str:
    """Return what is wrong with the event after so many; nothing where all is well."""
    if event.seq != count + 1:
        return f"event {count + 1} is missing"
    if event.previous != previous:
        return f"event {event.seq} does not follow {count}"
    if event.hash != _hash(event.draft, event.seq, event.previous):
        return f"event {event.seq} was altered"
    return ""


def _hash(draft: AuditDraft, seq: int, previous: str) -> str:
    """Return the SHA-256 over one unambiguous encoding of the event."""
    encoded = json.dumps(
        [seq, draft.at.isoformat(), draft.actor, draft.action, draft.subject, dict(draft.details), previous],
        ensure_ascii=True,
        separators=(",", ":"),
        sort_keys=True,
    )
    return hashlib.sha256(encoded.encode()).hexdigest()
