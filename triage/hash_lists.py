"""
Import hash lists, and take them out of matching again.

An import is staged in small transactions and made live by one: a running
instance never sees half a list, and never waits for a long write.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import date
from itertools import islice

from domain.errors import BadInput, WrongState
from domain.hashlists import HashEntry, HashList, ListClass, ListFigures, ListRow
from domain.ids import ListId
from domain.people import Actor, Permission
from domain.store import Tx
from triage.desk import Desk
from triage.list_figures import Tally

BATCH = 10_000  # entries a transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """What became of an import."""

    hash_list: HashList
    figures: ListFigures


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """
    What would become of an import: the version it would make, the one it would replace, what the file holds.

    `refusal` is the line it would be refused with, empty when it would not.
    """

    version: int
    replaces: HashList | None
    figures: ListFigures
    refusal: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NewList:
    """What a person says of a list when importing it."""

    name: str
    classification: str
    list_class: ListClass
    authority: str = ""
    agreement: str = ""
    licence_ends: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HashLists:
    """The imported lists."""

    desk: Desk

    async def import_list(
        self,
        actor: Actor,
        wanted: NewList,
        rows: Iterable[ListRow],
        progress: Callable[[int], None] = lambda _done: None,
    ) -> Imported:
        """
        Import a list, or the next version of one by the same name.

        Bad rows are refused and counted, the others imported. Raises BadInput
        when no row is good, and when more are bad than good: then it is the
        file that is wrong, and the version before stays in force.
        """
        wanted = _allowed(actor, wanted)
        staged: HashList | None = None
        tally = Tally()
        remaining = iter(rows)
        while batch := list(islice(remaining, BATCH)):
            entries = [_classified(entry, wanted.classification) for entry in tally.add(batch)]
            if entries:
                if staged is None:
                    staged = await self.desk.store.write(lambda tx: self._stage(tx, wanted))
                await self._add(staged, entries)
            progress(len(batch))
        figures = tally.figures()
        refusal = _refusal(figures)
        if refusal or staged is None:
            raise BadInput(refusal)
        activated = replace(staged, entries=figures.good)

        def activate(tx: Tx) -> None:
            generation = tx.lists.activate(activated.id, entries=figures.good, now=self.desk.now())
            self.desk.note(
                tx, actor, "hashlist.imported", activated.id, name=activated.name, version=activated.version,
                entries=figures.good, refused=figures.bad, generation=generation,
            )  # fmt: skip

        await self.desk.store.write(activate)
        return Imported(hash_list=activated, figures=figures)

    async def preview(
        self,
        actor: Actor,
        wanted: NewList,
        rows: Iterable[ListRow],
        progress: Callable[[int], None] = lambda _done: None,
    ) -> Preview:
        """Return what an import of these rows would make, and write nothing."""
        wanted = _allowed(actor, wanted)
        tally = Tally()
        remaining = iter(rows)
        while batch := list(islice(remaining, BATCH)):
            tally.add(batch)
            progress(len(batch))
        figures = tally.figures()
        latest = await self.desk.store.read(lambda tx: tx.lists.latest(wanted.name))
        live = latest if latest is not None and latest.retired_at is None else None
        version = latest.version + 1 if latest else 1
        return Preview(version=version, replaces=live, figures=figures, refusal=_refusal(figures))

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
            agreement=wanted.agreement,
            licence_ends=wanted.licence_ends,
            entries=0,
            imported_at=self.desk.now(),
        )
        tx.lists.stage(staged)
        return staged


def _allowed(actor: Actor, wanted: NewList) -> NewList:
    """Return what is wanted with its name trimmed; raises NotAllowed or BadInput."""
    actor.require(Permission.MANAGE_LISTS)
    wanted = replace(wanted, name=wanted.name.strip())
    if not wanted.name:
        raise BadInput("A hash list needs a name (--name).")
    return wanted


def _classified(entry: HashEntry, classification: str) -> HashEntry:
    """Return the entry with its own classification, or else the list's."""
    if entry.classification:
        return entry
    return HashEntry(  # replace() takes twice as long, and lists are long
        algorithm=entry.algorithm,
        hash=entry.hash,
        classification=classification,
        ref=entry.ref,
        note=entry.note,
        line=entry.line,
    )


def _refusal(figures: ListFigures) -> str:
    """Return why a file is refused as a whole: it has no good row, or so many bad ones that the file is wrong."""
    if figures.good and figures.good >= figures.bad:
        return ""
    first = "".join(f" {row.unit} {row.line}: {row.problem}." for row in figures.bad_rows[:1])
    if not figures.good:
        return f"The list holds no usable row; nothing was imported.{first}"
    return f"{figures.bad} rows are bad and only {figures.good} good; nothing was imported.{first}"
