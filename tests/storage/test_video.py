"""Frames of what moves are stored with their media item, and a database of before them is brought up to date."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine, select, text

from domain.errors import OperatorFault
from domain.fingerprints import Covers
from storage.engine import make_engines
from storage.migrations import check, upgrade
from storage.tables import fingerprints, frames
from tests.contracts.samples import a_fingerprint, a_frame, a_post, hashed, put_claim, put_page
from tests.storage.conftest import Database


async def test_frames_are_written_with_every_hash_that_a_later_list_is_compared_with(database: Database) -> None:
    store = await database.open()
    claim = await put_claim(store)
    await put_page(store, claim, [a_post("1", hashed("kite"))])
    await store.close()
    engines = make_engines(database.url, create=False)
    with engines.writer.begin() as connection:
        rows = connection.execute(select(*frames.c).order_by(frames.c.at_ms)).all()
        covers = connection.execute(select(fingerprints.c.covers)).scalar_one()
    engines.dispose()
    assert covers is Covers.WHOLE
    assert [(row.at_ms, row.pdq_quality) for row in rows] == [(0, 77), (1_500, 77)]
    for row, frame in zip(rows, a_fingerprint().frames, strict=True):
        assert row.pdq_dihedral == b"".join(a_frame(frame.at_ms).pdq_dihedral + a_frame(frame.at_ms).pdq_others)


BACK = (
    "DROP TABLE telegram_channels",
    "DROP TABLE telegram_cooldowns",
    "DROP TABLE telegram_accounts",
    "DROP TABLE frames",
    "ALTER TABLE fingerprints DROP COLUMN covers",
    "ALTER TABLE hash_matches DROP COLUMN at_ms",
    "ALTER TABLE hash_matches DROP COLUMN covers",
    "UPDATE kapear_schema SET version_num = '0001'",
)


def go_back(engine: Engine) -> None:
    """Make the schema what the first step alone makes."""
    with engine.begin() as connection:
        for step in BACK:
            connection.execute(text(step))


async def test_a_database_of_the_first_version_is_upgraded_with_what_it_holds(database: Database) -> None:
    store = await database.open()
    claim = await put_claim(store)
    await put_page(store, claim, [a_post("1", hashed("kite"))])
    await store.close()
    engines = make_engines(database.url, create=False)
    go_back(engines.writer)
    with pytest.raises(OperatorFault, match="kapear upgrade"):
        check(engines.writer)
    upgrade(engines.writer)
    check(engines.writer)
    with engines.writer.begin() as connection:
        row = connection.execute(select(fingerprints.c.sha256, fingerprints.c.covers)).one()
        assert connection.execute(select(*frames.c)).all() == []
    engines.dispose()
    assert (row.sha256, row.covers) == (a_fingerprint().sha256, None)
