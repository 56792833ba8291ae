"""What stands between Kapear and PostgreSQL breaks, in every way: nothing hangs, and nobody is wrong about a commit."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

import pytest

from domain.audit import AuditDraft
from domain.errors import OperatorFault
from domain.store import Tx
from storage import SqlStore, open_store, patience
from tests.contracts.samples import NOW
from tests.faults.proxy import Fault, FaultProxy
from tests.postgres import PostgresServer

pytestmark = pytest.mark.postgres


@pytest.fixture
def proxy(postgres: PostgresServer) -> Iterator[FaultProxy]:
    with FaultProxy(str(postgres.folder / ".s.PGSQL.5432")) as between:
        yield between


@asynccontextmanager
async def store_behind(proxy: FaultProxy, url: str, folder: Path) -> AsyncIterator[SqlStore]:
    database = url.partition("@/")[2].partition("?")[0]
    address = f"postgresql://kapear@127.0.0.1:{proxy.port}/{database}?connect_timeout=2"
    store = await open_store(address, data_dir=folder, create=False)
    try:
        yield store
    finally:
        proxy.set(Fault.NONE)
        await store.close()


def noted(action: str, tx: Tx) -> str:
    tx.audit.append(AuditDraft(at=NOW, actor="analyst.one", action=action))
    return action


async def written(store: SqlStore) -> list[str]:
    return await store.read(lambda tx: [event.draft.action for event in tx.audit.events()])


async def test_a_commit_whose_answer_is_lost_counts(proxy: FaultProxy, postgres_url: str, tmp_path: Path) -> None:
    async with store_behind(proxy, postgres_url, tmp_path) as store:
        await store.write(partial(noted, "first"))
        proxy.set(Fault.CUT_AFTER_COMMIT)
        writing = store.write(partial(noted, "second"))
        assert await writing == "second", "it was committed, and so it is said"
        assert proxy.hits == 1
        proxy.set(Fault.NONE)
        await store.write(partial(noted, "third"))
        assert await written(store) == ["first", "second", "third"]


async def test_a_commit_that_never_came_does_not_count(proxy: FaultProxy, postgres_url: str, tmp_path: Path) -> None:
    async with store_behind(proxy, postgres_url, tmp_path) as store:
        await store.write(partial(noted, "first"))
        proxy.set(Fault.CUT_BEFORE_COMMIT)
        with pytest.raises(OperatorFault):
            await store.write(partial(noted, "second"))
        assert proxy.hits == 1
        proxy.set(Fault.NONE)
        await store.write(partial(noted, "third"))
        assert await written(store) == ["first", "third"]


async def test_without_asking_the_server_it_would_be_said_that_it_failed(
    proxy: FaultProxy, postgres_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Control."""
    monkeypatch.setattr("storage.store.was_committed", lambda *_: False)
    async with store_behind(proxy, postgres_url, tmp_path) as store:
        proxy.set(Fault.CUT_AFTER_COMMIT)
        with pytest.raises(OperatorFault):
            await store.write(partial(noted, "second"))
        proxy.set(Fault.NONE)
        assert await written(store) == ["second"]


@pytest.mark.parametrize("fault", [Fault.RESET, Fault.HALF_CLOSE, Fault.GARBAGE, Fault.STALL, Fault.REFUSE])
async def test_once_a_fault_is_over_both_ways_work_again(
    proxy: FaultProxy, postgres_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: Fault
) -> None:
    monkeypatch.setattr(patience, "SILENCE_S", 1.0)
    async with store_behind(proxy, postgres_url, tmp_path) as store:
        await store.write(partial(noted, "first"))
        proxy.set(fault)
        if fault is Fault.REFUSE:  # connections that are there live on
            assert await written(store) == ["first"]
        else:
            with pytest.raises(OperatorFault):
                await store.read(lambda tx: tx.standing.get())
            with pytest.raises(OperatorFault):
                await store.write(partial(noted, "second"))
        proxy.set(Fault.NONE)
        await store.write(partial(noted, "third"))
        assert await written(store) == ["first", "third"]


async def test_a_slow_answer_is_waited_for(proxy: FaultProxy, postgres_url: str, tmp_path: Path) -> None:
    async with store_behind(proxy, postgres_url, tmp_path) as store:
        with proxy.during(Fault.DELAY):
            await store.write(partial(noted, "first"))
        assert proxy.hits
        assert await written(store) == ["first"]
