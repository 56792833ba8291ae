"""
Speak to Telegram as Telethon does, with a guard in front of the wire.

What the library does for a person at a chat window is left out: it follows no
updates, asks nothing about the account itself, moves to no other data centre
while it watches, repeats no request, and remembers nobody.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from contextvars import Context
from dataclasses import dataclass, field
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from telethon import TelegramClient, utils
from telethon.tl import TLRequest, functions
from telethon.tl.alltlobjects import LAYER
from telethon.tl.types import DcOption, UpdateLoginToken

from net.dialling import Dialler, NotReached
from telegram_monitor.faults import Denied
from telegram_monitor.session import ForgetfulSession
from telegram_monitor.wire import CONNECT_TIMEOUT, GuardedConnection, GuardedSender, check

Heard = Callable[[bytes], None]

ANSWER_TIMEOUT = 20.0  # seconds for one answer
START_TIMEOUT = 45.0  # seconds for connecting and saying hello


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiCredentials:
    """What Telegram gave the organisation for its software: an API id and its hash."""

    id: int
    hash: str = field(repr=False)


class GuardedClient(TelegramClient):  # type: ignore[misc]  # the library has no types
    """Telethon's client, whose every request is compared with the permit of the task that makes it."""

    def __init__(
        self,
        session: ForgetfulSession,
        *,
        api: ApiCredentials,
        dial: Dialler,
        answer_timeout: float = ANSWER_TIMEOUT,
        scanned: asyncio.Event | None = None,
    ) -> None:
        """Prepare; nothing is connected before `ready`. `scanned` is set when a phone took the QR code of a login."""
        super().__init__(
            session,
            api.id,
            api.hash,
            use_ipv6=":" in (session.server_address or ""),
            timeout=CONNECT_TIMEOUT,
            request_retries=0,
            connection_retries=0,
            retry_delay=0,
            auto_reconnect=False,
            raise_last_call_error=True,
            flood_sleep_threshold=0,
            receive_updates=scanned is not None,
            catch_up=False,
            sequential_updates=False,
            entity_cache_limit=1,
            device_model="Kapear",
            system_version="server",
            app_version=_version(),
            lang_code="en",
            system_lang_code="en",
        )
        self._connection = partial(GuardedConnection, dial=dial)
        self._sender = GuardedSender(
            session.auth_key,
            loggers=self._log,
            auth_key_callback=self._auth_key_callback,
            updates_queue=self._updates_queue,
        )
        self._answer_timeout = answer_timeout
        self._starting = asyncio.Lock()
        self._scanned = scanned
        self._dcs: list[DcOption] = []

    async def ready(self) -> None:
        """Connect, unless that is done; a dropped connection is opened anew, with the same key."""
        async with self._starting:
            if not self.is_connected():
                await _apart(self._start())

    async def move(self, dc: int) -> None:
        """Make another data centre the home, with a key yet to be agreed on: only a login is sent there."""
        place = await self._get_dc(dc)
        await self.drop()
        self.session.set_dc(place.id, place.ip_address, place.port)
        self.session.auth_key = None
        self._sender.auth_key.key = None
        await self.ready()

    async def drop(self) -> None:
        """Let go of the connection to the home data centre; `ready` opens it anew."""
        async with self._starting:
            await self._disconnect()

    async def close(self) -> None:
        """Let go of every connection; may be called twice."""
        async with self._starting:
            await self._disconnect_coro()

    @property
    def home(self) -> int:
        """Return the data centre that the account lives on."""
        return int(self.session.dc_id)

    @property
    def home_sender(self) -> GuardedSender:
        """Return the sender to it."""
        return self._sender

    async def place_of(self, dc: int) -> int:
        """Return a data centre, or home for one that nobody announced: home says where a file is, if it must."""
        return dc if dc == self.home or any(one.id == dc for one in await self._announced()) else self.home

    @property
    def knows_places(self) -> bool:
        """Return whether `place_of` asks nobody."""
        return bool(self._dcs)

    def knows(self, dc: int) -> bool:
        """Return whether the account has shown itself at a data centre."""
        return dc == self.home or dc in self._borrowed_senders

    @asynccontextmanager
    async def at(self, dc: int) -> AsyncIterator[GuardedSender]:
        """Hold the sender to a data centre for as long as the block runs; the account is exported there once."""
        if dc == self.home:
            yield self._sender
            return
        sender = await self._borrow_exported_sender(dc)
        try:
            yield sender
        finally:
            await self._return_exported_sender(sender)

    async def forget(self, dc: int) -> None:
        """Drop the key that a data centre gave this account: it is taken no more."""
        async with self._borrow_sender_lock:
            _, sender = self._borrowed_senders.pop(dc, (None, None))
        if sender is not None:
            await sender.disconnect()

    async def call(self, sender: GuardedSender, request: TLRequest, heard: Heard | None = None) -> tuple[Any, int]:
        """
        Return the answer and its length in bytes; `heard` is given it as it came.

        Raises what `telegram_monitor.faults.judged` understands.
        """
        check(request)
        sent = request if self._scanned is not None else functions.InvokeWithoutUpdatesRequest(request)
        sent.heard = heard
        future = sender.send(sent)
        try:
            await asyncio.wait({future}, timeout=self._answer_timeout)
            if not future.done():
                raise TimeoutError
        finally:
            future.cancel()
        if future.cancelled():  # how Telethon says that the connection went away
            raise ConnectionResetError
        return future.result(), getattr(sent, "answer_length", 0)

    # What follows stands in for parts of the library.

    async def _call(self, sender: Any, request: Any, ordered: bool = False, **_: Any) -> Any:  # noqa: ARG002, FBT001, FBT002 - the library's signature
        """Make one request, as everything in the library does that calls the client."""
        check(request)
        await request.resolve(self, utils)
        answer, _length = await self.call(sender, request)
        return answer

    async def get_me(self, *_: Any, **__: Any) -> None:
        """Ask nothing about ourselves: the library would at every start."""

    async def _update_loop(self) -> None:
        """Drop updates; nobody follows them, and they name people."""
        while True:
            update = getattr(await self._updates_queue.get(), "update", None)
            if self._scanned is not None and isinstance(update, UpdateLoginToken):
                self._scanned.set()

    async def _get_dc(self, dc_id: int, cdn: bool = False) -> DcOption:  # noqa: FBT001, FBT002 - the library's signature
        """Return where a data centre is; the library would remember it for all clients at once."""
        if cdn:
            raise Denied("cdn")
        usable = [one for one in await self._announced() if one.id == dc_id]
        usable.sort(key=lambda one: bool(one.ipv6) != self._use_ipv6)
        if not usable:
            raise NotReached("no_such_dc")
        return usable[0]

    async def _announced(self) -> list[DcOption]:
        """Return where data centres are, asked for once."""
        if not self._dcs:
            options = (await self(functions.help.GetConfigRequest())).dc_options
            self._dcs = [one for one in options if not (one.cdn or one.tcpo_only)]
        return self._dcs

    async def _create_exported_sender(self, dc_id: int) -> GuardedSender:
        """Return a sender to another data centre, where the account has shown itself."""
        asking = functions.auth.ExportAuthorizationRequest(dc_id)
        check(asking)
        dc = await self._get_dc(dc_id)
        sender = GuardedSender(None, loggers=self._log)
        await sender.connect(self._connection(dc.ip_address, dc.port, dc.id, loggers=self._log))
        try:
            exported = await self(asking)
            hello = functions.auth.ImportAuthorizationRequest(id=exported.id, bytes=exported.bytes)
            self._init_request.query = hello
            await sender.send(functions.InvokeWithLayerRequest(LAYER, self._init_request))
        except BaseException:
            await sender.disconnect()
            raise
        return sender

    async def _borrow_exported_sender(self, dc_id: int) -> GuardedSender:
        """Return a connected sender; the library does not notice when one was dropped."""
        state, sender = self._borrowed_senders.get(dc_id, (None, None))
        if state is not None and not sender.is_connected():
            state._connected = False  # noqa: SLF001 - its only way to be told
        borrowed: GuardedSender = await super()._borrow_exported_sender(dc_id)
        return borrowed

    async def _get_cdn_client(self, cdn_redirect: Any) -> Any:  # noqa: ARG002 - the library's signature
        """Refuse: files are read from Telegram's own servers, which serve all of them if asked to."""
        raise Denied("cdn")

    async def _start(self) -> None:
        """Open the connection afresh."""
        async with asyncio.timeout(START_TIMEOUT):
            await self._disconnect()
            self._sender._state.reset()  # noqa: SLF001 - a session id is not used twice
            try:
                await self.connect()
            except BaseException:
                await self._disconnect()
                raise


async def _apart(work: Coroutine[Any, Any, None]) -> None:
    """
    Run work whose tasks outlive it without the permit of whoever happens to need it first.

    Telethon cancels what it waits for when a connection goes away: that is no
    cancellation of ours.
    """
    task = asyncio.create_task(work, context=Context())
    try:
        await asyncio.wait({task})
    except asyncio.CancelledError:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        raise
    if task.cancelled():
        raise ConnectionResetError
    task.result()


def _version() -> str:
    try:
        return version("kapear")
    except PackageNotFoundError:
        return "unpackaged"
