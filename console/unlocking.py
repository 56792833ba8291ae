"""Open what is sealed for one look: with the passphrase where there is one, and not by guessing it."""

from __future__ import annotations

import asyncio

from console.answers import TurnedAway
from console.calls import Call
from console.words import TOO_MANY_TRIES
from domain.errors import Refused
from domain.ports import Opener

BACK_AFTER_S = 600  # what was opened closes itself


async def opener_of(call: Call) -> Opener:
    """Return the hotline's key, unlocked in a thread by what the form brought."""
    console, actor, passphrase = call.console, call.actor, call.form.get("passphrase") or None
    async with console.one_unlock:
        # Asked in here, so that guesses sent all at once are counted one by one.
        now = console.office.desk.now()
        if console.tries.exhausted(actor.name, now):
            raise TurnedAway(429, TOO_MANY_TRIES)
        try:
            opener = await asyncio.to_thread(console.unlock, passphrase)
        except Refused:
            if passphrase is not None:
                console.tries.failed(actor.name, now)
            raise
        console.tries.succeeded(actor.name)
        return opener
