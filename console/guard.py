"""
Let a request in, or turn it away, before any handler sees it.

In this order: parameters the route declares, who asks, whether they may, and
for a POST whether its form came from a page of this console.
"""

from __future__ import annotations

import hmac
import json
from typing import Any

from aiohttp import web

from console import words
from console.answers import CONSOLE, TurnedAway, language_of
from console.calls import Access, Call, Console, Handler, Route
from domain.errors import NotAllowed
from domain.people import Actor, Session

MAX_BODY = 65_536
FORM = "application/x-www-form-urlencoded"
EVERYWHERE = frozenset({"lang"})  # the parameter that every page reads


def entry(route: Route) -> Any:
    """Return the aiohttp handler of a route: its guard, then its own handler."""
    handler: Handler = route.handler

    async def enter(request: web.Request) -> web.StreamResponse:
        return await handler(await admit(route, request))

    return enter


async def admit(route: Route, request: web.Request) -> Call:
    """Return the call when the route's policy admits the request; raises TurnedAway or NotAllowed."""
    console = request.app[CONSOLE]
    if not set(request.query) <= (route.query | (EVERYWHERE if route.is_page else frozenset())):
        raise TurnedAway(400, words.UNKNOWN_PARAMETER)
    session, caller = await _caller(route, request, console)
    if route.policy.permission is not None and caller is not None:
        caller.require(route.policy.permission)
    form: dict[str, str] = {}
    body: dict[str, Any] = {}
    if request.method == "POST" and route.policy.access is Access.TOKEN:
        body = await _json(request)
    elif request.method == "POST":
        _check_origin(request, console)
        form = await _form(request)
        if session is not None and not hmac.compare_digest(form.pop("csrf", "").encode(), session.csrf.encode()):
            raise TurnedAway(403, words.FORM_EXPIRED)
    return Call(
        request=request,
        console=console,
        language=language_of(request),
        session=session,
        caller=caller,
        form=form,
        body=body,
    )


async def _caller(route: Route, request: web.Request, console: Console) -> tuple[Session | None, Actor | None]:
    match route.policy.access:
        case Access.PUBLIC:
            return None, None
        case Access.TOKEN:
            return None, await _token_holder(request, console)
        case Access.SESSION:
            session = await _session(request, console)
            return session, session.actor


async def _token_holder(request: web.Request, console: Console) -> Actor:
    kind, _, token = request.headers.get("Authorization", "").partition(" ")
    if kind.lower() != "bearer" or not token.strip():
        raise TurnedAway(401, "Send a user token: Authorization: Bearer TOKEN.")
    try:
        return await console.office.people.actor_by_token(token.strip())
    except NotAllowed:
        raise TurnedAway(401, "This is no valid token; make a new one: kapear user token NAME.") from None


async def _session(request: web.Request, console: Console) -> Session:
    cookie = request.cookies.get(console.config.cookie_name)
    session = await console.office.people.session(cookie) if cookie else None
    if session is None:
        raise TurnedAway(401, words.SIGN_IN_FIRST)
    # Whoever signed in at the machine before the hotline enrolled is nobody afterwards.
    if session.actor.local and (await console.office.people.standing()).enrolled:
        raise TurnedAway(401, words.SIGN_IN_FIRST)
    return session


def _check_origin(request: web.Request, console: Console) -> None:
    """Raise TurnedAway unless the form was sent by a page of this console."""
    fetch_site = request.headers.get("Sec-Fetch-Site")
    origin = request.headers.get("Origin")
    own = f"{console.config.scheme}://{request.headers.get('Host', '')}"
    # A page without referrer (the sign-in page) sends "null"; then the browser's own word decides.
    said_own = origin == own or (origin in {None, "null"} and fetch_site == "same-origin")
    if not said_own or fetch_site not in {None, "same-origin"}:
        raise TurnedAway(403, words.FORM_EXPIRED)


async def _form(request: web.Request) -> dict[str, str]:
    # Multipart would be spooled to a temporary file by the server.
    if request.content_type != FORM:
        raise TurnedAway(415, words.WRONG_MEDIA_TYPE)
    try:
        fields = await request.post()
    except ValueError:
        raise TurnedAway(400, words.BAD_FIELD) from None
    return {name: value for name, value in fields.items() if isinstance(value, str)}


async def _json(request: web.Request) -> dict[str, Any]:
    if request.content_type != "application/json":
        raise TurnedAway(415, "Send JSON: Content-Type: application/json.")
    try:
        body = json.loads(await request.read())
    except (ValueError, RecursionError):
        raise TurnedAway(400, "The body is no JSON.") from None
    if not isinstance(body, dict):
        raise TurnedAway(400, "The body is a JSON object.")
    return body
