"""`kapear watch`: what is watched, why, and what was seen."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from datetime import date, datetime
from typing import Annotated

import typer

from app.commands.reports import parsed_date
from app.commands.terminal import AsJson, at_desk, emit, errors, say
from app.instance import Instance
from domain.errors import AlreadyRunning, WrongState
from domain.mandate import HELD_UP, why_held_up
from domain.observations import Platform
from domain.people import Actor
from domain.targets import DEFAULT_BACKFILL, MAX_DAYS, MAX_DEPTH, Visit
from triage.json_views import Json, post_json, rfc3339, target_json, visit_json, watched_json
from triage.watchlist import NewTarget, TargetView

app = typer.Typer(no_args_is_help=True, help="Watch targets.")

Id = Annotated[str, typer.Argument(help="The target's id.")]
ANSWER_S = 2.0  # how long to wait for a running instance before trying to visit ourselves
COLUMNS = ("id", "platform", "status", "report", "last_outcome", "failing_since", "next_due", "expires_at", "canonical")


@app.command("add")
def add(
    locator: Annotated[str, typer.Argument(help="A web address or a public Telegram channel, in any usual spelling.")],
    report: Annotated[str, typer.Option(help="The report that this target rests on.")],
    authorised_by: Annotated[str, typer.Option(help="Who authorised watching it.")],
    basis: Annotated[str, typer.Option(help="On what basis, in a sentence.")],
    days: Annotated[int, typer.Option(help=f"How long, 1 to {MAX_DAYS} days.")] = MAX_DAYS,
    backfill: Annotated[str, typer.Option(help="How far back a first visit reads: posts, a day, or all.")] = str(
        DEFAULT_BACKFILL
    ),
    platform: Annotated[Platform | None, typer.Option(help="What it is, where the address alone cannot tell.")] = None,
    depth: Annotated[
        int, typer.Option(help=f"Of a site or forum: how many links below its folder, 0 to {MAX_DEPTH}.")
    ] = 0,
    ignore_robots: Annotated[
        str | None, typer.Option(metavar="REASON", help="Read it whatever its robots.txt says, for this reason.")
    ] = None,
    plain_agent: Annotated[
        str | None,
        typer.Option(metavar="REASON", help="Read it without Kapear's name; a supervisor decides, with a reason."),
    ] = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Ask for a target; on an enrolled instance a second person approves it."""
    posts, since = _backfill(backfill)
    wanted = NewTarget(
        locator=locator,
        report=report,
        authorised_by=authorised_by,
        basis=basis,
        days=days,
        backfill=posts,
        backfill_since=since,
        platform=platform,
        depth=depth,
        ignore_robots=ignore_robots,
        plain_agent=plain_agent,
    )

    async def work(instance: Instance, actor: Actor) -> TargetView:
        return await instance.office.watchlist.add(actor, wanted)

    emit(target_json(at_desk(work, acting=True)), as_json=as_json)


def _backfill(text: str) -> tuple[int | None, date | None]:
    """Return the number of posts (None: all) and the first day that a first visit reads."""
    if text == "all":
        return None, None
    if text.lstrip("-").isdigit():
        return int(text), None
    return None, parsed_date(text, "--backfill")


def _decision(name: str, summary: str, decide: Callable[[Instance, Actor, str], Awaitable[TargetView]]) -> None:
    """Register a command that decides about one target."""

    def command(target_id: Id, *, as_json: AsJson = False) -> None:
        view = at_desk(lambda instance, actor: decide(instance, actor, target_id), acting=True)
        emit(target_json(view), as_json=as_json)

    app.command(name, help=summary)(command)


_decision(
    "approve",
    "Approve a target, or its extension, that another person asked for.",
    lambda i, a, t: i.office.watchlist.approve(a, t),
)


@app.command("extend")
def extend(
    target_id: Id,
    days: Annotated[int, typer.Option(help=f"How many days longer; {MAX_DAYS} from now at most.")],
    reason: Annotated[str, typer.Option(help="Why its open lead needs that, in a sentence.")],
    *,
    as_json: AsJson = False,
) -> None:
    """Ask that a target with an open lead be watched longer; on an enrolled instance a second person approves it."""

    async def work(instance: Instance, actor: Actor) -> TargetView:
        return await instance.office.watchlist.extend(actor, target_id, days=days, reason=reason)

    emit(target_json(at_desk(work, acting=True)), as_json=as_json)


