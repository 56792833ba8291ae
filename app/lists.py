"""
Wire the shelf of hash lists.

It is opened when it is first asked for: most commands never do, and it takes
numpy to load. Lists that this machine has no files of are built from rows.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property, partial
from itertools import islice
from pathlib import Path
from typing import Any, cast

from domain.hashlists import LiveList
from domain.ids import ListId
from domain.ports import ListShelf, Matcher
from domain.store import Store, Tx
from triage.list_imports import BATCH


class _OnDemand:
    """Stands for the shelf until somebody reaches for it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @cached_property
    def _shelf(self) -> ListShelf:
        from matching.shelf import FolderShelf  # noqa: PLC0415 - see above

        return FolderShelf(self._folder)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._shelf, name)


def shelf_in(folder: Path) -> ListShelf:
    """Return the shelf in a folder, which is made with the first list."""
    return cast("ListShelf", _OnDemand(folder))


def matcher_of(folder: Path, one: LiveList) -> Matcher:
    """Return a matcher that knows one list alone, for a look at what it would match."""
    from matching.matcher import ListMatcher  # noqa: PLC0415 - as above
    from matching.shelf import FolderShelf  # noqa: PLC0415 - as above

    matcher = ListMatcher(FolderShelf(folder))
    matcher.replace([one], one.hash_list.generation)
    return matcher


async def build_missing(store: Store, shelf: ListShelf, live: Iterable[LiveList]) -> None:
    """
    Build the files of lists that another machine imported, or that an earlier version kept as rows.

    Where there are no rows either, matching will say that the files are missing.
    """
    for one in live:
        hash_list = one.hash_list
        if one.own is None and hash_list.entries and not shelf.holds(hash_list.id):
            await store.read(partial(_build, shelf, hash_list.id))


def _build(shelf: ListShelf, list_id: ListId, tx: Tx) -> None:
    rows = tx.lists.entries(list_id)
    batch = list(islice(rows, BATCH))
    if not batch:
        return
    writer = shelf.write(list_id)
    try:
        while batch:
            writer.add(batch)
            batch = list(islice(rows, BATCH))
        writer.finish()
    finally:
        writer.abandon()
