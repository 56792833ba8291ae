"""
Sign an account of the organisation in: by phone, code and password, or by a QR code that its phone scans.

The only place where an account is spoken for, and the only one that knows its
phone number, for as long as it runs.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

from telethon import errors
from telethon.password import compute_check
from telethon.tl import functions, types

from domain.errors import BadInput, EgressRefused, KapearError, NotAllowed, OperatorFault, Refused
from net.dialling import Dialler, NotReached
from telegram_monitor.allowed import Permit, Purpose
from telegram_monitor.client import ApiCredentials, GuardedClient
from telegram_monitor.faults import Meaning, judged
from telegram_monitor.session import ForgetfulSession, session_at
from telegram_monitor.wire import permitted

TRIES = 3  # codes or passwords before the person begins anew
QR_SECONDS = 25.0  # that one code is shown: Telegram takes it for thirty
QR_CODES = 10
_MOVES = 3  # data centres that a login may be sent to, one after another


class Prompts(Protocol):
    """The person who signs in; a wrong answer is asked for again."""

    async def label(self) -> str:
        """Return what this account is to be called in lists; no phone number."""

    async def phone(self) -> str:
        """Return the account's number, with its country code."""

    async def code(self) -> str:
        """Return the code that Telegram sent, by its own app or by text message."""

    async def password(self, hint: str) -> str:
        """Return the account's second password; `hint` is what its owner once wrote for themselves."""

    async def show_qr(self, url: str) -> None:
        """Show a `tg://login` address as a QR code; a newer one replaces it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedIn:
    """An account that can be kept: its session as text (whoever has it is the account), and what it is called."""

    session: str = field(repr=False)
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """Where a login begins; Telegram sends it on to where the account lives."""

    dc: int = 2
    address: str = "149.154.167.51"
    port: int = 443


TELEGRAM = Server()
_LINES: tuple[tuple[type[Exception], str], ...] = (
    (
        errors.ApiIdInvalidError,
        "Telegram does not know this API id and hash; see KAPEAR_TELEGRAM_API_ID and _API_HASH.",
    ),
    (errors.PhoneNumberInvalidError, "That is no phone number; write it with its country code, such as +855…"),
    (errors.PhoneNumberUnoccupiedError, "This number has no Telegram account; register it in Telegram's own app."),
    (errors.PhoneNumberBannedError, "Telegram has banned this number."),
    (errors.PhoneCodeInvalidError, "That was not the code; begin again."),
    (errors.PhoneCodeEmptyError, "There was no code; begin again."),
    (errors.PhoneCodeExpiredError, "The code has expired; begin again."),
    (errors.PasswordHashInvalidError, "That was not the password; begin again."),
)


async def log_in(
    prompts: Prompts, *, api: ApiCredentials, dial: Dialler, by_qr: bool = False, server: Server = TELEGRAM
) -> SignedIn:
    """
    Return a signed-in account; nothing is written anywhere.

    Raises Refused or OperatorFault with one line.
    """
    login = _Login(prompts, api=api, dial=dial, server=server, by_qr=by_qr)
    with permitted(Permit(purpose=Purpose.LOGIN)):
        try:
            await login.client.ready()
            await (login.by_qr() if by_qr else login.by_phone())
            return SignedIn(session=login.session.text(), label=(await prompts.label()).strip())
        except Exception as error:  # noqa: BLE001 - each is said in one line
            raise said(error) from None
        finally:
            await login.client.close()


class _Login:
    """One login under way."""

    def __init__(self, prompts: Prompts, *, api: ApiCredentials, dial: Dialler, server: Server, by_qr: bool) -> None:
        self.session: ForgetfulSession = session_at(server.dc, server.address, server.port)
        self._scanned = asyncio.Event()
        self.client = GuardedClient(self.session, api=api, dial=dial, scanned=self._scanned if by_qr else None)
        self._prompts = prompts
        self._api = api

    async def by_phone(self) -> None:
        """Sign in with the code that Telegram sends, and the password if there is one."""
        phone = await self._prompts.phone()
        asking = functions.auth.SendCodeRequest(phone, self._api.id, self._api.hash, types.CodeSettings())
        sent = await self._wherever(asking)

        async def sign_in() -> Any:
            code = (await self._prompts.code()).strip()
            return await self._ask(functions.auth.SignInRequest(phone, sent.phone_code_hash, code))

        try:
            _check(await _insisting(sign_in, errors.PhoneCodeInvalidError, errors.PhoneCodeEmptyError))
        except errors.SessionPasswordNeededError:
            await self._by_password()

    async def by_qr(self) -> None:
        """Show QR codes, each for as long as it is good, until a phone has scanned one."""
        asking = functions.auth.ExportLoginTokenRequest(self._api.id, self._api.hash, [])
        try:
            for _ in range(QR_CODES):
                self._scanned.clear()
                answer = await self._ask(asking)
                if isinstance(answer, types.auth.LoginTokenMigrateTo):
                    await self.client.move(answer.dc_id)
                    answer = await self._ask(functions.auth.ImportLoginTokenRequest(answer.token))
                if isinstance(answer, types.auth.LoginTokenSuccess):
                    return _check(answer.authorization)
                await self._prompts.show_qr(_address_of(answer))
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._scanned.wait(), QR_SECONDS)
        except errors.SessionPasswordNeededError:
            return await self._by_password()
        raise Refused("Nobody scanned the code; begin again: kapear telegram login --qr")

    async def _by_password(self) -> None:
        """Sign in with the account's second password, which itself is never sent."""

        async def prove() -> Any:
            known = await self._ask(functions.account.GetPasswordRequest())
            password = await self._prompts.password(str(known.hint or "")[:64])
            proof = await asyncio.to_thread(compute_check, known, password)
            return await self._ask(functions.auth.CheckPasswordRequest(proof))

        _check(await _insisting(prove, errors.PasswordHashInvalidError))

    async def _ask(self, request: Any) -> Any:
        """Return the answer to a request; people take their time, and the line may have gone meanwhile."""
        await self.client.ready()
        return await self.client(request)

    async def _wherever(self, request: Any) -> Any:
        """Return the answer to a request, following it to the data centre that the account lives on."""
        for _ in range(_MOVES):
            try:
                return await self._ask(request)
            except (errors.PhoneMigrateError, errors.NetworkMigrateError, errors.UserMigrateError) as elsewhere:
                await self.client.move(elsewhere.new_dc)
        raise OperatorFault("Telegram sends this login from one server to another; try again later.")


