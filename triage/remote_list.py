"""
Let what another organisation's service knows be a list like all others.

What it said of hashes that were seen is put in force under its name, with
radius 0. So its answers may come when they come: comparing again files the
leads, and takes them back where the service says otherwise one day.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from domain.audit import SYSTEM
from domain.hashlists import Algorithm, HashEntry, HashList, ListClass
from domain.mandate import Standing, why_not_asked
from domain.people import Actor, Role
from domain.rematching import StoredPrint
from domain.store import Tx
from triage.desk import Desk
from triage.hash_lists import HashLists
from triage.list_terms import NewList
from triage.remote import RemoteMatching

SEEN = timedelta(days=30)  # as long as a post without a lead is kept
WHOLE = timedelta(days=1)  # how often all of that is asked for again, as far as the answers are not fresh
LAPSE = timedelta(minutes=5)  # looked back further than the last time, for what was hashed late
AT_MOST = 20_000  # pictures, the newest


@dataclass(slots=True, kw_only=True)
class RemoteList:
    """The list of what a service knows; `name` is what it is called at the desk."""

    desk: Desk
    lists: HashLists
    remote: RemoteMatching
    name: str
    _last: datetime | None = None
    _last_whole: datetime | None = None

    async def follow(self) -> HashList | None:
        """
        Ask about what was seen of late, and put in force what is known by now.

        Returns the version that this made, None where nothing changed. Without
        a mandate for it nothing is asked, and what was answered counts no more.
        """
        now = self.desk.now()
        whole = self._last is None or self._last_whole is None or now - self._last_whole >= WHOLE
        since = now - SEEN if whole or self._last is None else self._last - LAPSE

        def read(tx: Tx) -> tuple[Standing, list[StoredPrint]]:
            return tx.standing.get(), tx.prints.recent(since, AT_MOST)

        standing, seen = await self.desk.store.read(read)
        if standing.paused:
            return None  # what is known stays in force
        if why_not_asked(standing, self.remote.recipient, now):
            return await self._put({})
        await self.remote.ask(one.fingerprint for one in seen)
        self._last, self._last_whole = now, now if whole else self._last_whole
        return await self._put(await self.desk.store.read(lambda tx: tx.remote.positive(self.remote.recipient)))

    async def _put(self, known: dict[bytes, str]) -> HashList | None:
        """Put in force exactly these hashes and what they are called."""
        latest = await self.desk.store.read(lambda tx: tx.lists.latest(self.name))
        live = latest if latest is not None and latest.retired_at is None else None
        held = {} if live is None else {one.hash: one.classification for one in self.lists.shelf.entries(live.id)}
        if held == known:
            return None
        actor = Actor(name=SYSTEM, role=Role.ADMIN)
        if not known:
            return await self.lists.retire(actor, self.name)
        wanted = NewList(
            name=self.name,
            classification="known",
            list_class=ListClass.ACCREDITED,
            authority=self.name,
            radius=0,
        )
        entries = [
            HashEntry(algorithm=Algorithm.PDQ, hash=digest, classification=said) for digest, said in known.items()
        ]
        return (await self.lists.import_list(actor, wanted, entries)).hash_list
