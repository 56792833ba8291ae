"""
Serve a platform in a process of its own, changed by lines on its standard input.

Started as `python -m demo.telegram.process`. Writes one JSON line once it
listens: session, api_id, api_hash, ports, the RSA key for who must agree on a
fresh key, and the made channels by username.
Then it answers each JSON line (see demo.telegram.commands) with one, and goes
when its input ends, so that it never outlives whoever started it.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
from typing import Any

from demo.telegram.commands import obey
from demo.telegram.generated import long_history, quiet_channels
from demo.telegram.numbers import public_key
from demo.telegram.server import TelegramServer
from demo.telegram.state import Platform

MOST_A_LINE = 64 * 1024 * 1024  # pictures come in lines


def announcement(server: TelegramServer) -> dict[str, Any]:
    """Return the line that tells where the server is and what it has."""
    platform = server.platform
    return {
        "session": server.session_string(),
        "api_id": platform.api_id,
        "api_hash": platform.api_hash,
        "ports": server.ports,
        "rsa_key": public_key(),
        "channels": {name: channel.id for channel in platform.channels.values() for name in channel.usernames},
    }


async def serve(platform: Platform) -> None:
    """Serve until the input ends."""
    commands = asyncio.StreamReader(limit=MOST_A_LINE)
    loop = asyncio.get_running_loop()
    pipe = os.fdopen(os.dup(0), "rb", buffering=0)
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(commands), pipe)
    async with TelegramServer(platform) as server:
        _say(announcement(server))
        while line := await commands.readline():
            _say(obey(server, json.loads(line)))


def main() -> None:
    """Read the arguments, make what they ask for, and serve it."""
    parser = argparse.ArgumentParser(
        prog="python -m demo.telegram.process", description="Serve a Telegram on loopback."
    )
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--history", type=int, default=0, help="messages of the channel long_history")
    parser.add_argument("--quiet", type=int, default=0, help="channels of three messages, quiet_0001 and on")
    given = parser.parse_args()
    platform = Platform(given.seed)
    if given.history:
        long_history(platform, given.history)
    quiet_channels(platform, given.quiet)
    asyncio.run(serve(platform))


def _say(words: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(words) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