async def _insisting(attempt: Callable[[], Awaitable[Any]], *wrong: type[Exception]) -> Any:
    """Return what an attempt gives; after a wrong answer it is made again, a few times."""
    for _ in range(TRIES - 1):
        with contextlib.suppress(*wrong):
            return await attempt()
    return await attempt()


def said(error: Exception) -> KapearError:
    """Return what a failed login means, in one line."""
    if isinstance(error, EgressRefused):
        return NotAllowed(f"Telegram's address is not admitted ({error.code}): only an enrolled instance goes there.")
    if isinstance(error, KapearError) and not isinstance(error, NotReached):
        return error
    line = next((line for kind, line in _LINES if isinstance(error, kind)), None)
    if line is not None:
        return BadInput(line)
    verdict = judged(error)
    if verdict.meaning is Meaning.WAIT:
        return Refused(f"Telegram asks to wait {verdict.seconds} seconds before this account signs in.")
    return OperatorFault(f"Telegram did not let this account sign in ({verdict.code}).")


def _check(untrusted: Any) -> None:
    """Raise Refused unless an answer says that an account is signed in now."""
    if not isinstance(untrusted, types.auth.Authorization):
        raise Refused("This number has no Telegram account, and Kapear makes none; register it in Telegram's own app.")


def _address_of(untrusted: Any) -> str:
    """Return what a QR code of a login token says."""
    if not isinstance(untrusted, types.auth.LoginToken):
        raise OperatorFault("Telegram answered the login with something else; try again later.")
    return f"tg://login?token={base64.urlsafe_b64encode(untrusted.token).decode('ascii').rstrip('=')}"
