"""
Give a visit its channel: through the account that it is pinned to, or through another that can go on.
"""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import Awaitable, Callable, Container, Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from telethon.tl.functions.contacts import ResolveUsernameRequest

from domain.errors import BadInput, VisitEnded
from domain.observations import Traffic
from domain.outcomes import Outcome
from domain.ports import TelegramLedger
from domain.telegram import AccountId, ResolvedChannel, TelegramAccount
from net.dialling import Dialler
from telegram_monitor.account import Account
from telegram_monitor.allowed import Permit, Purpose
from telegram_monitor.channel import Channel
from telegram_monitor.client import ApiCredentials
from telegram_monitor.faults import AccountStopped
from telegram_monitor.limits import DIFFERENCE, HISTORY, RESOLVE
from telegram_monitor.naming import channel_in, name_in

__all__ = ["Accounts", "ApiCredentials", "Channel", "Dialler"]

_DAY = 24 * 3600.0  # between two looks at one name because of a hash that is taken no more


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """A channel as one account knows it."""

    account: Account
    told: ResolvedChannel


class Accounts:
    """All accounts of the organisation: one long-lived client each, started at its first use."""

    def __init__(
        self,
        *,
        ledger: TelegramLedger,
        api: ApiCredentials,
        dial: Dialler,
        now: Callable[[], datetime],
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Connect nothing yet; `clock` counts seconds since whenever, and is never set back."""
        self._ledger = ledger
        self._api = api
        self._dial = dial
        self._now, self._sleep, self._clock = now, sleep, clock
        self._live: dict[AccountId, Account] = {}
        self._living = asyncio.Lock()
        self._looked_again: dict[tuple[AccountId, str], float] = {}

    async def channel(self, locator: str, traffic: Traffic) -> Channel:
        """
        Return the channel that a canonical locator names, for one visit.

        Raises VisitEnded: LIMITED `flood_wait`, `paced` or `no_account`, GONE
        `no_such_name`, MOVED `name_moved` where the name leads to another
        channel than any account was ever told, REFUSED `not_a_public_channel`.
        """
        return Channel(self, locator, await self.hold(locator, traffic), traffic)

    async def hold(
        self,
        locator: str,
        traffic: Traffic,
        *,
        needing: Iterable[str] = (),
        but: Container[AccountId] = (),
        code: str = "no_account",
    ) -> Hold:
        """
        Return the channel through the first account, pinned ones before others, that may do all a visit needs.

        Raises VisitEnded with `code`, or a newer reason, where there is none left.
        """
        needed = {HISTORY, DIFFERENCE, *needing}
        accounts = await self._usable()
        known = await self._ledger.channels(locator)
        for account in _in_order(accounts, known, locator):
            told = next((one for one in known if one.account_id == account.id), None)
            if account.id in but:
                continue
            if account.rests(needed if told else {*needed, RESOLVE}):
                code = "flood_wait"
                continue
            try:
                told = told or await self._resolved(account, locator, known, traffic)
            except AccountStopped as stop:
                code = stop.code
                continue
            return Hold(account=account, told=await self._pinned(told, locator, known, accounts))
        raise VisitEnded(Outcome.LIMITED, code)

    async def look_again(self, locator: str, hold: Hold, traffic: Traffic) -> Hold:
        """Resolve a name once more for a hash that is taken no more: once a day, and never to another channel."""
        key = (hold.account.id, locator)
        if self._clock() - self._looked_again.get(key, -_DAY) < _DAY:
            raise VisitEnded(Outcome.GONE, "channel_invalid")
        self._looked_again[key] = self._clock()
        known = await self._ledger.channels(locator)
        try:
            told = await self._resolved(hold.account, locator, known, traffic, pinned=hold.told.pinned)
        except AccountStopped as stop:
            raise VisitEnded(Outcome.LIMITED, stop.code) from None
        return Hold(account=hold.account, told=told)

    async def close(self) -> None:
        """Close every client."""
        async with self._living:
            for account in self._live.values():
                await account.close()
            self._live.clear()

    async def _usable(self) -> list[Account]:
        """Return the accounts that are not parked, as the ledger lists them now, with their waits recalled."""
        stored = await self._ledger.accounts()
        async with self._living:
            for gone in self._live.keys() - {one.id for one in stored}:
                await self._live.pop(gone).close()
            live = [await self._alive(one) for one in stored if not one.parked]
        return [account for account in live if account is not None]

    async def _alive(self, stored: TelegramAccount) -> Account | None:
        """Return the account as it lives in this process, anew if it was taken up anew; None for a bad session."""
        account = self._live.get(stored.id)
        if account is not None and account.session == stored.session and not account.parked:
            return account
        if account is not None:
            await account.close()
        try:
            account = Account(
                stored,
                ledger=self._ledger,
                api=self._api,
                dial=self._dial,
                now=self._now,
                clock=self._clock,
                sleep=self._sleep,
            )
        except BadInput:
            await self._ledger.park(stored.id, "bad_session")
            return None
        await account.recall()
        self._live[stored.id] = account
        return account

    async def _resolved(
        self,
        account: Account,
        locator: str,
        known: Iterable[ResolvedChannel],
        traffic: Traffic,
        *,
        pinned: bool = False,
    ) -> ResolvedChannel:
        """Ask where a name leads, and note it; raises VisitEnded where it leads elsewhere than it used to."""
        name = name_in(locator)
        permit = Permit(purpose=Purpose.WATCHING, name=name)
        answer = await account.ask(ResolveUsernameRequest(name), permit, traffic)
        channel_id, access_hash = channel_in(answer, name)
        if any(one.channel_id != channel_id for one in known):
            raise VisitEnded(Outcome.MOVED, "name_moved")
        told = ResolvedChannel(account_id=account.id, channel_id=channel_id, access_hash=access_hash, pinned=pinned)
        await self._ledger.resolved(locator, told)
        return told

    async def _pinned(
        self, told: ResolvedChannel, locator: str, known: Iterable[ResolvedChannel], accounts: Iterable[Account]
    ) -> ResolvedChannel:
        """Give an account the pin of a channel whose own account is parked or gone, or that never had one."""
        living = {account.id for account in accounts}
        if told.pinned or any(one.pinned and one.account_id in living for one in known):
            return told
        told = replace(told, pinned=True)
        await self._ledger.resolved(locator, told)
        return told


def _in_order(accounts: Iterable[Account], known: Iterable[ResolvedChannel], locator: str) -> list[Account]:
    """Return who is asked first: the pinned account, others that know the channel, then by an unchanging lot."""
    places = {one.account_id: place for place, one in enumerate(known)}

    def lot(account: Account) -> tuple[int, bytes]:
        return places.get(account.id, len(places)), hashlib.sha256(f"{account.id} {locator}".encode()).digest()

    return sorted(accounts, key=lot)
