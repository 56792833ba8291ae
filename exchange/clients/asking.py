"""
Ask another organisation's service one question, within bounds, and say in a short code why there is no answer.

Redirects are not followed: credentials go to the configured address and
nowhere else. No message holds an address, for some carry a token.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC
from email.utils import parsedate_to_datetime
from http import HTTPStatus

import aiohttp
from yarl import URL

from domain.errors import AskFailed, EgressRefused
from domain.observations import Traffic
from net.encoding import Decoder
from net.fetch import CONNECT_TIMEOUT, FORESEEN, REDIRECTS, code_of

MAX_ANSWER = 16 << 20  # bytes
READ_TIMEOUT = 60.0  # seconds of silence
TOTAL_TIMEOUT = 300.0  # seconds for one answer
MAX_WAIT = 86_400.0  # seconds; a service that asks to be left alone for longer is asked again tomorrow
CLOCKS_APART = 900.0  # seconds; beyond, "everything until now" would not mean the same on both sides

_PIECE = 1 << 16
_REFUSED = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN})


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A GET, or with `body` a POST of JSON; address and headers may hold secrets."""

    url: URL = field(repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: object = field(default=None, repr=False)


async def asked(session: aiohttp.ClientSession, question: Question, traffic: Traffic) -> bytes:
    """
    Return the body of the answer.

    Raises AskFailed: `credentials`, `wait` (with the seconds), `redirect`,
    `http_503` and others of HTTP, `clock`, or a code of the network's; and
    EgressRefused where the guard refuses.
    """
    posted = None if question.body is None else json.dumps(question.body).encode()
    headers = {**question.headers, **({"Content-Type": "application/json"} if posted else {})}
    waits = aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_TIMEOUT, sock_read=READ_TIMEOUT)
    method = "POST" if posted else "GET"
    try:
        async with (
            asyncio.timeout(TOTAL_TIMEOUT),
            session.request(
                method, question.url, headers=headers, allow_redirects=False, timeout=waits, data=posted
            ) as response,
        ):
            traffic.requests += 1
            _judge(response)
            return await _body(response, traffic)
    except EgressRefused:
        raise
    except FORESEEN as error:
        raise AskFailed(code_of(error)) from None


def _judge(response: aiohttp.ClientResponse) -> None:
    """Raise AskFailed for anything but a whole answer."""
    if response.status in _REFUSED:
        raise AskFailed("credentials")
    if response.status == HTTPStatus.TOO_MANY_REQUESTS:
        raise AskFailed("wait", wait=_wait(response.headers.get("Retry-After", "")))
    if response.status in REDIRECTS:
        raise AskFailed("redirect")
    if response.status != HTTPStatus.OK:
        raise AskFailed(f"http_{response.status}", wait=_wait(response.headers.get("Retry-After", "")))
    there = _moment(response.headers.get("Date", ""))
    if there is not None and abs(there - time.time()) > CLOCKS_APART:
        raise AskFailed("clock")


async def _body(response: aiohttp.ClientResponse, traffic: Traffic) -> bytes:
    decoder = Decoder(response.headers.get("Content-Encoding", ""), limit=MAX_ANSWER)
    pieces = []
    async for piece in response.content.iter_chunked(_PIECE):
        traffic.bytes += len(piece)
        pieces.append(decoder.feed(piece))
    return b"".join(pieces)


def _wait(header: str) -> float | None:
    """Return how many seconds a Retry-After asks for, or None."""
    text = header.strip()
    if text.isascii() and text.isdigit():
        return min(float(text[:9]), MAX_WAIT)
    moment = _moment(text)
    return None if moment is None else min(max(moment - time.time(), 0.0), MAX_WAIT)


def _moment(header: str) -> float | None:
    """Return a date of HTTP in seconds since 1970, or None."""
    try:
        moment = parsedate_to_datetime(header)
    except (ValueError, TypeError, IndexError):
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
