"""Servers on loopback for tests: one that speaks HTTP, one that says whatever bytes it is told to."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from ipaddress import ip_network

from aiohttp import web

from net.guard import EgressPolicy

LOOPBACK_ONLY = EgressPolicy(enrolled=False, allow_networks=(ip_network("127.0.0.0/8"),))
USER_AGENT = "Kapear-tests"

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@dataclass
class Server:
    base: str
    port: int
    requests: list[web.Request] = field(default_factory=list)

    @property
    def paths(self) -> list[str]:
        return [request.path_qs for request in self.requests]


@asynccontextmanager
async def serving(handler: Handler, *, tls: ssl.SSLContext | None = None) -> AsyncIterator[Server]:
    """Serve every path with one handler, and remember what was asked."""
    log: list[web.Request] = []

    async def remembered(request: web.BaseRequest) -> web.StreamResponse:
        assert isinstance(request, web.Request) or request is not None
        log.append(request)  # type: ignore[arg-type]  # the low-level server passes BaseRequest
        return await handler(request)  # type: ignore[arg-type]  # same

    runner = web.ServerRunner(web.Server(remembered, access_log=None), shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=tls)
    await site.start()
    port = runner.addresses[0][1]
    try:
        yield Server(base=f"{'https' if tls else 'http'}://127.0.0.1:{port}", port=port, requests=log)
    finally:
        await runner.cleanup()


@asynccontextmanager
async def talking(talk: Talk) -> AsyncIterator[str]:
    """Accept connections, read the request's head, and let `talk` say anything; yields the base URL."""
    tasks: set[asyncio.Task[None]] = set()

    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        with suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            await reader.readuntil(b"\r\n\r\n")
            await talk(reader, writer)
        writer.close()
        with suppress(ConnectionError, asyncio.CancelledError):
            await writer.wait_closed()
        tasks.discard(task)

    server = await asyncio.start_server(accept, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.close()
        for task in list(tasks):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await server.wait_closed()
