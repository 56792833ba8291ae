"""
What every spider does alike: wait until wanted, fetch within a scope, end with a reason.

The whole visit runs inside `start()`, because that is the one place where
Scrapy lets a spider wait and stop at once.
"""

from __future__ import annotations

import asyncio
from abc import abstractmethod
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar, cast
from urllib.parse import urljoin

from scrapy import Request, Spider
from scrapy.http import HtmlResponse

from crawler.endings import unforeseen
from crawler.handler import CAPTURE
from crawler.items import PageItem
from crawler.visit import Visit, VisitClosed
from domain.errors import VisitEnded
from domain.observations import CaptureRecord
from domain.outcomes import Outcome
from net.fetch import MAX_REDIRECTS, REDIRECTS

T = TypeVar("T")

PARSED_ON_THE_LOOP = 128 * 1024  # bytes; more than this is parsed in a thread


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A page that was received, and the record of its receipt."""

    page: HtmlResponse = field(repr=False)
    capture: CaptureRecord = field(repr=False)

    async def parsed(self, parse: Callable[[str], T]) -> T:
        """Return what a pure parser makes of the page, off the loop if it is large."""
        page = self.page
        if len(page.body) <= PARSED_ON_THE_LOOP:
            return parse(page.text)
        return await asyncio.to_thread(lambda: parse(page.text))


class VisitSpider(Spider):
    """Looks at one target for one visit."""

    visit: Visit

    @abstractmethod
    def look(self) -> AsyncIterator[PageItem]:
        """Yield the pages, oldest first, each once it is wanted; raise VisitEnded when there is none."""

    @abstractmethod
    def look_at(self, post: str) -> AsyncIterator[PageItem]:
        """Yield the page that shows one post, or nothing where it is said to be gone; raise VisitEnded otherwise."""

    async def start(self) -> AsyncIterator[Any]:
        """Run the visit; nothing but items ever leaves to Scrapy."""
        visit = self.visit
        try:
            await visit.wanted()
            seen = self.look() if visit.post is None else self.look_at(visit.post)
            async with aclosing(seen) as items:  # type: ignore[type-var]  # subclasses write generators
                async for item in items:
                    yield item
                    await visit.wanted()
        except VisitClosed:
            return
        except VisitEnded as ending:
            visit.end(ending)
        except Exception as error:  # noqa: BLE001 - Scrapy would log its message
            visit.end(unforeseen(error))

    async def get(self, url: str, check_redirect: Callable[[str], None]) -> Answer:
        """
        Fetch a page, following redirects that `check_redirect` lets pass.

        Raises VisitEnded for every answer that is no page.
        """
        passed: list[str] = []
        while len(passed) <= MAX_REDIRECTS:
            self.visit.check_open()
            try:
                request = Request(url)
            except ValueError:
                raise VisitEnded(Outcome.ERROR, "bad_url") from None
            response = await self.crawler.engine.download_async(request)
            if response.status not in REDIRECTS:
                capture: CaptureRecord = request.meta[CAPTURE]
                return Answer(page=cast("HtmlResponse", response), capture=replace(capture, redirects=tuple(passed)))
            location = (response.headers.get("Location") or b"").decode("latin-1").strip()
            passed.append(url)
            url = _target(url, location)
            check_redirect(url)
        raise VisitEnded(Outcome.ERROR, "redirects")


def _target(url: str, location: str) -> str:
    """Return where a redirect leads."""
    try:
        target = urljoin(url, location)
    except ValueError:
        target = ""
    if not location or not target:
        raise VisitEnded(Outcome.ERROR, "bad_redirect")
    return target
