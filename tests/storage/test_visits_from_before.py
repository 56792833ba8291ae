"""What targets are to know of their visits is told, too, of those that were made before it was kept."""

from __future__ import annotations

from functools import partial

from domain.outcomes import Outcome
from domain.store import Tx
from domain.targets import Visit, WatchTarget
from tests.contracts.samples import MINUTE, NOW, a_visit, put_target
from tests.storage.conftest import Database
from tests.storage.undone import migrate_again

LIVES = (
    (),
    (Outcome.NEW, Outcome.UNCHANGED),
    (Outcome.OFFLINE,),
    (Outcome.NEW, Outcome.OFFLINE, Outcome.ERROR, Outcome.GONE),
    (Outcome.LIMITED, Outcome.OFFLINE, Outcome.ERROR),
    (Outcome.ERROR, Outcome.NEW, Outcome.NOT_AUTHORISED),
)


def _finish(target: WatchTarget, visit: Visit, tx: Tx) -> None:
    claim = tx.targets.claim(target.id)
    assert claim is not None
    tx.targets.finish(claim, visit, NOW, 0)


async def test_targets_know_what_visits_from_before_saw(database: Database) -> None:
    store = await database.open()
    expected = []
    for outcomes in LIVES:
        target = await put_target(store)
        for number, outcome in enumerate(outcomes):
            visit = a_visit(target.id, outcome=outcome, started_at=NOW + number * MINUTE, gaps=number)
            await store.write(partial(_finish, target, visit))
        expected.append(await store.read(lambda tx, of=target.id: tx.targets.get(of)))  # type: ignore[misc]
    await store.close()
    migrate_again(database.url, since="0011")
    store = await database.open()
    told = [await store.read(lambda tx, of=one.id: tx.targets.get(of)) for one in expected]  # type: ignore[misc]
    await store.close()
    assert told == expected
    assert [(one.unseen_since, one.gaps) for one in told] == [
        (None, 0),
        (None, 1),
        (None, 0),
        (NOW + 2 * MINUTE, 6),
        (NOW, 3),
        (NOW + 2 * MINUTE, 3),
    ]
