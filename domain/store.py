"""
What storage promises: books to read and write, inside one transaction.

A use case hands `Store.write` a plain function. It runs in the writer's
thread, inside one transaction that locks out other writers from its start,
and can await nothing: only database work happens while a lock is held.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping
from datetime import date, datetime
from typing import Protocol, TypeVar

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
from domain.targets import Claim

T = TypeVar("T")


class Tx(Protocol):
    """One transaction, and every book in it."""

    standing: StandingBook
    reports: ReportBook
    referrals: ReferralBook
    targets: TargetBook
    leads: LeadBook
    lists: ListBook
    opinions: OpinionBook
    prints: PrintBook
    prices: PriceBook
    people: PeopleBook
    telegram: TelegramBook
    landmarks: HostLandmarks
    outages: OutageBook
    takedowns: TakedownBook
    hosts: HostBook
    feeds: FeedBook
    remote: RemoteBook
    audit: AuditBook
    messages: MessageBook
    archive: ArchiveBook

    def page(self, claim: Claim) -> PageTransaction:
        """Open the page transaction of a claim, within this transaction."""

    def backlog(self, now: datetime) -> Backlog:
        """Return what waits now, by indexes; hosts, which are few, one by one."""

    def figures(self, since: date | None, until: date | None) -> Mapping[str, int]:
        """Return counts by name: targets, visits, observations, media, leads. No locator, no ranking."""

    def figures_by(self, division: Division, since: date | None, until: date | None) -> Divided:
        """Return visits, what they took and the leads they filed, of UTC days, by kind of platform or by outcome."""

    def first_day(self) -> date | None:
        """Return the day of the first report, before which there is nothing to count."""

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


class VisitorLock(Protocol):
    """The right to visit for a database: one holder at a time, freed when its process dies."""

    async def is_held(self) -> bool:
        """
        Return whether it is held still, or could be taken again after its connection was lost.

        Raises OperatorFault while nobody can be asked: it may be another's by now.
        """

    async def release(self) -> None:
        """Give it back; may be called twice."""


class Store(Protocol):
    """A database: many readers, one writer at a time."""

    async def read(self, work: Callable[[Tx], T]) -> T:
        """Run a function on one consistent view of the database and return what it returns."""

    async def write(self, work: Callable[[Tx], T]) -> T:
        """
        Run a function in one transaction that holds the write lock from its start.

        Commits when it returns, rolls everything back when it raises.
        """

    async def take_visitor_lock(
        self, held: Callable[[], Awaitable[Collection[Turn]]] | None = None
    ) -> VisitorLock | None:
        """
        Take the one visitor's lock and void its predecessor's claims; None when another holds it.

        `held` is asked, once the lock is held, for claims that others have and keep.
        """

    def host_seats(self, digest: Callable[[str], str]) -> HostSeats | None:
        """
        Return seats at hosts that every process with this database shares; None where no other visits.

        `digest` says by what the database knows a host. They end with the store.
        """

    def watch_waits(self, told: Callable[[float], None]) -> None:
        """Tell from here on how many seconds each writer waited for its turn."""

    async def schema(self) -> str:
        """Return by what name the database's schema goes now; a newer program may change it beneath this one."""

    async def checkpoint(self) -> bool:
        """Clear logs of what was deleted, where the database keeps any; False when it must be tried again later."""

    async def close(self) -> None:
        """Close every connection."""
