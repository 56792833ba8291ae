"""
Be a quiet guest: seats at hosts, pauses between requests, and rests that hosts ask for or need.

One governor serves every visit of the process. Scrapy's own slots live and die
with one crawl, so two targets on one host would know nothing of each other.
What it decides is in `domain.courtesy`; what must outlive it, in a memory.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime

from domain.clock import utc_now
from domain.courtesy import (
    HOST_RESTS,
    QUIET,
    Courtesy,
    HostState,
    after_body,
    after_head,
    after_loss,
    is_on_probation,
    rest_left,
)
from domain.errors import VisitEnded
from domain.outcomes import Outcome
from domain.ports import HostMemory, HostSeats
from net.fetch import FORESEEN, FetchFailed, code_of
from net.seats import LocalSeats

_HOSTS_BEFORE_A_SWEEP = 256
_FAILED_TO_ANSWER = frozenset({"timeout", "dns", "tls", "unreachable", "truncated"})


class HostRests(VisitEnded):
    """A host is left alone for now, so it was not asked."""

    def __init__(self, state: HostState, until: datetime) -> None:
        """Say until when, and whether it was the host's own wish."""
        outcome = Outcome.LIMITED if state.asked_for_it else Outcome.UNREACHABLE
        super().__init__(outcome, HOST_RESTS, until=until)


@dataclass(slots=True)
class _Host:
    """What this process knows of a host."""

    state: HostState
    probe: asyncio.Lock = field(default_factory=asyncio.Lock)
    users: int = 0


class Turn:
    """One request at a host, from its seat to its end; whoever makes it says what came of it."""

    def __init__(self, governor: HostGovernor, host: _Host) -> None:
        """Begin with nothing heard."""
        self._governor = governor
        self._host = host
        self._status = 0
        self._lost = False

    def heard(self, status: int, headers: Mapping[str, str]) -> None:
        """Take note of the head of an answer."""
        self._status = status
        self._host.state = self._governor.told(self._host.state, status, headers)

    def lost(self, code: str) -> None:
        """Take note that no answer came, or half of one (codes of `net.fetch`)."""
        self._lost = self._lost or code in _FAILED_TO_ANSWER

    @property
    def rests_until(self) -> datetime | None:
        """Return until when the host rests by now, or None."""
        return self._governor.rests_until(self._host.state)

    def settle(self) -> None:
        """Draw the sum, once."""
        self._host.state = self._governor.settled(self._host.state, self._status, lost=self._lost)


class HostGovernor:
    """
    Bounds, per host, how many requests run and how soon the next one starts, and leaves alone who is to be.

    Waiters are served in order. One that is cancelled gives its turn away.
    """

    def __init__(
        self,
        *,
        per_host: int = 2,
        delay: float = 1.0,
        rules: Courtesy | None = None,
        seats: HostSeats | None = None,
        memory: HostMemory | None = None,
        now: Callable[[], datetime] = utc_now,
        dice: Callable[[], float] = random.random,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        """
        Allow `per_host` requests at a time and `delay` seconds between their starts.

        Without `seats` they are this process's own; without a memory, what is
        learned of hosts ends with it.
        """
        self._per_host = per_host
        self._delay = delay
        self._rules = rules or Courtesy()
        self._seats = seats or LocalSeats()
        self._memory = memory
        self._now = now
        self._dice = dice
        self._sleep = sleep
        self._hosts: dict[str, _Host] = {}

    @asynccontextmanager
    async def slot(self, name: str, *, crawl_delay: float = 0.0) -> AsyncIterator[Turn]:
        """
        Hold a seat at a host for as long as the block runs.

        `crawl_delay` are seconds since the last start of a block that gave one,
        too. What failed in the block is noted. A block must not wait for
        another seat at the same host: it would wait for itself. Raises HostRests.
        """
        name = name.lower().rstrip(".")
        host = self._hosts.get(name) or await self._met(name)
        host.users += 1
        try:
            async with AsyncExitStack() as stack:
                if host.state != QUIET:
                    await self._admitted(host, stack)
                if crawl_delay > self._delay:
                    pages = self._seats.seat(f"{name} pages", limit=self._per_host, delay=crawl_delay)
                    await stack.enter_async_context(pages)
                told = await stack.enter_async_context(self._seats.seat(name, limit=self._per_host, delay=self._delay))
                if told is not None:
                    host.state = told
                before = host.state
                if before != QUIET:
                    await self._rested(host)  # others were told while this one waited
                turn = Turn(self, host)
                try:
                    yield turn
                except FetchFailed as failure:
                    turn.lost(failure.code)
                    raise
                except FORESEEN as error:
                    turn.lost(code_of(error))
                    raise
                finally:
                    turn.settle()
                    if host.state != before:
                        await self._note(name, host.state)
        finally:
            host.users -= 1

    async def forgive(self) -> None:
        """Forget what failed in a row, at every host: the network was away, and none of them at fault."""
        for name, host in list(self._hosts.items()):
            before = host.state
            host.state = replace(before, failures=0) if before.asked_for_it else QUIET
            if host.state != before:
                await self._note(name, host.state)

    def told(self, state: HostState, status: int, headers: Mapping[str, str]) -> HostState:
        """Return what is known of a host after the head of an answer."""
        return after_head(self._rules, state, status, headers, now=self._now(), dice=self._dice())

    def settled(self, state: HostState, status: int, *, lost: bool) -> HostState:
        """Return what is known of a host after a request; status 0: nothing was heard."""
        if lost:
            return after_loss(self._rules, state, now=self._now(), dice=self._dice())
        if not status:  # given up by us
            return state
        return after_body(self._rules, state, status, now=self._now(), dice=self._dice())

    def rests_until(self, state: HostState) -> datetime | None:
        """Return until when a host rests, or None."""
        now = self._now()
        left = rest_left(self._rules, state, now)
        return None if left is None else now + left

    async def _met(self, name: str) -> _Host:
        """Return a host that was not met of late, with what is remembered of it."""
        state = QUIET if self._memory is None else await self._memory.state(name)
        if len(self._hosts) >= _HOSTS_BEFORE_A_SWEEP:
            self._hosts = {kept: host for kept, host in self._hosts.items() if host.users or self._is_needed(host)}
        return self._hosts.setdefault(name, _Host(state))

    def _is_needed(self, host: _Host) -> bool:
        """Return whether nobody else remembers what is known of a host."""
        return self._memory is None and rest_left(self._rules, host.state, self._now()) is not None

    async def _admitted(self, host: _Host, stack: AsyncExitStack) -> None:
        """Wait out a short rest, and let one request at a time try a host that failed; raises HostRests."""
        await self._rested(host)
        if is_on_probation(self._rules, host.state):
            await stack.enter_async_context(host.probe)
            await self._rested(host)

    async def _rested(self, host: _Host) -> None:
        """Return once a host does not rest; raises HostRests for a rest that is not short."""
        while (left := rest_left(self._rules, host.state, self._now())) is not None:
            if left > self._rules.patience:
                raise HostRests(host.state, self._now() + left)
            await self._sleep(left.total_seconds())

    async def _note(self, name: str, state: HostState) -> None:
        if self._memory is not None:
            await self._memory.note(name, state)
