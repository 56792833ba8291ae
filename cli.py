"""
The `kapear` command: assembles the commands and sees that no traceback reaches a person.

Exit 0 done, 1 refused with one clear line on standard error, 2 wrong usage.
"""

from __future__ import annotations

import asyncio
import contextlib
import sys
from pathlib import Path
from typing import Annotated

import typer
from prometheus_client import CollectorRegistry

from app import config, logs
from app.commands import (
    backups,
    clock,
    doctor,
    feeds,
    figures,
    forum,
    hashing,
    leads,
    lists,
    people,
    reports,
    telegram,
    watch,
)
from app.commands.terminal import errors, print_json, say
from app.config import Config
from app.instance import BESIDE, open_instance
from domain.condition import WHY
from domain.errors import AlreadyRunning, KapearError, NotWatchable, Superseded
from triage.json_views import lead_json

# Scrapy, aiohttp and the console take a second to import; only commands that
# visit or serve wait for them.
# ruff: noqa: PLC0415

INTERRUPTED = 130

app = typer.Typer(
    name="kapear",
    help="Watches reported public channels and pages, and keeps no image.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.add_typer(reports.app, name="report")
app.add_typer(watch.app, name="watch")
app.add_typer(leads.app, name="leads")
app.add_typer(telegram.app, name="telegram")
app.add_typer(lists.app, name="hashlist")
app.add_typer(lists.rules_app, name="rules")
app.add_typer(forum.app, name="forum")
app.add_typer(people.user_app, name="user")
app.add_typer(people.audit_app, name="audit")
app.add_typer(clock.app, name="clock")
for command in (people.init, people.enrol, people.upgrade, doctor.doctor, people.pause, people.purge, figures.stats):
    app.command()(command)
app.command("hash")(hashing.hash_)
app.command()(backups.backup)
app.command()(backups.restore)
lists.app.command("feeds")(feeds.feeds)
lists.app.command("pull")(feeds.pull)


@app.command()
def run(
    *,
    standby: Annotated[
        bool, typer.Option(help="While another instance monitors, wait, and take over when it ends.")
    ] = False,
) -> None:
    """Monitor continuously and serve the console, until told to stop."""
    settings = config.load()
    logs.configure(debug=settings.debug)
    asyncio.run(_run(settings, standby=standby))


async def _run(settings: Config, *, standby: bool) -> None:

    from app.serving import stop_on_signals
    from app.visitor import STANDBY_S

    stop = stop_on_signals()
    while not stop.is_set():
        try:
            await _monitor(settings, stop, standby=standby)
            break
        except (AlreadyRunning, Superseded):
            if not standby:
                raise
        with contextlib.suppress(TimeoutError):  # such as beneath an older program: until that one ends
            await asyncio.wait_for(stop.wait(), STANDBY_S)


async def _monitor(settings: Config, stop: asyncio.Event, *, standby: bool) -> None:

    import scheduler
    from app.serving import serving
    from app.visitor import open_visitor
    from console.metrics import Metrics

    metrics = Metrics(CollectorRegistry())
    async with (
        open_instance(settings, create=True) as instance,
        open_visitor(instance, standby=stop if standby else None) as visitor,
        serving(instance, metrics, warnings=visitor.warnings, pool=lambda: visitor.pool.health) as address,
    ):
        for warning in visitor.warnings:
            say(f"Warning: {warning}.")
        for reason in await instance.office.condition.reasons():
            say(f"Warning: {WHY[reason]}.")
        if not (await instance.office.people.standing()).enrolled:
            say(f"Note: {BESIDE}.")
        say(f"Console: {address} (sign in: kapear user link)")
        await scheduler.run(visitor, metrics.visited, stop)


@app.command()
def worker(
    *, metrics: Annotated[bool, typer.Option(help="Serve /metrics and /healthz where a console would be.")] = False
) -> None:
    """Visit what the instance that monitors hands out, on PostgreSQL; any number, on any machine."""
    settings = config.load()
    logs.configure(debug=settings.debug)
    asyncio.run(_worker(settings, tells=metrics))


async def _worker(settings: Config, *, tells: bool) -> None:

    import scheduler
    from app.serving import serving, stop_on_signals
    from app.visitor import open_worker
    from console.metrics import Metrics
    from console.routes import FIGURES

    stop = stop_on_signals()
    metrics = Metrics(CollectorRegistry())
    async with (
        open_instance(settings) as instance,
        open_worker(instance) as (visitor, queue),
        contextlib.AsyncExitStack() as figures,
    ):
        for warning in visitor.warnings:
            say(f"Warning: {warning}.")
        if tells:
            served = serving(instance, metrics, pool=lambda: visitor.pool.health, routes=FIGURES)
            say(f"Figures: {await figures.enter_async_context(served)}/metrics")
        say("Working.")
        await scheduler.work(visitor, queue, metrics.visited, stop)


@app.command()
def console() -> None:
    """Serve the console alone; another instance monitors. Any number, on any machine."""
    settings = config.load()
    logs.configure(debug=settings.debug)
    asyncio.run(_console(settings))


async def _console(settings: Config) -> None:

    from app.mail import telling_of_silence
    from app.serving import serving, stop_on_signals
    from console.metrics import Metrics

    stop = stop_on_signals()
    async with (
        open_instance(settings) as instance,
        telling_of_silence(instance),
        serving(instance, Metrics(CollectorRegistry())) as address,
    ):
        say(f"Console: {address} (sign in: kapear user link)")
        await stop.wait()


@app.command()
def demo(
    *,
    platform_only: Annotated[bool, typer.Option(help="Serve the platforms only and print one JSON line.")] = False,
    exit_when_done: Annotated[bool, typer.Option(help="Print the leads as JSON and end.")] = False,
    live: Annotated[bool, typer.Option(help="Let posts appear while the platforms run.")] = False,
) -> None:
    """Show the main job on the bundled loopback platforms: benign, synthetic, and nothing leaves the machine."""
    settings = config.load()
    logs.configure(debug=settings.debug, quiet=True)  # the sign-in link must not scroll away
    if platform_only:
        asyncio.run(_platform_only(Path(".demo").absolute() / "platform", live=live))
    else:
        asyncio.run(_demo(settings, exit_when_done=exit_when_done))


async def _platform_only(directory: Path, *, live: bool) -> None:
    from app.serving import stop_on_signals
    from demo.process import DemoPlatform

    async with DemoPlatform(directory=directory, live=live) as served:
        stop = stop_on_signals()
        print_json(served.line)
        await stop.wait()


async def _demo(base: Config, *, exit_when_done: bool) -> None:

    import scheduler
    from app import demonstration
    from app.serving import local_link, serving, stop_on_signals
    from app.visitor import open_visitor
    from console.metrics import Metrics
    from demo.process import DemoPlatform

    directory = demonstration.fresh_directory()
    metrics = Metrics(CollectorRegistry())
    async with DemoPlatform(directory=directory / "platform", live=not exit_when_done) as served:
        settings = demonstration.demo_config(base, directory, served)
        async with open_instance(settings, create=True) as instance:
            targets = await demonstration.furnish(instance, served)
            say(f"Demo: {BESIDE}.")
            async with open_visitor(instance) as visitor, contextlib.AsyncExitStack() as console:
                stop = stop_on_signals()
                for warning in visitor.warnings:
                    say(f"Warning: {warning}.")
                if not exit_when_done:
                    shown = serving(instance, metrics, warnings=visitor.warnings, pool=lambda: visitor.pool.health)
                    address = await console.enter_async_context(shown)
                    say(f"Console: {address}")
                    say(f"Sign in once within 15 minutes: {await local_link(instance, address)}")
                    say("Stop with Ctrl+C.")

                async def visited() -> None:
                    await demonstration.wait_until_visited(instance, targets, errors)

                await scheduler.run(visitor, metrics.visited, stop, until=visited if exit_when_done else None)
            if exit_when_done:
                print_json([lead_json(lead) for lead in await instance.office.queue.all(demonstration.ACTOR)])


def main() -> None:
    """Run one command; whatever goes wrong is said in one line."""
    try:
        app(prog_name="kapear")
    except NotWatchable as fault:
        say(str(fault))
        if fault.referral:
            typer.echo(fault.referral)  # a result of its own: what to hand to the police instead
        sys.exit(1)
    except KapearError as fault:
        say(str(fault))
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
    except BrokenPipeError:
        sys.exit(1)
    except Exception as fault:  # noqa: BLE001 - the last door: a traceback could quote what was read
        say(f"Something broke inside Kapear ({type(fault).__name__}). Nothing that was committed is lost; try again.")
        sys.exit(1)


if __name__ == "__main__":
    main()
