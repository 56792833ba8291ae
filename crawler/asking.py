"""
Ask a site for one answer, within a visit's limits and under its governor.

A conditional question costs next to nothing where nothing is new: no crawl
begins, and what did come is what the crawl then begins with.
"""

from __future__ import annotations

import asyncio
import hashlib

import aiohttp

from crawler.endings import of_failure, of_status
from crawler.question import HTML, NOT_MODIFIED, Answer, Question, Recall, digest_of, kept
from crawler.visit import Visit
from domain.errors import VisitEnded
from domain.observations import CaptureRecord
from domain.outcomes import Outcome
from net.encoding import ACCEPTED, Decoder, TooLarge
from net.fetch import FORESEEN, REDIRECTS, FetchFailed, code_of, host_of, opened
from net.governor import Turn
from net.session import peer_of

_OK = 200


async def ask(visit: Visit, question: Question, recall: Recall | None = None) -> Answer:
    """
    Send a question; with `recall`, only for what is new since.

    Returns a page (status 200), what the question wants to be told, a
    redirect, or `is_unchanged`. Raises VisitEnded for everything else, without
    the message of what failed; where the site's robots file is heeded and
    forbids it, nothing is asked.
    """
    equipment, timeout = visit.equipment, visit.equipment.limits.timeout
    headers = {"Accept": question.accepts.header, "Accept-Encoding": ACCEPTED, **dict(question.headers)}
    headers |= visit.agent
    if recall is not None:
        headers |= recall.headers(question)
    try:
        pause = 0.0
        if visit.robots is not None:
            pause = await visit.robots.check(question.url, visit.traffic, visit.agent)
        slot = equipment.governor.slot(host_of(question.url), crawl_delay=pause)
        async with slot as turn, asyncio.timeout(timeout):
            answer = opened(
                equipment.session,
                question.address,
                traffic=visit.traffic,
                headers=headers,
                read_timeout=timeout,
                heard=turn.heard,
            )
            async with answer as response:
                return await _read(visit, question, response, recall, turn)
    except FetchFailed as failure:
        raise of_failure(failure.code) from None
    except FORESEEN as error:
        raise of_failure(code_of(error)) from None


async def _read(
    visit: Visit, question: Question, response: aiohttp.ClientResponse, recall: Recall | None, turn: Turn
) -> Answer:
    """Judge the head; read a body only where it can be a page."""
    if response.status in REDIRECTS:
        return Answer(status=response.status, location=response.headers.get("Location", ""))
    if response.status == NOT_MODIFIED and recall is not None:
        return Answer(status=NOT_MODIFIED)
    is_told = response.status in question.told
    if response.status != _OK and not is_told:
        raise of_status(response.status, turn.rests_until)
    content_type = response.headers.get("Content-Type", "")
    if not is_told and content_type.partition(";")[0].strip().lower() not in question.accepts.types:
        raise VisitEnded(Outcome.ERROR, "not_html" if question.accepts is HTML else "not_expected")
    body, digest, length = await _body(visit, response)
    peer = peer_of(response)
    capture = CaptureRecord(
        final_url=question.url,
        received_at=visit.equipment.now(),
        server_date=response.headers.get("Date", "")[:64],
        status=response.status,
        ip=peer.ip,
        port=peer.port,
        certificate_sha256=peer.certificate_sha256,
        length=length,
        body_sha256=digest,
        tool=visit.equipment.tool,
    )
    said = Recall(
        url_digest=digest_of(question.url),
        etag=kept(response.headers.get("ETag", "")),
        modified=kept(response.headers.get("Last-Modified", "")),
        body=digest,
    )
    if is_told:
        return Answer(status=response.status, content_type=content_type, body=body, capture=capture)
    if recall is not None and (recall.url_digest, recall.body) == (said.url_digest, said.body):
        return Answer(status=NOT_MODIFIED)
    return Answer(status=_OK, content_type=content_type, body=body, capture=capture, recall=said)


async def _body(visit: Visit, response: aiohttp.ClientResponse) -> tuple[bytes, str, int]:
    """Return a body unpacked, and digest and length of it as it came; raises TooLarge."""
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
    return bytes(body), digest.hexdigest(), length
