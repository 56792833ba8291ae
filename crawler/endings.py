"""
Say how a visit ends when no page comes: from a status, a failure, or a defect.

Pure, and the only place where HTTP's words become outcomes.
"""

from __future__ import annotations

import logging
import traceback
from datetime import datetime
from pathlib import PurePath

from domain.errors import VisitEnded
from domain.outcomes import Outcome

logger = logging.getLogger(__name__)

_BY_STATUS = {
    401: Outcome.RESTRICTED,
    403: Outcome.RESTRICTED,
    404: Outcome.GONE,
    407: Outcome.RESTRICTED,
    408: Outcome.UNREACHABLE,
    410: Outcome.GONE,
    425: Outcome.UNREACHABLE,
    429: Outcome.LIMITED,
    451: Outcome.RESTRICTED,
}
_UNREACHABLE = frozenset({"timeout", "dns", "no_resolver", "no_route", "tls", "unreachable", "truncated"})
_SERVER_ERRORS = range(500, 600)


def of_status(status: int, until: datetime | None = None) -> VisitEnded:
    """Return the ending for an answer that is no page; a host that is busy may have said until when to wait."""
    outcome = _BY_STATUS.get(status, Outcome.UNREACHABLE if status in _SERVER_ERRORS else Outcome.ERROR)
    busy = outcome in {Outcome.LIMITED, Outcome.UNREACHABLE}
    return VisitEnded(outcome, f"http_{status}", until=until if busy else None)


def of_failure(code: str) -> VisitEnded:
    """Return the ending for a request that got no usable answer (codes of `net.fetch`)."""
    return VisitEnded(Outcome.UNREACHABLE if code in _UNREACHABLE else Outcome.ERROR, code)


def unforeseen(error: Exception) -> VisitEnded:
    """
    Return the ending for a defect of ours, and log its type and place.

    Its message is not logged: it may quote the page.
    """
    frames = traceback.extract_tb(error.__traceback__)
    place = f"{PurePath(frames[-1].filename).name}:{frames[-1].lineno}" if frames else "nowhere"
    logger.error("A visit met a defect: %s at %s", type(error).__name__, place)
    return VisitEnded(Outcome.ERROR, f"defect_{type(error).__name__}")
