"""`kapear init`, `enrol`, `upgrade`, `user`, `audit`, `pause`, `purge`: running the installation."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, time
from typing import Annotated

import typer

from app.commands.reports import parsed_date
from app.commands.terminal import AsJson, at_desk, emit, say, with_instance
from app.instance import BESIDE, Instance
from domain.audit import Checkpoint, Verdict, checkpoint_of
from domain.errors import BadInput, Refused
from domain.mandate import Mandate, MandateScope, Organisation, Recipient
from domain.people import Actor, Permission, Role, User
from triage.json_views import Json, user_json, verdict_json

user_app = typer.Typer(no_args_is_help=True, help="Named users.")
audit_app = typer.Typer(no_args_is_help=True, help="The hash-chained log.")

Name = Annotated[str, typer.Argument(help="The user's name.")]


def init() -> None:
    """Make a new installation: keys and an empty database."""

    async def work(instance: Instance) -> str:
        return str(instance.config.data_dir)

    where = with_instance(work, create=True)
    say(f"Ready in {where} ({BESIDE}). Keep a copy of its key files apart from the data.")


def upgrade() -> None:
    """Bring the database of this installation up to this version of Kapear."""

    async def work(instance: Instance) -> None:
        del instance

    with_instance(work, create=True)
    say("The database is up to date.")


def enrol(
    organisation: Annotated[str, typer.Option(prompt=True, help="The organisation's name.")],
    contact: Annotated[str, typer.Option(prompt=True, help="A role mailbox.")],
    authority: Annotated[str, typer.Option(prompt=True, help="Who authorised the hotline to fetch.")],
    document: Annotated[str, typer.Option(prompt=True, help="The document that says so.")],
    scope: Annotated[MandateScope, typer.Option(prompt=True, help="How deep the mandate goes.")],
    expires: Annotated[str, typer.Option(prompt=True, help="The mandate's last day, such as 2026-12-31.")],
    zone: Annotated[str, typer.Option(help="The hotline's time zone.")] = "Asia/Phnom_Penh",
    user: Annotated[list[str] | None, typer.Option(help="A user to name, as name:role; twice or more.")] = None,
    recipient: Annotated[
        list[Recipient] | None, typer.Option(help="Who may be told hashes of what was found. Repeat it.")
    ] = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Enrol the hotline: from here on it may leave loopback, and two people decide on each target."""
    last_moment = datetime.combine(parsed_date(expires, "--expires"), time.max, UTC)
    users = [_named(entry) for entry in user or []]
    mandate = Mandate(
        authority=authority,
        document=document,
        scope=scope,
        expires_at=last_moment,
        recipients=tuple(dict.fromkeys(recipient or ())),
    )

    async def work(instance: Instance, actor: Actor) -> list[tuple[User, str]]:
        passphrase = instance.config.passphrase
        if not instance.key_is_protected and not passphrase:
            passphrase = typer.prompt(
                "Passphrase for the hotline's key", hide_input=True, confirmation_prompt=True, err=True
            )
        # The key first: an enrolment that is refused afterwards leaves nothing open.
        await asyncio.to_thread(instance.protect_key, passphrase)
        return await instance.office.people.enrol(
            actor,
            Organisation(name=organisation, contact=contact, zone=zone),
            mandate,
            users,
        )

    named = at_desk(work, acting=True)
    rows = [{**user_json(person), "token": token} for person, token in named]
    say("Enrolled. Restart an instance that is running.")
    say("Hand each person their token (KAPEAR_TOKEN) in private: it is shown this once.")
    emit(rows, as_json=as_json, columns=("name", "role", "token"))


def _named(entry: str) -> tuple[str, Role]:
    name, _, role = entry.partition(":")
    if role not in set(Role):
        raise BadInput(f"--user takes name:role with a role of {', '.join(Role)}.")
    return name, Role(role)


