"""
Chain every event to the one before it, so that no edit goes unseen.

The hash covers the number, the time, who, what and the details in one
canonical encoding, and the hash of the event before. Details hold ids and
words of the house, never a locator, a text or a handle.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

GENESIS = "0" * 64
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
class Verdict:
    """What a walk along the chain found; `broken_at` is None when all is well."""

    events: int
    head: str
    broken_at: int | None = None
    reason: str = ""


def chained(draft: AuditDraft, *, seq: int, previous: str) -> AuditEvent:
    """Return the draft as event number `seq` after the event whose hash is `previous`."""
    return AuditEvent(seq=seq, draft=draft, previous=previous, hash=_hash(draft, seq, previous))


def verify(events: Iterable[AuditEvent], *, head: tuple[int, str] | None = None) -> Verdict:
    """
    Walk the chain and say whether it is whole.

    `head` is what the store noted of the last event (number and hash), so that
    a chain cut short at its end is noticed too.
    """
    previous, count = GENESIS, 0
    for event in events:
        count += 1
        if event.seq != count:
            return Verdict(events=count - 1, head=previous, broken_at=count, reason=f"event {count} is missing")
        if event.previous != previous:
            return Verdict(
                events=count, head=previous, broken_at=count, reason=f"event {count} does not follow {count - 1}"
            )
        if event.hash != _hash(event.draft, event.seq, event.previous):
            return Verdict(events=count, head=previous, broken_at=count, reason=f"event {count} was altered")
        previous = event.hash
    if head is not None and head != (count, previous):
        return Verdict(
            events=count, head=previous, broken_at=count + 1, reason=f"the chain was cut after event {count}"
        )
    return Verdict(events=count, head=previous)


def _hash(draft: AuditDraft, seq: int, previous: str) -> str:
    """Return the SHA-256 over one unambiguous encoding of the event."""
    encoded = json.dumps(
        [seq, draft.at.isoformat(), draft.actor, draft.action, draft.subject, dict(draft.details), previous],
        ensure_ascii=True,
        separators=(",", ":"),
        sort_keys=True,
    )
    return hashlib.sha256(encoded.encode()).hexdigest()
