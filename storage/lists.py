"""Keep versions of hash lists; one is in force as a whole or not at all."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from datetime import datetime

from sqlalchemy import Connection, and_, delete, func, insert, select, update

from domain.errors import NotFound, WrongState
from domain.hashlists import OWN_LIST, Algorithm, HashEntry, HashList, ListClass, LiveList, Opinion, OwnEntry
from domain.ids import ListId
from storage.rows import chunks, columns_of, insert_plain, made
from storage.tables import hash_entries, hash_lists, hash_opinions, instance, own_entries

_LIST = tuple(hash_lists.c[name] for name in HashList.__slots__)
_IN_FORCE = (hash_lists.c.activated_at.is_not(None), hash_lists.c.retired_at.is_(None))
_STAGED = (hash_lists.c.activated_at.is_(None), hash_lists.c.held == "")
_ENTRY = ("algorithm", "hash", "classification", "ref", "note")
_COPY = "COPY hash_entries (list_id, algorithm, hash, classification, ref, note) FROM STDIN"
_GIVEN_UP = "This import was given up, for another one of the same list began; start it again."
_AT_ONCE = 10_000  # entries held in memory while files are built


class Lists:
    """The lists, in one transaction."""

    def __init__(self, connection: Connection) -> None:
        """Work on a connection."""
        self._connection = connection

    def latest(self, name: str) -> HashList | None:
        """Return the newest version that was in force of a list by name, retired or not."""
        versions = select(*_LIST).where(hash_lists.c.name == name, hash_lists.c.activated_at.is_not(None))
        row = self._connection.execute(versions.order_by(hash_lists.c.version.desc()).limit(1)).first()
        return made(HashList, row) if row else None

    def all(self) -> list[HashList]:
        """Return all versions that were in force, newest first."""
        versions = select(*_LIST).where(hash_lists.c.activated_at.is_not(None)).order_by(hash_lists.c.nr.desc())
        return [made(HashList, row) for row in self._connection.execute(versions)]

    def in_force(self) -> list[HashList]:
        """Return the versions that are in force."""
        versions = select(*_LIST).where(*_IN_FORCE).order_by(hash_lists.c.nr)
        return [made(HashList, row) for row in self._connection.execute(versions)]

    def live(self) -> list[LiveList]:
        """Return the lists in force, with what of them is disabled, and the entries of the hotline's own."""
        disabled: dict[str, set[tuple[Algorithm, bytes]]] = defaultdict(set)
        query = select(hash_opinions.c.list_name, hash_opinions.c.algorithm, hash_opinions.c.hash)
        for row in self._connection.execute(query.where(hash_opinions.c.opinion == Opinion.DISABLED)):
            disabled[row.list_name].add((row.algorithm, row.hash))
        return [
            LiveList(
                hash_list=one,
                disabled=frozenset(disabled[one.name]),
                own=self._own() if one.is_own else None,
            )
            for one in self.in_force()
        ]

    def next_version(self, name: str) -> int:
        """Return the number of a list's next version."""
        newest = select(func.max(hash_lists.c.version)).where(hash_lists.c.name == name, ~and_(*_STAGED))
        return int(self._connection.execute(newest).scalar() or 0) + 1

    def stage(self, hash_list: HashList) -> None:
        """Write a version that is not in force yet; one of the same name that was staged before is dropped."""
        self._connection.execute(delete(hash_lists).where(hash_lists.c.name == hash_list.name, *_STAGED))
        self._connection.execute(insert(hash_lists), columns_of(hash_list, hash_lists))

    def staged(self) -> list[HashList]:
        """Return the versions whose import is under way, or was broken off."""
        staged = select(*_LIST).where(*_STAGED).order_by(hash_lists.c.nr)
        return [made(HashList, row) for row in self._connection.execute(staged)]

    def kept(self) -> list[ListId]:
        """Return the versions whose files are needed: those in force, staged or kept aside."""
        needed = select(hash_lists.c.id).where(hash_lists.c.retired_at.is_(None))
        return list(self._connection.execute(needed).scalars())

    @property
    def shares_entries(self) -> bool:
        """Return whether other machines must build their files from rows of this database."""
        return self._connection.dialect.name == "postgresql"

    def add_entries(self, list_id: ListId, entries: Sequence[HashEntry]) -> None:
        """Write entries of a staged version as rows, for other machines; raises WrongState when it is not staged."""
        staged = select(hash_lists.c.id).where(hash_lists.c.id == list_id, *_STAGED)
        if self._connection.execute(staged).first() is None:
            raise WrongState(_GIVEN_UP)
        if not self.shares_entries:
            rows = [(list_id, entry.algorithm.value, entry.hash, *_words(entry)) for entry in entries]
            insert_plain(self._connection, hash_entries, ("list_id", *_ENTRY), rows)
            return
        raw = self._connection.connection.cursor()
        with raw, raw.copy(_COPY) as copy:  # type: ignore[attr-defined]  # psycopg's own
            for entry in entries:
                copy.write_row((list_id, entry.algorithm.value, entry.hash, *_words(entry)))

    def entries(self, list_id: ListId) -> Iterator[HashEntry]:
        """Yield the entries that stand as rows, in their order; to be read to the end within the transaction."""
        query = select(*(hash_entries.c[name] for name in _ENTRY)).where(hash_entries.c.list_id == list_id)
        ordered = query.order_by(hash_entries.c.entry_id)
        with self._connection.execute(ordered, execution_options={"yield_per": _AT_ONCE}) as rows:
            for row in rows:
                yield made(HashEntry, row)

    def activate(self, list_id: ListId, *, entries: int, now: datetime) -> int:
        """
        Put a version in force, and return the new generation; raises WrongState.

        The one before is retired, one of the same name that is kept aside is dropped.
        """
        generation = self._count_up()
        waiting = (hash_lists.c.id == list_id, hash_lists.c.activated_at.is_(None))
        change = update(hash_lists).where(*waiting)
        change = change.values(entries=entries, activated_at=now, held="", generation=generation)
        name = self._connection.execute(change.returning(hash_lists.c.name)).scalar()
        if name is None:
            raise WrongState(_GIVEN_UP)
        others = (hash_lists.c.name == name, hash_lists.c.id != list_id)
        self._connection.execute(delete(hash_lists).where(*others, hash_lists.c.held != ""))
        before = (*others, *_IN_FORCE)
        self._connection.execute(update(hash_lists).where(*before).values(retired_at=now, generation=generation))
        return generation

    def hold(self, list_id: ListId, *, entries: int, why: str) -> None:
        """Keep a whole import aside until a person decides; raises WrongState when it is not staged."""
        change = update(hash_lists).where(hash_lists.c.id == list_id, *_STAGED).values(entries=entries, held=why)
        name = self._connection.execute(change.returning(hash_lists.c.name)).scalar()
        if name is None:
            raise WrongState(_GIVEN_UP)
        others = delete(hash_lists).where(hash_lists.c.name == name, hash_lists.c.id != list_id)
        self._connection.execute(others.where(hash_lists.c.activated_at.is_(None)))

    def held(self, name: str) -> tuple[HashList, str] | None:
        """Return the version of a list that is kept aside, and why."""
        query = select(*_LIST, hash_lists.c.held).where(hash_lists.c.name == name, hash_lists.c.held != "")
        row = self._connection.execute(query).first()
        if row is None:
            return None
        return HashList(**{name: row._mapping[name] for name in HashList.__slots__}), row.held  # noqa: SLF001 - public

    def discard(self, list_ids: Collection[ListId]) -> int:
        """Drop versions that were never in force; returns how many there were."""
        dropped = 0
        for piece in chunks(list(list_ids)):
            never = (hash_lists.c.id.in_(piece), hash_lists.c.activated_at.is_(None))
            dropped += self._connection.execute(delete(hash_lists).where(*never)).rowcount
        return dropped

    def retire(self, list_id: ListId, now: datetime) -> int:
        """Take a list out of matching and return the new generation; raises NotFound or WrongState."""
        generation = self._count_up()
        change = update(hash_lists).where(hash_lists.c.id == list_id, *_IN_FORCE)
        if self._connection.execute(change.values(retired_at=now, generation=generation)).rowcount:
            return generation
        if self._connection.execute(select(hash_lists.c.id).where(hash_lists.c.id == list_id)).first() is None:
            raise NotFound("There is no such hash list; see `kapear hashlist list`.")
        raise WrongState("This hash list is not live; see `kapear hashlist list`.")

    def generation(self) -> int:
        """Return the number that counts up with every change of what is in force."""
        return int(self._connection.execute(select(instance.c.generation)).scalar_one())

    def negative_generation(self) -> int:
        """Return the generation since which negative lists say what they say; 0 where there never was one."""
        newest = select(func.max(hash_lists.c.generation)).where(hash_lists.c.list_class == ListClass.NEGATIVE)
        return int(self._connection.execute(newest).scalar() or 0)

    def changed(self, name: str) -> int:
        """Note that the list of this name says something else now, and return the new generation."""
        generation = self._count_up()
        change = update(hash_lists).where(hash_lists.c.name == name, *_IN_FORCE).values(generation=generation)
        self._connection.execute(change)
        return generation

    def own_changed(self) -> int:
        """Count the hotline's own list anew, as its next version, and return the new generation."""
        generation = self._count_up()
        entries = select(func.count()).select_from(own_entries).where(own_entries.c.revoked_at.is_(None))
        change = update(hash_lists).where(hash_lists.c.name == OWN_LIST, *_IN_FORCE)
        version = hash_lists.c.version + 1
        self._connection.execute(
            change.values(entries=entries.scalar_subquery(), version=version, generation=generation)
        )
        return generation

    def _own(self) -> tuple[OwnEntry, ...]:
        query = select(own_entries.c.nr.label("number"), *(own_entries.c[name] for name in _ENTRY[:3]))
        rows = self._connection.execute(query.where(own_entries.c.revoked_at.is_(None)).order_by(own_entries.c.nr))
        return tuple(made(OwnEntry, row) for row in rows)

    def _count_up(self) -> int:
        change = update(instance).values(generation=instance.c.generation + 1).returning(instance.c.generation)
        return int(self._connection.execute(change).scalar_one())


def _words(entry: HashEntry) -> tuple[str, str, str]:
    return entry.classification, entry.ref, entry.note
