"""
Run each piece of database work in one transaction, in a thread of its own.

One thread writes and a few read, so the loop never waits for a disk. A caller
who is cancelled waits until the transaction under way has ended: nobody goes
on while what they began may still be written.
"""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import Awaitable, Callable, Collection, Mapping
from concurrent.futures import Executor, ThreadPoolExecutor
from datetime import date, datetime
from pathlib import Path
from typing import TypeVar

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError

from domain.books.house import ArchiveBook, AuditBook, MessageBook, PeopleBook, ReportBook, StandingBook
from domain.books.leads import LeadBook, ReferralBook, TakedownBook
from domain.books.lists import FeedBook, ListBook, OpinionBook, PrintBook, RemoteBook
from domain.books.rows import Backlog, Divided, Division
from domain.books.watching import (
    HostBook,
    HostLandmarks,
    OutageBook,
    PageTransaction,
    PriceBook,
    TargetBook,
    TelegramBook,
)
from domain.ids import TargetId
from domain.jobs import Turn
from domain.latency import MOST_LEADS, LeadTimes
from domain.ports import HostSeats
from domain.store import Tx, VisitorLock
from domain.targets import Claim
from storage import network
from storage.archive import Archive
from storage.audit import Audit
from storage.engine import READERS, Engines, make_lone_engine
from storage.faults import fault
from storage.feeds import Feeds, RemoteAnswers
from storage.figures import backlog, count, count_by, first_day
from storage.hosts import Hosts
from storage.latency import lead_times
from storage.leads import Leads
from storage.lists import Lists
from storage.messages import Messages
from storage.migrations import revision_of
from storage.opinions import Opinions
from storage.pages import Page
from storage.patience import number_of, was_committed
from storage.people import People
from storage.prices import Prices
from storage.prints import Prints
from storage.referrals import Referrals
from storage.reports import Reports
from storage.seats import SharedSeats
from storage.standing import StandingOrder
from storage.takedowns import Takedowns
from storage.targets import Targets
from storage.telegram import Telegram
from storage.visitor import take

T = TypeVar("T")


class SqlTx:
    """One transaction, and every book in it."""

    def __init__(self, connection: Connection, *, writes: bool) -> None:
        """Open the books on a connection that has begun its transaction."""
        self.connection = connection
        self.standing: StandingBook = StandingOrder(connection)
        self.reports: ReportBook = Reports(connection)
        self.referrals: ReferralBook = Referrals(connection)
        self.targets: TargetBook = Targets(connection, writes=writes)
        self.leads: LeadBook = Leads(connection, writes=writes)
        self.lists: ListBook = Lists(connection)
        self.opinions: OpinionBook = Opinions(connection)
        self.prints: PrintBook = Prints(connection)
        self.prices: PriceBook = Prices(connection)
        self.people: PeopleBook = People(connection, writes=writes)
        self.telegram: TelegramBook = Telegram(connection)
        self.landmarks: HostLandmarks = network.HostLandmarks(connection)
        self.outages: OutageBook = network.Outages(connection)
        self.takedowns: TakedownBook = Takedowns(connection)
        self.hosts: HostBook = Hosts(connection)
        self.feeds: FeedBook = Feeds(connection)
        self.remote: RemoteBook = RemoteAnswers(connection)
        self.audit: AuditBook = Audit(connection)
        self.messages: MessageBook = Messages(connection)
        self.archive: ArchiveBook = Archive(connection)

    def page(self, claim: Claim) -> PageTransaction:
        """Open the page transaction of a claim, within this transaction."""
        return Page(self.connection, claim)

    def backlog(self, now: datetime) -> Backlog:
        """Return what waits now, by indexes; hosts, which are few, one by one."""
        return backlog(self.connection, now)

    def figures(self, since: date | None, until: date | None) -> Mapping[str, int]:
        """Return counts by name, of UTC days from `since` to `until`, both included."""
        return count(self.connection, since, until)

    def figures_by(self, division: Division, since: date | None, until: date | None) -> Divided:
        """Return visits, what they took and the leads they filed, of UTC days, by kind of platform or by outcome."""
        return count_by(self.connection, division, since, until)

    def first_day(self) -> date | None:
        """Return the day of the first report, before which there is nothing to count."""
        return first_day(self.connection)

    def lead_times(
        self,
        now: datetime,
        *,
        since: datetime | None = None,
        until: datetime | None = None,
        target_id: TargetId | None = None,
        limit: int = MOST_LEADS,
    ) -> list[LeadTimes]:
        """Return the times of leads filed from `since` to before `until`, in all or of one target, newest first."""
        return lead_times(self.connection, now, since=since, until=until, target_id=target_id, limit=limit)


