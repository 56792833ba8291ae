"""Read the entries of a list's version out of the database, as the shelf of files will."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from app.instance import Instance
from domain.hashlists import HashEntry
from domain.ids import ListId
from domain.store import Tx


@dataclass(frozen=True, slots=True)
class StoredShelf:
    """The entries of one version, in memory: what a pull needs of a shelf."""

    list_id: ListId | None
    held: Sequence[HashEntry]

    def holds(self, list_id: ListId) -> bool:
        """Return whether this is the version."""
        return list_id == self.list_id

    def entries(self, list_id: ListId) -> Iterator[HashEntry]:
        """Yield the version's entries."""
        return iter(self.held if self.holds(list_id) else ())


async def stored_shelf(instance: Instance, list_name: str) -> StoredShelf:
    """Return the shelf with the latest version of a list."""

    def read(tx: Tx) -> StoredShelf:
        latest = tx.lists.latest(list_name)
        return StoredShelf(latest.id if latest else None, tx.feeds.entries(latest.id) if latest else ())

    return await instance.store.read(read)