@user_app.command("add")
def add_user(
    name: Name, role: Annotated[Role, typer.Option(help="What the person may do.")], *, as_json: AsJson = False
) -> None:
    """Name a user; their token is shown this once."""

    async def work(instance: Instance, actor: Actor) -> Json:
        user, token = await instance.office.people.add_user(actor, name, role)
        return {**user_json(user), "token": token}

    emit(at_desk(work, acting=True), as_json=as_json)


@user_app.command("token")
def renew_token(name: Name, *, as_json: AsJson = False) -> None:
    """Replace a user's token; the old one stops working."""

    async def work(instance: Instance, actor: Actor) -> Json:
        return {"name": name, "token": await instance.office.people.renew_token(actor, name)}

    emit(at_desk(work, acting=True), as_json=as_json)


@user_app.command("link")
def link(
    name: Annotated[str | None, typer.Argument(help="The user's name; off enrolment it may be left out.")] = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Make a one-time sign-in link to the console."""

    async def work(instance: Instance, actor: Actor) -> Json:
        people = instance.office.people
        if name is None and not actor.local:
            raise Refused("Say whom the link is for: kapear user link NAME")
        who = actor if name is None else await people.user_actor(name)
        secret = await people.link_for(actor, who)
        return {"name": who.name, "link": f"{instance.config.public_address}/sign-in/{secret}"}

    emit(at_desk(work, acting=True), as_json=as_json)


@user_app.command("list")
def list_users(*, as_json: AsJson = False) -> None:
    """List named users."""

    async def work(instance: Instance, actor: Actor) -> list[Json]:
        return [user_json(user) for user in await instance.office.people.all(actor)]

    emit(at_desk(work, acting=True), as_json=as_json, columns=("name", "role", "created_at", "disabled"))


@audit_app.command("verify")
def verify(
    *,
    checkpoint: Annotated[
        list[str] | None,
        typer.Option(help="One that was kept elsewhere, as N:HASH; the chain must have it. Repeat it."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Walk the whole chain; a break is named and exits 1."""
    kept = [checkpoint_of(text) for text in checkpoint or ()]

    async def work(instance: Instance, actor: Actor) -> Verdict:
        return await instance.office.audit.verify(actor, kept)

    verdict = at_desk(work, acting=False)
    emit(verdict_json(verdict), as_json=as_json)
    if verdict.broken_at is not None:
        raise Refused(f"The audit log is broken: {verdict.reason}.")


@audit_app.command("checkpoint")
def checkpoint(*, as_json: AsJson = False) -> None:
    """Say where the chain ends now, to be kept elsewhere: N:HASH."""

    async def work(instance: Instance, actor: Actor) -> Checkpoint:
        return await instance.office.audit.checkpoint(actor)

    found = at_desk(work, acting=False)
    emit({"events": found.events, "head": found.hash, "checkpoint": str(found)}, as_json=as_json)


def pause(
    reason: Annotated[str, typer.Argument(help="Why; empty to go on.")],
    *,
    everything: Annotated[bool, typer.Option("--all", help="All visits.")] = False,
) -> None:
    """Stop every visit, pull and look-up within seconds, with a reason; an empty reason lets them go on."""
    if not everything:
        raise BadInput("Say `kapear pause --all REASON`; to pause one target: kapear watch pause ID")

    async def work(instance: Instance, actor: Actor) -> None:
        await instance.office.watchlist.pause_all(actor, reason)

    at_desk(work, acting=True)
    say("Everything is stopped." if reason else "Visits go on.")


def purge(*, as_json: AsJson = False) -> None:
    """Delete what no lead needs after 30 days; a running instance does so every hour."""

    async def work(instance: Instance, actor: Actor) -> Json:
        actor.require(Permission.MANAGE_PEOPLE)
        deleted = await instance.office.retention.purge()
        return {"posts_deleted": deleted.posts, "visits_deleted": deleted.visits}

    emit(at_desk(work, acting=True), as_json=as_json)
