"""The triage queue and one lead: evidence at once, content only on request, with a reason, on the record."""

from __future__ import annotations

from aiohttp import web

from console.calls import Call, see_other
from console.forms import choice, text
from console.target_pages import EMPTY, OFFERED
from console.unlocking import BACK_AFTER_S, opener_of
from console.words import account_notices
from domain.errors import BadInput
from domain.leads import BY_HAND, Closing, Lead, LeadStatus
from triage.queue import Revealed
from triage.suggestions import Suggestions

ROWS = 100  # leads a page shows; the rest is said, and comes up as these are worked


async def queue(call: Call) -> web.Response:
    """Show leads in the queue's order."""
    asked = call.query.get("status", "open")
    if asked not in {"open", "all", *LeadStatus}:
        raise BadInput("There is no such status.")
    if asked in {"open", "all"}:
        leads = await call.office.queue.all(call.actor)
        if asked == "open":
            leads = [lead for lead in leads if lead.status is not LeadStatus.CLOSED]
    else:
        leads = await call.office.queue.all(call.actor, LeadStatus(asked))
    return await call.page(
        "queue.html",
        leads=leads[:ROWS],
        latency=await call.office.latency.recent(call.actor),
        beyond=max(0, len(leads) - ROWS),
        asked=asked,
        statuses=list(LeadStatus),
        warnings=call.console.config.warnings + account_notices(await call.office.telegram.states()),
    )


async def lead(call: Call) -> web.Response:
    """Show one lead with its evidence."""
    return await _lead_page(call, await call.office.queue.show(call.actor, call.id))


async def claim(call: Call) -> web.Response:
    """Take a lead."""
    taken = await call.office.queue.claim(call.actor, call.id)
    return see_other(f"/leads/{taken.id}")


async def release(call: Call) -> web.Response:
    """Put a lead back; no reason is asked, and none is counted."""
    await call.office.queue.release(call.actor, call.id)
    return see_other("/")


async def close(call: Call) -> web.Response:
    """Close a lead, and go back to the queue: the next one is never opened by itself."""
    await call.office.queue.close(call.actor, call.id, choice(call.form, "closing", Closing))
    return see_other("/")


async def note(call: Call) -> web.Response:
    """Seal a note to a lead."""
    await call.office.queue.add_note(call.actor, call.id, text(call.form, "text"))
    return see_other(f"/leads/{call.id}")


async def reveal(call: Call) -> web.Response:
    """Show a lead's content once; the look is on the record before anything is opened."""
    shown = await call.office.queue.show(call.actor, call.id)
    reason = text(call.form, "reason")
    opener = await opener_of(call)
    revealed = await call.office.queue.reveal(call.actor, shown.id, reason=reason, opener=opener)
    response = await _lead_page(call, shown, revealed, await call.office.linked.of(call.actor, revealed))
    response.headers["Refresh"] = f"{BACK_AFTER_S}; url=/leads/{shown.id}"
    return response


async def _lead_page(
    call: Call, shown: Lead, revealed: list[Revealed] | None = None, linked: Suggestions | None = None
) -> web.Response:
    standing = await call.office.people.standing()
    told = await call.office.watchlist.show(call.actor, shown.target_id) if revealed is not None else None
    return await call.page(
        "lead.html",
        lead=shown,
        revealed=revealed,
        linked=linked or Suggestions(),
        blank=EMPTY,
        report=told.report if told else "",
        **OFFERED,
        closings=BY_HAND,
        passphrase_needed=standing.enrolled,
        minutes=BACK_AFTER_S // 60,
    )