_decision("pause", "Stop visiting a target for a while.", lambda i, a, t: i.office.watchlist.pause(a, t))
_decision("resume", "Go on visiting a paused target.", lambda i, a, t: i.office.watchlist.resume(a, t))
_decision("retire", "Stop watching a target for good.", lambda i, a, t: i.office.watchlist.retire(a, t))


@app.command("list")
def list_(*, as_json: AsJson = False) -> None:
    """List targets, newest first."""

    async def work(instance: Instance, actor: Actor) -> list[Json]:
        return [target_json(view) for view in await instance.office.watchlist.all(actor)]

    emit(at_desk(work, acting=False), as_json=as_json, columns=COLUMNS)


@app.command("show")
def show(target_id: Id, *, as_json: AsJson = False) -> None:
    """Show a target, the decision it rests on, and its latest visits."""

    async def work(instance: Instance, actor: Actor) -> TargetView:
        return await instance.office.watchlist.show(actor, target_id)

    view = at_desk(work, acting=False)
    watched = watched_json(view)
    if as_json:
        emit(watched, as_json=True)
        return
    visits, outages = watched.pop("visits"), watched.pop("not_watched")
    del watched["next_visit"]
    emit(watched, as_json=False)
    if view.next_visit is not None:
        reasons = " ".join(str(sentence) for sentence in view.next_visit.sentences)
        say(f"Next visit {rfc3339(view.next_visit.at)}. {reasons}")
    if view.target.gone_since is not None:
        again = rfc3339(view.target.next_due) or "no time: it is not watched now"
        say(f"Said to be gone since {rfc3339(view.target.gone_since)}; looked at again at {again}.")
    if view.failing is not None:
        often, since = view.failing.failures, rfc3339(view.failing.since)
        say(f"It has failed {often} times in a row, since {since}. {view.failing.advice}")
    if view.target.gaps:
        say(f"Posts may have scrolled away unseen: {view.target.gaps} times.")
    if visits:
        emit(visits, as_json=False, columns=("started_at", "outcome", "new_observations", "leads_filed", "seconds"))
    if outages:
        say("Not watched, for the network was away:")
        emit(outages, as_json=False, columns=("from", "to"))


@app.command("posts")
def posts(target_id: Id, *, as_json: AsJson = False) -> None:
    """List what was seen of a target: names, times and digests, no content."""

    async def work(instance: Instance, actor: Actor) -> list[Json]:
        return [post_json(name, post) for name, post in await instance.office.watchlist.posts(actor, target_id)]

    emit(at_desk(work, acting=False), as_json=as_json, columns=("post", "revision", "posted_at", "seen_at", "deleted"))


@app.command("check")
def check(target_id: Id, *, as_json: AsJson = False) -> None:
    """Visit a target now and print the outcome; beside a running instance, that one visits."""
    from app.visitor import open_visitor, visit_target  # noqa: PLC0415 - a second of imports that no other command needs

    async def work(instance: Instance, actor: Actor) -> tuple[Visit, datetime | None]:
        watchlist = instance.office.watchlist
        view = await watchlist.show(actor, target_id)
        request = await watchlist.request_visit(actor, view.target.id)
        with errors.status("Visiting…"):
            while True:
                # Whoever visits now may be another `check`, which answers nobody: its place is asked for again.
                with contextlib.suppress(AlreadyRunning):
                    async with open_visitor(instance) as visitor:
                        for warning in visitor.warnings:
                            say(f"Warning: {warning}.")
                        result = await visit_target(visitor, view.target.id)
                    if result is None:
                        raise WrongState("This target is being visited already; try again in a moment.")
                    return result
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(ANSWER_S):
                        visit = await watchlist.answer(request)
                    return visit, (await watchlist.show(actor, target_id)).target.next_due

    visit, next_due = at_desk(work, acting=True)
    if visit.code in HELD_UP:
        say(f"{why_held_up(visit.code)}.")
    emit(visit_json(visit, next_due), as_json=as_json)
