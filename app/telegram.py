"""
Wire the source that reads through the organisation's Telegram accounts, at the first channel that is visited.

Telethon takes a while to import and an account a while to sign in: an instance
that watches no channel that way never pays for it.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from app.collector import settle
from app.telegram_config import TelegramConfig
from domain.errors import VisitEnded
from domain.observations import ObservedPage, Traffic
from domain.outcomes import Outcome
from domain.ports import MediaSource, SourceTarget
from net.dialling import Dialler
from net.guard import EgressPolicy
from triage.telegram import Telegram

if TYPE_CHECKING:
    from telegram_monitor.accounts import Accounts
    from telegram_monitor.source import TelegramSource


@dataclass(slots=True, kw_only=True)
class TelegramOnDemand:
    """The `Source` of channels that an account reads; without one, a visit ends and says so."""

    config: TelegramConfig
    ledger: Telegram
    policy: EgressPolicy
    tool: str
    _accounts: Accounts | None = None
    _source: TelegramSource | None = None
    _opening: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def pages(self, target: SourceTarget, traffic: Traffic) -> AsyncIterator[ObservedPage]:
        """Yield pages oldest to newest; raises VisitEnded `no_account`, or `no_api_id` where none can be used."""
        source = await self._usable()
        async with aclosing(source.pages(target, traffic)) as pages:
            async for page in pages:
                yield page

    async def post(self, target: SourceTarget, post: str, traffic: Traffic) -> ObservedPage | None:
        """Look at one post again; raises VisitEnded as `pages` does."""
        return await (await self._usable()).post(target, post, traffic)

    def media(self, url: str, traffic: Traffic, *, plain_agent: bool = False) -> MediaSource:  # noqa: ARG002 - the port's
        """Return a handle on media seen by an earlier visit."""
        if self._source is None:
            self._source = self._wired()
        return self._source.media(url, traffic)

    async def is_itself(self, target: SourceTarget, traffic: Traffic) -> bool:  # noqa: ARG002 - the port's
        """Return True: whoever answers holds the key that the account was signed in with."""
        return True

    async def aclose(self) -> None:
        """Close every account's client."""
        if self._accounts is not None:
            await self._accounts.close()

    async def _usable(self) -> TelegramSource:
        """Return the source, if there is an account that it can use; raises VisitEnded."""
        if not any(not account.parked for account in await self.ledger.accounts()):
            raise VisitEnded(Outcome.LIMITED, "no_account")
        if not self.config.has_api:
            raise VisitEnded(Outcome.LIMITED, "no_api_id")
        return await self._opened()

    async def _opened(self) -> TelegramSource:
        async with self._opening:
            if self._source is None:
                await asyncio.to_thread(_imported)  # the loop does not wait for it
                self._source = self._wired()
        return self._source

    def _wired(self) -> TelegramSource:
        from telegram_monitor.accounts import Accounts, ApiCredentials  # noqa: PLC0415 - see the module
        from telegram_monitor.source import TelegramSource  # noqa: PLC0415 - same

        self._accounts = Accounts(
            ledger=self.ledger,
            api=ApiCredentials(id=self.config.api_id, hash=self.config.api_hash),
            dial=Dialler(policy=self.policy, proxy=self.config.proxy),
            now=self.ledger.desk.now,
        )
        return TelegramSource(accounts=self._accounts, tool=self.tool, now=self.ledger.desk.now)


def _imported() -> None:
    """Import what is needed, in whichever thread this is called."""
    import telegram_monitor.source  # noqa: F401, PLC0415 - for its modules

    settle()
