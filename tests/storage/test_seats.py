"""Seats at hosts that processes share through PostgreSQL."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest
from aiohttp import web
from sqlalchemy import event, text

from domain.courtesy import QUIET, HostState
from domain.errors import OperatorFault
from domain.ports import HostSeats
from domain.store import Tx
from storage import SqlStore
from storage.seats import SharedSeats
from storage.store import SqlTx
from tests.contracts.host_seats import HOST, HostSeatsContract
from tests.contracts.samples import NOW
from tests.net.loopback import serving
from tests.storage.conftest import Database
from tests.storage.guest import DELAY, LIMIT, REQUESTS, digest

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.postgres


@pytest.fixture
def database(postgres_url: str, tmp_path: Path) -> Database:
    return Database(url=postgres_url, data_dir=tmp_path)


def seats_of(store: SqlStore) -> SharedSeats:
    seats = store.host_seats(digest)
    assert isinstance(seats, SharedSeats)
    return seats


@pytest.fixture
def seats(store: SqlStore) -> SharedSeats:
    return seats_of(store)


@pytest.fixture
def others(other_store: SqlStore) -> SharedSeats:
    return seats_of(other_store)


class TestSharedSeats(HostSeatsContract):
    """Two stores are two processes to the server."""


async def test_what_others_noted_of_a_host_is_told_with_the_seat(store: SqlStore, seats: HostSeats) -> None:
    async with seats.seat(HOST, limit=1, delay=0) as told:
        assert told == QUIET
    resting = HostState(rests_until=NOW + timedelta(hours=1), rests_because="http_429", failures=2)
    await store.write(lambda tx: tx.hosts.note(digest(HOST), resting))
    async with seats.seat(HOST, limit=1, delay=0) as told:
        assert told == resting


async def test_a_start_that_a_server_a_day_ahead_has_reserved_is_not_waited_for(
    store: SqlStore, seats: HostSeats
) -> None:
    async with seats.seat(HOST, limit=1, delay=1):
        pass

    def a_day_ahead(tx: Tx) -> None:
        assert isinstance(tx, SqlTx)
        tx.connection.execute(text("UPDATE hosts SET last_start = last_start + 86400000000"))

    await store.write(a_day_ahead)
    async with asyncio.timeout(20), seats.seat(HOST, limit=1, delay=1):
        pass


async def test_a_request_costs_two_statements(seats: SharedSeats) -> None:
    statements: list[str] = []

    def heard(*said: object) -> None:
        statements.append(str(said[2]))

    async with seats.seat(HOST, limit=2, delay=0):
        pass
    event.listen(seats._engine, "before_cursor_execute", heard)
    async with seats.seat(HOST, limit=2, delay=0):
        pass
    assert len(statements) == 2


async def test_seats_of_a_lost_connection_are_free_and_the_next_is_got_on_another(
    database: Database, seats: SharedSeats, others: SharedSeats
) -> None:
    async with seats.seat(HOST, limit=1, delay=0):
        assert seats._connection is not None
        pid = seats._connection.execute(text("SELECT pg_backend_pid()")).scalar_one()
        with psycopg.connect(database.url, autocommit=True) as server:
            server.execute("SELECT pg_terminate_backend(%s)", [pid])
        with pytest.raises(OperatorFault):
            async with seats.seat("rakes.example", limit=1, delay=0):
                pytest.fail("the connection is lost")
        async with asyncio.timeout(20), others.seat(HOST, limit=1, delay=0):
            pass
    async with asyncio.timeout(20), seats.seat(HOST, limit=1, delay=0):
        pass


@contextmanager
def guests(database: Database, site: str, kind: str) -> Iterator[list[subprocess.Popen[str]]]:
    command = [sys.executable, "-m", "tests.storage.guest", database.url, str(database.data_dir), site, kind]
    started = [
        subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(2)
    ]
    try:
        yield started
    finally:
        for process in started:
            process.kill()
            process.communicate()


class Site:
    """Counts who is inside at once, and when each came."""

    def __init__(self, hold: Callable[[Site], Awaitable[object]]) -> None:
        self.hold = hold
        self.inside = self.peak = 0
        self.came: list[float] = []
        self.crowded = asyncio.Event()

    async def __call__(self, _: web.Request) -> web.Response:
        self.came.append(asyncio.get_running_loop().time())
        self.inside += 1
        self.peak = max(self.peak, self.inside)
        if self.inside > LIMIT:
            self.crowded.set()
        await self.hold(self)
        self.inside -= 1
        return web.Response()


async def visited(database: Database, site: Site, kind: str) -> None:
    """Let two processes visit a site at the same time."""
    async with asyncio.timeout(60), serving(site) as server:
        with guests(database, server.base, kind) as processes:
            for process in processes:
                assert process.stdout is not None
                assert (await asyncio.to_thread(process.stdout.readline)).strip() == "ready"
            for process in processes:
                assert process.stdin is not None
                process.stdin.write("go\n")
                process.stdin.flush()
            for process in processes:
                assert await asyncio.to_thread(process.wait) == 0


async def test_two_processes_never_exceed_a_host_s_limit_nor_its_pace(database: Database) -> None:
    site = Site(lambda _: asyncio.sleep(4 * DELAY))
    await visited(database, site, "shared")
    assert (len(site.came), site.peak) == (2 * REQUESTS, LIMIT)
    # By the server's clock they are a pause apart; how late each then arrives is the machine's affair.
    assert site.came[-1] - site.came[0] > (2 * REQUESTS - 1) * DELAY / 2


async def test_without_the_port_they_do(database: Database) -> None:
    site = Site(lambda site: site.crowded.wait())
    await visited(database, site, "local")
    assert site.peak > LIMIT


async def test_where_no_other_process_visits_there_is_nothing_to_share(sqlite: Database) -> None:
    store = await sqlite.open()
    assert store.host_seats(digest) is None
    await store.close()
