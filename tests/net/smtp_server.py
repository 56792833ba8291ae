"""A small mail server on loopback whose every misbehaviour a test decides."""

from __future__ import annotations

import asyncio
import base64
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field


@dataclass
class MailHost:
    """
    What it does, and what it was given.

    `answers` replaces the answer to a command; `hangs`, `drops` and `garbage`
    name the command at which it says nothing more, closes the line, or sends
    something that is no answer. The greeting's name is `greeting`, that of a
    letter's end `end`.
    """

    port: int = 0
    tls: ssl.SSLContext | None = None
    implicit: bool = False
    login: tuple[str, str] | None = None
    answers: dict[str, str] = field(default_factory=dict)
    hangs: str = ""
    drops: str = ""
    garbage: str = ""
    trickles: str = ""
    refused: set[str] = field(default_factory=set)
    lines: list[str] = field(default_factory=list)
    letters: list[bytes] = field(default_factory=list)
    secured: list[bool] = field(default_factory=list)

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            with suppress(OSError, EOFError):
                await self._talk(reader, writer)
        finally:
            writer.close()
            with suppress(OSError, asyncio.CancelledError):
                await writer.wait_closed()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await self._answer(writer, "greeting", "220 lanterns.example")
        is_secure = self.implicit
        while True:
            line = (await reader.readuntil(b"\n")).decode().rstrip("\r\n")
            self.lines.append(line)
            command = line.split(":")[0].split(" ")[0].lower()
            if command == "ehlo":
                offers = ["lanterns.example"]
                offers += ["STARTTLS"] if self.tls is not None and not is_secure else []
                offers += ["AUTH PLAIN"] if self.login is not None else []
                listed = [*(f"250-{one}" for one in offers[:-1]), f"250 {offers[-1]}"]
                await self._answer(writer, "ehlo", "\r\n".join(listed))
            elif command == "starttls":
                await self._answer(writer, "starttls", "220 go ahead")
                assert self.tls is not None
                await writer.start_tls(self.tls)
                is_secure = True
            elif command == "auth":
                given = base64.b64decode(line.split(" ")[2]).decode().split("\0")[1:]
                is_known = self.login is not None and tuple(given) == self.login
                await self._answer(writer, "auth", "235 welcome" if is_known else "535 no")
            elif command == "data":
                await self._answer(writer, "data", "354 go on")
                if not self.answers.get("data", "354").startswith("3") or self.garbage == "data":
                    continue
                letter = await reader.readuntil(b"\r\n.\r\n")
                await self._answer(writer, "end", "250 taken")
                self.letters.append(letter[:-5])
                self.secured.append(is_secure)
            elif command == "rcpt" and line.partition("<")[2].partition(">")[0] in self.refused:
                await self._answer(writer, "rcpt", "550 no")
            elif command == "quit":
                await self._answer(writer, "quit", "221 bye")
                return
            else:
                await self._answer(writer, command, "250 fine")

    async def _answer(self, writer: asyncio.StreamWriter, at: str, usual: str) -> None:
        if self.hangs == at:
            await asyncio.Event().wait()
        if self.drops == at:
            raise EOFError
        if self.trickles == at:
            while True:
                writer.write(b"2")
                await writer.drain()
                await asyncio.sleep(0.05)
        answer = "\x00\x16\x03 kites" * 9 if self.garbage == at else self.answers.get(at, usual)
        writer.write(f"{answer}\r\n".encode())
        await writer.drain()


@asynccontextmanager
async def mail_host(host: MailHost) -> AsyncIterator[MailHost]:
    """Let a host answer on a port of its own for the length of the block."""
    talks: set[asyncio.Task[None]] = set()

    def begin(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        talk = asyncio.create_task(host.talk(reader, writer))
        talks.add(talk)
        talk.add_done_callback(talks.discard)

    server = await asyncio.start_server(begin, "127.0.0.1", 0, ssl=host.tls if host.implicit else None)
    host.port = server.sockets[0].getsockname()[1]
    try:
        yield host
    finally:
        server.close()
        for talk in tuple(talks):
            talk.cancel()
        await asyncio.gather(*talks, return_exceptions=True)
