"""
Answer what went wrong with one clear line, and put the same guard around every answer.

Nothing foreign is quoted: an unforeseen error leaves its kind in the log, and
a page that says only that something went wrong.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable

from aiohttp import web

from console import words
from console.calls import Call, Console, as_json
from console.i18n import LANGUAGE_COOKIE, LANGUAGES, choose
from domain.errors import BadInput, NotAllowed, NotFound, NotWatchable, OperatorFault, Refused, WrongState
from domain.plaintext import printable

log = logging.getLogger("kapear.console")

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; style-src 'self'; font-src 'self'; script-src 'self'; img-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # "same-origin" lets forms carry a true Origin; the sign-in page sends none at all.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}
STATUSES: tuple[tuple[type[Exception], int], ...] = (
    (NotFound, 404),
    (NotAllowed, 403),
    (WrongState, 409),
    (BadInput, 400),
    (NotWatchable, 400),
    (Refused, 400),
    (OperatorFault, 503),
)
_OF_STATUS = {
    404: words.NO_SUCH_PAGE,
    405: words.WRONG_METHOD,
    413: words.TOO_LONG,
}

Next = Callable[[web.Request], Awaitable[web.StreamResponse]]
CONSOLE = web.AppKey("console", Console)


class TurnedAway(Exception):
    """A request was refused at the door, with a status and one line."""

    def __init__(self, status: int, line: str) -> None:
        """Keep both."""
        super().__init__(line)
        self.status = status
        self.line = line


def status_of(error: Exception) -> int | None:
    """Return the HTTP status of a foreseen error."""
    return next((status for kind, status in STATUSES if isinstance(error, kind)), None)


def language_of(request: web.Request) -> str:
    """Return the language to answer in."""
    return choose(
        request.query.get("lang"),
        request.cookies.get(LANGUAGE_COOKIE),
        request.headers.get("Accept-Language", ""),
    )


@web.middleware
async def dress(request: web.Request, handler: Next) -> web.StreamResponse:
    """Turn errors into answers, and give every answer its headers."""
    console = request.app[CONSOLE]
    response = await _answer(request, handler, console)
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    response.headers["Server"] = "kapear"  # in place of version numbers
    asked = request.query.get("lang")
    if asked in LANGUAGES:
        response.set_cookie(
            LANGUAGE_COOKIE,
            asked,
            max_age=31_536_000,
            httponly=True,
            samesite="Strict",
            secure=console.config.secure_cookie,
        )
    return response


async def _answer(request: web.Request, handler: Next, console: Console) -> web.StreamResponse:
    transport = request.transport
    port = transport.get_extra_info("sockname")[1] if transport else console.config.port
    try:
        if not console.config.admits_host(request.headers.get("Host", ""), port):
            raise TurnedAway(421, words.WRONG_HOST)  # noqa: TRY301 - one place turns errors into answers
        return await handler(request)
    except TurnedAway as error:
        return await failure(request, console, error.status, error.line)
    except web.HTTPException as error:
        return await failure(request, console, error.status, _OF_STATUS.get(error.status, words.WENT_WRONG))
    except (Refused, OperatorFault) as error:
        return await failure(request, console, status_of(error) or 400, str(error))
    except Exception as error:  # noqa: BLE001 - the last door: its text could quote anything, so only its kind is kept
        log.error("console.failed", extra={"error": type(error).__name__, "method": request.method})  # noqa: TRY400
        return await failure(request, console, 500, words.WENT_WRONG)


async def failure(request: web.Request, console: Console, status: int, line: str) -> web.Response:
    """Return the page, or the JSON, that says what went wrong."""
    language = language_of(request)
    said = console.pages.translate(line, language)
    if request.path.startswith("/api/"):
        response = as_json({"error": printable(line)}, status=status)
        if status == 401:  # noqa: PLR2004 - the status that asks for credentials
            response.headers["WWW-Authenticate"] = "Bearer"
        return response
    call = Call(request=request, console=console, language=language)
    title = words.ERROR_TITLES.get(status, words.ERROR_TITLES[500])
    return await call.page(
        "error.html", status=status, title=title, line=said, translated=said != line or language == "en"
    )
