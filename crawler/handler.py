"""
Download for Scrapy through Kapear's own way out.

Scrapy's aiohttp handler opens a session per crawl, reads its certificate store
each time, and names URLs in warnings. This one has the same interface and
uses the process's guarded session under the shared governor.
"""

from __future__ import annotations

import asyncio
import hashlib
from typing import TYPE_CHECKING, cast

import aiohttp
from scrapy.core.downloader.handlers.base import BaseDownloadHandler
from scrapy.http import HtmlResponse, Request, Response

from crawler.endings import of_failure, of_status
from crawler.visit import Visit
from domain.errors import VisitEnded
from domain.observations import CaptureRecord
from domain.outcomes import Outcome
from net.encoding import ACCEPTED, Decoder, TooLarge
from net.fetch import FORESEEN, REDIRECTS, FetchFailed, code_of, host_of, opened
from net.session import peer_of

if TYPE_CHECKING:
    from crawler.spiders.base import VisitSpider

HEADERS = {
    "Accept": "text/html,application/xhtml+xml;q=0.9",
    "Accept-Encoding": ACCEPTED,
}
CAPTURE = "capture"  # the key in `Request.meta` under which the capture record waits
_HTML = frozenset({"", "text/html", "application/xhtml+xml", "text/plain"})
_OK = 200


class GuardedDownloadHandler(BaseDownloadHandler):
    """Fetches one page, within the limits of its visit; raises VisitEnded when there is none."""

    lazy = True

    async def download_request(self, request: Request) -> Response:
        """Return a page (status 200) with its capture record, or a bare redirect."""
        visit = cast("VisitSpider", self.crawler.spider).visit
        return await visit.fetching(_page(visit, request))


async def _page(visit: Visit, request: Request) -> Response:
    """Fetch under the governor; every failure becomes an ending without its message."""
    equipment, timeout = visit.equipment, visit.equipment.limits.timeout
    try:
        async with equipment.governor.slot(host_of(request.url)), asyncio.timeout(timeout):
            answer = opened(
                equipment.session, request.url, traffic=visit.traffic, headers=HEADERS, read_timeout=timeout
            )
            async with answer as response:
                return await _read(visit, request, response)
    except FetchFailed as failure:
        raise of_failure(failure.code) from None
    except FORESEEN as error:
        raise of_failure(code_of(error)) from None


async def _read(visit: Visit, request: Request, response: aiohttp.ClientResponse) -> Response:
    """Judge the head; read a body only where it can be a page."""
    if response.status in REDIRECTS:
        return Response(request.url, status=response.status, headers={"Location": response.headers.get("Location", "")})
    if response.status != _OK:
        raise of_status(response.status)
    content_type = response.headers.get("Content-Type", "")
    if content_type.partition(";")[0].strip().lower() not in _HTML:
        raise VisitEnded(Outcome.ERROR, "not_html")
    limit = visit.equipment.limits.max_bytes
    if (response.content_length or 0) > limit:
        raise TooLarge
    decoder = Decoder(response.headers.get("Content-Encoding", ""), limit=limit)
    body, digest, length = bytearray(), hashlib.sha256(), 0
    async for untrusted_piece in response.content.iter_any():
        length += len(untrusted_piece)
        visit.traffic.bytes += len(untrusted_piece)
        if length > limit:
            raise TooLarge
        digest.update(untrusted_piece)
        body += decoder.feed(untrusted_piece)
    peer = peer_of(response)
    request.meta[CAPTURE] = CaptureRecord(
        final_url=request.url,
        received_at=visit.equipment.now(),
        server_date=response.headers.get("Date", "")[:64],
        status=response.status,
        ip=peer.ip,
        port=peer.port,
        certificate_sha256=peer.certificate_sha256,
        length=length,
        body_sha256=digest.hexdigest(),
        tool=visit.equipment.tool,
    )
    return HtmlResponse(request.url, headers={"Content-Type": content_type}, body=bytes(body), request=request)
