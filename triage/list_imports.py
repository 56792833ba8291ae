"""
Take hash lists in.

The entries of a version go to files that nobody sees before they are whole;
what puts it in force is one small transaction. So a running instance never
sees half a list, and never waits for a long write.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from itertools import islice

from domain.errors import BadInput
from domain.false_matches import expected_false_leads
from domain.hashlists import (
    LIST_GROWTH,
    HashEntry,
    HashList,
    ListFigures,
    ListRow,
    LiveList,
    worst,
)
from domain.ids import ListId
from domain.people import Actor, Permission
from domain.ports import ListShelf, Matcher
from domain.store import Tx
from triage.desk import Desk
from triage.list_figures import Tally
from triage.list_terms import NewList, checked, classified, refusal_of

BATCH = 10_000  # entries taken in together
FEW = 1_000  # entries; below, growth means nothing
JUST_BEGUN = timedelta(minutes=1)  # an import that has no files yet is left alone so long
SAMPLED = 2_000  # of what was seen of late, for a forecast
MONTH = timedelta(days=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """
    What a version means for the desk.

    Of `pictures` first seen in the last 30 days, `compared` were compared with
    it, and `matched` would be leads. `false_leads` is how many a month are to be
    expected at most of pictures that are on no list; see `domain.false_matches`.
    """

    pictures: int
    compared: int
    matched: int
    false_leads: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """What became of an import: `held` says why it is not in force, empty where it is."""

    hash_list: HashList
    figures: ListFigures
    overlap: Mapping[str, int]
    forecast: Forecast
    held: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """
    What would become of an import.

    The version it would make, the one it would replace, what the file holds,
    how many of its entries stand on which other list. `refusal` is the line it
    would be refused with, `held` why it would wait for a person; both empty
    when it would be in force.
    """

    version: int
    replaces: HashList | None
    figures: ListFigures
    refusal: str
    held: str = ""
    overlap: Mapping[str, int] = field(default_factory=dict)
    forecast: Forecast | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ListImports:
    """Takes lists in."""

    desk: Desk
    shelf: ListShelf
    trial: Callable[[LiveList], Matcher]
    growth: float = LIST_GROWTH

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
        wanted = _allowed(actor, wanted, self.desk.now().date())
        staged = await self.desk.store.write(lambda tx: self._stage(tx, wanted))
        try:
            figures = await self._fill(staged.id, wanted, rows, progress, is_import=True)
            others = await self._others()
            held = self._held(figures, others.get(staged.name))
            # At once: what is whole and not settled looks like what was broken off.
            settled = await self._settle(actor, replace(staged, entries=figures.good), figures, held)
        except BaseException:
            await self.desk.store.write(lambda tx: tx.lists.discard([staged.id]))
            raise
        return Imported(
            hash_list=settled,
            figures=figures,
            overlap=await self._overlap(settled, others),
            forecast=await self._forecast(settled, figures),
            held=held,
        )

    async def preview(
        self,
        actor: Actor,
        wanted: NewList,
        rows: Iterable[ListRow],
        progress: Callable[[int], None] = lambda _done: None,
    ) -> Preview:
        """Return what an import of these rows would make; its files go again, and the books stay as they are."""
        wanted = _allowed(actor, wanted, self.desk.now().date())
        staged = self._version(wanted, await self.desk.store.read(lambda tx: tx.lists.next_version(wanted.name)))
        figures = await self._fill(staged.id, wanted, rows, progress, is_import=False)
        refusal = refusal_of(figures)
        others = await self._others()
        before = others.get(staged.name)
        overlap = await self._overlap(staged, others) if figures.good else {}
        forecast = await self._forecast(staged, figures) if figures.good else None
        await self.tidy()
        return Preview(
            version=staged.version,
            replaces=before,
            figures=figures,
            refusal=refusal,
            held="" if refusal else self._held(figures, before),
            overlap=overlap,
            forecast=forecast,
        )

    async def with_columns(self, wanted: NewList) -> NewList:
        """Return what is wanted with the columns that the list's last version was read by, unless others are said."""
        if wanted.columns:
            return wanted
        latest = await self.desk.store.read(lambda tx: tx.lists.latest(wanted.name.strip()))
        return replace(wanted, columns=latest.columns if latest else "")

    async def tidy(self) -> None:
        """Drop imports that were broken off, and the files of versions that are not needed any more."""

        def broken_off(tx: Tx) -> list[ListId]:
            return [
                one.id
                for one in tx.lists.staged()
                if one.imported_at < self.desk.now() - JUST_BEGUN and not self.shelf.is_being_written(one.id)
            ]

        if await self.desk.store.read(broken_off):
            await self.desk.store.write(lambda tx: tx.lists.discard(broken_off(tx)))
        kept = await self.desk.store.read(lambda tx: tx.lists.kept())
        await asyncio.to_thread(self.shelf.keep_only, kept)

    async def _fill(
        self,
        list_id: ListId,
        wanted: NewList,
        rows: Iterable[ListRow],
        progress: Callable[[int], None],
        *,
        is_import: bool,
    ) -> ListFigures:
        """Take the rows into a version's files, and return what they were."""
        tally, remaining = Tally(), iter(rows)
        shares = is_import and await self.desk.store.read(lambda tx: tx.lists.shares_entries)
        writer = await asyncio.to_thread(self.shelf.write, list_id)

        def take() -> tuple[int, list[HashEntry]]:
            batch = list(islice(remaining, BATCH))
            entries = [classified(entry, wanted) for entry in tally.add(batch)]
            writer.add(entries)
            return len(batch), entries

        try:
            while (taken := await asyncio.to_thread(take))[0]:
                count, entries = taken
                if shares and entries:
                    await self._share(list_id, entries)
                progress(count)
            figures = tally.figures()
            refusal = refusal_of(figures)
            if refusal and is_import:
                raise BadInput(refusal)
            if figures.good:
                await asyncio.to_thread(writer.finish)
        finally:
            await asyncio.to_thread(writer.abandon)
        return figures

    async def _share(self, list_id: ListId, entries: list[HashEntry]) -> None:
        await self.desk.store.write(lambda tx: tx.lists.add_entries(list_id, entries))

    async def _others(self) -> dict[str, HashList]:
        """Return the lists in force that lie in files, by name."""
        in_force = await self.desk.store.read(lambda tx: tx.lists.in_force())
        return {one.name: one for one in in_force if not one.is_own}

    async def _overlap(self, version: HashList, others: Mapping[str, HashList]) -> Mapping[str, int]:
        """Return how many entries of a version stand on each of these lists, too."""
        return {
            name: await asyncio.to_thread(self.shelf.overlap, version.id, one.id)
            for name, one in others.items()
            if self.shelf.holds(one.id)
        }

    async def _forecast(self, version: HashList, figures: ListFigures) -> Forecast:
        """Return what a version's matches would be among what was seen of late."""
        since = self.desk.now() - MONTH
        pictures, seen = await self.desk.store.read(
            lambda tx: (tx.prints.count(since), tx.prints.recent(since, SAMPLED))
        )
        matcher = await asyncio.to_thread(self.trial, LiveList(hash_list=replace(version, generation=1)))
        matched = 0
        for one in seen:
            matched += worst(await matcher.match(one.fingerprint)) is not None
        false_leads = expected_false_leads(pictures, figures.entries)
        return Forecast(pictures=pictures, compared=len(seen), matched=matched, false_leads=false_leads)

    def _held(self, figures: ListFigures, before: HashList | None) -> str:
        """Return why a version waits for a person: it has far more entries than the one in force, or far fewer."""
        if before is None or abs(figures.good - before.entries) < FEW:
            return ""
        ratio = figures.good / max(before.entries, 1)
        if 1 / self.growth <= ratio <= self.growth:
            return ""
        return f"It has {figures.good} entries, and the version in force {before.entries}."

    async def _settle(self, actor: Actor, whole: HashList, figures: ListFigures, held: str) -> HashList:
        """Put a whole version in force, or keep it aside."""

        def work(tx: Tx) -> HashList:
            if not held:
                return self.put_in_force(tx, actor, whole, "hashlist.imported", refused=figures.bad)
            tx.lists.hold(whole.id, entries=whole.entries, why=held)
            self.desk.note(tx, actor, "hashlist.held", whole.id, name=whole.name, version=whole.version, why=held)
            return whole

        return await self.desk.store.write(work)

    def put_in_force(self, tx: Tx, actor: Actor, version: HashList, action: str, **details: str | int) -> HashList:
        """Put a whole version in force, with its audit event."""
        generation = tx.lists.activate(version.id, entries=version.entries, now=self.desk.now())
        self.desk.note(
            tx, actor, action, version.id, name=version.name, version=version.version, entries=version.entries,
            generation=generation, **details,
        )  # fmt: skip
        return replace(version, generation=generation)

    def _stage(self, tx: Tx, wanted: NewList) -> HashList:
        staged = self._version(wanted, tx.lists.next_version(wanted.name))
        tx.lists.stage(staged)
        return staged

    def _version(self, wanted: NewList, number: int) -> HashList:
        return HashList(
            id=ListId(self.desk.new_id()),
            name=wanted.name,
            version=number,
            list_class=wanted.list_class,
            classification=wanted.classification,
            authority=wanted.authority,
            agreement=wanted.agreement,
            licence_ends=wanted.licence_ends,
            radius=wanted.radius,
            min_quality=wanted.min_quality,
            severity=wanted.severity,
            columns=wanted.columns,
            entries=0,
            imported_at=self.desk.now(),
        )


def _allowed(actor: Actor, wanted: NewList, today: date) -> NewList:
    actor.require(Permission.MANAGE_LISTS)
    return checked(wanted, today)
