"""The watch list: what is watched, by whose decision, until when; no figure of what was found there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aiohttp import web

from console import forms
from console.answers import status_of
from console.calls import Call, see_other
from console.words import NO_REASON
from domain.errors import BadInput, Refused
from domain.observations import Platform
from domain.targets import DEFAULT_BACKFILL, MAX_DAYS, MAX_DEPTH
from triage.watchlist import NewTarget

EMPTY = {
    "locator": "",
    "report": "",
    "authorised_by": "",
    "basis": "",
    "days": str(MAX_DAYS),
    "backfill": str(DEFAULT_BACKFILL),
    "platform": "",
    "depth": "0",
    "ignore_robots": "",
    "plain_agent": "",
}
# What the form of a target offers, on every page that has one.
OFFERED: Mapping[str, Any] = {
    "max_days": MAX_DAYS,
    "depths": range(MAX_DEPTH + 1),
    "platforms": [platform for platform in Platform if not platform.is_telegram],
}


async def targets(call: Call) -> web.Response:
    """Show the watch list in the order it was written."""
    return await _targets_page(call, EMPTY)


async def add(call: Call) -> web.Response:
    """Take a new target, or show the form again with what is wrong."""
    try:
        backfill, since = forms.backfill(call.form, "backfill")
        wanted = NewTarget(
            locator=forms.text(call.form, "locator"),
            report=forms.text(call.form, "report"),
            authorised_by=forms.text(call.form, "authorised_by"),
            basis=forms.text(call.form, "basis"),
            days=forms.whole_number(call.form, "days"),
            backfill=backfill,
            backfill_since=since,
            platform=forms.choice(call.form, "platform", Platform) if call.form.get("platform") else None,
            depth=forms.whole_number(call.form, "depth") if call.form.get("depth") else 0,
            ignore_robots=forms.text(call.form, "ignore_robots") if call.form.get("ignore_robots") else None,
            plain_agent=forms.text(call.form, "plain_agent") if call.form.get("plain_agent") else None,
        )
        view = await call.office.watchlist.add(call.actor, wanted)
    except Refused as error:
        filled = {name: call.form.get(name, "") for name in EMPTY}
        return await _targets_page(call, filled, problem=error)
    return see_other(f"/targets/{view.target.id}")


async def target(call: Call) -> web.Response:
    """Show one target: its decisions and its visits."""
    view = await call.office.watchlist.show(call.actor, call.id)
    posts = await call.office.watchlist.posts(call.actor, call.id)
    latency = await call.office.latency.recent(call.actor, view.target.id)
    return await call.page("target.html", view=view, posts=len(posts), latency=latency)


async def approve(call: Call) -> web.Response:
    """Approve what another person requested."""
    view = await call.office.watchlist.approve(call.actor, call.id)
    return see_other(f"/targets/{view.target.id}")


async def pause(call: Call) -> web.Response:
    """Stop visits for a while."""
    view = await call.office.watchlist.pause(call.actor, call.id)
    return see_other(f"/targets/{view.target.id}")


async def resume(call: Call) -> web.Response:
    """Let visits go on."""
    view = await call.office.watchlist.resume(call.actor, call.id)
    return see_other(f"/targets/{view.target.id}")


async def pause_all(call: Call) -> web.Response:
    """Stop everything that asks others, or show the page again where no reason was given."""
    try:
        reason = call.form.get("reason", "").strip()
        if not reason:
            raise BadInput(NO_REASON)
        await call.office.watchlist.pause_all(call.actor, reason)
    except Refused as error:
        return await _targets_page(call, EMPTY, pausing=error)
    return see_other("/targets")


async def go_on(call: Call) -> web.Response:
    """Let everything go on."""
    await call.office.watchlist.pause_all(call.actor, "")
    return see_other("/targets")


async def retire(call: Call) -> web.Response:
    """Stop watching for good."""
    view = await call.office.watchlist.retire(call.actor, call.id)
    return see_other(f"/targets/{view.target.id}")


async def visit(call: Call) -> web.Response:
    """Ask the running instance for a visit now; it answers when it has looked."""
    await call.office.watchlist.request_visit(call.actor, call.id)
    return see_other(f"/targets/{call.id}")


async def _targets_page(
    call: Call, filled: dict[str, str], problem: Refused | None = None, pausing: Refused | None = None
) -> web.Response:
    """Show the watch list; `problem` is what is wrong with the form of a target, `pausing` with that of a pause."""
    views = await call.office.watchlist.all(call.actor)
    refused = problem or pausing
    return await call.page(
        "targets.html",
        status=(status_of(refused) or 400) if refused else 200,
        pausing=str(pausing) if pausing else "",
        views=views,
        filled=filled,
        problem=str(problem) if problem else "",
        referral=getattr(problem, "referral", ""),
        **OFFERED,
    )
