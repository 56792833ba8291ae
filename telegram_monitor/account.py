"""
Make one account's requests: when it may, as its permit says, and with what a failure means for it written down.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Iterable
from datetime import datetime, timedelta
from typing import Any, NoReturn

from telethon.errors import RPCError
from telethon.tl import TLRequest
from telethon.tl.functions.upload import GetFileRequest

from domain.errors import KapearError, VisitEnded
from domain.observations import Traffic
from domain.outcomes import Outcome
from domain.ports import TelegramLedger
from domain.telegram import AccountId, TelegramAccount
from net.dialling import Dialler, NotReached
from telegram_monitor.allowed import Permit, method_of
from telegram_monitor.client import ApiCredentials, GuardedClient, Heard
from telegram_monitor.faults import (
    AccountStopped,
    FileElsewhere,
    FileReferenceExpired,
    Meaning,
    StaleChannel,
    judged,
)
from telegram_monitor.limits import RATES, Cooldowns, Turnstile
from telegram_monitor.session import session_from
from telegram_monitor.wire import GuardedSender, check, permitted

log = logging.getLogger("kapear.telegram")

GET_FILE = "upload.getFile"
EXPORT = "auth.exportAuthorization"
_IMPORT = "auth.importAuthorization"
_HELLO = "help.getConfig"
_AGAIN = frozenset({"dropped", "server_error"})  # worth one more try: the line, or the server, had a moment
_BREATH = 1.0  # seconds before that try
_SHORT_WAIT = 10.0  # seconds that a piece of a file waits: downloads are slowed down like that as a matter of course
_LONGEST_PAUSE = 60.0  # seconds between attempts to connect while they fail
_KEY_LOST = frozenset({"auth_key_unregistered", "auth_key_invalid", "auth_key_perm_empty", "auth_key_unknown"})


class Account:
    """One account of the organisation, its one client, and what it must not do for now."""

    def __init__(
        self,
        account: TelegramAccount,
        *,
        ledger: TelegramLedger,
        api: ApiCredentials,
        dial: Dialler,
        now: Callable[[], datetime],
        clock: Callable[[], float],
        sleep: Callable[[float], Awaitable[object]],
    ) -> None:
        """Connect nothing yet; raises BadInput for a session that cannot be read."""
        self.id: AccountId = account.id
        self.session = account.session
        self.parked = ""
        self._ledger = ledger
        self._now, self._clock, self._sleep = now, clock, sleep
        self._cooldowns = Cooldowns()
        self._turnstile = Turnstile(
            cooldowns=self._cooldowns,
            clock=clock,
            sleep=sleep,
            # As between requests to websites: who is not enrolled only ever meets servers of their own.
            rates=RATES if dial.policy.enrolled else None,
        )
        self._client = GuardedClient(session_from(account.session), api=api, dial=dial)
        self._closed = False
        self._trouble = ""
        self._failures = 0
        self._next_try = 0.0

    async def recall(self) -> None:
        """Take over the waits that an earlier process was asked for."""
        stored = await self._ledger.cooldowns(self.id)
        self._cooldowns.recall(stored, wall=self._now(), now=self._clock())

    @property
    def server(self) -> tuple[str, int]:
        """Return the address and port of the server that the account talks to."""
        session = self._client.session
        return session.server_address or "", session.port or 0

    def rests(self, methods: Iterable[str]) -> bool:
        """Return whether any of these methods must not be called now."""
        return self._cooldowns.rests(methods, self._clock())

    async def ask(self, request: TLRequest, permit: Permit, traffic: Traffic, heard: Heard | None = None) -> Any:
        """
        Return the answer to a request; `heard` is given it as it came.

        Raises VisitEnded, AccountStopped where another account may go on, or
        StaleChannel. Denied is raised before anything else happens.
        """
        with permitted(permit):
            check(request)
            method = method_of(request)
            async with self._turnstile.turn(method):
                try:
                    return await self._twice(lambda: self._answer(request, traffic, heard))
                except Exception as error:  # noqa: BLE001 - judged; what is unknown ends the visit under its own name
                    await self._meant(error, method)

    async def fetch(self, request: GetFileRequest, dc: int, permit: Permit, traffic: Traffic) -> Any:
        """
        Return the answer to a request for a piece of a file, asked at a data centre.

        Raises as `ask` does, FileReferenceExpired and FileElsewhere besides.
        """
        with permitted(permit):
            check(request)
            try:
                return await self._fetched(request, dc, traffic)
            except AccountStopped:
                left = self._cooldowns.left(GET_FILE, self._clock())
                if not 0 < left <= _SHORT_WAIT:
                    raise
            await self._sleep(left)
            return await self._fetched(request, dc, traffic)

    async def park(self, reason: str) -> None:
        """Use this account no more until somebody signs it in again."""
        if self.parked:
            return
        self.parked = reason
        log.error("A Telegram account was parked; sign it in again", extra={"code": reason})
        await self._ledger.park(self.id, reason)
        await self.close()

    async def close(self) -> None:
        """Let go of every connection, for good."""
        self._closed = True
        await self._client.close()

    async def _fetched(self, request: GetFileRequest, dc: int, traffic: Traffic) -> Any:
        """Fetch a piece, and write down what a failure means."""
        try:
            dc = await self._shown_at(dc)
            async with self._turnstile.turn(GET_FILE):
                return await self._twice(lambda: self._piece(request, dc, traffic))
        except Exception as error:  # noqa: BLE001 - judged, as above
            await self._meant(error, GET_FILE)

    async def _twice(self, attempt: Callable[[], Awaitable[Any]]) -> Any:
        """Make an attempt, and once more where the first one met a passing trouble."""
        try:
            return await attempt()
        except Exception as error:
            if isinstance(error, KapearError) or judged(error).code not in _AGAIN:
                raise
        await self._sleep(_BREATH)
        return await attempt()

    async def _answer(self, request: TLRequest, traffic: Traffic, heard: Heard | None) -> Any:
        """Make a request at home."""
        client = await self._connected()
        try:
            return await _counted(client, client.home_sender, request, traffic, heard)
        except TimeoutError:
            await client.drop()  # whoever is silent for so long is not there any more
            raise

    async def _piece(self, request: GetFileRequest, dc: int, traffic: Traffic) -> Any:
        """Make a request at a data centre, and forget the key to it where it is taken no more: the account lives on."""
        client = await self._connected()
        try:
            async with client.at(dc) as sender:
                try:
                    return await _counted(client, sender, request, traffic)
                except TimeoutError:
                    await sender.disconnect()  # as above
                    raise
        except Exception as error:
            if dc == client.home or isinstance(error, KapearError) or judged(error).code not in _KEY_LOST:
                raise
        await client.forget(dc)
        raise VisitEnded(Outcome.ERROR, "dc_key")

    async def _shown_at(self, dc: int) -> int:
        """Export the account to a data centre, once; returns where the file is to be asked for."""
        client = await self._connected()
        if client.knows(dc):
            return dc
        if not client.knows_places:
            async with self._turnstile.turn(_HELLO):
                await client.place_of(dc)
        dc = await client.place_of(dc)
        if not client.knows(dc):
            async with self._turnstile.turn(EXPORT), self._turnstile.turn(_IMPORT), client.at(dc):
                pass
        return dc

    async def _connected(self) -> GuardedClient:
        """Return the client, connected; after failures the next attempt waits for its time."""
        if self.parked:
            raise AccountStopped("no_account")
        if self._closed:  # while a visit still held it
            raise VisitEnded(Outcome.UNREACHABLE, "closed")
        if self._client.is_connected():
            return self._client
        if self._clock() < self._next_try:
            raise NotReached(self._trouble)
        if self.rests([_HELLO]):
            raise AccountStopped("flood_wait")
        try:
            await self._client.ready()
        except (NotReached, OSError) as error:
            self._trouble = judged(error).code
            self._failures += 1
            self._next_try = self._clock() + min(2.0**self._failures, _LONGEST_PAUSE)
            raise
        self._failures = 0
        return self._client

    async def _meant(self, error: Exception, method: str) -> NoReturn:
        """Write down what a failure means for the account, and raise what it means for the visit."""
        if isinstance(error, KapearError) and not isinstance(error, NotReached):
            raise error
        verdict = judged(error)
        if verdict.meaning is Meaning.WAIT:
            await self._rest(error, method, verdict.seconds)
            raise AccountStopped(verdict.code) from None
        if verdict.meaning is Meaning.PARK:
            await self.park(verdict.code)
            raise AccountStopped("no_account") from None
        if verdict.meaning is Meaning.STALE_CHANNEL:
            raise StaleChannel from None
        if verdict.meaning is Meaning.STALE_FILE:
            raise FileReferenceExpired from None
        if verdict.meaning is Meaning.ELSEWHERE:
            raise FileElsewhere(verdict.dc) from None
        raise VisitEnded(verdict.outcome, verdict.code) from None

    async def _rest(self, error: Exception, method: str, seconds: int) -> None:
        """Note how long a method must rest: here by the clock, and in the ledger by the calendar."""
        asked = error.request if isinstance(error, RPCError) and error.request is not None else None
        method = method if asked is None else method_of(asked)  # it may have been a hello on the way
        self._cooldowns.note(method, seconds, now=self._clock())
        log.warning("Telegram asked an account to wait", extra={"code": method, "seconds": seconds})
        await self._ledger.cool_down(self.id, method, self._now() + timedelta(seconds=seconds))


async def _counted(
    client: GuardedClient, sender: GuardedSender, request: TLRequest, traffic: Traffic, heard: Heard | None = None
) -> Any:
    """Make a request and count what it cost."""
    traffic.requests += 1
    answer, length = await client.call(sender, request, heard)
    traffic.bytes += length
    return answer
