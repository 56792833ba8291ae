"""Be another machine's visits: `python -m tests.storage.guest DATABASE_URL DATA_DIR SITE shared|local`."""

from __future__ import annotations

import asyncio
import hashlib
import sys
from pathlib import Path

from domain.observations import Traffic
from net.fetch import opened
from net.governor import HostGovernor
from net.session import guarded_session
from storage import open_store
from tests.net.loopback import LOOPBACK_ONLY, USER_AGENT

REQUESTS = 8
LIMIT = 2
DELAY = 0.05


def digest(host: str) -> str:
    return hashlib.sha256(host.encode()).hexdigest()


async def main(url: str, data_dir: str, site: str, kind: str) -> None:
    store = await open_store(url, data_dir=Path(data_dir), create=False)
    seats = store.host_seats(digest) if kind == "shared" else None
    governor = HostGovernor(per_host=LIMIT, delay=DELAY if kind == "shared" else 0, seats=seats)
    async with guarded_session(LOOPBACK_ONLY, user_agent=USER_AGENT) as session:

        async def guest() -> None:
            async with (
                governor.slot("127.0.0.1") as turn,
                opened(session, site, traffic=Traffic(), headers={}, read_timeout=30, heard=turn.heard) as answer,
            ):
                await answer.read()

        print("ready", flush=True)  # noqa: T201 - the test that started us reads it
        await asyncio.to_thread(sys.stdin.readline)
        await asyncio.gather(*(guest() for _ in range(REQUESTS)))
    await store.close()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
