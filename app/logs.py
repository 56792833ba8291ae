"""
Let logs carry ids and codes, never locators, texts or handles.

Our own records may carry the fields listed here and nothing else. What other
libraries log is reduced to who spoke and how loudly: their messages quote
URLs, bodies and parameters at will.
"""

from __future__ import annotations

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
    """Writes one line: time, level, logger, our own message, allow-listed fields."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line; exception texts and tracebacks are never part of it."""
        moment = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        line = f"{moment} {record.levelname} {record.name}"
        if record.name == _OURS or record.name.startswith(f"{_OURS}."):
            # Our messages are constants; arguments would be a way around the list of fields.
            line += f" {record.msg if not record.args else '(message withheld)'}"
            for name in FIELDS:
                value = getattr(record, name, None)
                if value is not None:
                    line += f" {name}={_SAFE.sub('?', str(value))[:80]}"
        else:
            line += " (message withheld)"
        if record.exc_info and record.exc_info[0] is not None:
            line += f" exception={record.exc_info[0].__name__}"
        return line


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
