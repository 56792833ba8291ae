"""Bound how often somebody may guess the hotline's passphrase."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime, timedelta

WINDOW = timedelta(minutes=15)
AT_MOST = 5


@dataclass(slots=True)
class Tries:
    """Wrong passphrases by person, for as long as the process lives."""

    _wrong: dict[str, list[datetime]] = field(default_factory=lambda: defaultdict(list))

    def exhausted(self, name: str, now: datetime) -> bool:
        """Return whether a person must wait."""
        self._wrong[name] = [moment for moment in self._wrong[name] if now - moment < WINDOW]
        return len(self._wrong[name]) >= AT_MOST

    def failed(self, name: str, now: datetime) -> None:
        """Note a wrong passphrase."""
        self._wrong[name].append(now)

    def succeeded(self, name: str) -> None:
        """Forget what was wrong before."""
        self._wrong.pop(name, None)
