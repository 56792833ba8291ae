"""
Say what a route is, and what its handler is given.

A handler gets a `Call` that was let in already: the policy stands beside the
path, and nothing reaches a handler around it.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from aiohttp import web

from console.config import ConsoleConfig
from console.metrics import Metrics
from console.rendering import Pages
from console.tries import Tries
from domain.condition import WHY, Standstill
from domain.errors import NotAllowed
from domain.people import Actor, Permission, Session
from domain.ports import Opener
from triage.office import Office

Unlock = Callable[[str | None], Opener]

LONGEST_PATH = 200


class Access(Enum):
    """How a caller proves who they are."""

    PUBLIC = "public"
    SESSION = "session"  # the cookie of a signed-in browser
    TOKEN = "token"  # noqa: S105 - the word, not a secret


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """Who is let in; a permission of None needs a known caller and no more."""

    access: Access
    permission: Permission | None = None


PUBLIC = Policy(access=Access.PUBLIC)
SIGNED_IN = Policy(access=Access.SESSION)


def signed_in(permission: Permission) -> Policy:
    """Return the policy of a page for signed-in people who may do this."""
    return Policy(access=Access.SESSION, permission=permission)


def by_token(permission: Permission) -> Policy:
    """Return the policy of an API route for holders of a user token who may do this."""
    return Policy(access=Access.TOKEN, permission=permission)


@dataclass(frozen=True, slots=True, kw_only=True)
class Console:
    """What all handlers share."""

    office: Office
    config: ConsoleConfig
    pages: Pages
    unlock: Unlock = field(repr=False)
    metrics: Metrics
    tries: Tries
    static: Mapping[str, bytes] = field(repr=False)
    # Deriving the key takes 64 MiB: one at a time on a machine of 4 GB.
    one_unlock: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(1), repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One request that was let in. `form` holds the fields of a POST, `body` the JSON of one to the API."""

    request: web.Request = field(repr=False)
    console: Console
    language: str
    session: Session | None = field(default=None, repr=False)
    caller: Actor | None = None
    form: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: Mapping[str, Any] = field(default_factory=dict, repr=False)

    @property
    def office(self) -> Office:
        """Return the desk's use cases."""
        return self.console.office

    @property
    def actor(self) -> Actor:
        """Return who acts; only a public route has nobody."""
        if self.caller is None:
            raise NotAllowed("Nobody is signed in.")
        return self.caller

    @property
    def id(self) -> str:
        """Return the id in the path."""
        return self.request.match_info["id"]

    @property
    def query(self) -> Mapping[str, str]:
        """Return the declared parameters that were given."""
        return self.request.query

    async def page(self, template: str, *, status: int = 200, **values: Any) -> web.Response:
        """Return a page, made in a thread: a lead's texts can be megabytes, and the loop waits for nobody."""
        path = self.request.path
        reasons, paused = await self._standstill() if self.caller is not None else ((), "")
        shared = {
            "standstill": [WHY[reason] for reason in reasons],
            "paused": paused,
            "actor": self.caller,
            "csrf": self.session.csrf if self.session else "",
            "path": path,
            # Where a change of language leads: a form's own path cannot be opened. None of ours is long: what
            # somebody smuggles into an address is not repeated.
            "here": path if self.request.method == "GET" and len(path) <= LONGEST_PATH else "/",
            "warnings": self.console.config.warnings,
            "now": self.office.desk.now(),
            "may": {permission.name: bool(self.caller and self.caller.may(permission)) for permission in Permission},
        }
        html = await asyncio.to_thread(self.console.pages.render, template, self.language, shared | values)
        return web.Response(text=html, content_type="text/html", status=status)

    async def _standstill(self) -> tuple[tuple[Standstill, ...], str]:
        """Return why nothing is watched, and the reason of whoever paused everything."""
        reasons = await self.office.condition.reasons()
        paused = Standstill.PAUSED in reasons
        return reasons, (await self.office.people.standing()).paused if paused else ""


Handler = Callable[[Call], Awaitable[web.StreamResponse]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """
    A path, who may use it, and what it answers.

    `query` names every parameter it reads: others are refused. `summary` is
    what the API's description says; `answers`, `otherwise` and `takes` name schemas there.
    """

    method: str
    path: str
    name: str
    policy: Policy
    handler: Handler
    query: frozenset[str] = frozenset()
    summary: str = ""
    answers: str = ""
    otherwise: str = "Error"
    takes: str = ""

    @property
    def is_api(self) -> bool:
        """Return whether the route speaks JSON."""
        return self.path.startswith("/api/")

    @property
    def is_page(self) -> bool:
        """Return whether people read the route in a browser."""
        return (
            self.method == "GET" and not self.is_api and not self.path.startswith(("/static/", "/healthz", "/metrics"))
        )


def as_json(value: Any, *, status: int = 200) -> web.Response:
    """Return JSON; everything but ASCII is escaped, so nothing in it steers a terminal."""
    return web.json_response(value, status=status, dumps=json.dumps)


def see_other(path: str) -> web.Response:
    """Send a browser on after a form was taken: reloading does not send it again."""
    return web.Response(status=303, headers={"Location": path})
