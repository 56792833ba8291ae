"""Read a date in whichever of the usual spellings it was written; what names no zone is taken for UTC."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

MAX_DATE = 64  # characters; no spelling is longer
_BROKEN = (ValueError, TypeError, OverflowError, IndexError)
_SPELT = ("%Y/%m/%d %H:%M:%S", "%Y/%m/%d %H:%M", "%Y/%m/%d", "%Y-%m", "%B %d %Y %H:%M:%S", "%B %d %Y", "%d %B %Y")
_ZONE = re.compile(r"[ \t]+(?=(?:Z|[+-]\d{2}:?\d{2})$)")


def moment(spelt: str | None) -> datetime | None:
    """Return the time that a text spells (RFC 822, RFC 3339, W3C, and near misses), in UTC; or None."""
    text = " ".join((spelt or "").split())
    if not text or len(text) > MAX_DATE:
        return None
    for read in (datetime.fromisoformat, parsedate_to_datetime):
        for written in (text, _ZONE.sub("", text)):
            try:
                return _in_utc(read(written))
            except _BROKEN:
                continue
    for layout in _SPELT:
        try:
            return _in_utc(datetime.strptime(text.replace(",", ""), layout))  # noqa: DTZ007 - the zone comes next
        except _BROKEN:
            continue
    return None


def from_unix(seconds: object) -> datetime | None:
    """Return the time that a number of seconds since 1970 stands for; None for anything else."""
    if isinstance(seconds, bool) or not isinstance(seconds, int | float):
        return None
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        return None


def _in_utc(time: datetime) -> datetime:
    return time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)
