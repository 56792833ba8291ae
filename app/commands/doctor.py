"""`kapear doctor`: whether this machine lets Kapear keep its promises."""

from __future__ import annotations

import asyncio
from dataclasses import asdict

from app import config, logs
from app.checkup import State, worst
from app.commands.terminal import AsJson, emit, print_json
from domain.errors import Refused


def doctor(*, as_json: AsJson = False) -> None:
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
    if broken := [check.name for check in checks if check.state is State.BROKEN]:
        raise Refused(f"A promise cannot be kept here, or Kapear cannot work: {', '.join(broken)}.")
