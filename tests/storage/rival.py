"""Be the other process on the same database: `python -m tests.storage.rival COMMAND URL DATA_DIR [ARGUMENT]`."""

from __future__ import annotations

import asyncio
import sys
import time
from pathlib import Path

from domain.ids import TargetId
from domain.store import Tx
from storage import SqlStore, open_store
from tests.contracts.samples import a_match, a_post, a_report, hashed, write_page


def say(word: str) -> None:
    print(word, flush=True)  # noqa: T201 - the test that started us reads it


async def steal(store: SqlStore, target_id: str) -> None:
    """Take a target away from whoever holds it."""

    def work(tx: Tx) -> None:
        tx.targets.void_claims()
        assert tx.targets.claim(TargetId(target_id)) is not None

    say("trying")
    await store.write(work)
    say("taken")


async def hang(store: SqlStore, target_id: str) -> None:
    """Write a page, and never come to its end."""

    def work(tx: Tx) -> None:
        claim = tx.targets.claim(TargetId(target_id))
        assert claim is not None
        write_page(tx, claim, [a_post("1", hashed("m1", a_match()))])
        say("written")
        time.sleep(600)

    await store.write(work)


async def visit(store: SqlStore, target_id: str) -> None:
    """Be the visitor, with a claim, until killed."""
    lock = await store.take_visitor_lock()
    claim = await store.write(lambda tx: tx.targets.claim(TargetId(target_id)))
    say("visiting" if lock is not None and claim is not None else "refused")
    await asyncio.sleep(600)


async def add(store: SqlStore, count: str) -> None:
    """Read, then write, over and over."""

    def work(tx: Tx) -> None:
        known = len(tx.reports.all())
        tx.reports.add(a_report(reference=f"{known + 1}"))

    for _ in range(int(count)):
        await store.write(work)
    say("done")


async def main(command: str, url: str, data_dir: str, argument: str) -> None:
    store = await open_store(url, data_dir=Path(data_dir), create=False)
    await {"steal": steal, "hang": hang, "visit": visit, "add": add}[command](store, argument)
    await store.close()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
