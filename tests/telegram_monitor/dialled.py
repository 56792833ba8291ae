"""Accounts that read the loopback server, with a clock of their own."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network
from typing import Any

from telethon.tl import functions, types

from demo.telegram.server import TelegramServer
from domain.observations import Traffic
from domain.telegram import AccountId, TelegramAccount
from net.dialling import Dialler
from net.guard import EgressPolicy
from telegram_monitor.accounts import Accounts, ApiCredentials, Channel
from tests.fakes import FakeLedger

LOOPBACK = Dialler(policy=EgressPolicy(enrolled=False, allow_networks=(ip_network("127.0.0.0/8"),)))
PACED = Dialler(policy=EgressPolicy(enrolled=True, allow_networks=(ip_network("127.0.0.0/8"),)))
KITES = "https://t.me/s/red_kites"


@dataclass
class Clock:
    """Two clocks, as a machine has them, and a sleep that moves both."""

    wall: datetime = datetime(2026, 3, 2, 4, 30, tzinfo=UTC)
    seconds: float = 1_000.0
    slept: list[float] = field(default_factory=list)

    def now(self) -> datetime:
        return self.wall

    def monotonic(self) -> float:
        return self.seconds

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.pass_by(seconds)

    def pass_by(self, seconds: float) -> None:
        self.wall += timedelta(seconds=seconds)
        self.seconds += seconds


def ledger_of(server: TelegramServer, *names: str) -> FakeLedger:
    return FakeLedger(
        [TelegramAccount(id=AccountId(name), label=name, session=server.session_string(name)) for name in names]
    )


def credentials_of(server: TelegramServer) -> ApiCredentials:
    return ApiCredentials(id=server.platform.api_id, hash=server.platform.api_hash)


@asynccontextmanager
async def reading(
    server: TelegramServer, ledger: FakeLedger, clock: Clock | None = None, dial: Dialler = LOOPBACK
) -> AsyncIterator[Accounts]:
    """One run of a process: its accounts, closed at its end."""
    clock = clock or Clock()
    accounts = Accounts(
        ledger=ledger, api=credentials_of(server), dial=dial, now=clock.now, sleep=clock.sleep, clock=clock.monotonic
    )
    try:
        yield accounts
    finally:
        await accounts.close()


async def visited(accounts: Accounts, locator: str = KITES, traffic: Traffic | None = None) -> Channel:
    return await accounts.channel(locator, traffic or Traffic())


def history_of(channel: Channel, *, limit: int = 100) -> Any:
    return functions.messages.GetHistoryRequest(
        channel.peer, offset_id=0, offset_date=None, add_offset=0, limit=limit, max_id=0, min_id=0, hash=0
    )


def difference_of(channel: Channel, pts: int = 1) -> Any:
    return functions.updates.GetChannelDifferenceRequest(
        channel.input, types.ChannelMessagesFilterEmpty(), pts=pts, limit=100
    )
