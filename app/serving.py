"""Serve the console beside the monitor, and stop everything in time when asked to."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from app.instance import BESIDE, Instance
from console.calls import Route
from console.config import ConsoleConfig
from console.metrics import Metrics
from console.routes import ROUTES
from console.server import make_app, serve
from domain.fingerprints import PoolHealth
from domain.people import Actor, Role

STOP_WITHIN_S = 4.5  # a stop is promised to take no more than 5 s


def stop_on_signals() -> asyncio.Event:
    """
    Return an event that SIGTERM or SIGINT sets.

    A thread that is deep in a hostile page cannot be cancelled, and Python
    would wait for it: when time is up the process ends all the same. What was
    committed is on disk by then, the rest rolls back.
    """
    stop = asyncio.Event()

    def begin() -> None:
        stop.set()
        timer = threading.Timer(STOP_WITHIN_S, os._exit, args=(0,))
        timer.daemon = True
        timer.start()

    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, begin)
    return stop


@asynccontextmanager
async def serving(
    instance: Instance,
    metrics: Metrics,
    *,
    warnings: tuple[str, ...] = (),
    pool: Callable[[], PoolHealth] | None = None,
    routes: tuple[Route, ...] = ROUTES,
) -> AsyncIterator[str]:
    """Serve the console, or some of its routes, while the block runs, with these warnings; yields its address."""
    config = instance.config
    instance.store.watch_waits(metrics.waited)
    metrics.watch_disk(lambda: shutil.disk_usage(config.data_dir).free)
    if pool is not None:
        metrics.watch_pool(pool)
    standing = await instance.office.people.standing()
    if not standing.enrolled:
        warnings = (BESIDE, *warnings)
    console = ConsoleConfig(
        host=config.bind_host,
        port=config.bind_port,
        zone=standing.organisation.zone if standing.organisation else config.zone,
        warnings=warnings,
        secure_cookie=config.behind_proxy,
        public_host=config.public_host or None,
    )
    application = make_app(instance.office, console, unlock=instance.unlock, metrics=metrics, routes=routes)
    answering = await serve(application, config.bind_host, config.bind_port)
    try:
        yield answering.url
    finally:
        await answering.close()


async def local_link(instance: Instance, address: str, name: str = "os:demo") -> str:
    """Return a one-time sign-in link for the person at a machine that is not enrolled."""
    actor = Actor(name=name, role=Role.ADMIN, local=True)
    secret = await instance.office.people.link_for(actor, actor)
    return f"{address}/sign-in/{secret}"
