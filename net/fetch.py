"""
Say in a short code why a fetch failed, never in the library's own words.

aiohttp's messages name hosts and URLs, and messages reach logs.
"""

from __future__ import annotations

import errno
import socket
import ssl
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager

import aiohttp
from yarl import URL

from domain.errors import EgressRefused, KapearError
from domain.observations import Traffic
from net.encoding import BadEncoding, TooLarge

CONNECT_TIMEOUT = 10.0
MAX_REDIRECTS = 5
REDIRECTS = frozenset({301, 302, 303, 307, 308})

# The first class that fits names the failure, so the special come before the general.
_CODES: tuple[tuple[type[BaseException], str], ...] = (
    (TimeoutError, "timeout"),
    (aiohttp.ClientConnectorDNSError, "dns"),
    (aiohttp.ClientSSLError, "tls"),
    (ssl.SSLError, "tls"),
    (aiohttp.InvalidURL, "bad_url"),
    (aiohttp.ClientPayloadError, "truncated"),
    (aiohttp.ClientResponseError, "bad_http"),
    (aiohttp.ClientConnectionError, "unreachable"),
    (aiohttp.ClientError, "bad_http"),
    (OSError, "unreachable"),
    (TooLarge, "too_large"),
    (BadEncoding, "bad_encoding"),
    (ValueError, "bad_url"),
)
# What the system says where this machine, and hardly ever the host, is cut off.
_NO_ROUTE = frozenset({errno.ENETUNREACH, errno.ENETDOWN})
FORESEEN = tuple(kind for kind, _ in _CODES)


class FetchFailed(KapearError):
    """A request got no usable answer; the message is a code."""

    def __init__(self, code: str) -> None:
        """Say why as a short code (never a locator)."""
        super().__init__(code)
        self.code = code


def code_of(error: BaseException) -> str:
    """Return the code for a failure of aiohttp, of a decoder or of the clock."""
    below = error.os_error if isinstance(error, aiohttp.ClientConnectorError) else error
    if isinstance(below, socket.gaierror):
        return "no_resolver" if below.errno == socket.EAI_AGAIN else "dns"
    if isinstance(below, OSError) and below.errno in _NO_ROUTE:
        return "no_route"
    return next((code for kind, code in _CODES if isinstance(error, kind)), "error")


@asynccontextmanager
async def opened(
    session: aiohttp.ClientSession,
    url: str,
    *,
    traffic: Traffic,
    headers: Mapping[str, str],
    read_timeout: float,
    heard: Callable[[int, Mapping[str, str]], None],
) -> AsyncIterator[aiohttp.ClientResponse]:
    """
    Send one GET through the guard; redirects are the caller's decision, and so is the seat at the host.

    `heard` is told status and headers of the answer (`net.governor.Turn`).

    Raises FetchFailed before the block, EgressRefused where the guard refuses;
    a refused request was never made and is not counted.
    """
    try:
        response = await session.get(
            url,
            allow_redirects=False,
            headers=headers,
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_TIMEOUT, sock_read=read_timeout),
        )
    except EgressRefused:
        raise
    except FORESEEN as error:
        traffic.requests += 1
        raise FetchFailed(code_of(error)) from None
    traffic.requests += 1
    try:
        heard(response.status, response.headers)
        yield response
    finally:
        response.close()  # reads nothing more; a fully read response has already given its connection back


def host_of(url: str) -> str:
    """Return the host of a plain web address; raises FetchFailed for any other, credentials included."""
    try:
        parts = URL(url)
        host, port = parts.host, parts.port
    except ValueError:
        raise FetchFailed("bad_url") from None
    if parts.scheme not in {"http", "https"} or not host or port is None or parts.user is not None or "\\" in url:
        raise FetchFailed("bad_url")
    return host
