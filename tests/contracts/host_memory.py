"""What every memory of hosts promises; subclass it and give it an empty `memory`."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from domain.courtesy import QUIET, HostState
from domain.ports import HostMemory, RobotsFile

NOW = datetime(2026, 3, 2, 4, 30, tzinfo=UTC)
HOST = "kites.example"
ORIGIN = f"https://{HOST}"


class HostMemoryContract:
    """The suite; a subclass brings the fixture `memory`."""

    async def test_it_knows_nothing_of_a_stranger(self, memory: HostMemory) -> None:
        assert await memory.state(HOST) == QUIET
        assert await memory.robots(ORIGIN) is None

    async def test_it_keeps_what_it_was_last_told(self, memory: HostMemory) -> None:
        resting = HostState(rests_until=NOW + timedelta(hours=1), rests_because="http_429", failures=2)
        await memory.note(HOST, resting)
        await memory.note("rakes.example", QUIET)
        assert await memory.state(HOST) == resting
        await memory.note(HOST, QUIET)
        assert await memory.state(HOST) == QUIET

    async def test_robots_files_belong_to_origins(self, memory: HostMemory) -> None:
        file = RobotsFile(status=200, text="User-agent: *\nDisallow: /តុ", read_at=NOW)
        await memory.keep_robots(ORIGIN, file)
        assert await memory.robots(ORIGIN) == file
        assert await memory.robots(f"{ORIGIN}:8443") is None
        await memory.keep_robots(ORIGIN, newer := replace(file, status=404, text=""))
        assert await memory.robots(ORIGIN) == newer
