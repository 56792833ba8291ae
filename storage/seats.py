"""
Share seats at hosts among processes, through PostgreSQL.

A seat is an advisory lock on a connection that its process uses for nothing
else, so seats end with their process and nothing expires. When the next
request may start is reserved in the host's row, by the server's clock. A
request costs two statements; who waits for a seat asks again, ever more rarely.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import TypeVar

from sqlalchemy import BigInteger, Connection, Engine, Integer, text
from sqlalchemy.exc import DBAPIError

from domain.courtesy import HostState
from storage.columns import Moment
from storage.engine import make_lone_engine
from storage.faults import fault

T = TypeVar("T")

FURTHEST = 3_600_000_000  # microseconds ahead that a start may be reserved; further off, a server's clock was set back
FIRST_WAIT, LONGEST_WAIT = 0.02, 0.5  # seconds until a taken seat is asked for again

# The seats are tried in the order of the array, and none after the first that is free. What a row reserves is for
# who got a seat; without one, nothing is written and nothing is returned.
_TAKE = text(
    """
    WITH seat AS MATERIALIZED (
        SELECT number FROM unnest(CAST(:free AS integer[])) AS number
        WHERE pg_try_advisory_lock(:host, number) LIMIT 1
    ), clock AS MATERIALIZED (
        SELECT CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000000 AS bigint) AS now
    ), start AS (
        INSERT INTO hosts (host_digest, rests_because, failures, landmark, last_start)
        SELECT :digest, '', 0, '', clock.now FROM seat, clock
        ON CONFLICT (host_digest)
        DO UPDATE SET last_start = CASE
            WHEN hosts.last_start > EXCLUDED.last_start + :furthest THEN EXCLUDED.last_start
            ELSE GREATEST(hosts.last_start + :delay, EXCLUDED.last_start)
        END
        RETURNING last_start, rests_until, rests_because, failures
    )
    SELECT seat.number, start.last_start AS started, start.last_start - clock.now AS wait,
        start.rests_until, start.rests_because, start.failures
    FROM seat, clock, start
    """
).columns(number=Integer, started=BigInteger, wait=BigInteger, rests_until=Moment, failures=Integer)
_GIVE = text("SELECT pg_advisory_unlock(:host, :number)")
_UNSTART = text("UPDATE hosts SET last_start = :before WHERE host_digest = :digest AND last_start = :started")


@dataclass(slots=True)
class _Lane:
    """One host in this process: who waits or is inside, and which seats are held here."""

    seats: asyncio.Semaphore
    gate: asyncio.Lock = field(default_factory=asyncio.Lock)
    held: set[int] = field(default_factory=set)
    users: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Taken:
    """A seat that was got: its lock, on which connection, and the start that was reserved (microseconds)."""

    host: int
    digest: str
    number: int
    connection: int
    started: int
    wait: float
    state: HostState


class SharedSeats:
    """Seats that all processes with one PostgreSQL database share."""

    def __init__(self, engine: Engine, digest: Callable[[str], str]) -> None:
        """Connect at the first seat; `digest` says by what the database knows a host."""
        self._engine = make_lone_engine(engine)
        self._digest = digest
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="kapear-seats")
        self._connection: Connection | None = None
        self._connections = 0  # a seat that was got on an earlier one is gone
        self._lanes: dict[str, _Lane] = {}

    @asynccontextmanager
    async def seat(self, host: str, *, limit: int, delay: float) -> AsyncIterator[HostState]:
        """Hold one of a host's seats, from `delay` seconds after the last start there."""
        lane = self._lanes.setdefault(host, _Lane(seats=asyncio.Semaphore(limit)))
        lane.users += 1
        try:
            async with lane.seats:
                taken = await self._turn(lane, host, limit, delay)
                try:
                    yield taken.state
                finally:
                    lane.held.discard(taken.number)
                    await self._done(partial(self._give, taken))
        finally:
            lane.users -= 1
            if not lane.users:
                self._lanes.pop(host, None)

    def close(self) -> None:
        """Give every seat back."""
        self._thread.submit(self._drop).result()
        self._thread.shutdown()

    async def _turn(self, lane: _Lane, host: str, limit: int, delay: float) -> _Taken:
        """Return a seat once there is one, and its start has come; who is cancelled gives both away."""
        digest = self._digest(host)
        async with lane.gate:  # in order, and one of this process at a time
            pause = FIRST_WAIT
            while (taken := await self._tried(lane, digest, limit, delay)) is None:
                await asyncio.sleep(pause)
                pause = min(2 * pause, LONGEST_WAIT)
            try:
                if taken.wait > 0:
                    await asyncio.sleep(taken.wait)
            except BaseException:
                lane.held.discard(taken.number)
                await self._done(partial(self._unstart, taken, delay))
                raise
        return taken

    async def _tried(self, lane: _Lane, digest: str, limit: int, delay: float) -> _Taken | None:
        free = [number for number in range(limit) if number not in lane.held]
        job = asyncio.get_running_loop().run_in_executor(self._thread, self._take, digest, free, delay)
        try:
            taken = await asyncio.shield(job)
        except asyncio.CancelledError:
            await asyncio.wait({job})
            if job.exception() is None and (late := job.result()) is not None:
                await self._done(partial(self._unstart, late, delay))
            raise
        if taken is not None:
            lane.held.add(taken.number)
        return taken

    async def _done(self, work: Callable[[], None]) -> None:
        """Run a piece of work to its end, also for one who is cancelled."""
        job = asyncio.get_running_loop().run_in_executor(self._thread, work)
        try:
            await asyncio.shield(job)
        except asyncio.CancelledError:
            await asyncio.wait({job})
            raise

    # In the thread.

    def _take(self, digest: str, free: list[int], delay: float) -> _Taken | None:
        host = int.from_bytes(bytes.fromhex(digest[:8]), signed=True)  # two hosts of one number share their seats
        asked = {"free": free, "host": host, "digest": digest, "delay": round(delay * 1_000_000)}
        asked["furthest"] = FURTHEST
        row = self._execute(lambda connection: connection.execute(_TAKE, asked).first())
        if row is None:
            return None
        state = HostState(rests_until=row.rests_until, rests_because=row.rests_because, failures=row.failures)
        return _Taken(
            host=host,
            digest=digest,
            number=row.number,
            connection=self._connections,
            started=row.started,
            wait=row.wait / 1_000_000,
            state=state,
        )

    def _give(self, taken: _Taken) -> None:
        if taken.connection == self._connections:
            values = {"host": taken.host, "number": taken.number}
            self._execute(lambda connection: connection.execute(_GIVE, values))

    def _unstart(self, taken: _Taken, delay: float) -> None:
        """Give a seat back whose start was not used, and the start if nobody has reserved a later one."""
        before = taken.started - round(delay * 1_000_000)
        values = {"before": before, "digest": taken.digest, "started": taken.started}
        self._execute(lambda connection: connection.execute(_UNSTART, values))
        self._give(taken)

    def _execute(self, work: Callable[[Connection], T]) -> T:
        """Run a statement; one that fails ends the connection, and so every seat that was got on it."""
        try:
            if self._connection is None:
                self._connection = self._engine.connect()
                self._connections += 1
                self._connection.execute(text("SET synchronous_commit TO off"))  # a pause need not outlive the server
            return work(self._connection)
        except DBAPIError as error:
            self._drop()
            raise fault(error) from None

    def _drop(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.invalidate()
            connection.close()
