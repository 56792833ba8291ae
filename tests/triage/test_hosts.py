"""What is remembered of hosts, and that it does not say which."""

from __future__ import annotations

import pytest

from domain.ports import RobotsFile
from tests.contracts.host_memory import HOST, NOW, ORIGIN, HostMemoryContract
from tests.fakes import FakeHostMemory
from tests.triage.deskhands import Desk
from triage.hosts import MAX_KEPT, Hosts


class TestHosts(HostMemoryContract):
    @pytest.fixture
    def memory(self, desk: Desk) -> Hosts:
        return Hosts(desk=desk.opened.office.desk)


class TestFakeHostMemory(HostMemoryContract):
    @pytest.fixture
    def memory(self) -> FakeHostMemory:
        return FakeHostMemory()


async def test_neither_name_nor_paths_of_a_host_stand_in_the_database(desk: Desk) -> None:
    memory = Hosts(desk=desk.opened.office.desk)
    await memory.keep_robots(ORIGIN, RobotsFile(status=200, text="Disallow: /tin-lanterns", read_at=NOW))
    store = desk.opened.office.desk.store
    digest = memory.digest(ORIGIN)
    stored = await store.read(lambda tx: tx.hosts.robots(digest))
    assert stored is not None
    assert b"lanterns" not in stored[0]
    assert HOST not in digest


async def test_a_long_file_is_not_kept(desk: Desk) -> None:
    memory = Hosts(desk=desk.opened.office.desk)
    await memory.keep_robots(ORIGIN, RobotsFile(status=200, text="#" * (MAX_KEPT + 1), read_at=NOW))
    assert await memory.robots(ORIGIN) is None
