"""
Ask another organisation's service about the PDQ hashes of what was seen, if the mandate names it.

Nothing but hashes leaves, each question is in the audit log before it is
sent, and no hash is asked for twice while its answer is fresh. When the
service fails, nobody waits: what was not answered is asked with the next.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from domain.audit import SYSTEM
from domain.errors import AskFailed, EgressRefused, Halted
from domain.fingerprints import MIN_PDQ_QUALITY, Fingerprint
from domain.mandate import Recipient, why_not_asked
from domain.ports import RemoteAnswer, RemoteLookup
from domain.store import Tx
from triage.desk import Desk

PAUSE = timedelta(minutes=5)  # after a failure that names no time of its own
MAX_PENDING = 10_000  # hashes that wait for the service to come back; beyond, the oldest are let go


@dataclass(slots=True, kw_only=True)
class RemoteMatching:
    """One service; an answer counts for as long as `fresh`."""

    desk: Desk
    lookup: RemoteLookup
    recipient: Recipient = Recipient.ARACHNID
    fresh: timedelta = timedelta(days=7)
    fault: str = ""  # the code of why the last question failed
    _pending: dict[bytes, None] = field(default_factory=dict)
    _not_before: datetime | None = None
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def ask(self, fingerprints: Iterable[Fingerprint]) -> Mapping[bytes, str]:
        """
        Return the classification of each PDQ hash that the service knows.

        Those of earlier calls that had to wait are among them. Never raises
        for the service's faults; without a mandate for it, nothing is asked and
        nothing is known.
        """
        now = self.desk.now()
        if why_not_asked(await self.desk.store.read(lambda tx: tx.standing.get()), self.recipient, now):
            return {}
        async with self._turn:
            wanted = dict.fromkeys([*self._pending, *pdq_hashes(fingerprints)])
            since = now - self.fresh
            known = await self.desk.store.read(lambda tx: tx.remote.known(self.recipient, list(wanted), since))
            self._pending = {digest: None for digest in wanted if digest not in known}
            if self._not_before is None or now >= self._not_before:
                known |= await self._asked(list(self._pending), now)
            while len(self._pending) > MAX_PENDING:
                del self._pending[next(iter(self._pending))]
        return {digest: classification for digest, classification in known.items() if classification}

    async def _asked(self, hashes: Sequence[bytes], now: datetime) -> dict[bytes, str]:
        """Ask for hashes, batch by batch, until the service fails."""
        answered: dict[bytes, str] = {}
        for start in range(0, len(hashes), self.lookup.batch):
            batch = hashes[start : start + self.lookup.batch]
            await self._log(len(batch))
            try:
                async with self.desk.halt.going_out():
                    answers = await self.lookup.ask(batch)
            except Halted:
                break
            except (AskFailed, EgressRefused) as fault:
                waits = fault.wait if isinstance(fault, AskFailed) and fault.wait is not None else 0.0
                self.fault, self._not_before = fault.code, now + max(PAUSE, timedelta(seconds=waits))
                break

            def write(tx: Tx, answers: Sequence[RemoteAnswer] = answers) -> None:
                tx.remote.forget(self.recipient, now - self.fresh)
                tx.remote.answered(self.recipient, answers, now)

            await self.desk.store.write(write)
            self.fault, self._not_before = "", None
            for answer in answers:
                answered[answer.hash] = answer.classification
                self._pending.pop(answer.hash, None)
        return answered

    async def _log(self, count: int) -> None:
        """Write that hashes leave, before they do: if that cannot be written, they stay."""
        await self.desk.store.write(
            lambda tx: self.desk.note(tx, SYSTEM, "remote.asked", service=self.recipient, hashes=count)
        )


def pdq_hashes(fingerprints: Iterable[Fingerprint]) -> list[bytes]:
    """Return the PDQ hashes that are clear enough to be asked for: of pictures, and of a video's frames."""
    clear: dict[bytes, None] = {}
    for fingerprint in fingerprints:
        own: list[tuple[bytes | None, int]] = [(fingerprint.pdq, fingerprint.pdq_quality)]
        frames = [(frame.pdq, frame.pdq_quality) for frame in fingerprint.frames]
        for digest, quality in (*own, *frames):
            if digest is not None and quality >= MIN_PDQ_QUALITY:
                clear[digest] = None
    return list(clear)
