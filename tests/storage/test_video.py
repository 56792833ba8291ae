"""Frames of what moves are stored with their media item."""

from __future__ import annotations

from sqlalchemy import select

from domain.fingerprints import Covers
from storage.engine import make_engines
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
