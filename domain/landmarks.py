"""
Know a host again by how it answers where no certificate names it.

A landmark is the keyed digest of such an answer. One that changes takes the
place of the old only after a week: no portal, block page or hijack that passes
is ever taken for the host itself. Pure.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

SETTLED = timedelta(days=7)
LOOKED_AT = timedelta(days=1)  # how often a living host's landmark is looked at again

_PARTS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Landmark:
    """A host's landmark, when it was last looked at, and what was seen instead of it, since when."""

    known: str
    seen_at: datetime
    other: str = ""
    other_since: datetime | None = None

    def dumped(self) -> str:
        """Return it as text."""
        since = self.other_since.isoformat() if self.other_since else ""
        return f"{self.known}|{self.seen_at.isoformat()}|{self.other}|{since}"

    @classmethod
    def loaded(cls, text: str) -> Landmark | None:
        """Return what `dumped` wrote; None for anything else."""
        parts = text.split("|")
        if len(parts) != _PARTS or not parts[0]:
            return None
        known, seen_at, other, since = parts
        try:
            times = [datetime.fromisoformat(part) for part in (seen_at, since) if part]
        except ValueError:
            return None
        if not seen_at or bool(other) is not bool(since) or any(one.tzinfo is not UTC for one in times):
            return None
        return cls(known=known, seen_at=times[0], other=other, other_since=times[1] if since else None)

    def is_stale(self, now: datetime) -> bool:
        """Return whether it is time to look at it again."""
        return not timedelta(0) <= now - self.seen_at < LOOKED_AT


def seen(before: Landmark | None, digest: str, now: datetime) -> Landmark:
    """Return the landmark of a host that was seen alive and answered so."""
    if before is None or before.known == digest:
        return Landmark(known=digest, seen_at=now)
    if before.other != digest or before.other_since is None or before.other_since > now:
        return replace(before, seen_at=now, other=digest, other_since=now)
    if now - before.other_since >= SETTLED:
        return Landmark(known=digest, seen_at=now)
    return replace(before, seen_at=now)
