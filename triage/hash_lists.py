"""
Import hash lists, put them in force, and take them out of matching again.

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

from domain.audit import SYSTEM
from domain.errors import BadInput, WrongState
from domain.fingerprints import MIN_PDQ_QUALITY
from domain.hashlists import (
    LIST_GROWTH,
    OWN_LIST,
    HashEntry,
    HashList,
    ListClass,
    ListFigures,
    ListRow,
    LiveList,
    Opinion,
    Severity,
    says_csam,
    worst,
)
from domain.ids import ListId
from domain.people import Actor, Permission
from domain.ports import ListShelf, Matcher
from domain.store import Tx
from triage.desk import Desk
from triage.list_figures import Tally

BATCH = 10_000  # entries taken in together
FEW = 1_000  # entries; below, growth means nothing
SAMPLED = 2_000  # of what was seen of late, for a forecast
MONTH = timedelta(days=30)
MAX_RADIUS = 31  # bits; how far the tables reach


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """
    What a version means for the desk.

    Of `pictures` first seen in the last 30 days, `compared` were compared with
    it, and `matched` would be leads.
    """

    pictures: int
    compared: int
    matched: int


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
class NewList:
    """What a person says of a list when importing it; fields as in `HashList`."""

    name: str
    classification: str
    list_class: ListClass
    authority: str = ""
    agreement: str = ""
    licence_ends: date | None = None
    radius: int | None = None
    min_quality: int = MIN_PDQ_QUALITY
    severity: Severity = Severity.NORMAL
    columns: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A list as it stands: its newest version, what people say of its hashes, and a version that waits, and why."""

    hash_list: HashList
    opinions: Mapping[Opinion, int]
    waiting: HashList | None = None
    held: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class HashLists:
    """The imported lists."""

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
        wanted = self._allowed(actor, wanted)
        staged = await self.desk.store.write(lambda tx: self._stage(tx, wanted))
        try:
            figures = await self._fill(staged.id, wanted, rows, progress, is_import=True)
            before, overlap = await self._beside(staged)
            held = self._held(figures, before)
            whole = replace(staged, entries=figures.good)
            forecast = await self._forecast(whole)
            settled = await self._settle(actor, whole, figures, held)
            return Imported(hash_list=settled, figures=figures, overlap=overlap, forecast=forecast, held=held)
        except BaseException:
            await self.desk.store.write(lambda tx: tx.lists.discard([staged.id]))
            raise

    async def preview(
        self,
        actor: Actor,
        wanted: NewList,
        rows: Iterable[ListRow],
        progress: Callable[[int], None] = lambda _done: None,
    ) -> Preview:
        """Return what an import of these rows would make; its files go again, and the books stay as they are."""
        wanted = self._allowed(actor, wanted)
        staged = self._version(wanted, await self.desk.store.read(lambda tx: tx.lists.next_version(wanted.name)))
        figures = await self._fill(staged.id, wanted, rows, progress, is_import=False)
        refusal = _refusal(figures)
        before, overlap = await self._beside(staged)
        forecast = await self._forecast(staged) if figures.good else None
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

    async def all(self, actor: Actor) -> list[HashList]:
        """Return all lists, newest first: to whoever sees the desk, and to whoever keeps the lists."""
        _may_see(actor)
        return await self.desk.store.read(lambda tx: tx.lists.all())

    async def show(self, actor: Actor, name: str) -> Standing:
        """Return how a list stands; raises WrongState for one that never was."""
        _may_see(actor)

        def work(tx: Tx) -> Standing:
            latest, waiting = tx.lists.latest(name.strip()), tx.lists.held(name.strip())
            shown = latest or (waiting[0] if waiting else None)
            if shown is None:
                raise WrongState(f"There is no hash list named {name[:80]}; see `kapear hashlist list`.")
            return Standing(
                hash_list=shown,
                opinions=tx.opinions.counts(shown.name),
                waiting=waiting[0] if waiting else None,
                held=waiting[1] if waiting else "",
            )

        return await self.desk.store.read(work)

    async def activate(self, actor: Actor, name: str) -> HashList:
        """Put a version in force that was kept aside."""
        actor.require(Permission.MANAGE_LISTS)

        def work(tx: Tx) -> HashList:
            waiting, _ = _waiting(tx, name)
            return self._put_in_force(tx, actor, waiting, "hashlist.released")

        return await self.desk.store.write(work)

    async def discard(self, actor: Actor, name: str) -> HashList:
        """Drop a version that was kept aside; what is in force stays."""
        actor.require(Permission.MANAGE_LISTS)

        def work(tx: Tx) -> HashList:
            waiting, why = _waiting(tx, name)
            tx.lists.discard([waiting.id])
            self.desk.note(tx, actor, "hashlist.discarded", waiting.id, name=waiting.name, held=why)
            return waiting

        dropped = await self.desk.store.write(work)
        await self.tidy()
        return dropped

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

    async def expire(self) -> list[HashList]:
        """Take lists out of matching whose licence has ended; returns which."""
        now = self.desk.now()

        def over(tx: Tx) -> list[HashList]:
            return [one for one in tx.lists.in_force() if _is_over(one.licence_ends, now.date())]

        if not await self.desk.store.read(over):
            return []

        def work(tx: Tx) -> list[HashList]:
            ended = over(tx)
            for one in ended:
                tx.lists.retire(one.id, now)
                self.desk.note(tx, SYSTEM, "hashlist.expired", one.id, name=one.name)
            return ended

        return await self.desk.store.write(work)

    async def tidy(self) -> None:
        """Drop imports that were broken off, and the files of versions that are not needed any more."""

        def broken_off(tx: Tx) -> list[ListId]:
            return [one for one in tx.lists.staged() if not self.shelf.is_being_written(one)]

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
            entries = [_classified(entry, wanted) for entry in tally.add(batch)]
            writer.add(entries)
            return len(batch), entries

        try:
            while (taken := await asyncio.to_thread(take))[0]:
                count, entries = taken
                if shares and entries:
                    await self._share(list_id, entries)
                progress(count)
            figures = tally.figures()
            refusal = _refusal(figures)
            if refusal and is_import:
                raise BadInput(refusal)
            if figures.good:
                await asyncio.to_thread(writer.finish)
        finally:
            await asyncio.to_thread(writer.abandon)
        return figures

    async def _share(self, list_id: ListId, entries: list[HashEntry]) -> None:
        await self.desk.store.write(lambda tx: tx.lists.add_entries(list_id, entries))

    async def _beside(self, staged: HashList) -> tuple[HashList | None, Mapping[str, int]]:
        """Return the version that is in force under a list's name, and how many entries stand on other lists, too."""
        others = await self.desk.store.read(lambda tx: [one for one in tx.lists.in_force() if not one.is_own])
        before = next((one for one in others if one.name == staged.name), None)
        overlap = {
            one.name: await asyncio.to_thread(self.shelf.overlap, staged.id, one.id)
            for one in others
            if self.shelf.holds(one.id) and self.shelf.holds(staged.id)
        }
        return before, overlap

    async def _forecast(self, version: HashList) -> Forecast:
        """Return what a version's matches would be among what was seen of late."""
        since = self.desk.now() - MONTH
        pictures, seen = await self.desk.store.read(
            lambda tx: (tx.prints.count(since), tx.prints.recent(since, SAMPLED))
        )
        matcher = await asyncio.to_thread(self.trial, LiveList(hash_list=replace(version, generation=1)))
        matched = 0
        for one in seen:
            matched += worst(await matcher.match(one.fingerprint)) is not None
        return Forecast(pictures=pictures, compared=len(seen), matched=matched)

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
                return self._put_in_force(tx, actor, whole, "hashlist.imported", refused=figures.bad)
            tx.lists.hold(whole.id, entries=whole.entries, why=held)
            self.desk.note(tx, actor, "hashlist.held", whole.id, name=whole.name, version=whole.version, why=held)
            return whole

        return await self.desk.store.write(work)

    def _put_in_force(self, tx: Tx, actor: Actor, version: HashList, action: str, **details: str | int) -> HashList:
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

    def _allowed(self, actor: Actor, wanted: NewList) -> NewList:
        """Return what is wanted with its name trimmed; raises NotAllowed or BadInput."""
        actor.require(Permission.MANAGE_LISTS)
        wanted = replace(wanted, name=wanted.name.strip())
        if not wanted.name:
            raise BadInput("A hash list needs a name (--name).")
        if wanted.name == OWN_LIST:
            raise BadInput(f"The name {OWN_LIST} is kept for the list that grows from your assessments; take another.")
        if not wanted.list_class.may_say_csam and says_csam(wanted.classification):
            raise BadInput(f"A list of class {wanted.list_class} never says CSAM; give it another --classification.")
        if wanted.radius is not None and not 0 <= wanted.radius <= MAX_RADIUS:
            raise BadInput(f"A list's radius is 0 to {MAX_RADIUS} bits, not {wanted.radius}.")
        if not 0 <= wanted.min_quality <= 100:  # noqa: PLR2004 - said in the message
            raise BadInput(f"A list's least quality is 0 to 100, not {wanted.min_quality}.")
        if _is_over(wanted.licence_ends, self.desk.now().date()):
            raise BadInput(f"The licence of this list ended on {wanted.licence_ends}; nothing was imported.")
        return wanted


def _may_see(actor: Actor) -> None:
    if not actor.may(Permission.MANAGE_LISTS):
        actor.require(Permission.SEE_DESK)


def _is_over(licence_ends: date | None, today: date) -> bool:
    return licence_ends is not None and licence_ends < today


def _waiting(tx: Tx, name: str) -> tuple[HashList, str]:
    waiting = tx.lists.held(name.strip())
    if waiting is None:
        raise WrongState(f"No version of a hash list named {name[:80]} is kept aside; see `kapear hashlist list`.")
    return waiting


def _classified(entry: HashEntry, wanted: NewList) -> HashEntry:
    """Return the entry with its own classification, or else the list's, where its own is none such a list may say."""
    if entry.classification and (wanted.list_class.may_say_csam or not says_csam(entry.classification)):
        return entry
    return HashEntry(  # replace() takes twice as long, and lists are long
        algorithm=entry.algorithm,
        hash=entry.hash,
        classification=wanted.classification,
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
