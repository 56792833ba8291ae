"""
Run Kapear with a promise broken: `python -m tests.faults.broken KIND COMMAND…`, for controls that must fail.

cursor_first: the cursor moves in a transaction of its own, before the posts of its page are written.
cursor_last: it moves in one of its own afterwards, and a post that is seen again is not compared with what is stored.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import cli
from domain.filing import PostKey
from domain.pages import AssessedPost, PagePlan
from triage.intake import Intake
from triage.run import Run

GAP_S = 0.3  # between the two transactions
whole = Intake._commit


async def _move_cursor(intake: Intake, run: Run) -> None:
    cursor, recall = run.cursor, run.recall
    await intake.desk.store.write(
        lambda tx: tx.page(run.claim).record(PagePlan(), keys={}, sealed=[], cursor=cursor, recall=recall)
    )


async def cursor_first(
    self: Intake, run: Run, posts: Sequence[AssessedPost], deleted: Sequence[PostKey] = (), **more: Any
) -> None:
    await _move_cursor(self, run)
    await asyncio.sleep(GAP_S)
    await whole(self, run, posts, deleted, **more)


async def cursor_last(
    self: Intake, run: Run, posts: Sequence[AssessedPost], deleted: Sequence[PostKey] = (), **more: Any
) -> None:
    stored = (await self.desk.store.read(lambda tx: tx.targets.get(run.target.id))).cursor
    reached, run.cursor = run.cursor, stored
    altered = [replace(post, content_digest=f"{post.content_digest}-{os.getpid()}") for post in posts]
    await whole(self, run, altered, deleted, **more)
    await asyncio.sleep(GAP_S)
    run.cursor = reached
    await _move_cursor(self, run)


KINDS = {"cursor_first": cursor_first, "cursor_last": cursor_last}


def main() -> None:
    kind, *arguments = sys.argv[1:]
    Intake._commit = KINDS[kind]  # type: ignore[method-assign]  # what is broken
    sys.argv[1:] = arguments
    cli.main()


if __name__ == "__main__":
    main()
