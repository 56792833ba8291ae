"""What every Store promises; subclass it and give it an empty `store`."""

from __future__ import annotations

import asyncio
import threading

import pytest

from domain.errors import WrongState
from domain.store import Store, Tx
from tests.contracts.samples import a_report
from tests.contracts.store_desk import DeskContract
from tests.contracts.store_feeds import FeedContract
from tests.contracts.store_hosts import HostContract
from tests.contracts.store_latency import LatencyContract
from tests.contracts.store_lists import ListContract
from tests.contracts.store_network import NetworkContract
from tests.contracts.store_pages import PageContract
from tests.contracts.store_prices import PriceContract
from tests.contracts.store_retention import RetentionContract
from tests.contracts.store_takedowns import TakedownContract
from tests.contracts.store_targets import TargetContract
from tests.contracts.store_telegram import TelegramContract


class StoreContract(
    DeskContract,
    ListContract,
    TargetContract,
    PageContract,
    TelegramContract,
    FeedContract,
    NetworkContract,
    TakedownContract,
    HostContract,
    PriceContract,
    LatencyContract,
    RetentionContract,
):
    """The suite; a subclass brings the fixtures `store` and `other_store`, two on one empty database."""

    async def test_what_raises_is_rolled_back_and_raised(self, store: Store) -> None:
        def work(tx: Tx) -> None:
            tx.reports.add(a_report())
            raise WrongState("never mind")

        with pytest.raises(WrongState, match="never mind"):
            await store.write(work)
        assert await store.read(lambda tx: tx.reports.all()) == []

    async def test_a_read_is_one_view_of_the_database(self, store: Store, other_store: Store) -> None:
        looked, go_on = threading.Event(), threading.Event()

        def work(tx: Tx) -> tuple[int, int]:
            before = len(tx.reports.all())
            looked.set()
            assert go_on.wait(20)
            return before, len(tx.reports.all())

        reading = asyncio.create_task(store.read(work))
        assert await asyncio.to_thread(looked.wait, 20)
        await other_store.write(lambda tx: tx.reports.add(a_report()))
        go_on.set()
        assert await reading == (0, 0)
        assert len(await store.read(lambda tx: tx.reports.all())) == 1

    async def test_a_reader_never_waits_for_a_writer(self, store: Store) -> None:
        began, go_on = threading.Event(), threading.Event()

        def work(tx: Tx) -> None:
            tx.reports.add(a_report())
            began.set()
            assert go_on.wait(20)

        writing = asyncio.create_task(store.write(work))
        assert await asyncio.to_thread(began.wait, 20)
        assert await store.read(lambda tx: tx.reports.all()) == []
        go_on.set()
        await writing

    async def test_writers_take_turns(self, store: Store) -> None:
        await asyncio.gather(*(store.write(lambda tx: tx.reports.add(a_report())) for _ in range(20)))
        assert len(await store.read(lambda tx: tx.reports.all())) == 20

    async def test_a_cancelled_writer_waits_for_its_commit(self, store: Store) -> None:
        began, go_on = threading.Event(), threading.Event()

        def work(tx: Tx) -> None:
            tx.reports.add(a_report())
            began.set()
            assert go_on.wait(20)

        writing = asyncio.create_task(store.write(work))
        assert await asyncio.to_thread(began.wait, 20)
        writing.cancel()
        await asyncio.sleep(0)
        assert not writing.done()
        go_on.set()
        with pytest.raises(asyncio.CancelledError):
            await writing
        assert len(await store.read(lambda tx: tx.reports.all())) == 1
        await store.write(lambda tx: tx.reports.add(a_report()))

    async def test_a_writer_cancelled_before_its_turn_writes_nothing(self, store: Store) -> None:
        began, go_on = threading.Event(), threading.Event()

        def hold(_tx: Tx) -> None:
            began.set()
            assert go_on.wait(20)

        first = asyncio.create_task(store.write(hold))
        assert await asyncio.to_thread(began.wait, 20)
        second = asyncio.create_task(store.write(lambda tx: tx.reports.add(a_report())))
        await asyncio.sleep(0)
        second.cancel()
        go_on.set()
        with pytest.raises(asyncio.CancelledError):
            await second
        await first
        assert await store.read(lambda tx: tx.reports.all()) == []

    async def test_a_cancelled_writer_that_fails_leaves_the_store_usable(self, store: Store) -> None:
        began, go_on = threading.Event(), threading.Event()

        def work(tx: Tx) -> None:
            tx.reports.add(a_report())
            began.set()
            assert go_on.wait(20)
            raise WrongState("too late to tell anybody")

        writing = asyncio.create_task(store.write(work))
        assert await asyncio.to_thread(began.wait, 20)
        writing.cancel()
        await asyncio.sleep(0)
        go_on.set()
        with pytest.raises(asyncio.CancelledError):
            await writing
        assert await store.read(lambda tx: tx.reports.all()) == []

    async def test_one_visits_at_a_time(self, store: Store, other_store: Store) -> None:
        lock = await store.take_visitor_lock()
        assert lock is not None
        assert await store.take_visitor_lock() is None
        assert await other_store.take_visitor_lock() is None
        await lock.release()
        await lock.release()
        again = await other_store.take_visitor_lock()
        assert again is not None
        await again.release()
