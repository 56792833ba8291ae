"""A loopback site whose pages take a while, and that notices who asks for one that somebody is reading."""

from __future__ import annotations

import asyncio
import contextlib
import re
import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import cast

PAGE = b"<html><head><title>Kites</title></head><body><p>Kites of paper, seen again.</p></body></html>"
FOUND = b'HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nETag: "kites"\r\nContent-Length: %d\r\n\r\n%b' % (
    len(PAGE),
    PAGE,
)
UNCHANGED = b'HTTP/1.1 304 Not Modified\r\nETag: "kites"\r\n\r\n'
NOT_FOUND = b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"
_ASKED = re.compile(rb"GET (\S+) .*?^User-Agent: .*?mailto:([\w.]+)@", re.DOTALL | re.MULTILINE | re.IGNORECASE)


@dataclass
class SlowSite:
    """Who asked for what: readers are told apart by the mailbox that they name."""

    delay: float
    port: int = 0
    reading: dict[str, Counter[str]] = field(default_factory=dict)  # path to readers, now
    asked: list[tuple[str, str]] = field(default_factory=list)  # path and reader, of all time
    overlaps: list[tuple[str, str]] = field(default_factory=list)
    is_open: threading.Event = field(default_factory=threading.Event)  # else nobody is answered

    def page(self, number: int) -> str:
        """Return a page's address: each has a host of its own, for a host has few seats."""
        return f"http://127.1.0.{number + 1}:{self.port}/kites/{number}"

    def read_by(self, reader: str) -> set[str]:
        return {path for path, readers in list(self.reading.items()) if readers[reader]}

    def count(self, reader: str) -> int:
        return sum(who == reader for _, who in list(self.asked))


class _Reader(asyncio.Protocol):
    def __init__(self, site: SlowSite) -> None:
        self.site = site
        self.received = b""
        self.now: tuple[str, str] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        self.received += data
        while b"\r\n\r\n" in self.received:
            head, _, self.received = self.received.partition(b"\r\n\r\n")
            asked = _ASKED.search(head)
            if asked is None or not asked[1].startswith(b"/kites/"):
                self.transport.write(NOT_FOUND)
                continue
            self._begin(asked[1].decode(), asked[2].decode())
            answer = UNCHANGED if b"If-None-Match" in head else FOUND
            self.task = asyncio.get_running_loop().create_task(self._answer(answer))

    async def _answer(self, answer: bytes) -> None:
        await asyncio.sleep(self.site.delay)
        while not self.site.is_open.is_set():  # noqa: ASYNC110 - the test's thread sets it
            await asyncio.sleep(0.02)
        if self.now is not None:
            self._end()
            self.transport.write(answer)

    def _begin(self, path: str, reader: str) -> None:
        self.now = (path, reader)
        readers = self.site.reading.setdefault(path, Counter())
        if readers.total():
            self.site.overlaps.append(self.now)
        readers[reader] += 1
        self.site.asked.append(self.now)

    def _end(self) -> None:
        if self.now is not None:
            path, reader = self.now
            self.site.reading[path][reader] -= 1
            self.now = None

    def connection_lost(self, error: Exception | None) -> None:  # noqa: ARG002 - the protocol's
        self._end()


@contextlib.contextmanager
def slow_site(delay: float) -> Iterator[SlowSite]:
    site = SlowSite(delay=delay)
    site.is_open.set()
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    serving = loop.create_server(lambda: _Reader(site), "0.0.0.0", 0, backlog=1024)
    server = asyncio.run_coroutine_threadsafe(serving, loop).result(10)
    site.port = server.sockets[0].getsockname()[1]
    try:
        yield site
    finally:
        site.is_open.set()

        async def end() -> None:
            server.close()
            pending = asyncio.all_tasks() - {asyncio.current_task()}
            for task in pending:
                task.cancel()
            await asyncio.gather(*pending, return_exceptions=True)

        asyncio.run_coroutine_threadsafe(end(), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()
