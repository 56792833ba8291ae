"""Hand out what a backup holds; who made it, and when, is in the log before a row is read, and so in the backup."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass

from domain.backups import KeptFile, Manifest, Record, TableRow, TheEnd
from domain.people import Actor, Permission
from domain.store import Tx
from triage.desk import Desk

AT_ONCE = 1_000  # rows between two words on how far it is


@dataclass(frozen=True, slots=True, kw_only=True)
class Backups:
    """Backups of this installation."""

    desk: Desk

    async def make(
        self,
        actor: Actor,
        files: Sequence[KeptFile],
        write: Callable[[Iterator[Record]], None],
        *,
        key: str,
        progress: Callable[[int, int], None],
    ) -> Manifest:
        """
        Call `write` with every record of one consistent view of the database; a running instance goes on meanwhile.

        `key` names the key of the backup, for the log. `progress` is told how
        many rows were read, and of how many.
        """
        actor.require(Permission.BACK_UP)
        await self.desk.store.write(lambda tx: self.desk.note(tx, actor, "backup.begun", key=key))
        made_at = self.desk.now()

        def work(tx: Tx) -> Manifest:
            manifest = Manifest(made_at=made_at, schema=tx.archive.schema(), rows=tx.archive.count())
            # Closed here whatever happens: what is left open would hold on to the database from another thread.
            with closing(_records(manifest, files, tx, progress)) as records:
                write(records)
            return manifest

        return await self.desk.store.read(work)


def _records(
    manifest: Manifest, files: Sequence[KeptFile], tx: Tx, progress: Callable[[int, int], None]
) -> Generator[Record]:
    yield manifest
    yield from files
    rows = 0
    with closing(tx.archive.records()) as lines:
        for record in lines:
            yield record
            rows += isinstance(record, TableRow)
            if rows % AT_ONCE == 0:
                progress(rows, manifest.rows)
    progress(rows, manifest.rows)
    yield TheEnd(rows=rows)
