"""The books beside the desk: reports, hash lists, the audit log."""

from __future__ import annotations

from aiohttp import web

from console import forms
from console.answers import status_of
from console.calls import Call, see_other
from domain.errors import Refused
from domain.reports import Via


async def reports(call: Call) -> web.Response:
    """Show all reports, newest first."""
    today = call.office.desk.now().astimezone(call.console.config.timezone).date()
    return await _reports_page(call, {"reference": "", "received": today.isoformat(), "via": "web", "alleged": ""})


async def add_report(call: Call) -> web.Response:
    """Take a report, or show the form again with what is wrong."""
    try:
        await call.office.reports.add(
            call.actor,
            reference=forms.text(call.form, "reference"),
            received_on=forms.day(forms.text(call.form, "received")),
            via=forms.choice(call.form, "via", Via),
            alleged=forms.text(call.form, "alleged"),
        )
    except Refused as error:
        filled = {name: call.form.get(name, "") for name in ("reference", "received", "via", "alleged")}
        return await _reports_page(call, filled, problem=error)
    return see_other("/reports")


async def lists(call: Call) -> web.Response:
    """Show which hash lists are live; their entries are never shown."""
    return await call.page("lists.html", lists=await call.office.lists.all(call.actor))


async def audit(call: Call) -> web.Response:
    """Walk the audit chain and say whether it is whole."""
    return await call.page("audit.html", verdict=await call.office.audit.verify(call.actor))


async def _reports_page(call: Call, filled: dict[str, str], problem: Refused | None = None) -> web.Response:
    return await call.page(
        "reports.html",
        status=(status_of(problem) or 400) if problem else 200,
        views=await call.office.reports.all(call.actor),
        filled=filled,
        problem=str(problem) if problem else "",
        ways=list(Via),
    )
