"""
Speak to a terminal, and open the desk for one command.

Results go to standard output, everything else to standard error. Whatever
came from outside passes `printable` first: no character may steer a terminal.
"""

from __future__ import annotations

import asyncio
import getpass
import json
import sys
from collections.abc import Awaitable, Callable, Sequence
from typing import Annotated, Any, TypeVar

import typer
from rich.console import Console
from rich.table import Table

from app import config, logs
from app.instance import Instance, open_instance
from domain.errors import NotAllowed
from domain.people import Actor, Role
from domain.plaintext import printable

T = TypeVar("T")

PIPED_WIDTH = 320

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]

errors = Console(stderr=True, highlight=False, markup=False, soft_wrap=True)


def say(line: str) -> None:
    """Write one line to standard error."""
    errors.print(printable(line))


def print_json(value: object) -> None:
    """Write one JSON value to standard output; escapes keep it plain ASCII."""
    sys.stdout.write(json.dumps(value, ensure_ascii=True) + "\n")
    sys.stdout.flush()


def print_rows(columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Write a table to standard output."""
    table = Table(box=None, pad_edge=False, header_style="bold", show_header=any(columns))
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*(printable("" if cell is None else str(cell)) for cell in row))
    # A pipe has no width of its own: rows stay whole for grep and awk.
    width = None if sys.stdout.isatty() else PIPED_WIDTH
    Console(highlight=False, markup=False, width=width).print(table)


def print_fields(value: dict[str, Any]) -> None:
    """Write one thing to standard output, a field a line."""
    print_rows(("", ""), [(name, field) for name, field in value.items() if field not in (None, "", [])])


def emit(value: Any, *, as_json: bool, columns: Sequence[str] = ()) -> None:
    """Print a result: as JSON, or as a table of the named columns, or field by field."""
    if as_json:
        print_json(value)
    elif isinstance(value, list):
        print_rows(columns, [[row.get(column) for column in columns] for row in value])
    else:
        print_fields(value)


def with_instance(work: Callable[[Instance], Awaitable[T]], *, create: bool = False) -> T:
    """Open the installation for one piece of work."""
    settings = config.load()
    logs.configure(debug=settings.debug, quiet=True)

    async def body() -> T:
        async with open_instance(settings, create=create) as instance:
            return await work(instance)

    return asyncio.run(body())


def at_desk(work: Callable[[Instance, Actor], Awaitable[T]], *, acting: bool) -> T:
    """Open the desk as whoever calls: by token, or as the person at the machine."""

    async def body(instance: Instance) -> T:
        return await work(instance, await actor_for(instance, acting=acting))

    return with_instance(body)


async def actor_for(instance: Instance, *, acting: bool) -> Actor:
    """
    Return who acts.

    Not enrolled: the person at the machine, who may do everything there.
    Enrolled: the holder of KAPEAR_TOKEN; without one the person at the machine
    may still look (they hold the files), but not act.
    """
    people = instance.office.people
    standing = await people.standing()
    name = f"os:{_login()}"
    if not standing.enrolled:
        return Actor(name=name, role=Role.ADMIN, local=True)
    if instance.config.token:
        return await people.actor_by_token(instance.config.token)
    if acting:
        raise NotAllowed("This hotline is enrolled: set KAPEAR_TOKEN to your own token to act.")
    return Actor(name=name, role=Role.AUDITOR)


def passphrase_of(instance: Instance) -> str | None:
    """Return the hotline's passphrase, asked for where one is needed and none is set."""
    if not instance.key_is_protected:
        return None
    return instance.config.passphrase or typer.prompt("Passphrase of the hotline's key", hide_input=True, err=True)


def _login() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "unknown"
