"""
Remember of hosts what must outlive a restart, without saying which hosts they are.

A host is known by the keyed digest of its name, and its robots file, whose
paths could tell, is encrypted with the host's key.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

from domain.courtesy import HostState
from domain.ports import Place, RobotsFile
from triage.desk import Desk

MAX_KEPT = 64 * 1024  # characters of a robots file; a longer one is read again after a restart


@dataclass(frozen=True, slots=True, kw_only=True)
class Hosts:
    """The memory that visits ask, and write to where something changes."""

    desk: Desk

    def digest(self, host: str) -> str:
        """Return by what a host or an origin is known."""
        return self.desk.vault.digest("host", host)

    async def state(self, host: str) -> HostState:
        """Return what is remembered of a host; QUIET where it is nothing."""
        digest = self.digest(host)
        return await self.desk.store.read(lambda tx: tx.hosts.state(digest))

    async def note(self, host: str, state: HostState) -> None:
        """Remember how a host stands now."""
        digest = self.digest(host)
        await self.desk.store.write(lambda tx: tx.hosts.note(digest, state))

    async def robots(self, origin: str) -> RobotsFile | None:
        """Return an origin's robots file as it was last read, or None."""
        digest = self.digest(origin)
        stored = await self.desk.store.read(lambda tx: tx.hosts.robots(digest))
        if stored is None:
            return None
        ciphertext, read_at = stored
        status, text = json.loads(self.desk.vault.decrypt(ciphertext, robots_place(digest)))
        return RobotsFile(status=status, text=text, read_at=read_at)

    async def keep_robots(self, origin: str, robots: RobotsFile) -> None:
        """Remember an origin's robots file, unless it is long."""
        if len(robots.text) > MAX_KEPT:
            return
        digest = self.digest(origin)
        ciphertext = self.desk.vault.encrypt(json.dumps([robots.status, robots.text]), robots_place(digest))
        await self.desk.store.write(lambda tx: tx.hosts.keep_robots(digest, ciphertext, robots.read_at))


def robots_place(host_digest: str) -> Place:
    """Return where an origin's robots file stands."""
    return Place(table="hosts", row=host_digest, column="robots")
