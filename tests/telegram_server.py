"""
Give tests a Telegram of their own on loopback, for an unmodified Telethon.

A folder's conftest.py brings the fixtures in:

    from tests.telegram_server import fresh_configuration, telegram_process, telegram_server, trusted_key

    __all__ = ["fresh_configuration", "telegram_process", "telegram_server", "trusted_key"]

    async def test_x(telegram_server: TelegramServer) -> None:
        platform = telegram_server.platform
        channel = platform.channel("kites_daily")       # id=, title=, about=, members=, linked=, broadcast= …
        first = channel.post("a kite")                  # the next id; more is what Telethon's Message takes
        channel.album([photo_of(telegram_server, b"…"), file_of(telegram_server, b"…")], "text")
        channel.edit(first, message="a red kite")
        channel.delete(first)
        channel.skip(3)                                 # a hole of ids
        channel.service()
        channel.hollow(range(20, 120))                  # pages hold MessageEmpty for these
        channel.trim()                                  # differences from before are TooLong
        platform.rename(channel, "kites_weekly")        # the old name is free; platform.channel("kites_daily") takes it
        platform.files.expire_references()
        telegram_server.faults.flood("messages.getHistory", 30)
        telegram_server.faults.add("*", "error", "CHANNEL_PRIVATE", channel=channel.id, times=None)
        session = telegram_server.session_string("one") # a StringSession with address and key; any account's name
        telegram_server.log.of("messages.getHistory", channel=channel.id)   # also .methods(), .forbidden, .hammering

`telegram_process` is the same server in a process of its own (see demo.telegram.process), for what must not share a
loop or must survive a kill. The fixtures end with the assertion that the server itself made no mistake and that nothing
was asked which it does not answer; a test that means to ask such a thing clears `log.forbidden`.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import pytest
from telethon import TelegramClient
from telethon.crypto import rsa
from telethon.sessions import StringSession
from telethon.tl import types

from demo.telegram.numbers import public_key
from demo.telegram.server import TelegramServer


@pytest.fixture(autouse=True)
def fresh_configuration(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no test see the addresses of another test's server: Telethon keeps them on the class."""
    monkeypatch.setattr(TelegramClient, "_config", None)
    monkeypatch.setattr(TelegramClient, "_cdn_config", None)


@pytest.fixture
def trusted_key(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let clients trust the server's RSA key: who signs in, or reads files of the second DC, agrees on a key."""
    monkeypatch.setattr(rsa, "_server_keys", dict(rsa._server_keys))
    rsa.add_key(public_key(), old=False)


@pytest.fixture
async def telegram_server() -> AsyncIterator[TelegramServer]:
    async with TelegramServer() as server:
        yield server
    assert server.log.failures == []
    assert server.log.forbidden == []


class TelegramProcess:
    """The server in a process of its own; `told` is the line it began with, `do` changes it."""

    def __init__(self, *options: str) -> None:
        self._options = options

    def __enter__(self) -> Self:
        self._child = subprocess.Popen(
            [sys.executable, "-m", "demo.telegram.process", *self._options],
            cwd=Path(__file__).parent.parent,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.told: dict[str, Any] = self._answer()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._child.stdin is not None
        assert self._child.stdout is not None
        self._child.stdin.close()
        self._child.wait(timeout=20)
        self._child.stdout.close()

    @property
    def environment(self) -> dict[str, str]:
        """Return the variables by which Kapear finds this server."""
        return {
            "KAPEAR_TELEGRAM_SESSION": self.told["session"],
            "KAPEAR_TELEGRAM_API_ID": str(self.told["api_id"]),
            "KAPEAR_TELEGRAM_API_HASH": self.told["api_hash"],
        }

    def do(self, what: str, **words: Any) -> dict[str, Any]:
        """Give a command, as demo.telegram.commands lists them, and return its answer."""
        assert self._child.stdin is not None
        self._child.stdin.write(json.dumps({"do": what, **words}) + "\n")
        self._child.stdin.flush()
        answer = self._answer()
        assert "error" not in answer, answer
        return answer

    def _answer(self) -> dict[str, Any]:
        assert self._child.stdout is not None
        line = self._child.stdout.readline()
        assert line, "the server's process has ended"
        answer: dict[str, Any] = json.loads(line)
        return answer


@pytest.fixture
def telegram_process() -> Iterator[TelegramProcess]:
    """Start one with `TelegramProcess("--history", "1000")` where the default, an empty one, will not do."""
    with TelegramProcess() as process:
        yield process
        log = process.do("log")
        assert not log["failures"]
        assert not log["forbidden"]


def plain_client(server: TelegramServer, account: str = "one", **more: Any) -> TelegramClient:
    """Return an unmodified client that sleeps over no flood wait."""
    platform = server.platform
    session = StringSession(server.session_string(account))
    return TelegramClient(session, platform.api_id, platform.api_hash, **{"flood_sleep_threshold": 0, **more})


def photo_of(server: TelegramServer, sizes: dict[str, bytes] | bytes, **more: Any) -> Any:
    """Return a message's photo, of bytes by size letter or of one picture's bytes as its x-size."""
    by_letter = {"x": sizes} if isinstance(sizes, bytes) else sizes
    return types.MessageMediaPhoto(photo=server.platform.files.photo(by_letter, **more))


def file_of(
    server: TelegramServer, data: bytes, *, mime: str = "image/jpeg", name: str = "kite.jpg", **more: Any
) -> Any:
    """Return a message's document, sent as a file."""
    return types.MessageMediaDocument(document=server.platform.files.document(data, mime=mime, name=name, **more))