class SqlStore:
    """A database behind the `Store` port."""

    def __init__(self, engines: Engines, *, data_dir: Path) -> None:
        """Take engines whose schema was checked; see `open_store`."""
        self._engines = engines
        self._data_dir = data_dir
        self._turn = asyncio.Lock()
        self._waited: Callable[[float], None] = lambda _: None
        self._writer = ThreadPoolExecutor(max_workers=1, thread_name_prefix="kapear-writer")
        self._seats: list[SharedSeats] = []
        self._readers = ThreadPoolExecutor(max_workers=READERS, thread_name_prefix="kapear-reader")

    async def read(self, work: Callable[[Tx], T]) -> T:
        """Run a function on one consistent view of the database and return what it returns."""
        return await _finished(self._readers, lambda: _transact(self._engines.readers, work, writes=False))

    async def write(self, work: Callable[[Tx], T]) -> T:
        """
        Run a function in one transaction that holds the write lock from its start.

        Commits when it returns, rolls everything back when it raises.
        """
        asked = time.monotonic()
        async with self._turn:
            self._waited(time.monotonic() - asked)
            return await _finished(self._writer, lambda: _transact(self._engines.writer, work, writes=True))

    def watch_waits(self, told: Callable[[float], None]) -> None:
        """Tell from here on how many seconds each writer waited for its turn."""
        self._waited = told

    async def take_visitor_lock(
        self, held: Callable[[], Awaitable[Collection[Turn]]] | None = None
    ) -> VisitorLock | None:
        """Take the one visitor's lock and void its predecessor's claims; None when another holds it."""
        lock = await asyncio.to_thread(take, self._engines, self._data_dir)
        if lock is None:
            return None
        try:
            elsewhere = await held() if held is not None else ()
            await self.write(lambda tx: tx.targets.void_claims(elsewhere))
        except BaseException:
            await lock.release()
            raise
        return lock

    def host_seats(self, digest: Callable[[str], str]) -> HostSeats | None:
        """
        Return seats at hosts that every process with this database shares; None where no other visits.

        `digest` says by what the database knows a host. They end with the store.
        """
        if self._engines.file is not None:
            return None
        seats = SharedSeats(self._engines.writer, digest)
        self._seats.append(seats)
        return seats

    async def schema(self) -> str:
        """Return by what name the database's schema goes now; a newer program may change it beneath this one."""
        return await _finished(self._readers, lambda: _schema(self._engines.readers))

    async def checkpoint(self) -> bool:
        """
        Fold SQLite's log into the database and empty it, so that what was deleted is gone from both.

        Returns False while somebody still reads an older state: try again later.
        """
        if self._engines.file is None:
            return True
        async with self._turn:
            return await _finished(self._writer, lambda: _checkpoint(self._engines.writer))

    async def close(self) -> None:
        """Close every connection; work under way is finished first."""
        await asyncio.to_thread(self._close)

    def _close(self) -> None:
        for seats in self._seats:
            seats.close()
        self._readers.shutdown()
        self._writer.shutdown()
        self._engines.dispose()


async def _finished(executor: Executor, work: Callable[[], T]) -> T:
    """Return what the work returns in its thread; a cancelled caller learns of it when the work has ended."""
    job = asyncio.get_running_loop().run_in_executor(executor, work)
    try:
        return await asyncio.shield(job)
    except asyncio.CancelledError:
        job.add_done_callback(_seen)
        await asyncio.wait({job})
        raise


def _seen(job: asyncio.Future[T]) -> None:
    """Take note of how abandoned work ended: its error has no other reader."""
    if not job.cancelled():
        job.exception()


def _transact(engine: Engine, work: Callable[[Tx], T], *, writes: bool) -> T:
    ending: tuple[T, str | None] | None = None  # what it returns, and its number, once only the commit is left
    try:
        with engine.begin() as connection:
            done = work(SqlTx(connection, writes=writes))
            if writes and engine.dialect.name == "postgresql":
                ending = done, number_of(connection)
    except DBAPIError as error:
        number = ending[1] if ending is not None and error.connection_invalidated else None
        if ending is not None and number is not None and was_committed(make_lone_engine(engine), number):
            return ending[0]
        raise fault(error) from None  # the driver's own words quote what was written
    else:
        return done


def _schema(engine: Engine) -> str:
    try:
        with engine.begin() as connection:
            return revision_of(connection)
    except DBAPIError as error:
        raise fault(error) from None


def _checkpoint(engine: Engine) -> bool:
    with engine.connect() as connection:
        raw = connection.connection.driver_connection  # below SQLAlchemy: a checkpoint stands outside transactions
        assert isinstance(raw, sqlite3.Connection)  # noqa: S101 - told apart from PostgreSQL by the caller
        try:
            busy, _, _ = raw.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        except sqlite3.OperationalError:
            return False
    return not busy
