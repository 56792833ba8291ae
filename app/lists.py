"""Open the shelf of hash lists when it is first asked for: most commands never do, and it takes numpy to load."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import Any, cast

from domain.hashlists import LiveList
from domain.ports import ListShelf, Matcher


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
