"""Keep imported hash lists; a version is live as a whole or not at all."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from sqlalchemy import Connection, delete, insert, select, update

from domain.errors import NotFound, WrongState
from domain.hashlists import HashEntry, HashList, IndexedEntry
from domain.ids import ListId
from storage.rows import columns_of, insert_plain, made
from storage.tables import hash_entries, hash_lists, instance

_LIST = tuple(hash_lists.c[name] for name in HashList.__slots__)
_ENTRY = ("list_id", "algorithm", "hash", "classification", "ref", "note")
_GIVEN_UP = "This import was given up, for another one of the same list began; start it again."
_AT_ONCE = 10_000  # entries held in memory while an index is filled


class Lists:
    """The lists, in one transaction."""

    def __init__(self, connection: Connection) -> None:
        """Work on a connection."""
        self._connection = connection

    def latest(self, name: str) -> HashList | None:
        """Return the newest version that was activated of a list by name, retired or not."""
        versions = select(*_LIST).where(hash_lists.c.name == name, hash_lists.c.activated_at.is_not(None))
        row = self._connection.execute(versions.order_by(hash_lists.c.version.desc()).limit(1)).first()
        return made(HashList, row) if row else None

    def all(self) -> list[HashList]:
        """Return all versions that were activated, newest first."""
        versions = select(*_LIST).where(hash_lists.c.activated_at.is_not(None)).order_by(hash_lists.c.nr.desc())
        return [made(HashList, row) for row in self._connection.execute(versions)]

    def stage(self, hash_list: HashList) -> None:
        """Write a version that is not live yet; what an unfinished import of the same list left goes."""
        left = delete(hash_lists).where(hash_lists.c.name == hash_list.name, hash_lists.c.activated_at.is_(None))
        self._connection.execute(left)
        self._connection.execute(insert(hash_lists), columns_of(hash_list, hash_lists))

    def add_entries(self, list_id: ListId, entries: Sequence[HashEntry]) -> None:
        """Add entries to a staged version; raises WrongState when it is not staged any more."""
        staged = select(hash_lists.c.id).where(hash_lists.c.id == list_id, hash_lists.c.activated_at.is_(None))
        if self._connection.execute(staged).first() is None:
            raise WrongState(_GIVEN_UP)
        rows = [
            (list_id, entry.algorithm.value, entry.hash, entry.classification, entry.ref, entry.note)
            for entry in entries
        ]
        insert_plain(self._connection, hash_entries, _ENTRY, rows)

    def activate(self, list_id: ListId, *, entries: int, now: datetime) -> int:
        """Make a version live, retire the one before, and return the new generation."""
        staged = hash_lists.c.activated_at.is_(None)
        change = update(hash_lists).where(hash_lists.c.id == list_id, staged).values(entries=entries, activated_at=now)
        name = self._connection.execute(change.returning(hash_lists.c.name)).scalar()
        if name is None:
            raise WrongState(_GIVEN_UP)
        before = (hash_lists.c.name == name, hash_lists.c.id != list_id, hash_lists.c.retired_at.is_(None))
        self._connection.execute(update(hash_lists).where(*before).values(retired_at=now))
        return self._count_up()

    def discard_staged(self) -> int:
        """Drop versions whose import never finished; returns how many."""
        return self._connection.execute(delete(hash_lists).where(hash_lists.c.activated_at.is_(None))).rowcount

    def retire(self, list_id: ListId, now: datetime) -> int:
        """Take a list out of matching and return the new generation; raises NotFound or WrongState."""
        live = (hash_lists.c.id == list_id, hash_lists.c.activated_at.is_not(None), hash_lists.c.retired_at.is_(None))
        if self._connection.execute(update(hash_lists).where(*live).values(retired_at=now)).rowcount:
            return self._count_up()
        if self._connection.execute(select(hash_lists.c.id).where(hash_lists.c.id == list_id)).first() is None:
            raise NotFound("There is no such hash list; see `kapear hashlist list`.")
        raise WrongState("This hash list is not live; see `kapear hashlist list`.")

    def generation(self) -> int:
        """Return the number that counts up with every change of what is live."""
        return int(self._connection.execute(select(instance.c.generation)).scalar_one())

    def live_entries(self) -> Iterator[IndexedEntry]:
        """Return every entry of every live list; to be read to the end within the transaction."""
        query = (
            select(
                hash_entries.c.entry_id,
                hash_entries.c.list_id,
                hash_lists.c.name.label("list_name"),
                hash_lists.c.version.label("list_version"),
                hash_lists.c.list_class,
                hash_entries.c.algorithm,
                hash_entries.c.hash,
                hash_entries.c.classification,
            )
            .join(hash_lists, hash_lists.c.id == hash_entries.c.list_id)
            .where(hash_lists.c.activated_at.is_not(None), hash_lists.c.retired_at.is_(None))
        )
        with self._connection.execute(query, execution_options={"yield_per": _AT_ONCE}) as rows:
            for row in rows:
                yield made(IndexedEntry, row)

    def _count_up(self) -> int:
        change = update(instance).values(generation=instance.c.generation + 1).returning(instance.c.generation)
        return int(self._connection.execute(change).scalar_one())
