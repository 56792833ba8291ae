"""Sign an account of the organisation in at a terminal, and keep its session encrypted."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

import typer

from app.commands.terminal import say
from app.instance import Instance
from app.qr import drawn
from domain.errors import Halted, OperatorFault
from domain.people import Actor, Permission
from domain.telegram import AccountState, parse_session
from net.dialling import Dialler
from net.guard import EgressPolicy

if TYPE_CHECKING:
    from telegram_monitor.login import Server

NO_API = (
    "Signing in needs KAPEAR_TELEGRAM_API_ID and KAPEAR_TELEGRAM_API_HASH: Telegram gives them to your organisation."
)
SCAN = "Scan this with the account's phone: Settings, Devices, Link Desktop Device. Newer codes follow."


@dataclass(frozen=True, slots=True, kw_only=True)
class TerminalPrompts:
    """The person at the terminal; what is secret is not echoed. Asked in a thread, for the line must stay alive."""

    given_label: str = ""

    async def label(self) -> str:
        """Return what the account is called, as an option said or the person says now."""
        return self.given_label or await _asked("What to call this account (no phone number)")

    async def phone(self) -> str:
        """Return the account's number."""
        return await _asked("The account's phone number, with its country code")

    async def code(self) -> str:
        """Return the code that Telegram sent."""
        return await _asked("The code that Telegram sent", secret=True)

    async def password(self, hint: str) -> str:
        """Return the second password."""
        return await _asked(f"The account's password{f' (hint: {hint})' if hint else ''}", secret=True)

    async def show_qr(self, url: str) -> None:
        """Draw a login address."""
        say(SCAN)
        typer.echo(drawn(url), err=True)


async def sign_in(instance: Instance, actor: Actor, *, label: str = "", qr: bool = False) -> AccountState:
    """
    Sign an account in and store it; returns how it stands.

    Begins at the server that the environment's session names, and at Telegram's
    own without one. Raises Refused or OperatorFault with one line, before
    anybody is asked anything where it would be for nothing.
    """
    from telegram_monitor.client import ApiCredentials  # noqa: PLC0415 - half a second that no other command needs
    from telegram_monitor.login import log_in  # noqa: PLC0415 - same

    actor.require(Permission.KEEP_ACCOUNTS)
    config = instance.config.telegram
    if not config.has_api:
        raise OperatorFault(NO_API)
    standing = await instance.office.people.standing()
    if standing.paused:
        raise Halted
    policy = EgressPolicy(enrolled=standing.enrolled, allow_networks=instance.config.allow_networks)
    signed_in = await log_in(
        TerminalPrompts(given_label=label),
        api=ApiCredentials(id=config.api_id, hash=config.api_hash),
        dial=Dialler(policy=policy, proxy=config.proxy),
        by_qr=qr,
        server=_server(config.session),
    )
    return await instance.office.telegram.add(actor, label=signed_in.label, session=signed_in.session)


def _server(session: str) -> Server:
    from telegram_monitor.login import TELEGRAM, Server  # noqa: PLC0415 - as above

    if not session:
        return TELEGRAM
    parts = parse_session(session)
    return Server(dc=parts.dc, address=parts.host, port=parts.port)


async def _asked(question: str, *, secret: bool = False) -> str:
    answer: str = await asyncio.to_thread(typer.prompt, question, hide_input=secret, err=True)
    return answer
