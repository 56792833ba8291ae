"""What every store promises of hosts."""

from __future__ import annotations

from domain.courtesy import QUIET, HostState
from domain.store import Store, Tx
from tests.contracts.samples import DAY, NOW


class HostContract:
    """The suite; a subclass brings the fixture `store`, empty."""

    async def test_a_host_is_quiet_until_something_is_written_of_it(self, store: Store) -> None:
        assert await store.read(lambda tx: tx.hosts.state("digest")) == QUIET
        assert await store.read(lambda tx: tx.hosts.robots("digest")) is None

    async def test_rests_and_robots_of_a_host_do_not_touch_each_other(self, store: Store) -> None:
        first = HostState(rests_until=NOW + DAY, rests_because="http_429", failures=3)

        def work(tx: Tx) -> None:
            tx.hosts.note("digest", first)
            tx.hosts.keep_robots("digest", b"\x00older", NOW)
            tx.hosts.keep_robots("digest", b"\x00newer", NOW + DAY)
            tx.hosts.keep_robots("other", b"\x00other", NOW)

        await store.write(work)
        assert await store.read(lambda tx: tx.hosts.state("digest")) == first
        await store.write(lambda tx: tx.hosts.note("digest", QUIET))
        assert await store.read(lambda tx: tx.hosts.state("digest")) == QUIET
        assert await store.read(lambda tx: tx.hosts.robots("digest")) == (b"\x00newer", NOW + DAY)
        assert await store.read(lambda tx: tx.hosts.state("other")) == QUIET
