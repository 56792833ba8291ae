"""A revision keeps every moment and digest that it was seen with."""

from __future__ import annotations

from sqlalchemy import select

from storage.engine import make_engines
from storage.tables import posts, revisions
from tests.contracts.samples import MINUTE, NOW, a_post, put_claim, put_page
from tests.storage.conftest import Database


async def test_what_a_revision_says_is_written_as_it_was_seen(database: Database) -> None:
    store = await database.open()
    claim = await put_claim(store)
    await put_page(store, claim, [a_post("1", edited_at=NOW - MINUTE / 2), a_post("2", posted_at=None)])
    await store.close()
    engines = make_engines(database.url, create=False)
    with engines.writer.begin() as connection:
        joined = select(posts.c.post, *revisions.c).join(revisions, revisions.c.post_id == posts.c.id)
        rows = connection.execute(joined.order_by(posts.c.nr)).all()
    engines.dispose()
    assert [(row.post, row.seq, row.posted_at, row.edited_at, row.seen_at, row.content_digest) for row in rows] == [
        ("1", 1, NOW - MINUTE, NOW - MINUTE / 2, NOW, "digest of 1"),
        ("2", 1, None, None, NOW, "digest of 2"),
    ]
