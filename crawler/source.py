"""
Read public pages with Scrapy, inside the loop that everything else runs in.

One crawler a visit, one item a page; the session, the governor and the egress
guard are the process's own and outlive every crawl.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from datetime import datetime

import aiohttp
from scrapy.crawler import AsyncCrawlerRunner

from crawler.asking import ask
from crawler.forums.rules import ForumRule
from crawler.knowing import Knowing
from crawler.platforms import Platforms
from crawler.question import Recall
from crawler.settings import SETTINGS
from crawler.spiders.base import VisitSpider
from crawler.spiders.bluesky import BlueskySpider
from crawler.spiders.discourse import DiscourseSpider
from crawler.spiders.facebook import FacebookSpider
from crawler.spiders.feed import FeedSpider
from crawler.spiders.forum import ForumSpider
from crawler.spiders.imageboard import ImageboardSpider
from crawler.spiders.lemmy import LemmySpider
from crawler.spiders.mastodon import MastodonSpider
from crawler.spiders.page import PageSpider
from crawler.spiders.reddit import RedditSpider
from crawler.spiders.telegram_web import TelegramWebSpider
from crawler.spiders.vk import VkSpider
from crawler.visit import Equipment, Limits, Visit
from domain.clock import utc_now
from domain.observations import ObservedPage, Platform, Traffic
from domain.ports import Landmarks, MediaSource, SourceTarget
from net.governor import HostGovernor
from net.media import HttpMedia
from net.robots import Robots
from net.session import PLAIN_AGENT

TELEGRAM_WEB_BASE = "https://t.me"
BLUESKY_BASE = "https://public.api.bsky.app"
SPIDERS: dict[Platform, type[VisitSpider]] = {
    Platform.BLUESKY: BlueskySpider,
    Platform.DISCOURSE: DiscourseSpider,
    Platform.FACEBOOK: FacebookSpider,
    Platform.FEED: FeedSpider,
    Platform.FORUM: ForumSpider,
    Platform.IMAGEBOARD: ImageboardSpider,
    Platform.LEMMY: LemmySpider,
    Platform.MASTODON: MastodonSpider,
    Platform.PAGE: PageSpider,
    Platform.REDDIT: RedditSpider,
    Platform.TELEGRAM_WEB: TelegramWebSpider,
    Platform.VK: VkSpider,
}


class ScrapySource:
    """Looks at pages and previews; many visits may run at once."""

    def __init__(
        self,
        *,
        session: aiohttp.ClientSession,
        governor: HostGovernor,
        tool: str,
        robots: Robots | None,
        telegram_web_base: str = TELEGRAM_WEB_BASE,
        bluesky_base: str = BLUESKY_BASE,
        now: Callable[[], datetime] = utc_now,
        limits: Limits | None = None,
        landmarks: Landmarks | None = None,
        forum_rules: tuple[ForumRule, ...] = (),
        platforms: Platforms | None = None,
    ) -> None:
        """
        Use a guarded session (`net.session`), which the caller closes; `tool` goes into every capture record.

        Without `landmarks` no host without a certificate is known again.
        `robots` is None only where there is nobody whose wishes could be heeded: in tests.
        """
        self._equipment = Equipment(
            session=session,
            governor=governor,
            telegram_web_base=telegram_web_base.rstrip("/"),
            bluesky_base=bluesky_base.rstrip("/"),
            tool=tool,
            robots=robots,
            now=now,
            limits=limits or Limits(),
            forum_rules=forum_rules,
            platforms=platforms or Platforms(),
        )
        self._knowing = Knowing(equipment=self._equipment, landmarks=landmarks)
        self._runner = AsyncCrawlerRunner(SETTINGS)

    async def pages(self, target: SourceTarget, traffic: Traffic) -> AsyncGenerator[ObservedPage, None]:
        """Yield pages oldest to newest; closing the iterator, or cancelling it, ends the crawl."""
        visit = self._visit(target, traffic)
        question = SPIDERS[target.platform].entry(self._equipment, target)
        if question is not None:
            answer = await ask(visit, question, Recall.loaded(target.recall))
            if answer.is_unchanged:
                await self._knowing.seen(target, traffic)
                return
            visit.came_first[question] = answer
        async with aclosing(self._crawled(visit)) as pages:
            async for page in pages:
                yield page
        await self._knowing.seen(target, traffic)

    async def post(self, target: SourceTarget, post: str, traffic: Traffic) -> ObservedPage | None:
        """Look at one post again, in a crawl of its own."""
        async with aclosing(self._crawled(self._visit(target, traffic, post))) as pages:
            return await anext(pages, None)

    def media(self, url: str, traffic: Traffic, *, plain_agent: bool = False) -> MediaSource:
        """Return a handle on media seen by an earlier visit."""
        return HttpMedia(
            url,
            session=self._equipment.session,
            governor=self._equipment.governor,
            traffic=traffic,
            headers=PLAIN_AGENT if plain_agent else None,
        )

    async def is_itself(self, target: SourceTarget, traffic: Traffic) -> bool:
        """Return whether the target's platform is known again at another place."""
        return await self._knowing.is_itself(target, traffic)

    def _visit(self, target: SourceTarget, traffic: Traffic, post: str | None = None) -> Visit:
        heeds_robots = SPIDERS[target.platform].heeds_robots
        return Visit(self._equipment, target, traffic, post=post, heeds_robots=heeds_robots)

    async def _crawled(self, visit: Visit) -> AsyncGenerator[ObservedPage, None]:
        """Yield the pages of a visit's one crawl, which ends with the iterator."""
        crawl = self._runner.crawl(self._runner.create_crawler(SPIDERS[visit.target.platform]), visit=visit)
        crawl.add_done_callback(visit.crawl_done)
        try:
            while (page := await visit.next_page()) is not None:
                yield page
        finally:
            visit.close()
            await asyncio.wait([crawl])
