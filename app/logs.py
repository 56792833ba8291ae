"""
Let logs carry ids and codes, never locators, texts or handles.

Our own records may carry the fields listed here and nothing else. What other
libraries log is reduced to who spoke and how loudly: their messages quote
URLs, bodies and parameters at will.
"""

from __future__ import annotations

import json
import logging
import re
import sys
from datetime import UTC, datetime
from typing import TextIO

FIELDS = (
    "target", "visit", "lead", "list", "outcome", "code", "error", "generation", "entries", "count", "seconds",
    "address", "signal", "children",
)  # fmt: skip
_SAFE = re.compile(r"[^A-Za-z0-9_.:+/@ -]")
_OURS = "kapear"


class AllowListFormatter(logging.Formatter):
    """Writes one line of JSON: time, level, logger, our own message, allow-listed fields."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line; exception texts and tracebacks are never part of it."""
        ours = record.name == _OURS or record.name.startswith(f"{_OURS}.")
        line: dict[str, str | int | float] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            # Our messages are constants; arguments would be a way around the list of fields.
            "message": str(record.msg) if ours and not record.args else "(withheld)",
        }
        if ours:
            line |= {name: _plain(getattr(record, name)) for name in FIELDS if getattr(record, name, None) is not None}
        if record.exc_info and record.exc_info[0] is not None:
            line["exception"] = record.exc_info[0].__name__
        return json.dumps(line)


def _plain(value: object) -> str | int | float:
    """Return a number as it is, anything else as a short word without what steers a reader's eyes."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return value if is_number else _SAFE.sub("?", str(value))[:80]  # type: ignore[return-value]  # a number, then


def configure(*, debug: bool = False, quiet: bool = False, stream: TextIO | None = None) -> None:
    """
    Send every logger of the process through the allow-list, to one stream (standard error).

    Other libraries are heard from warnings up, and with `quiet` so are we; with
    `debug` everybody is heard at every level, and still says no more than that
    they spoke.
    """
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(AllowListFormatter())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.DEBUG if debug else logging.WARNING)
    logging.getLogger(_OURS).setLevel(logging.DEBUG if debug else logging.WARNING if quiet else logging.INFO)
    logging.captureWarnings(capture=True)
