"""The JSON API: leads and targets to read, reports to hand in; and what machines ask of a service."""

from __future__ import annotations

from datetime import date

from aiohttp import web

from console.answers import TurnedAway
from console.calls import Call, as_json
from console.words import NO_SUCH_PAGE
from domain.condition import WHY, Standstill
from domain.errors import BadInput
from domain.leads import LeadStatus
from domain.reports import Via
from triage.json_views import lead_json, report_json, target_json

MAX_LIMIT = 99_999
TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}


async def leads(call: Call) -> web.Response:
    """Return leads in the queue's order."""
    status = call.query.get("status")
    limit = call.query.get("limit")
    if status is not None and status not in set(LeadStatus):
        raise BadInput(f"status is one of {', '.join(LeadStatus)}.")
    # Five digits are more leads than a hotline will have.
    if limit is not None and not (limit.isascii() and limit.isdigit() and len(limit) <= len(str(MAX_LIMIT))):
        raise BadInput(f"limit is a number from 0 to {MAX_LIMIT}.")
    found = await call.office.queue.all(
        call.actor, LeadStatus(status) if status else None, int(limit) if limit is not None else None
    )
    return as_json([lead_json(lead) for lead in found])


async def lead(call: Call) -> web.Response:
    """Return one lead."""
    return as_json(lead_json(await call.office.queue.show(call.actor, call.id)))


async def targets(call: Call) -> web.Response:
    """Return the watch list in the order it was written."""
    return as_json([target_json(view) for view in await call.office.watchlist.all(call.actor)])


async def add_report(call: Call) -> web.Response:
    """Take a report in."""
    fields = {name: call.body.get(name) for name in ("reference", "received", "via", "alleged")}
    if set(call.body) - set(fields):
        raise BadInput(f"A report has only these fields: {', '.join(fields)}.")
    words = {name: value for name, value in fields.items() if isinstance(value, str)}
    if missing := [name for name in fields if name not in words]:
        raise BadInput(f"A report needs {missing[0]}, as text.")
    try:
        received, via = date.fromisoformat(words["received"]), Via(words["via"])
    except ValueError:
        raise BadInput(f"received is a date such as 2026-01-31; via is one of {', '.join(Via)}.") from None
    view = await call.office.reports.add(
        call.actor, reference=words["reference"], received_on=received, via=via, alleged=words["alleged"]
    )
    return as_json(report_json(view), status=201)


async def healthz(call: Call) -> web.Response:
    """Return 200 while monitoring goes on, and 503 with why while it stands still, whichever process monitors."""
    reasons = await call.office.condition.reasons()
    unsent = "" if Standstill.DATABASE_AWAY in reasons else await call.office.condition.mail_fault()
    mail = {"mail": unsent} if unsent else {}
    if not reasons:
        return as_json({"status": "ok", **mail})
    worst = reasons[0]
    return as_json({"status": "standing_still", "code": worst, "why": f"{WHY[worst]}.", **mail}, status=503)


async def metrics(call: Call) -> web.Response:
    """Return the figures for Prometheus."""
    office, figures = call.office, call.console.metrics
    now = office.desk.now()
    figures.waits(await office.desk.store.read(lambda tx: tx.backlog(now)), now)
    figures.stands(
        await office.condition.reasons(),
        is_away=await office.watchlist.offline_since() is not None,
        mail_fails=bool(await office.condition.mail_fault()),
    )
    figures.used(await office.watchlist.use())
    await call.console.metrics.count_delays(call.office.latency)
    call.console.metrics.telegram_accounts(await call.office.telegram.states())
    return web.Response(
        body=call.console.metrics.exposition(), headers={"Content-Type": "text/plain; version=0.0.4; charset=utf-8"}
    )


async def static(call: Call) -> web.Response:
    """Return one of the console's own files."""
    name = call.request.match_info["name"]
    if name not in call.console.static:
        raise TurnedAway(404, NO_SUCH_PAGE)
    suffix = name[name.rindex(".") :]
    return web.Response(
        body=call.console.static[name],
        content_type=TYPES[suffix],
        charset="utf-8",
        headers={"Cache-Control": "no-cache"},
    )
