"""Wire the configured feeds: clients over a guarded session, spools in the data directory."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial

import aiohttp
from yarl import URL

from app.config import Config
from app.feed_config import FeedConfig
from app.instance import Instance
from app.introduction import user_agent
from domain.errors import NotFound
from domain.feeds import FeedKind
from domain.ports import FeedClient
from exchange.clients.ncmec import Ncmec
from exchange.clients.pulling import Provider, Puller
from exchange.clients.spool import DiskSpools
from exchange.clients.stopncii import StopNcii
from exchange.clients.threatexchange import ThreatExchange
from net.guard import EgressPolicy
from net.session import guarded_session
from triage.feeds import Feeds, Pulled

FOLDER = "feeds"  # in the data directory; what is in it is licensed, and never in a backup


@dataclass(slots=True, kw_only=True)
class OpenFeeds:
    """The feeds of an installation, ready to be pulled."""

    config: Config
    book: Feeds
    session: aiohttp.ClientSession

    def client(self, feed: FeedConfig) -> FeedClient:
        """Return a feed's client; raises OperatorFault where its credentials are missing."""
        provider = _provider(feed)
        return Puller(session=self.session, provider=provider, source=(feed.feed.kind, feed.service.url, feed.group))

    async def pull_due(self) -> list[Pulled]:
        """Pull every feed whose time has come; for the ticker. Nothing of a feed's faults is raised."""
        return await self.book.pull_due([(each.feed, partial(self.client, each)) for each in self.config.feeds])


def configured(config: Config, name: str) -> FeedConfig:
    """Return a feed by its name; raises NotFound."""
    found = next((each for each in config.feeds if each.feed.name == name), None)
    if found is None:
        raise NotFound(f"kapear.toml has no [feeds.{name[:64]}]; see `kapear hashlist feeds`.")
    return found


def feed_book(instance: Instance) -> Feeds:
    """Return the use cases of the feeds."""
    office = instance.office
    spools = DiskSpools(instance.config.data_dir / FOLDER)
    return Feeds(desk=office.desk, lists=office.lists, spools=spools)


@asynccontextmanager
async def open_feeds(instance: Instance) -> AsyncIterator[OpenFeeds]:
    """Open what a pull needs."""
    standing = await instance.office.people.standing()
    policy = EgressPolicy(enrolled=standing.enrolled, allow_networks=instance.config.allow_networks)
    config = instance.config
    session = guarded_session(policy, user_agent=user_agent(config), proxy=config.proxy)
    async with session, instance.office.desk.halt.following(instance.store):
        yield OpenFeeds(config=instance.config, book=feed_book(instance), session=session)


def _provider(feed: FeedConfig) -> Provider:
    url, secret = URL(feed.service.url), feed.service.secret.value()
    match feed.feed.kind:
        case FeedKind.NCMEC:
            return Ncmec(url=url, user=feed.service.user.value(), secret=secret)
        case FeedKind.STOPNCII:
            return StopNcii(url=url, user=feed.service.user.value(), secret=secret)
        case FeedKind.THREATEXCHANGE:
            return ThreatExchange(url=url, group=feed.group, secret=secret)
