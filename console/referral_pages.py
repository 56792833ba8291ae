"""The notes for the police: listed without the places, each opened for a reason, on a page fit to print."""

from __future__ import annotations

from aiohttp import web

from console import forms
from console.calls import Call, see_other
from console.unlocking import BACK_AFTER_S, opener_of
from domain.observations import Platform
from triage.referrals import ReferralView


async def referrals(call: Call) -> web.Response:
    """Show all notes, newest first, without the places."""
    return await call.page("referrals.html", views=await call.office.referrals.all(call.actor))


async def add(call: Call) -> web.Response:
    """Keep a note of a place that was refused, and show it."""
    view = await call.office.referrals.add(
        call.actor,
        locator=forms.text(call.form, "locator"),
        report=forms.text(call.form, "report"),
        platform=forms.choice(call.form, "platform", Platform) if call.form.get("platform") else None,
    )
    return see_other(f"/referrals/{view.note.id}")


async def referral(call: Call) -> web.Response:
    """Show one note without the place."""
    return await _note_page(call, await call.office.referrals.show(call.actor, call.id))


async def reveal(call: Call) -> web.Response:
    """Show one note with the place; the look is on the record before it is opened."""
    reason = forms.text(call.form, "reason")
    view = await call.office.referrals.show(call.actor, call.id)
    opener = await opener_of(call)
    opened = await call.office.referrals.reveal(call.actor, view.note.id, reason=reason, opener=opener)
    response = await _note_page(call, opened)
    response.headers["Refresh"] = f"{BACK_AFTER_S}; url=/referrals/{view.note.id}"
    return response


async def _note_page(call: Call, view: ReferralView) -> web.Response:
    standing = await call.office.people.standing()
    return await call.page(
        "referral.html",
        view=view,
        hotline=standing.organisation.name if standing.organisation else "",
        passphrase_needed=standing.enrolled,
        minutes=BACK_AFTER_S // 60,
    )
