"""
Open HTTP connections that the egress guard has agreed to, and no others.

The check sits in `socket_factory`, the last step before connect, where the
address is already resolved. aiohttp wraps what is an OSError; `EgressRefused`
is none, so it arrives at the caller as itself, as long as addresses are tried
one after another (happy eyeballs would race them in tasks and lose it).
"""

from __future__ import annotations

import asyncio
import hashlib
import socket
import ssl
from dataclasses import dataclass
from typing import cast

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.connector import AddrInfoType, Connection

from domain.errors import EgressRefused
from net.dialling import Dialler, Proxy
from net.guard import EgressPolicy
from net.proxied import ProxiedConnector, peer_name

CONNECTIONS = 32
PLAIN_AGENT = {"User-Agent": "Mozilla/5.0"}  # where a person decided that a target is not told who asks


@dataclass(frozen=True, slots=True, kw_only=True)
class Peer:
    """Who really answered: address, port, and the digest of the certificate (empty without TLS)."""

    ip: str
    port: int
    certificate_sha256: str = ""


class PeerResponse(aiohttp.ClientResponse):
    """A response that remembers its peer: the connection may be gone once the body is read."""

    peer: Peer = Peer(ip="", port=0)

    async def start(self, connection: Connection) -> aiohttp.ClientResponse:
        """Note the peer before the parent may let the connection go."""
        if connection.transport is not None:
            self.peer = _peer_of(connection.transport)
        return await super().start(connection)


class NumericResolver(AbstractResolver):
    """
    Resolves without asking anybody: literals, and localhost.

    An instance that is not enrolled leaves loopback with nothing, DNS questions included.
    """

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """Return the addresses of a literal or of localhost; refuse every other name."""
        is_localhost = host == "localhost" or host.endswith(".localhost")
        addresses = ["127.0.0.1", "::1"] if is_localhost else _literal(host, port)
        return [
            ResolveResult(hostname=host, host=address, port=port, family=0, proto=0, flags=0)
            for address in addresses
            if family in {socket.AF_UNSPEC, socket.AF_INET6 if ":" in address else socket.AF_INET}
        ]

    async def close(self) -> None:
        """Nothing is held."""


def guarded_connector(
    policy: EgressPolicy,
    *,
    limit: int = CONNECTIONS,
    resolver: AbstractResolver | None = None,
    ssl_context: ssl.SSLContext | None = None,
    proxy: Proxy | None = None,
) -> aiohttp.TCPConnector:
    """
    Return a connector whose every socket the policy has agreed to, through the proxy if there is one.

    Certificates are verified, against `ssl_context` if one is given. Must be
    called on the running loop that will use it.
    """
    if resolver is None and not policy.enrolled:
        resolver = NumericResolver()

    def agreed_socket(info: AddrInfoType) -> socket.socket:
        family, kind, proto, _, sockaddr = info
        refusal = policy.verdict(str(sockaddr[0]), int(sockaddr[1]))
        if refusal is not None:
            raise EgressRefused(refusal)
        return socket.socket(family=family, type=kind, proto=proto)

    verified = ssl_context if ssl_context is not None else True
    if proxy is not None:
        dialler = Dialler(policy=policy, proxy=proxy)
        return ProxiedConnector(dialler, limit=limit, resolver=resolver, ssl=verified, happy_eyeballs_delay=None)
    return aiohttp.TCPConnector(
        limit=limit,
        resolver=resolver,
        ssl=verified,
        happy_eyeballs_delay=None,  # one address after another: see above
        socket_factory=agreed_socket,
    )


def guarded_session(
    policy: EgressPolicy,
    *,
    user_agent: str,
    limit: int = CONNECTIONS,
    resolver: AbstractResolver | None = None,
    ssl_context: ssl.SSLContext | None = None,
    proxy: Proxy | None = None,
) -> aiohttp.ClientSession:
    """
    Return a session without cookies, Referer, the environment's proxies or automatic decompression.

    A caller that accepts a content encoding decodes it with a bound of its own
    (`net.encoding`); by default none is accepted. The caller closes it.
    """
    return aiohttp.ClientSession(
        connector=guarded_connector(policy, limit=limit, resolver=resolver, ssl_context=ssl_context, proxy=proxy),
        cookie_jar=aiohttp.DummyCookieJar(),
        headers={"User-Agent": user_agent, "Accept-Encoding": "identity"},
        skip_auto_headers={"Accept"},
        auto_decompress=False,
        trust_env=False,
        response_class=PeerResponse,
        read_bufsize=65_536,
    )


def peer_of(response: aiohttp.ClientResponse) -> Peer:
    """Return who answered; the response must come from a guarded session."""
    return cast("PeerResponse", response).peer


def _peer_of(transport: asyncio.Transport) -> Peer:
    """Read address, port and certificate off a live connection."""
    address, port = peer_name(transport)
    tls: ssl.SSLObject | None = transport.get_extra_info("ssl_object")
    der = tls.getpeercert(binary_form=True) if tls is not None else None
    return Peer(ip=address, port=port, certificate_sha256=hashlib.sha256(der).hexdigest() if der else "")


def _literal(host: str, port: int) -> list[str]:
    """Return the address that a literal spells, in whatever notation the system's own parser accepts."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)
    except OSError:
        raise EgressRefused("not_enrolled") from None
    return [str(entry[4][0]) for entry in found]
