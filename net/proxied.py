"""
Let aiohttp connect through a configured proxy, and in no other way.

Names are looked up here and the proxy is told addresses: so the guard sees
where each connection ends, as it does without a proxy. aiohttp's own way would
hand the name on, and the guard would see the proxy alone.
"""

from __future__ import annotations

import asyncio
from typing import Any, NoReturn
from weakref import WeakKeyDictionary

import aiohttp
from aiohttp.client_proto import ResponseHandler
from aiohttp.connector import AddrInfoType

from domain.errors import EgressRefused
from net.dialling import Dialler, NotReached
from net.fetch import CONNECT_TIMEOUT

# A socket to a proxy knows the proxy as its peer; this says to whom the proxy joined it.
JOINED_TO: WeakKeyDictionary[asyncio.BaseTransport, tuple[str, int]] = WeakKeyDictionary()


class ProxiedConnector(aiohttp.TCPConnector):
    """
    Dials every address through the proxy.

    The one step that it replaces is private to aiohttp. Should a later aiohttp
    go another way, that way asks for a socket of its own, and is refused one.
    """

    def __init__(self, dialler: Dialler, **options: Any) -> None:
        """Take what `aiohttp.TCPConnector` does, and a dialler that has a proxy."""
        super().__init__(**options, socket_factory=_no_socket)
        self._dialler = dialler

    async def _wrap_create_connection(
        self,
        *args: Any,
        addr_infos: list[AddrInfoType],
        req: aiohttp.ClientRequest,
        timeout: aiohttp.ClientTimeout,  # noqa: ASYNC109 - aiohttp's
        client_error: type[Exception] = aiohttp.ClientConnectorError,
        **kwargs: Any,
    ) -> tuple[asyncio.Transport, ResponseHandler]:
        """Return a connection to the first of the addresses; the caller tries the others."""
        address, port = str(addr_infos[0][4][0]), int(addr_infos[0][4][1])
        seconds = timeout.sock_connect or CONNECT_TIMEOUT
        try:
            async with asyncio.timeout(seconds):
                joined = await self._dialler.dial(address, port, seconds=seconds)
                transport, protocol = await self._loop.create_connection(*args, **kwargs, sock=joined)
        except NotReached as failure:
            raise client_error(req.connection_key, OSError(failure.code)) from None
        JOINED_TO[transport] = (address, port)
        return transport, protocol


def _no_socket(_: AddrInfoType) -> NoReturn:
    raise EgressRefused("around_proxy")


def peer_name(transport: asyncio.BaseTransport) -> tuple[str, int]:
    """Return address and port at the far end, behind a proxy too."""
    name: tuple[Any, ...] = JOINED_TO.get(transport) or transport.get_extra_info("peername") or ("", 0)
    return str(name[0]), int(name[1])
