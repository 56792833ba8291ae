"""
Let people in by a one-time link, and out again.

Opening the link shows a button and uses nothing up, so that a chat program's
preview cannot sign itself in; pressing the button does.
"""

from __future__ import annotations

from aiohttp import web

from console.calls import Call, see_other
from console.forms import text
from domain.people import Actor, Permission
from triage.people import SESSION_LIFETIME


async def offer(call: Call) -> web.Response:
    """Show the button."""
    response = await call.page("sign_in.html", secret=call.request.match_info["secret"])
    response.headers["Referrer-Policy"] = "no-referrer"  # the address holds the secret
    return response


async def sign_in(call: Call) -> web.Response:
    """Use the link up and give the browser its cookie."""
    config = call.console.config
    before = call.request.cookies.get(config.cookie_name)
    cookie, session = await call.office.people.sign_in(text(call.form, "secret"))
    if before:
        await call.office.people.sign_out(before)
    response = see_other(home(session.actor))
    response.set_cookie(
        config.cookie_name,
        cookie,
        max_age=int(SESSION_LIFETIME.total_seconds()),
        path="/",
        httponly=True,
        samesite="Strict",
        secure=config.secure_cookie,
    )
    return response


async def sign_out(call: Call) -> web.Response:
    """End the session."""
    config = call.console.config
    await call.office.people.sign_out(call.request.cookies[config.cookie_name])
    response = await call.page("signed_out.html", actor=None)
    response.del_cookie(config.cookie_name, path="/", httponly=True, samesite="Strict", secure=config.secure_cookie)
    return response


def home(actor: Actor) -> str:
    """Return the first page a person may see."""
    return "/" if actor.may(Permission.SEE_DESK) else "/audit"
