"""`kapear clock`: what to do where the clock and the audit log disagree."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import typer

from app.commands.terminal import at_desk, say
from app.instance import Instance
from domain.people import Actor

app = typer.Typer(no_args_is_help=True, help="The clock that visits and approvals go by.")


@app.callback()
def clock() -> None:
    """Keep `accept` a command of its own, although it is the only one."""


@app.command("accept")
def accept(reason: Annotated[str, typer.Argument(help="Why the clock is right and the log's time never was.")]) -> None:
    """Go on with a clock that stands before the newest event of the audit log; the log says who accepted it."""

    async def work(instance: Instance, actor: Actor) -> datetime:
        return await instance.office.timekeeping.accept(actor, reason)

    newest = at_desk(work, acting=True)
    say(f"The clock counts as right from here on; until now {newest.isoformat(timespec='seconds')} did.")
