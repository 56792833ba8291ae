"""
Build the console's application, and put it on a port.

Everything is wired here from the one table of routes; no handler is reachable
but through its guard.
"""

from __future__ import annotations

import errno
import logging
from dataclasses import dataclass
from pathlib import Path

from aiohttp import web

from console.answers import CONSOLE, dress
from console.calls import Console, Route, Unlock
from console.config import ConsoleConfig
from console.guard import MAX_BODY, entry
from console.metrics import Metrics
from console.rendering import Pages
from console.routes import ROUTES
from console.tries import Tries
from domain.errors import OperatorFault
from triage.office import Office

__all__ = ["ROUTE_TABLE", "ConsoleConfig", "Metrics", "Serving", "make_app", "serve"]

STATIC = Path(__file__).parent / "static"
ROUTE_TABLE = web.AppKey("route_table", dict[tuple[str, str], Route])
# An open page's idle connection must not hold up a stop.
SHUTDOWN_S = 0.5

# The server would quote a malformed request in its own log.
_silent = logging.getLogger("kapear.console.http")
_silent.addHandler(logging.NullHandler())
_silent.propagate = False


def make_app(
    office: Office,
    config: ConsoleConfig,
    unlock: Unlock,
    metrics: Metrics,
    routes: tuple[Route, ...] = ROUTES,
) -> web.Application:
    """
    Return the console's application.

    `unlock(passphrase)` returns the hotline's key or raises Refused; it is
    called in a thread, with None where nothing was typed.
    """
    app = web.Application(middlewares=[dress], client_max_size=MAX_BODY)
    app[CONSOLE] = Console(
        office=office,
        config=config,
        pages=Pages(config.timezone),
        unlock=unlock,
        metrics=metrics,
        tries=Tries(),
        static={path.name: path.read_bytes() for path in sorted(STATIC.iterdir())},
    )
    app[ROUTE_TABLE] = {(route.method, route.path): route for route in routes}
    for route in routes:
        app.router.add_route(route.method, route.path, entry(route), name=route.name)
    app.cleanup_ctx.append(metrics.watch_loop)

    async def begin_to_count(_app: web.Application) -> None:
        await metrics.count_delays(office.latency)

    app.on_startup.append(begin_to_count)
    return app


@dataclass(frozen=True, slots=True, kw_only=True)
class Serving:
    """A console that answers; `port` is the one it was given."""

    runner: web.AppRunner
    host: str
    port: int

    @property
    def url(self) -> str:
        """Return where browsers find the console, without a trailing slash."""
        config = self.runner.app[CONSOLE].config
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{config.scheme}://{config.public_host or f'{host}:{self.port}'}"

    async def close(self) -> None:
        """Stop answering; open connections get half a second."""
        await self.runner.cleanup()


async def serve(app: web.Application, host: str, port: int) -> Serving:
    """Answer on a port (0: any free one); raises OperatorFault with one line when it cannot be had."""
    # No access log: a sign-in link's path is a secret.
    runner = web.AppRunner(
        app, access_log=None, logger=_silent, handle_signals=False, shutdown_timeout=SHUTDOWN_S, keepalive_timeout=30
    )
    await runner.setup()
    try:
        await web.TCPSite(runner, host, port).start()
    except OSError as error:
        await runner.cleanup()
        raise OperatorFault(_why(error, host, port)) from None
    return Serving(runner=runner, host=host, port=runner.addresses[0][1])


def _why(error: OSError, host: str, port: int) -> str:
    elsewhere = "set KAPEAR_BIND to another address, such as 127.0.0.1:8471."
    if error.errno == errno.EADDRINUSE:
        return f"Port {port} is in use; {elsewhere}"
    if error.errno == errno.EACCES:
        return f"Port {port} may not be used by this account; {elsewhere}"
    return f"{host} is no address of this machine; {elsewhere}"
