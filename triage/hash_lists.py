"""
Import hash lists, and take them out of matching again.

An import is staged in small transactions and made live by one: a running
instance never sees half a list, and never waits for a long write.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from itertools import islice

from domain.errors import BadInput, WrongState
from domain.hashlists import BadRow, HashEntry, HashList, ListClass
from domain.ids import ListId
from domain.people import Actor, Permission
from domain.store import Tx
from triage.desk import Desk

BATCH = 5_000  # entries a transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """What became of an import."""

    hash_list: HashList
    bad_rows: tuple[BadRow, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class NewList:
    """What a person says of a list when importing it."""

    name: str
    classification: str
    list_class: ListClass
    authority: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class HashLists:
    """The imported lists."""

    desk: Desk

    async def import_list(
        self,
        actor: Actor,
        wanted: NewList,
        rows: Iterable[HashEntry | BadRow],
        progress: Callable[[int], None] = lambda _done: None,
    ) -> Imported:
        """
        Import a list, or the next version of one by the same name.

        Bad rows are refused and reported, the others imported. Raises BadInput
        when no row is good.
        """
        actor.require(Permission.MANAGE_LISTS)
        wanted = replace(wanted, name=wanted.name.strip())
        if not wanted.name:
            raise BadInput("A hash list needs a name (--name).")
        staged: HashList | None = None
        bad: list[BadRow] = []
        good = 0
        remaining = iter(rows)
        while batch := list(islice(remaining, BATCH)):
            bad += [row for row in batch if isinstance(row, BadRow)]
            entries = [
                replace(row, classification=row.classification or wanted.classification)
                for row in batch
                if isinstance(row, HashEntry)
            ]
            good += len(entries)
            if entries:
                if staged is None:
                    staged = await self.desk.store.write(lambda tx: self._stage(tx, wanted))
                await self._add(staged, entries)
            progress(len(batch))
        if staged is None:
            problem = f" Line {bad[0].line}: {bad[0].problem}" if bad else ""
            raise BadInput(f"The list holds no usable row; nothing was imported.{problem}")
        activated = replace(staged, entries=good)

        def activate(tx: Tx) -> None:
            generation = tx.lists.activate(activated.id, entries=good, now=self.desk.now())
            self.desk.note(
                tx, actor, "hashlist.imported", activated.id, name=activated.name, version=activated.version,
                entries=good, refused=len(bad), generation=generation,
            )  # fmt: skip

        await self.desk.store.write(activate)
        return Imported(hash_list=activated, bad_rows=tuple(bad))

    async def all(self, actor: Actor) -> list[HashList]:
        """Return all lists, newest first: to whoever sees the desk, and to whoever keeps the lists."""
        if not actor.may(Permission.MANAGE_LISTS):
            actor.require(Permission.SEE_DESK)
        return await self.desk.store.read(lambda tx: tx.lists.all())

    async def retire(self, actor: Actor, name: str) -> HashList:
        """Take a list out of matching by its name."""
        actor.require(Permission.MANAGE_LISTS)

        def work(tx: Tx) -> HashList:
            latest = tx.lists.latest(name.strip())
            if latest is None or latest.retired_at is not None:
                raise WrongState(f"There is no live hash list named {name[:80]}; see `kapear hashlist list`.")
            now = self.desk.now()
            tx.lists.retire(latest.id, now)
            self.desk.note(tx, actor, "hashlist.retired", latest.id, name=latest.name)
            return replace(latest, retired_at=now)

        return await self.desk.store.write(work)

    async def _add(self, staged: HashList, entries: list[HashEntry]) -> None:
        await self.desk.store.write(lambda tx: tx.lists.add_entries(staged.id, entries))

    def _stage(self, tx: Tx, wanted: NewList) -> HashList:
        latest = tx.lists.latest(wanted.name)
        staged = HashList(
            id=ListId(self.desk.new_id()),
            name=wanted.name,
            version=latest.version + 1 if latest else 1,
            list_class=wanted.list_class,
            classification=wanted.classification,
            authority=wanted.authority,
            entries=0,
            imported_at=self.desk.now(),
        )
        tx.lists.stage(staged)
        return staged
