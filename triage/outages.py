"""Keep in mind how the network stands, over all visits of a process."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import urlsplit

from domain import connectivity
from domain.connectivity import Failure, Network, Sign
from domain.presence import Ruling
from domain.store import Tx
from domain.targets import WatchTarget


@dataclass(slots=True)
class Line:
    """The instance's line to everywhere, as its visits find it."""

    network: Network = field(default_factory=Network)
    forgive_hosts: Callable[[], Awaitable[None]] | None = None  # what was counted against hosts meanwhile
    _is_noted: bool = False  # an outage is written that has no end

    def learn(self, ruling: Ruling, failure: Failure, *, was_asked: bool) -> tuple[bool, tuple[Failure, ...]]:
        """Take note of how a visit ended; returns whether that was the network's fault, and what is forgiven."""
        sign = connectivity.sign_of(ruling.outcome, ruling.code, was_asked=was_asked)
        if sign is Sign.ANSWERED:
            self.network = connectivity.answered(failure.at)
        if sign is not Sign.FAILED:
            return False, ()
        verdict = connectivity.failed(self.network, failure, ruling.code)
        self.network = verdict.network
        return verdict.is_network, verdict.forgiven

    def note(self, tx: Tx, now: datetime) -> None:
        """Write whether the network is away, once that is sure, or is not."""
        network = self.network
        if network.away_since is None and self._is_noted:
            tx.outages.end(now)
        elif network.away_since is not None and network.is_sure:
            tx.outages.begin(network.away_since)

    def noted(self) -> None:
        """Take note that what `note` wrote has been committed."""
        self._is_noted = self.network.is_sure

    def resume(self, away_since: datetime | None) -> None:
        """Go on where an earlier process ended: the network was away, or was not."""
        self.network = Network(away_since=away_since, is_sure=away_since is not None)
        self._is_noted = self.network.is_sure


def host_of(target: WatchTarget, locator: str) -> str:
    """Return what stands for the host that is asked about a target."""
    return target.platform.keyed_as.value if target.platform.is_telegram else urlsplit(locator).netloc
