"""
Pull feeds of hashes: what a feed brings becomes the next version of its list.

Pages are spooled as they come. When the feed has nothing more, they are merged
with the version in force, the result is imported as any list is, and the
checkpoint is written. A kill, or a fault of the feed, leaves the version and
the checkpoint as they were, and the spool to go on from. So does a feed that
begins anew with a part that cannot be read, while it is tried again: what the
list has of that part would be dropped. Whatever is done twice changes nothing
the second time.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import aclosing, contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from domain.audit import SYSTEM
from domain.errors import AskFailed, EgressRefused, Halted, KapearError, OperatorFault, WrongState
from domain.feeds import Change, Effect, Feed, FeedPage, FeedState, Merge
from domain.hashlists import HashEntry, HashList
from domain.observations import Traffic
from domain.people import Actor, Permission, Role
from domain.ports import FeedClient, FeedSpool, FeedSpools
from domain.store import Tx
from triage.desk import Desk
from triage.hash_lists import HashLists
from triage.list_terms import NewList

EMPTIED = "emptied"  # everything in it was withdrawn
HELD = "held"  # the version that it made waits for a person
INCOMPLETE = "incomplete"  # it began anew, and what could not be read of it is tried again first
TRIED_AGAIN = timedelta(minutes=30)  # how soon a feed that failed is pulled again by itself
TOLD = 100  # pages in quarantine, and refused entries, that are told one by one

FAULTS = {
    "credentials": "it refuses the credentials",
    "wait": "it asks to be left alone for a while",
    "redirect": "it sends elsewhere, where nobody follows",
    "garbage": "its pages cannot be read",
    "endless": "it does not come to an end",
    "too_large": "an answer is larger than any should be",
    "clock": "its clock and this machine's are far apart",
    "timeout": "it does not answer in time",
    "unreachable": "it cannot be reached",
    "dns": "its name cannot be found",
    "tls": "its certificate cannot be trusted",
    "truncated": "its answer broke off",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Quarantined:
    """A page that could not be read, or not to its end."""

    page: int
    problem: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Pulled:
    """
    What became of a pull.

    `hash_list` is the version it made, None where nothing had changed, or for
    a look; `held` says why it waits for a person, empty where it is in force.
    `resumed` counts the pages that an earlier pull had left. `missing`
    counts the stretches in quarantine by now, those of earlier pulls included.
    """

    feed: Feed
    effect: Effect
    hash_list: HashList | None
    held: str
    pages: int
    resumed: int
    refused: int
    first_refused: tuple[str, ...]
    passed_over: dict[str, int]
    quarantined: tuple[Quarantined, ...]
    missing: int
    dry_run: bool


@dataclass(slots=True)
class _Memory:
    """A spool for a look: nothing reaches the disk."""

    kept: list[FeedPage] = field(default_factory=list)

    def pages(self) -> Iterator[FeedPage]:
        return iter(self.kept)

    def add(self, page: FeedPage) -> None:
        self.kept.append(page)

    def clear(self) -> None:
        self.kept.clear()


@dataclass(slots=True, kw_only=True)
class _Figures:
    """What the pages of a pull add up to."""

    pages: int = 0
    checkpoint: str = ""
    anew: bool = False
    missing: int = 0
    awaited: int = 0
    refused: int = 0
    first_refused: list[str] = field(default_factory=list)
    passed_over: Counter[str] = field(default_factory=Counter)
    quarantined: list[Quarantined] = field(default_factory=list)

    def add(self, page: FeedPage) -> None:
        self.pages += 1
        self.checkpoint = page.checkpoint
        self.anew = self.anew or page.begins_anew
        self.missing, self.awaited = page.missing, page.awaited
        self.refused += len(page.refused)
        room = TOLD - len(self.first_refused)
        self.first_refused += [f"{row.unit} {self.pages}: {row.problem}" for row in page.refused[:room]]
        self.passed_over.update(page.passed_over)
        if page.problem and len(self.quarantined) < TOLD:
            self.quarantined.append(Quarantined(page=self.pages, problem=page.problem))


@dataclass(frozen=True, slots=True, kw_only=True)
class Feeds:
    """The configured feeds; `spools` keep what was left unfinished."""

    desk: Desk
    lists: HashLists
    spools: FeedSpools
    _not_before: dict[str, datetime] = field(default_factory=dict)

    async def states(self, actor: Actor, feeds: Iterable[Feed]) -> list[tuple[Feed, FeedState]]:
        """Return how each feed stands: to whoever sees the desk, and to whoever keeps the lists."""
        if not actor.may(Permission.MANAGE_LISTS):
            actor.require(Permission.SEE_DESK)
        states = {state.name: state for state in await self.desk.store.read(lambda tx: tx.feeds.all())}
        return [(feed, states.get(feed.name, FeedState(name=feed.name))) for feed in feeds]

    async def pull(
        self,
        actor: Actor,
        feed: Feed,
        client: FeedClient,
        progress: Callable[[FeedPage], None] = lambda _page: None,
        *,
        dry_run: bool = False,
    ) -> Pulled:
        """
        Pull a feed to its end and make the next version of its list.

        Raises OperatorFault with one line when it cannot go on, WrongState when
        it may not be pulled; the version before then stays in force.
        """
        actor.require(Permission.MANAGE_LISTS)
        if feed.licence_ends is not None and feed.licence_ends < self.desk.now().date():
            raise WrongState(f"The licence of the feed {feed.name} ended on {feed.licence_ends}; it is not pulled.")
        state = await self.desk.store.read(lambda tx: tx.feeds.get(feed.name))
        live = await self._live(feed)
        base = state.checkpoint if live is not None else ""
        with _memory() if dry_run else self.spools.opened(feed.name, base) as spool:
            figures = _Figures()
            for page in await asyncio.to_thread(lambda: list(map(_without_changes, spool.pages()))):
                figures.add(page)
            resumed = figures.pages
            try:
                async with (
                    self.desk.halt.going_out(),
                    aclosing(client.pages(figures.checkpoint or base, Traffic())) as pages,
                ):
                    async for page in pages:
                        if page.begins_anew:
                            spool.clear()
                            figures, resumed = _Figures(), 0
                        await asyncio.to_thread(spool.add, page)
                        figures.add(page)
                        progress(page)
            except (AskFailed, EgressRefused) as fault:
                await self._failed(state, fault, live, dry_run=dry_run)
            if figures.anew and figures.awaited and live is not None and not dry_run:
                await self._waits(state, live)
            pulled = await self._merged(actor, feed, live, spool, figures, dry_run=dry_run)
            if pulled.held:
                # Neither checkpoint nor spool move: what waits may be dropped, and is then merged anew.
                await self.desk.store.write(lambda tx: tx.feeds.put(replace(state, fault=HELD)))
            elif not dry_run:
                await self._written(actor, feed, pulled, figures, state)
                spool.clear()
            return replace(pulled, resumed=resumed)

    async def pull_due(self, feeds: Sequence[tuple[Feed, Callable[[], FeedClient]]]) -> list[Pulled]:
        """
        Pull every feed whose time has come; for the ticker. Its client is made when it is pulled.

        A feed that fails is noted as failed and tried again later, and holds up
        no other. One whose list a person retired is left alone.
        """
        actor = Actor(name=SYSTEM, role=Role.ADMIN)
        done = []
        for feed, client_of in feeds:
            if not await self._is_due(feed):
                continue
            try:
                done.append(await self.pull(actor, feed, client_of()))
            except Halted:
                break  # what was pulled is spooled; the next pull goes on from there
            except KapearError as fault:
                waits = fault.__cause__.wait if isinstance(fault.__cause__, AskFailed) else None
                self._not_before[feed.name] = self.desk.now() + max(TRIED_AGAIN, timedelta(seconds=waits or 0))
        return done

    async def _is_due(self, feed: Feed) -> bool:
        now = self.desk.now()

        def read(tx: Tx) -> tuple[FeedState, HashList | None, bool]:
            waits = tx.lists.held(feed.list_name) is not None
            return tx.feeds.get(feed.name), tx.lists.latest(feed.list_name), waits

        state, latest, waits = await self.desk.store.read(read)
        if latest is not None and latest.retired_at is not None and state.fault != EMPTIED:
            return False
        if waits or now < self._not_before.get(feed.name, now):
            return False
        return state.pulled_at is None or now - state.pulled_at >= feed.every

    async def _live(self, feed: Feed) -> HashList | None:
        """Return the version in force, None where there is none that can be gone on from."""
        latest = await self.desk.store.read(lambda tx: tx.lists.latest(feed.list_name))
        if latest is None or latest.retired_at is not None or not self.lists.shelf.holds(latest.id):
            return None
        return latest

    async def _failed(
        self, state: FeedState, fault: AskFailed | EgressRefused, live: HashList | None, *, dry_run: bool
    ) -> None:
        """Note why a feed could not go on, and say so; always raises."""
        if not dry_run:
            await self.desk.store.write(lambda tx: tx.feeds.put(replace(state, fault=fault.code)))
        kept = f"Version {live.version} of {live.name} stays in force." if live else "Nothing was imported."
        raise OperatorFault(f"The feed {state.name} could not be pulled: {_words(fault)}. {kept}") from fault

    async def _waits(self, state: FeedState, live: HashList) -> None:
        """
        Leave a pull that began anew unfinished, for what could not be read may be what the list has; always raises.

        Its pages stay spooled: later pulls go on from them, and try the rest again.
        """
        await self.desk.store.write(lambda tx: tx.feeds.put(replace(state, fault=INCOMPLETE)))
        raise OperatorFault(
            f"The feed {state.name} began anew, and some of it could not be read: later pulls try that again. "
            f"Version {live.version} of {live.name} stays in force till then."
        )

    async def _merged(
        self, actor: Actor, feed: Feed, live: HashList | None, spool: FeedSpool, figures: _Figures, *, dry_run: bool
    ) -> Pulled:
        """Merge what was pulled with the version in force, and import the result if it is another."""

        def previous() -> Iterator[HashEntry]:
            for entry in () if live is None else self.lists.shelf.entries(live.id):
                # What the list was called as a whole is no word of the entry's own.
                own = live is None or entry.classification != live.classification
                yield entry if own else replace(entry, classification="")

        def changes() -> Iterator[Change]:
            return (change for page in spool.pages() for change in page.changes)

        merge = await asyncio.to_thread(Merge, changes, feed.kind, whole=figures.anew)
        effect = await asyncio.to_thread(merge.effect, previous())
        differs = not effect.is_nothing or (live is not None and _terms_differ(live, feed))
        hash_list, held = None, ""
        if not dry_run and effect.entries and differs:
            imported = await self.lists.import_list(actor, _wanted(feed, live), merge.entries(previous()))
            hash_list, held = imported.hash_list, imported.held
        elif not dry_run and live is not None and not effect.entries:
            await self.lists.retire(actor, feed.list_name)
        return Pulled(
            feed=feed,
            effect=effect,
            hash_list=hash_list,
            held=held,
            pages=figures.pages,
            resumed=0,
            refused=figures.refused,
            first_refused=tuple(figures.first_refused),
            passed_over=dict(figures.passed_over),
            quarantined=tuple(figures.quarantined),
            missing=figures.missing,
            dry_run=dry_run,
        )

    async def _written(self, actor: Actor, feed: Feed, pulled: Pulled, figures: _Figures, state: FeedState) -> None:
        """Write how far the list goes now."""
        effect = pulled.effect
        stands = FeedState(
            name=feed.name,
            checkpoint=figures.checkpoint or state.checkpoint,
            pulled_at=self.desk.now(),
            fault="" if effect.entries else EMPTIED,
            quarantined=figures.missing if figures.pages else state.quarantined,
        )

        def work(tx: Tx) -> None:
            tx.feeds.put(stands)
            self.desk.note(
                tx, actor, "feed.pulled", feed.name, pages=figures.pages, added=effect.added, altered=effect.altered,
                withdrawn=effect.withdrawn, quarantined=stands.quarantined,
            )  # fmt: skip

        await self.desk.store.write(work)
        self._not_before.pop(feed.name, None)


@contextmanager
def _memory() -> Iterator[FeedSpool]:
    yield _Memory()


def _without_changes(page: FeedPage) -> FeedPage:
    return replace(page, changes=())


def _wanted(feed: Feed, live: HashList | None) -> NewList:
    """Return the terms of the next version: the feed's, and those that a person gave the version in force."""
    wanted = NewList(
        name=feed.list_name,
        classification=feed.classification,
        list_class=feed.list_class,
        authority=feed.authority,
        agreement=feed.agreement,
        licence_ends=feed.licence_ends,
    )
    if live is None:
        return wanted
    return replace(wanted, radius=live.radius, min_quality=live.min_quality, severity=live.severity)


def _terms_differ(live: HashList, feed: Feed) -> bool:
    """Return whether a version stands on other terms than its feed has now."""
    terms = live.classification, live.list_class, live.authority, live.agreement, live.licence_ends
    return terms != (feed.classification, feed.list_class, feed.authority, feed.agreement, feed.licence_ends)


def _words(fault: AskFailed | EgressRefused) -> str:
    """Say in plain words why a service gave no answer."""
    if isinstance(fault, EgressRefused):
        return f"the egress guard refuses its address ({fault.code})"
    if fault.code.startswith("http_"):
        said = f"it answers with HTTP {fault.code.removeprefix('http_')}"
    else:
        said = FAULTS.get(fault.code, f"it gives no usable answer ({fault.code})")
    return said if fault.wait is None else f"{said} ({fault.wait:.0f} seconds)"
