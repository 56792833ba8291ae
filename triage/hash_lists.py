"""Put hash lists in force, and take them out of matching again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from domain.audit import SYSTEM
from domain.errors import WrongState
from domain.hashlists import OWN_LIST, HashList, Opinion
from domain.ids import ListId
from domain.people import Actor, Permission
from domain.store import Tx
from triage.list_imports import ListImports
from triage.list_terms import is_over
from triage.own_list import begin_again, require_reason

MAX_REASON = 200  # characters


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A list as it stands: its newest version, what people say of its hashes, and a version that waits, and why."""

    hash_list: HashList
    opinions: Mapping[Opinion, int]
    waiting: HashList | None = None
    held: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class HashLists(ListImports):
    """The imported lists."""

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

    async def waiting(self, actor: Actor) -> Mapping[ListId, tuple[HashList, str]]:
        """Return what waits for a decision, and why, by the newest version that was in force of the same list."""
        _may_see(actor)

        def work(tx: Tx) -> dict[ListId, tuple[HashList, str]]:
            newest = {one.name: one.id for one in reversed(tx.lists.all())}
            held = {list_id: tx.lists.held(name) for name, list_id in newest.items()}
            return {list_id: one for list_id, one in held.items() if one is not None}

        return await self.desk.store.read(work)

    async def without_files(self, actor: Actor) -> frozenset[ListId]:
        """Return the versions in force whose entries are not on this machine: a backup holds none."""
        _may_see(actor)

        def work(tx: Tx) -> frozenset[ListId]:
            listed = (one for one in tx.lists.in_force() if one.entries and not one.is_own)
            unheld = [one.id for one in listed if not self.shelf.holds(one.id)]
            # What another machine imported is built from rows with the first visit here.
            return frozenset(list_id for list_id in unheld if next(tx.lists.entries(list_id), None) is None)

        return await self.desk.store.read(work)

    async def activate(self, actor: Actor, name: str) -> HashList:
        """Put a version in force that was kept aside, or the hotline's own list again after it was retired."""
        actor.require(Permission.MANAGE_LISTS)

        def work(tx: Tx) -> HashList:
            if name.strip() == OWN_LIST:
                own = begin_again(self.desk, tx)
                self.desk.note(tx, actor, "hashlist.begun_again", own.id, name=own.name, entries=own.entries)
                return own
            waiting, _ = _waiting(tx, name)
            return self.put_in_force(tx, actor, waiting, "hashlist.released")

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

    async def retire(self, actor: Actor, name: str, reason: str = "") -> HashList:
        """Take a list out of matching by its name; the hotline's own only for a reason."""
        actor.require(Permission.MANAGE_LISTS)
        stated = " ".join(reason.split())[:MAX_REASON]

        def work(tx: Tx) -> HashList:
            latest = tx.lists.latest(name.strip())
            if latest is None or latest.retired_at is not None:
                raise WrongState(f"There is no live hash list named {name[:80]}; see `kapear hashlist list`.")
            require_reason(latest, stated)
            now = self.desk.now()
            tx.lists.retire(latest.id, now)
            said = {"reason": stated} if stated else {}
            self.desk.note(tx, actor, "hashlist.retired", latest.id, name=latest.name, **said)
            return replace(latest, retired_at=now)

        return await self.desk.store.write(work)

    async def expire(self) -> list[HashList]:
        """Take lists out of matching whose licence has ended; returns which."""
        now = self.desk.now()

        def over(tx: Tx) -> list[HashList]:
            return [one for one in tx.lists.in_force() if is_over(one.licence_ends, now.date())]

        if not await self.desk.store.read(over):
            return []

        def work(tx: Tx) -> list[HashList]:
            ended = over(tx)
            for one in ended:
                tx.lists.retire(one.id, now)
                self.desk.note(tx, SYSTEM, "hashlist.expired", one.id, name=one.name)
            return ended

        return await self.desk.store.write(work)


def _may_see(actor: Actor) -> None:
    if not actor.may(Permission.MANAGE_LISTS):
        actor.require(Permission.SEE_DESK)


def _waiting(tx: Tx, name: str) -> tuple[HashList, str]:
    waiting = tx.lists.held(name.strip())
    if waiting is None:
        raise WrongState(f"No version of a hash list named {name[:80]} is kept aside; see `kapear hashlist list`.")
    return waiting
