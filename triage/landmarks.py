"""Remember how hosts answer that no certificate names, by keyed digests alone."""

from __future__ import annotations

from dataclasses import dataclass

from domain import landmarks
from domain.store import Tx
from triage.desk import Desk


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownHosts:
    """The `Landmarks` of an office."""

    desk: Desk

    async def is_stale(self, host: str) -> bool:
        """Return whether a host that was seen alive is to be asked for its landmark."""
        known = await self.desk.store.read(lambda tx: tx.landmarks.get(self._name(host)))
        return known is None or known.is_stale(self.desk.now())

    async def seen(self, host: str, answer: str) -> None:
        """Note how a host answers that was seen alive."""
        name, digest, now = self._name(host), self._digest(host, answer), self.desk.now()

        def work(tx: Tx) -> None:
            tx.landmarks.put(name, landmarks.seen(tx.landmarks.get(name), digest, now))

        await self.desk.store.write(work)

    async def is_known(self, host: str, answer: str) -> bool:
        """Return whether this is how the host is known to answer."""
        known = await self.desk.store.read(lambda tx: tx.landmarks.get(self._name(host)))
        return known is not None and known.known == self._digest(host, answer)

    def _name(self, host: str) -> str:
        return self.desk.vault.digest("host", host)

    def _digest(self, host: str, answer: str) -> str:
        return self.desk.vault.digest("landmark", f"{host}\n{answer}")
