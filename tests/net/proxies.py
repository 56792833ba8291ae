"""Proxies on loopback: one that joins or refuses as it is told, and remembers where it was asked to go."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any

from net.dialling import Proxy


def socks_at(port: int) -> Proxy:
    return Proxy(kind="socks5", address="127.0.0.1", port=port)


@asynccontextmanager
async def listening(talk: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Any]) -> AsyncIterator[int]:
    """Serve on loopback; yields the port."""
    tasks: set[asyncio.Task[None]] = set()

    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        try:
            await talk(reader, writer)
        finally:
            tasks.discard(task)
            writer.close()

    server = await asyncio.start_server(accept, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        await asyncio.gather(*tasks, return_exceptions=True)
        await server.wait_closed()


class Socks:
    """A SOCKS5 proxy that remembers where it was asked to go; `answer` 0 joins, anything else refuses."""

    def __init__(self, answer: int = 0) -> None:
        self.answer = answer
        self.asked: list[tuple[str, int]] = []

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        _, methods = await reader.readexactly(2)
        await reader.readexactly(methods)
        writer.write(b"\x05\x00")
        _, _, _, kind = await reader.readexactly(4)
        assert kind == 1  # an IPv4 address: names are never sent
        address, port = struct.unpack(">4sH", await reader.readexactly(6))
        self.asked.append((socket.inet_ntoa(address), port))
        writer.write(bytes([5, self.answer, 0, 1]) + bytes(6))
        await writer.drain()
        if not self.answer:
            far, far_writer = await asyncio.open_connection(*self.asked[-1])
            await asyncio.gather(_carried(reader, far_writer), _carried(far, writer))


async def _carried(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Hand on what comes, and that it ended."""
    with suppress(ConnectionError):
        while data := await reader.read(65_536):
            writer.write(data)
            await writer.drain()
    writer.close()
