"""`kapear telegram`: the organisation's accounts, by which public channels are read."""

from __future__ import annotations

from typing import Annotated

import typer

from app.commands.terminal import AsJson, at_desk, emit, say
from app.instance import Instance
from app.telegram_login import sign_in
from domain.ids import TargetId
from domain.observations import Platform
from domain.people import Actor
from domain.telegram import AccountState
from triage.json_views import Json, account_json

app = typer.Typer(no_args_is_help=True, help="Telegram accounts of the organisation.")

COLUMNS = ("id", "label", "state", "parked", "cooldowns", "channels")


@app.command("login")
def login(
    label: Annotated[str, typer.Option(help="What to call the account here, such as a number's last digits.")] = "",
    *,
    qr: Annotated[bool, typer.Option("--qr", help="Sign in by a QR code that the account's phone scans.")] = False,
    as_json: AsJson = False,
) -> None:
    """Sign in with an account of the organisation; asks for number, code and password, and keeps none of them."""

    async def work(instance: Instance, actor: Actor) -> tuple[AccountState, int]:
        state = await sign_in(instance, actor, label=label, qr=qr)
        return state, await instance.office.telegram.adoptable()

    state, previewed = at_desk(work, acting=True)
    emit(account_json(state), as_json=as_json)
    if previewed:
        say(f"{previewed} channels are read through the public preview; to read them by account: kapear telegram adopt")


@app.command("status")
def status(*, as_json: AsJson = False) -> None:
    """Show the accounts: which are parked and why, which must wait, how many channels each reads."""

    async def work(instance: Instance, actor: Actor) -> list[Json]:
        return [account_json(state) for state in await instance.office.telegram.status(actor)]

    rows = at_desk(work, acting=False)
    if as_json:
        emit(rows, as_json=True)
        return
    emit([{**row, "cooldowns": _waits(row)} for row in rows], as_json=False, columns=COLUMNS)


def _waits(row: Json) -> str:
    return "; ".join(f"{wait['method']} until {wait['until']}" for wait in row["cooldowns"])


@app.command("adopt")
def adopt(*, as_json: AsJson = False) -> None:
    """Let channels that are read through the public preview be read through the account from now on."""

    async def work(instance: Instance, actor: Actor) -> list[TargetId]:
        return await instance.office.telegram.adopt(actor)

    adopted = at_desk(work, acting=True)
    rows: list[Json] = [{"id": target_id, "platform": Platform.TELEGRAM.value} for target_id in adopted]
    emit(rows, as_json=as_json, columns=("id", "platform"))


@app.command("remove")
def remove(account_id: Annotated[str, typer.Argument(help="The account's id.")], *, as_json: AsJson = False) -> None:
    """Forget an account's session; of the environment's account, that it is parked."""

    async def work(instance: Instance, actor: Actor) -> None:
        await instance.office.telegram.remove(actor, account_id)

    at_desk(work, acting=True)
    emit({"id": account_id, "status": "removed"}, as_json=as_json)
