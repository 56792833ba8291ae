"""Claiming what is due goes by its index, however many targets there are."""

from __future__ import annotations

from sqlalchemy import text

from domain.store import Tx
from storage import SqlStore
from storage.claims import CLAIM_DUE
from storage.store import SqlTx
from tests.contracts.samples import NOW


def plan(tx: Tx) -> str:
    """Return how the database would go about the claim."""
    assert isinstance(tx, SqlTx)
    connection = tx.connection
    statement = str(CLAIM_DUE.compile(connection, compile_kwargs={"render_postcompile": True}))
    if connection.dialect.name == "sqlite":
        found = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", (1,) * statement.count("?"))
    else:
        connection.execute(text("SET LOCAL enable_seqscan = off"))  # an empty table would be read as a whole
        values = {"now": 1, "limit": 50, "claimed": True, "token_1": 1}
        found = connection.exec_driver_sql(f"EXPLAIN {statement}", values)
    return "\n".join(str(row) for row in found)


async def test_the_claim_goes_by_the_index_of_what_is_due(store: SqlStore) -> None:
    assert "ix_targets_due" in await store.write(plan)
    assert await store.write(lambda tx: tx.targets.claim_due(NOW, 50)) == []
