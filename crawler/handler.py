"""
Download for Scrapy through Kapear's own way out.

Scrapy's aiohttp handler opens a session per crawl, reads its certificate store
each time, and names URLs in warnings. This one has the same interface and
uses the process's guarded session under the shared governor.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from scrapy.core.downloader.handlers.base import BaseDownloadHandler
from scrapy.http import HtmlResponse, Request, Response, TextResponse

from crawler.asking import ask
from crawler.question import HTML, Question

if TYPE_CHECKING:
    from crawler.spiders.base import VisitSpider

QUESTION = "question"  # the keys in `Request.meta` under which the question goes out, and what came waits
RECALL = "recall"  # and what an earlier answer said of itself, where only what is new since is wanted
ANSWER = "answer"


class GuardedDownloadHandler(BaseDownloadHandler):
    """Fetches one answer, within the limits of its visit; raises VisitEnded when there is none."""

    lazy = True

    async def download_request(self, request: Request) -> Response:
        """Return a page (status 200, or one the question wants told), with what came beside it, or a bare redirect."""
        visit = cast("VisitSpider", self.crawler.spider).visit
        question: Question = request.meta[QUESTION]
        came_first = visit.came_first.pop(question, None)
        answer = (
            came_first
            if came_first is not None
            else await visit.fetching(ask(visit, question, request.meta.get(RECALL)))
        )
        if answer.capture is None:
            return Response(request.url, status=answer.status, headers={"Location": answer.location})
        request.meta[ANSWER] = answer
        headers = {"Content-Type": answer.content_type}
        kind = HtmlResponse if question.accepts is HTML else TextResponse
        return kind(request.url, status=answer.status, headers=headers, body=answer.body, request=request)
