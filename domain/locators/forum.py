"""Read the address of a forum's thread or view, where a person said that it is one: any host may have one."""

from __future__ import annotations

import re

_SESSION = re.compile(r"(?:sid|s|phpsessid)=[^&]*", re.IGNORECASE)


def read(canonical: str, asked: bool) -> str | None:  # noqa: FBT001 - the readers' interface
    """Return the address without the number of whoever copied it."""
    if not asked:
        return None
    head, mark, query = canonical.partition("?")
    kept = "&".join(piece for piece in query.split("&") if not _SESSION.fullmatch(piece))
    return f"{head}{mark if kept else ''}{kept}"
