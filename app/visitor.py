"""
Wire what a visit needs: guarded connections, sources, the fingerprint pool, the matcher.

One visitor per database: whoever opens one holds the visitor's lock.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, aclosing, asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from app.arachnid import arachnid_list
from app.checkup import weakened
from app.collector import settle
from app.feeds import OpenFeeds, feed_book
from app.instance import Instance
from app.introduction import tool_version, user_agent
from app.jobs.opening import shared_queue
from app.lists import build_missing
from app.telegram import TelegramOnDemand
from crawler.forums.rules import load_rules as forum_rules
from crawler.source import SPIDERS, ScrapySource
from domain.errors import AlreadyRunning, OperatorFault
from domain.ids import TargetId
from domain.observations import Platform
from domain.store import Store, VisitorLock
from domain.targets import Claim, Visit
from fingerprint.confine import protect_parent
from fingerprint.pool import FingerprintPool
from matching.matcher import ListMatcher
from matching.rules import load_rules
from matching.shelf import FolderShelf
from net.governor import HostGovernor
from net.guard import EgressPolicy
from net.robots import Robots
from net.session import guarded_session
from triage.condition import Pulse
from triage.desk import Desk
from triage.hosts import Hosts
from triage.intake import Intake
from triage.landmarks import KnownHosts
from triage.messages import Messenger
from triage.outages import Line
from triage.prices import Prices, Purse
from triage.rematching import Rematching
from triage.remote_list import RemoteList
from triage.turns import Turns

if TYPE_CHECKING:
    from app.jobs.shared import SharedQueue

log = logging.getLogger("kapear.visitor")

STANDBY_S = 1.0  # between two tries to take the visitor's lock


@dataclass(slots=True, kw_only=True)
class Visitor:
    """Visits claimed targets, with hash lists as fresh as the last `refresh_lists`."""

    instance: Instance
    intake: Intake
    matcher: ListMatcher
    rematching: Rematching
    feeds: OpenFeeds
    pulse: Pulse
    pool: FingerprintPool
    purse: Purse
    remote: RemoteList | None = None
    messenger: Messenger | None = None
    missing_layers: tuple[str, ...] = ()
    lock: VisitorLock | None = None
    lending: SharedQueue | None = None
    dice: random.Random = field(default_factory=random.SystemRandom)

    @property
    def desk(self) -> Desk:
        """Return the desk whose targets are visited."""
        return self.instance.office.desk

    @property
    def turns(self) -> Turns:
        """Return what says which targets are visited now."""
        return Turns(desk=self.desk, line=self.intake.line, purse=self.purse)

    @property
    def prices(self) -> Prices:
        """Return what finds out what a visit costs."""
        return Prices(desk=self.desk, cadence=self.instance.config.cadence)

    @property
    def warnings(self) -> tuple[str, ...]:
        """Return what everybody at this instance must be told of how media are handled; empty when all is well."""
        return weakened(self.missing_layers)

    @property
    def lent_turns(self) -> Turns:
        """
        Return what says which targets are visited by workers now.

        Their network is their own. A Telegram session dies if two machines use it, so who holds the visitor's lock
        alone uses the accounts: with it they are leased.
        """
        return Turns(desk=self.desk, line=Line(), purse=self.purse, without=Platform.TELEGRAM)

    async def visit(self, claim: Claim) -> tuple[Visit, datetime | None]:
        """Visit one claimed target."""
        return await self.intake.visit(claim, self.dice.random())

    async def recover(self) -> None:
        """Let be due again what workers had that are gone."""
        if self.lending is not None:
            await self.lending.recover(lambda turns: self.instance.store.write(lambda tx: tx.targets.give_back(turns)))

    async def plan_anew(self) -> None:
        """See that no target waits for a time that a wrong clock named."""
        now = self.desk.now()
        if moved := await self.desk.store.write(lambda tx: tx.targets.plan_anew(now)):
            log.warning("planned anew after a clock that was ahead", extra={"targets": moved})

    async def refresh_lists(self) -> bool:
        """Load the hash lists again if any changed; returns whether they did."""
        store: Store = self.instance.store
        generation, live = await store.read(lambda tx: (tx.lists.generation(), tx.lists.live()))
        if generation == self.matcher.generation:
            return False
        await build_missing(store, self.instance.office.lists.shelf, live)
        await asyncio.to_thread(self.matcher.replace, live, generation)
        log.info("hash lists loaded", extra={"generation": generation})
        return True


@asynccontextmanager
async def open_visitor(instance: Instance, *, standby: asyncio.Event | None = None) -> AsyncIterator[Visitor]:
    """
    Take the visitor's lock and open everything a visit needs.

    Raises AlreadyRunning when another process visits for this database; with
    `standby` waits until it does no more, or until that event.
    """
    async with AsyncExitStack() as stack:
        queue = await stack.enter_async_context(opened) if (opened := shared_queue(instance.config)) else None
        held, is_waiting = None if queue is None else queue.held, False
        while (lock := await instance.store.take_visitor_lock(held)) is None:
            if standby is None or standby.is_set():
                raise AlreadyRunning("Kapear is running already for this database; stop that instance first.")
            if not is_waiting:
                log.info("standing by")
                is_waiting = True
            with suppress(TimeoutError):
                await asyncio.wait_for(standby.wait(), STANDBY_S)
        stack.push_async_callback(lock.release)
        await instance.office.lists.expire()
        await instance.office.lists.tidy()
        visitor = await stack.enter_async_context(_equipment(instance))
        visitor.lock, visitor.lending = lock, queue
        visitor.intake.line.resume(await instance.store.read(lambda tx: tx.outages.current()))
        await visitor.plan_anew()
        await visitor.refresh_lists()
        settle()
        yield visitor


@asynccontextmanager
async def open_worker(instance: Instance) -> AsyncIterator[tuple[Visitor, SharedQueue]]:
    """Open what a visit needs, and the queue that says which; raises OperatorFault where there is no such queue."""
    opened = shared_queue(instance.config, works=True)
    if opened is None:
        raise OperatorFault(
            "A worker takes turns from PostgreSQL, and this database is a file: "
            "name the server's by KAPEAR_DATABASE_URL, or use `kapear run` alone."
        )
    async with _equipment(instance) as visitor, opened as queue:
        await visitor.refresh_lists()
        settle()
        yield visitor, queue


@asynccontextmanager
async def _equipment(instance: Instance) -> AsyncIterator[Visitor]:
    protect_parent()  # this process holds media before a child does
    config = instance.config
    standing = await instance.office.people.standing()
    policy = EgressPolicy(enrolled=standing.enrolled, allow_networks=config.allow_networks)
    # Without enrolment only this machine is ever asked, and it needs no courtesy.
    memory = Hosts(desk=instance.office.desk)
    governor = HostGovernor(
        delay=config.host_delay_s if standing.enrolled else 0.0,
        seats=instance.store.host_seats(memory.digest),
        memory=memory,
    )
    matcher = ListMatcher(FolderShelf(config.lists_dir))
    session = guarded_session(policy, user_agent=user_agent(config), proxy=config.proxy)
    pool = FingerprintPool(config.fingerprint_children, allow_missing_layers=config.allow_missing_layers)
    telegram = TelegramOnDemand(
        config=config.telegram, ledger=instance.office.telegram, policy=policy, tool=tool_version()
    )
    # What an account keeps open between requests would still say that it is there.
    halt = instance.office.desk.halt
    async with session, pool, aclosing(telegram), halt.following(instance.store, telegram.aclose):
        web = ScrapySource(
            session=session,
            governor=governor,
            telegram_web_base=config.telegram_web_base,
            platforms=config.platforms,
            bluesky_base=config.bluesky_base,
            tool=tool_version(),
            landmarks=KnownHosts(desk=instance.office.desk),
            forum_rules=forum_rules(config.data_dir / "forums"),
            robots=Robots(session=session, governor=governor, memory=memory),
        )
        intake = Intake(
            desk=instance.office.desk,
            sources={**dict.fromkeys(SPIDERS, web), Platform.TELEGRAM: telegram},
            fingerprinter=pool,
            matcher=matcher,
            rules=load_rules(),
            points=config.points,
            cadence=config.cadence,
            line=Line(forgive_hosts=governor.forgive),
        )
        yield Visitor(
            instance=instance,
            intake=intake,
            matcher=matcher,
            rematching=Rematching(desk=instance.office.desk, matcher=matcher, points=config.points),
            pool=pool,
            pulse=Pulse(desk=instance.office.desk, decodes=lambda: not pool.is_failing),
            purse=Purse(desk=instance.office.desk, bytes_a_day=config.cadence.bytes_a_day),
            feeds=OpenFeeds(config=config, book=feed_book(instance), session=session),
            remote=arachnid_list(instance, session),
            messenger=await _messenger(instance),
            missing_layers=pool.missing_layers,
        )


async def _messenger(instance: Instance) -> Messenger | None:
    if instance.config.mail is None:
        return None
    from app.mail import messenger_of  # noqa: PLC0415 - the console's catalogues are read for it

    return await messenger_of(instance)


async def visit_target(visitor: Visitor, target_id: str) -> tuple[Visit, datetime | None] | None:
    """Claim and visit one target now; None when it is claimed already."""
    claim = await visitor.instance.store.write(lambda tx: tx.targets.claim(tx.targets.get(TargetId(target_id)).id))
    await visitor.rematching.run()  # what stands to be compared is, before anything new is looked at
    return None if claim is None else await visitor.visit(claim)
