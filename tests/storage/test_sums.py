"""What is kept of deleted rows is a row for each day and kind, however many rows went, in however many steps."""

from __future__ import annotations

from functools import partial

import pytest
from sqlalchemy import Table, func, select

from domain.store import Tx
from storage import SqlStore
from storage.store import SqlTx
from storage.tables import seen_days, visit_days
from tests.contracts.samples import DAY, MINUTE, NOW, a_post, a_visit, put_claim, put_page


def _count(table: Table, tx: Tx) -> int:
    assert isinstance(tx, SqlTx)
    return int(tx.connection.execute(select(func.count()).select_from(table)).scalar_one())


async def test_a_day_of_one_kind_is_one_row(store: SqlStore) -> None:
    for minutes in range(6):
        claim = await put_claim(store)
        at = NOW + minutes % 2 * DAY + minutes * MINUTE
        await put_page(store, claim, [a_post(str(minutes))], now=at)
        visit = a_visit(claim.target.id, started_at=at)
        await store.write(lambda tx: tx.targets.finish(claim, visit, None, 0))  # noqa: B023 - awaited at once
    while await store.write(lambda tx: tx.targets.sum_up_visits(NOW + 9 * DAY, 1)):
        pass
    while await store.write(lambda tx: tx.targets.sum_up_posts(NOW + 9 * DAY, 1)):
        pass
    assert [await store.read(partial(_count, table)) for table in (visit_days, seen_days)] == [2, 2]


async def test_what_takes_several_queries_is_summed_as_one(store: SqlStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("storage.rows.CHUNK", 2)
    claim = await put_claim(store)
    for days in range(2):
        names = [str(number) for number in range(days * 3, days * 3 + 3)]
        await put_page(store, claim, [a_post(name) for name in names], now=NOW + days * DAY)
    before = await store.read(lambda tx: tx.figures(None, None))
    assert await store.write(lambda tx: tx.targets.sum_up_posts(NOW + 9 * DAY, 9)) == 6
    assert await store.read(lambda tx: tx.figures(None, None)) == before
    assert before["observations"] == 6
