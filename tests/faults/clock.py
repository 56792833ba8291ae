"""Give a process a clock that a test can set, by libfaketime; what measures durations is left alone."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from tests.requirements_for import require

LIBRARY = next(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"), None)
DAY = timedelta(days=1)


class FakeClock:
    """A clock so far ahead of this machine's, or so far behind; `environment` puts a process under it."""

    def __init__(self, file: Path, ahead: timedelta = timedelta(0)) -> None:
        self._file = file
        self.ahead = ahead
        self.set(ahead)

    def set(self, ahead: timedelta) -> None:
        """Set it; processes see that within a second."""
        self.ahead = ahead
        fresh = self._file.with_suffix(".new")
        fresh.write_text(f"{ahead.total_seconds():+.0f}\n")
        fresh.replace(self._file)

    @property
    def environment(self) -> dict[str, str]:
        require("faketime", present=LIBRARY is not None)
        return {
            "LD_PRELOAD": str(LIBRARY),
            "FAKETIME_TIMESTAMP_FILE": str(self._file),
            "FAKETIME_CACHE_DURATION": "1",
            "DONT_FAKE_MONOTONIC": "1",
            "NO_FAKE_STAT": "1",
        }
