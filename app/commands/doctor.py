"""`kapear doctor`: whether this machine lets Kapear keep its promises."""

from __future__ import annotations

import asyncio
from dataclasses import asdict
from typing import Annotated

import typer

from app import config, logs
from app.checkup import State, worst
from app.commands.terminal import AsJson, emit, print_json
from domain.errors import Refused

# What a running instance waits for, and tells people of; without a start nobody would be told.
WAITED_FOR = {"clock"}

BeforeStart = Annotated[
    bool, typer.Option("--before-start", help="Let a clock that is wrong be: an instance waits for it, and says so.")
]


def doctor(*, before_start: BeforeStart = False, as_json: AsJson = False) -> None:
    """Check lock-down, memory, keys, database, clock and disk; exits 1 when a promise cannot be kept."""
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
