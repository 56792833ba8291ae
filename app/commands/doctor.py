"""`kapear doctor`: whether this machine lets Kapear keep its promises."""

from __future__ import annotations

import asyncio
from dataclasses import asdict
from typing import Annotated

import typer

from app import config, logs
from app.checkup import State, worst
from app.commands.terminal import AsJson, at_desk, emit, print_json, say
from app.instance import Instance
from domain.errors import Refused
from domain.people import Actor, Permission

# What a running instance waits for, and tells people of; without a start nobody would be told.
WAITED_FOR = {"clock"}

BeforeStart = Annotated[
    bool, typer.Option("--before-start", help="Let a clock that is wrong be: an instance waits for it, and says so.")
]


def doctor(
    *,
    mail: Annotated[bool, typer.Option("--mail", help="Send one test message instead.")] = False,
    before_start: BeforeStart = False,
    as_json: AsJson = False,
) -> None:
    """Check lock-down, memory, keys, database, clock and disk; exits 1 when a promise cannot be kept."""
    if mail:
        _send_test()
        return
    from app.doctor import examine  # noqa: PLC0415 - the database and the pool are for this command only

    settings = config.load()
    logs.configure(debug=settings.debug, quiet=True)
    checks = asyncio.run(examine(settings))
    rows = [asdict(check) for check in checks]
    if as_json:
        print_json({"state": worst(checks), "checks": rows})
    else:
        emit(rows, as_json=False, columns=("name", "state", "finding", "mend"))
    passed_over = WAITED_FOR if before_start else set()
    if broken := [check.name for check in checks if check.state is State.BROKEN and check.name not in passed_over]:
        raise Refused(f"A promise cannot be kept here, or Kapear cannot work: {', '.join(broken)}.")


def _send_test() -> None:
    async def work(instance: Instance, actor: Actor) -> None:
        from app.mail import send_test  # noqa: PLC0415 - the console's catalogues are for this command only

        actor.require(Permission.MANAGE_PEOPLE)
        await send_test(instance)

    at_desk(work, acting=True)
    say("The mail server took the message.")
