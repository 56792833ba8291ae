"""
Read addresses of boards and threads: 4chan's by its host, others where a person says what they are.

Any page may be called `/res/12.html`, and a page that has no JSON beside it
would then be taken for a thread that is gone.
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from domain.errors import BadLocator

_FOURCHAN = frozenset({"boards.4chan.org", "boards.4channel.org", "a.4cdn.org"})
_BOARD = r"[A-Za-z0-9_+-]{1,64}"
_ON_FOURCHAN = re.compile(rf"/({_BOARD})(?:/(?:thread/(\d{{1,18}})(?:\.json|/.*)?|catalog(?:\.json)?|\d+|archive)?)?")
_THREAD = re.compile(rf"((?:/[^/]+)*/{_BOARD})/res/(\d{{1,18}})(?:\+50)?(?:\.html|\.json)?")
_PLACE = re.compile(rf"((?:/[^/]+)*/{_BOARD})(?:/(?:index\.html|catalog(?:\.html|\.json)?|\d+\.html)?)?")
_NEITHER = "This is neither a board nor a thread; paste one such as https://site.example/board/res/123.html."


def read(canonical: str, asked: bool) -> str | None:  # noqa: FBT001 - the readers' interface
    """Return the locator of a board or a thread."""
    parts = urlsplit(canonical)
    if parts.hostname in _FOURCHAN:
        place = _ON_FOURCHAN.fullmatch(parts.path)
        if place is None:
            raise BadLocator(_NEITHER)
        return f"https://boards.4chan.org/{place[1]}/" + (f"thread/{place[2]}" if place[2] else "")
    if not asked:
        return None
    thread, board = _THREAD.fullmatch(parts.path), _PLACE.fullmatch(parts.path)
    if thread is not None:
        return f"{parts.scheme}://{parts.netloc}{thread[1]}/res/{thread[2]}.html"
    if board is None or "/res/" in f"{board[1]}/":
        raise BadLocator(_NEITHER)
    return f"{parts.scheme}://{parts.netloc}{board[1]}/"
