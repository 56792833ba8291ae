"""`kapear report`: what the public told the hotline."""

from __future__ import annotations

import asyncio
from datetime import date
from typing import Annotated

import typer

from app.commands.terminal import AsJson, at_desk, emit, passphrase_of
from app.instance import Instance
from domain.errors import BadInput
from domain.observations import Platform
from domain.people import Actor
from domain.reports import Via
from triage.json_views import Json, referral_json, report_json

app = typer.Typer(no_args_is_help=True, help="Reports that targets cite.")


@app.command("add")
def add(
    reference: Annotated[str, typer.Argument(help="The hotline's own reference, such as IHC-2026-0142.")],
    received: Annotated[str, typer.Option(help="The day it was received, such as 2026-01-31.")],
    via: Annotated[Via, typer.Option(help="How it was received.")],
    alleged: Annotated[str, typer.Option(help="What is alleged, in a sentence; never who reported it.")],
    *,
    as_json: AsJson = False,
) -> None:
    """Write down a report."""
    day = parsed_date(received, "--received")

    async def work(instance: Instance, actor: Actor) -> Json:
        view = await instance.office.reports.add(actor, reference=reference, received_on=day, via=via, alleged=alleged)
        return report_json(view)

    emit(at_desk(work, acting=True), as_json=as_json)


@app.command("list")
def list_(*, as_json: AsJson = False) -> None:
    """List reports."""

    async def work(instance: Instance, actor: Actor) -> list[Json]:
        return [report_json(view) for view in await instance.office.reports.all(actor)]

    emit(at_desk(work, acting=False), as_json=as_json, columns=("reference", "received", "via", "synthetic"))


@app.command("refer")
def refer(
    locator: Annotated[str, typer.Argument(help="An invite, a bot, a profile or a private chat, as it was reported.")],
    report: Annotated[str, typer.Option(help="The report that named it.")],
    platform: Annotated[Platform | None, typer.Option(help="What it is, where the address alone cannot tell.")] = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Note for the police what was reported and is never opened; the place is sealed."""

    async def work(instance: Instance, actor: Actor) -> Json:
        view = await instance.office.referrals.add(actor, locator=locator, report=report, platform=platform)
        return referral_json(view)

    emit(at_desk(work, acting=True), as_json=as_json)


@app.command("referrals")
def referrals(*, as_json: AsJson = False) -> None:
    """List the notes for the police, newest first, without the places."""

    async def work(instance: Instance, actor: Actor) -> list[Json]:
        return [referral_json(view) for view in await instance.office.referrals.all(actor)]

    emit(at_desk(work, acting=False), as_json=as_json, columns=("id", "report", "kind", "noted_at", "by"))


@app.command("referral")
def referral(
    note_id: Annotated[str, typer.Argument(help="The note's id.")],
    reveal: Annotated[str, typer.Option(help="Open the sealed place, for this reason (audited).")],
    *,
    as_json: AsJson = False,
) -> None:
    """Show one note for the police, with the place."""

    async def work(instance: Instance, actor: Actor) -> Json:
        opener = await asyncio.to_thread(instance.unlock, passphrase_of(instance))
        view = await instance.office.referrals.reveal(actor, note_id, reason=reveal, opener=opener)
        return {**referral_json(view), "locator": view.locator}

    emit(at_desk(work, acting=True), as_json=as_json)


def parsed_date(text: str, option: str) -> date:
    """Return a day written as 2026-01-31; raises BadInput."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise BadInput(f"{option} is a day such as 2026-01-31, not {text[:32]}.") from None
