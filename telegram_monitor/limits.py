"""
Decide when an account may call a method again: after what Telegram asked for, and at a pace nobody minds.

Pure arithmetic on seconds of a clock that is never set back; only `Turnstile`
waits. One call of a method is under way at a time per account: whoever is told
to wait is the last to have asked.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType

from telegram_monitor.faults import MAX_WAIT, AccountStopped

RESOLVE = "contacts.resolveUsername"
HISTORY = "messages.getHistory"
DIFFERENCE = "updates.getChannelDifference"
PATIENCE = 30.0  # seconds that a visit waits for its turn before it ends and comes again


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """So many calls at once, and one more every so many seconds."""

    burst: int
    every: float


# Waits of 15 to 18 hours were reported after some 160 quick resolves: what a day allows stays below that. History was
# asked at about once a second by the peers without complaint. Authorisations are exported once per data centre.
RATES: Mapping[str, Rate] = MappingProxyType(
    {
        RESOLVE: Rate(burst=20, every=720.0),
        DIFFERENCE: Rate(burst=20, every=0.5),
        HISTORY: Rate(burst=20, every=1.0),
        "upload.getFile": Rate(burst=20, every=0.2),
        "auth.exportAuthorization": Rate(burst=5, every=600.0),
    }
)
OTHERS = Rate(burst=10, every=1.0)


@dataclass(slots=True, kw_only=True)
class Bucket:
    """Tokens of one method: full at first."""

    rate: Rate
    tokens: float = field(init=False)
    filled_at: float

    def __post_init__(self) -> None:
        """Fill it."""
        self.tokens = float(self.rate.burst)

    def wait(self, now: float) -> float:
        """Return in how many seconds a token is there; zero if one is there now."""
        grown = max(0.0, now - self.filled_at) / self.rate.every
        self.tokens, self.filled_at = min(float(self.rate.burst), self.tokens + grown), now
        return max(0.0, (1.0 - self.tokens) * self.rate.every)

    def take(self) -> None:
        """Take a token; only after `wait` returned zero."""
        self.tokens -= 1.0


class Cooldowns:
    """Until when an account must not call which methods, by a clock that is never set back."""

    def __init__(self) -> None:
        """Begin with none."""
        self._until: dict[str, float] = {}

    def recall(self, stored: Mapping[str, datetime], *, wall: datetime, now: float) -> None:
        """
        Take over what was stored, by the wall clock of whoever stored it.

        That clock may have been set since: no wait is taken to be longer than
        Telegram ever asks for.
        """
        for method, until in stored.items():
            self.note(method, min((until - wall).total_seconds(), MAX_WAIT), now=now)

    def note(self, method: str, seconds: float, *, now: float) -> None:
        """Begin a wait; a longer one under way stays."""
        self._until[method] = max(self._until.get(method, now), now + seconds)

    def left(self, method: str, now: float) -> float:
        """Return for how many seconds a method must rest; zero if it need not."""
        return max(0.0, self._until.get(method, now) - now)

    def rests(self, methods: Iterable[str], now: float) -> bool:
        """Return whether any of these must rest."""
        return any(self.left(method, now) > 0 for method in methods)


class Turnstile:
    """Lets one call of each method through at a time, when its turn has come."""

    def __init__(
        self,
        *,
        cooldowns: Cooldowns,
        clock: Callable[[], float],
        sleep: Callable[[float], Awaitable[object]],
        rates: Mapping[str, Rate] | None = RATES,
    ) -> None:
        """Keep to cooldowns, and to rates unless there are none."""
        self._cooldowns = cooldowns
        self._clock = clock
        self._sleep = sleep
        self._rates = rates
        self._buckets: dict[str, Bucket] = {}
        self._gates: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    @asynccontextmanager
    async def turn(self, method: str) -> AsyncIterator[None]:
        """Hold the turn of a method while the block runs; raises AccountStopped where it will not come soon."""
        async with self._gates[method]:
            self._check(method)
            await self._paced(method)
            self._check(method)  # it may have been noted while this one slept
            yield

    def _check(self, method: str) -> None:
        if self._cooldowns.left(method, self._clock()) > 0:
            raise AccountStopped("flood_wait")

    async def _paced(self, method: str) -> None:
        """Take a token, waiting for it with patience but not for ever."""
        if self._rates is None:
            return
        rate = self._rates.get(method, OTHERS)
        bucket = self._buckets.setdefault(method, Bucket(rate=rate, filled_at=self._clock()))
        wait = bucket.wait(self._clock())
        if wait > PATIENCE:
            raise AccountStopped("paced")
        if wait > 0:
            await self._sleep(wait)
            bucket.wait(self._clock())
        bucket.take()
