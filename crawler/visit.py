"""
Let a spider and whoever asked for its pages meet, one page at a time.

The spider fetches when a page is wanted and not before; so a page is committed
before the next one is asked for. Closing wakes the spider wherever it waits,
and it ends by itself: Scrapy's own cancellation leaves downloads running.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar

import aiohttp

from crawler.forums.rules import ForumRule
from crawler.items import PageItem, SeenMedia
from crawler.platforms import Platforms
from crawler.question import Answer, Question
from crawler.settings import MAX_PAGE_BYTES, TIMEOUT
from domain.errors import KapearError, VisitEnded
from domain.observations import ObservedPage, Traffic
from domain.outcomes import Outcome
from domain.ports import MediaSource, SourceTarget
from net.governor import HostGovernor
from net.media import HttpMedia, InlineMedia
from net.robots import Robots
from net.session import PLAIN_AGENT

T = TypeVar("T")

PAGES_OF_A_VISIT = 250  # a long history is read over several visits


class VisitClosed(KapearError):
    """Nobody wants the pages any more; the spider ends quietly."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one page may cost; seconds and bytes."""

    timeout: float = TIMEOUT
    max_bytes: int = MAX_PAGE_BYTES
    pages: int = PAGES_OF_A_VISIT


@dataclass(frozen=True, slots=True, kw_only=True)
class Equipment:
    """What every visit of a process shares."""

    session: aiohttp.ClientSession
    governor: HostGovernor
    telegram_web_base: str
    bluesky_base: str
    tool: str
    now: Callable[[], datetime]
    robots: Robots | None
    limits: Limits = Limits()
    forum_rules: tuple[ForumRule, ...] = ()
    platforms: Platforms = field(default_factory=Platforms)


class Visit:
    """One look at one target, or at one `post` of it."""

    def __init__(
        self,
        equipment: Equipment,
        target: SourceTarget,
        traffic: Traffic,
        *,
        post: str | None = None,
        heeds_robots: bool = True,
    ) -> None:
        """Begin with nothing fetched and nothing wanted."""
        self.post = post
        self.robots = equipment.robots if heeds_robots and not target.ignores_robots else None
        self.agent: Mapping[str, str] = PLAIN_AGENT if target.plain_agent else {}
        self.equipment = equipment
        self.target = target
        self.traffic = traffic
        self.came_first: dict[Question, Answer] = {}  # what the visit's first question brought, for the crawl to use
        self._untrusted_inline: dict[str, bytes] = {}
        self._wanted = asyncio.Event()
        self._offered = asyncio.Event()
        self._page: ObservedPage | None = None
        self._ending: VisitEnded | None = None
        self._fetch: asyncio.Task[Any] | None = None
        self._closed = False

    async def next_page(self) -> ObservedPage | None:
        """Ask for a page and wait for it; None when there are no more. Raises the VisitEnded that ended it."""
        self._wanted.set()
        await self._offered.wait()
        if self._page is not None:
            self._offered.clear()
            page, self._page = self._page, None
            return page
        if self._ending is not None:
            raise self._ending
        return None

    def close(self) -> None:
        """Let the spider go, wherever it is."""
        self._closed = True
        self.came_first.clear()
        self._untrusted_inline.clear()
        self._wanted.set()
        if self._fetch is not None:
            self._fetch.cancel()

    async def wanted(self) -> None:
        """Wait, as the spider, until a page is asked for; raises VisitClosed when none ever will be."""
        await self._wanted.wait()
        self._wanted.clear()
        self.check_open()

    def check_open(self) -> None:
        """Raise VisitClosed if nobody waits any more."""
        if self._closed:
            raise VisitClosed

    async def fetching(self, fetch: Coroutine[Any, Any, T]) -> T:
        """Run a fetch that `close` can end."""
        task = asyncio.ensure_future(fetch)
        self._fetch = task
        if self._closed:
            task.cancel()
        try:
            return await task
        except asyncio.CancelledError:
            if self._closed:
                raise VisitClosed from None
            raise
        finally:
            self._fetch = None

    def keep_inline(self, untrusted_inline: dict[str, bytes]) -> None:
        """Put the bytes of `data:` pictures, by identity, beside the item that will name them."""
        if not self._closed:
            self._untrusted_inline.update(untrusted_inline)

    def hand_over(self, item: PageItem) -> None:
        """Give a page to whoever asked."""
        self._page = item.observed(self._source)
        self._untrusted_inline.clear()
        self._offered.set()

    def end(self, ending: VisitEnded | None = None) -> None:
        """Say that no page follows; the first reason stays."""
        self._ending = self._ending or ending
        self._offered.set()

    def crawl_done(self, crawl: asyncio.Task[None]) -> None:
        """Take note that Scrapy has finished, whatever it finished with."""
        failed = crawl.cancelled() or crawl.exception() is not None
        self.end(VisitEnded(Outcome.ERROR, "crawl_failed") if failed and not self._closed else None)

    def _source(self, media: SeenMedia) -> MediaSource:
        if media.url is None:
            return InlineMedia(self._untrusted_inline[media.identity])
        equipment = self.equipment
        return HttpMedia(
            media.url,
            session=equipment.session,
            governor=equipment.governor,
            traffic=self.traffic,
            headers=self.agent,
        )
