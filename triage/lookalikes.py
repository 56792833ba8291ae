"""
Tell a picture that is to go on the own list from a card of a layout that many pictures share.

What it finds stays here: all that is said is that there are more than a few.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace

from domain.assessments import Spot, is_common, spot_of
from domain.hashlists import HashEntry, LiveList, OwnEntry
from domain.ports import Matcher
from domain.rematching import StoredPrint
from domain.store import Tx
from triage.desk import Desk
from triage.list_imports import MONTH, SAMPLED
from triage.own_list import first_version


@dataclass(frozen=True, slots=True, kw_only=True)
class Lookalikes:
    """Compares hashes with what was seen in the last 30 days, its newest 2,000 pictures."""

    desk: Desk
    trial: Callable[[LiveList], Matcher]

    async def common(self, entries: Sequence[HashEntry], digests: Collection[str]) -> frozenset[Spot]:
        """
        Return which of these hashes more than a few other pictures are near to.

        `digests` are the SHA-256 of the pictures that they are of. What belongs to
        a lead that somebody holds illegal does not count.
        """
        since = self.desk.now() - MONTH
        near = await self._near(entries, await self.desk.store.read(lambda tx: tx.prints.recent(since, SAMPLED)))
        if not is_common(near, digests):
            return frozenset()

        def illegal(tx: Tx) -> Collection[str]:
            return tx.opinions.held_illegal([one.media_id for one in near])

        held = await self.desk.store.read(illegal)
        others = [one for one in near if one.media_id not in held]
        return frozenset([spot_of(entry) for entry in entries if is_common(await self._near([entry], others), digests)])

    async def _near(self, entries: Sequence[HashEntry], seen: Sequence[StoredPrint]) -> list[StoredPrint]:
        """Return what the own list would match if these were all that it has."""
        own = [
            OwnEntry(number=number, algorithm=entry.algorithm, hash=entry.hash, classification="")
            for number, entry in enumerate(entries, 1)
        ]
        listed = LiveList(hash_list=replace(first_version(self.desk), generation=1), own=tuple(own))
        matcher = await asyncio.to_thread(self.trial, listed)
        return [one for one in seen if await matcher.match(one.fingerprint)]
