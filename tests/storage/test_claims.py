"""Claiming what is due goes by its indexes, however many targets there are."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import Select, text

from domain.store import Tx
from storage import SqlStore
from storage.claims import ALL_DUE, PRESSING_DUE
from storage.store import SqlTx
from tests.contracts.samples import NOW


def plan(tx: Tx, question: Select[tuple[Any, ...]]) -> str:
    """Return how the database would go about the question."""
    assert isinstance(tx, SqlTx)
    connection = tx.connection
    statement = str(question.compile(connection))
    if connection.dialect.name == "sqlite":
        found = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", (1,) * statement.count("?"))
    else:
        connection.execute(text("SET LOCAL enable_seqscan = off"))  # an empty table would be read as a whole
        found = connection.exec_driver_sql(f"EXPLAIN {statement}", {"now": 1, "limit": 50, "without": ""})
    return "\n".join(str(row) for row in found)


@pytest.mark.parametrize(("question", "index"), [(ALL_DUE, "ix_targets_due"), (PRESSING_DUE, "ix_targets_pressing")])
async def test_the_claim_goes_by_the_indexes_of_what_is_due(
    store: SqlStore, question: Select[tuple[Any, ...]], index: str
) -> None:
    assert index in await store.write(lambda tx: plan(tx, question))
    assert await store.write(lambda tx: tx.targets.claim_due(NOW, 50)) == []
