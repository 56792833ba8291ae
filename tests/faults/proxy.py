"""
Stand between two that speak over TCP, and do to them what networks do.

It runs on a loop in a thread of its own, so that tests of any kind can use it. A fault holds for all connections, from
when it is set until it is lifted; connections that it has broken stay broken.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from enum import StrEnum
from typing import Self

READ = 65_536
DELAY_S = 0.15
EXECUTED_S = 0.3  # what a server may take to execute what its client shall not hear of
COMMIT = b"COMMIT\0"  # as PostgreSQL's clients say it; a level of isolation is called READ COMMITTED


class Fault(StrEnum):
    """What can be done to connections."""

    NONE = "none"
    RESET = "reset"  # those there are, and each new one
    REFUSE = "refuse"  # new ones end as soon as they begin; those there are go on
    HALF_CLOSE = "half_close"  # half an answer, then its end; what is sent after that goes nowhere
    DELAY = "delay"  # each piece comes late
    STALL = "stall"  # nothing comes at all
    GARBAGE = "garbage"  # answers are noise
    CUT_BEFORE_COMMIT = "cut_before_commit"  # the connection ends, and the server has not heard of the commit
    CUT_AFTER_COMMIT = "cut_after_commit"  # the server commits, and its client never hears of it


Address = tuple[str, int] | str


class FaultProxy:
    """Forwards a port of this machine to an address: a host and port, or the path of a Unix socket."""

    def __init__(self, upstream: Address) -> None:
        self.upstream = upstream
        self.fault = Fault.NONE
        self.hits = 0  # how often a fault was done to somebody
        self.answers = 0  # pieces of answers that were passed on unharmed
        self.port = 0
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._listening = threading.Event()
        self._over = asyncio.Event()
        self._lifted = asyncio.Event()
        self._live: set[asyncio.StreamWriter] = set()
        self._halved: set[asyncio.StreamWriter] = set()
        self._dice = random.Random(5)  # noqa: S311 - repeatable noise

    def __enter__(self) -> Self:
        self._thread.start()
        assert self._listening.wait(10)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._over.set)
        self._thread.join(10)

    def set(self, fault: Fault) -> None:
        """Begin a fault; Fault.NONE lifts the one before."""
        self._on_loop(lambda: self._set(fault))

    @contextlib.contextmanager
    def during(self, fault: Fault) -> Iterator[None]:
        """Do something to connections for the length of the block."""
        self.set(fault)
        try:
            yield
        finally:
            self.set(Fault.NONE)

    def _on_loop(self, work: Callable[[], None]) -> None:
        done = threading.Event()

        def run() -> None:
            work()
            done.set()

        self._loop.call_soon_threadsafe(run)
        assert done.wait(10)

    def _set(self, fault: Fault) -> None:
        if self.fault is Fault.STALL and fault is not Fault.STALL:
            self._lifted.set()  # who has waited so long is served
        self._lifted = asyncio.Event()
        self.fault = fault
        if fault is Fault.RESET:
            self.hits += len(self._live)
            for writer in list(self._live):
                _reset(writer)

    def _run(self) -> None:
        try:
            self._loop.run_until_complete(self._serve())
        finally:
            self._loop.close()

    async def _serve(self) -> None:
        server = await asyncio.start_server(self._forward, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        self._listening.set()
        await self._over.wait()
        server.close()
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _forward(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.fault in {Fault.RESET, Fault.REFUSE}:
            self.hits += 1
            _reset(writer)
            return
        try:
            up_reader, up_writer = await self._connected()
        except OSError:
            _reset(writer)
            return
        both = {writer, up_writer}
        self._live |= both
        try:
            await asyncio.gather(
                self._pump(reader, up_writer, writer, is_answer=False),
                self._pump(up_reader, writer, up_writer, is_answer=True),
            )
        except OSError:
            pass  # one of them went, or was made to
        finally:
            self._live -= both
            self._halved -= both
            for each in both:
                each.close()

    async def _connected(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if isinstance(self.upstream, str):
            return await asyncio.open_unix_connection(self.upstream)
        return await asyncio.open_connection(*self.upstream)

    async def _pump(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, back: asyncio.StreamWriter, *, is_answer: bool
    ) -> None:
        """Forward one direction until it ends."""
        while chunk := await reader.read(READ):
            if self.fault is not Fault.NONE:
                chunk = await self._suffered(chunk, writer, back, is_answer=is_answer)
            else:
                self.answers += is_answer
            if writer.transport.is_closing() or writer in self._halved:
                continue  # swallowed
            writer.write(chunk)
            await writer.drain()
        if writer.can_write_eof() and writer not in self._halved:
            writer.write_eof()

    async def _suffered(
        self, chunk: bytes, writer: asyncio.StreamWriter, back: asyncio.StreamWriter, *, is_answer: bool
    ) -> bytes:
        """Do the fault to a piece of what is said; returns what is said instead, or raises ConnectionError."""
        fault = self.fault
        if fault is Fault.DELAY:
            self.hits += 1
            await asyncio.sleep(DELAY_S)
        elif fault is Fault.STALL:
            self.hits += 1
            await self._lifted.wait()
        elif fault is Fault.GARBAGE and is_answer:
            self.hits += 1
            return self._dice.randbytes(len(chunk))
        elif fault is Fault.HALF_CLOSE and is_answer:
            self.hits += 1
            if writer not in self._halved:
                writer.write(chunk[: len(chunk) // 2])
                writer.write_eof()
                self._halved.add(writer)
        elif fault in {Fault.CUT_BEFORE_COMMIT, Fault.CUT_AFTER_COMMIT} and not is_answer and COMMIT in chunk:
            self.hits += 1
            _reset(back)  # of what the server says now nobody hears
            if fault is Fault.CUT_AFTER_COMMIT:
                writer.write(chunk)
                await writer.drain()
                await asyncio.sleep(EXECUTED_S)
            raise ConnectionResetError
        return chunk


def _reset(writer: asyncio.StreamWriter) -> None:
    """End a connection as a machine does that knows nothing of it."""
    stream = writer.get_extra_info("socket")
    if stream is not None and stream.family == socket.AF_INET:
        with contextlib.suppress(OSError):
            stream.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()
