"""
What every spider does alike: wait until wanted, fetch within a scope, end with a reason.

The whole visit runs inside `start()`, because that is the one place where
Scrapy lets a spider wait and stop at once.
"""

from __future__ import annotations

import asyncio
import json
from abc import abstractmethod
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, TypeVar, cast
from urllib.parse import urljoin

from scrapy import Request, Spider
from scrapy.http import TextResponse

from crawler.endings import unforeseen
from crawler.handler import ANSWER, QUESTION, RECALL
from crawler.items import PageItem
from crawler.question import HTML, NOT_MODIFIED, Accepts, Answer, Question, Recall
from crawler.visit import Equipment, Visit, VisitClosed
from domain.errors import VisitEnded
from domain.observations import CaptureRecord
from domain.outcomes import Outcome
from domain.ports import SourceTarget
from net.fetch import MAX_REDIRECTS, REDIRECTS

T = TypeVar("T")

PARSED_ON_THE_LOOP = 128 * 1024  # bytes; more than this is parsed in a thread


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """A page that was received, the record of its receipt, and what to recall of it."""

    page: TextResponse = field(repr=False)
    capture: CaptureRecord = field(repr=False)
    recall: str | None = field(repr=False)

    async def parsed(self, parse: Callable[[str], T]) -> T:
        """Return what a pure parser makes of the page's text, off the loop if it is large."""
        page = self.page
        return await _off_the_loop(len(page.body), lambda: parse(_text_of(page)))

    async def read(self, parse: Callable[[bytes], T]) -> T:
        """Return what a pure parser makes of the page's bytes, off the loop if there are many."""
        body = self.page.body
        return await _off_the_loop(len(body), lambda: parse(body))

    async def json(self, parse: Callable[[Any], T]) -> T:
        """Return what a pure parser makes of the page's JSON; raises VisitEnded `not_json`, `malformed`."""
        try:
            return await self.read(lambda untrusted: parse(json.loads(untrusted)))
        except (RecursionError, UnicodeDecodeError, json.JSONDecodeError):
            raise VisitEnded(Outcome.ERROR, "not_json") from None
        except (AttributeError, KeyError, IndexError, TypeError, ValueError, OverflowError):
            # What is not of the documented shape; the message would quote it.
            raise VisitEnded(Outcome.ERROR, "malformed") from None


def _text_of(page: TextResponse) -> str:
    """Return a page's text; a charset that is none of text (rot13, say) is taken for UTF-8."""
    try:
        return page.text
    except (LookupError, UnicodeError):
        return page.body.decode("utf-8", "replace")


async def _off_the_loop(size: int, work: Callable[[], T]) -> T:
    return work() if size <= PARSED_ON_THE_LOOP else await asyncio.to_thread(work)


class VisitSpider(Spider):
    """Looks at one target for one visit."""

    visit: Visit
    accepts: ClassVar[Accepts] = HTML
    heeds_robots: ClassVar[bool] = True  # a documented public interface has terms of its own, and says False

    @classmethod
    def entry(cls, equipment: Equipment, target: SourceTarget) -> Question | None:  # noqa: ARG003 - for who has one
        """
        Return what a visit asks first, so that it need not be a crawl where nothing is new; None: nothing.

        Whatever changes in the target must change the answer to it. The spider
        asks it again, and gets what came.
        """
        return None

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

    async def get(self, asked: Question | str, check_redirect: Callable[[str], None]) -> Received:
        """
        Ask for a page, following redirects that `check_redirect` lets pass.

        Raises VisitEnded for every answer that is no page.
        """
        received = await self.get_new(asked, check_redirect, None)
        if received is None:  # nobody asked for that
            raise VisitEnded(Outcome.ERROR, "bad_http")
        return received

    async def get_new(
        self, asked: Question | str, check_redirect: Callable[[str], None], recall: Recall | None
    ) -> Received | None:
        """Ask as `get` does for what is new since an earlier answer; None where nothing is."""
        question = asked if isinstance(asked, Question) else Question(url=asked, accepts=self.accepts)
        passed: list[str] = []
        while len(passed) <= MAX_REDIRECTS:
            self.visit.check_open()
            try:
                request = Request(question.url, meta={QUESTION: question, RECALL: recall}, dont_filter=True)
            except ValueError:
                raise VisitEnded(Outcome.ERROR, "bad_url") from None
            response = await self.crawler.engine.download_async(request)
            if response.status == NOT_MODIFIED:
                return None
            if response.status not in REDIRECTS:
                return _received(request.meta[ANSWER], cast("TextResponse", response), tuple(passed))
            location = (response.headers.get("Location") or b"").decode("latin-1").strip()
            passed.append(question.url)
            url = _target(question.url, location)
            check_redirect(url)
            question = replace(question, url=url)
        raise VisitEnded(Outcome.ERROR, "redirects")


def no_redirect(_: str) -> None:
    """Raise VisitEnded(MOVED): an interface has no reason to send its callers elsewhere."""
    raise VisitEnded(Outcome.MOVED, "redirected")


def _received(answer: Answer, page: TextResponse, passed: tuple[str, ...]) -> Received:
    capture = answer.capture
    if capture is None:  # a redirect; the caller has seen to those
        raise VisitEnded(Outcome.ERROR, "bad_http")
    # An answer reached by redirects is recalled by none: the first question's own answer was another.
    recall = answer.recall.dumped() if answer.recall is not None and not passed else None
    return Received(page=page, capture=replace(capture, redirects=passed), recall=recall)


def _target(url: str, location: str) -> str:
    """Return where a redirect leads."""
    try:
        target = urljoin(url, location)
    except ValueError:
        target = ""
    if not location or not target:
        raise VisitEnded(Outcome.ERROR, "bad_redirect")
    return target
