"""
Choose a page of a channel's history, as messages.getHistory does.

The history counts from the newest. `offset_id` says where to begin: behind the
newest message older than it; `add_offset` moves that point, to newer messages
when it is negative; then `max_id` and `min_id` cut what is left. Ids that are
gone are simply not there, so a page's length says nothing about the end.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Sequence

MOST_A_PAGE = 100


def page_of(
    ids: Sequence[int],
    *,
    offset_id: int = 0,
    add_offset: int = 0,
    limit: int = MOST_A_PAGE,
    max_id: int = 0,
    min_id: int = 0,
    before: Callable[[], int] | None = None,
    fills: bool = False,
) -> tuple[list[int], int]:
    """
    Return a page's ids, newest first, and how many messages of the history are newer than its first.

    `ids` is in rising order. `before` returns how many are older than the asked date, for a page without
    `offset_id`. With `fills`, a point before the newest message still gives a whole page.
    """
    limit = max(0, min(limit, MOST_A_PAGE))
    if offset_id:
        older = bisect_left(ids, offset_id)
    elif before is not None:
        older = before()
    else:
        older = len(ids)
    end = older - add_offset
    if fills:
        end = min(end, len(ids))
    first, last = max(0, end - limit), max(0, min(end, len(ids)))
    page = [
        each for each in reversed(ids[first:last]) if (not max_id or each < max_id) and (not min_id or each > min_id)
    ]
    return page, len(ids) - last
