"""A database of the first version is brought up to date, with everything that it holds."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine, select, text

from domain.errors import OperatorFault
from domain.observations import Platform
from storage.engine import make_engines
from storage.migrations import check, upgrade
from storage.tables import fingerprints, frames, leads, posts
from tests.contracts.samples import a_fingerprint, a_match, a_post, hashed, put_claim, put_page
from tests.storage.conftest import Database

BACK = (
    "DROP TABLE remote_answers",
    "DROP TABLE feeds",
    "DROP TABLE assessments",
    "DROP TABLE hash_opinions",
    "DROP TABLE own_entries",
    "ALTER TABLE mandate DROP COLUMN recipients",
    "DROP INDEX ix_media_generation",
    "DROP INDEX ix_lead_posts_awaited",
    "ALTER TABLE lead_posts DROP COLUMN capture",
    "ALTER TABLE visits DROP COLUMN suppressed",
    "ALTER TABLE posts DROP COLUMN album",
    "ALTER TABLE hash_matches DROP COLUMN severity",
    "ALTER TABLE hash_matches DROP COLUMN withdrawn",
    *(
        f"ALTER TABLE hash_lists DROP COLUMN {name}"
        for name in (
            "agreement",
            "licence_ends",
            "radius",
            "min_quality",
            "severity",
            "columns",
            "held",
            "generation",
        )
    ),
    "DROP TABLE telegram_channels",
    "DROP TABLE telegram_cooldowns",
    "DROP TABLE telegram_accounts",
    "UPDATE posts SET platform = 'telegram_web'",
    "UPDATE leads SET lead_group = 'post:telegram_web:1234:5'",
    "DROP TABLE frames",
    "ALTER TABLE fingerprints DROP COLUMN covers",
    "ALTER TABLE hash_matches DROP COLUMN at_ms",
    "ALTER TABLE hash_matches DROP COLUMN covers",
    "UPDATE kapear_schema SET version_num = '0001'",
)


def go_back(engine: Engine) -> None:
    """Make the schema what the first step alone makes, and its rows those of a preview."""
    with engine.begin() as connection:
        for step in BACK:
            connection.execute(text(step))


async def test_a_database_of_the_first_version_is_upgraded_with_what_it_holds(database: Database) -> None:
    store = await database.open()
    claim = await put_claim(store)
    await put_page(store, claim, [a_post("1", hashed("kite", a_match()))])
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
        assert connection.execute(select(posts.c.platform)).scalars().all() == [Platform.TELEGRAM]
        assert connection.execute(select(leads.c.lead_group)).scalars().all() == ["post:telegram:1234:5"]
    engines.dispose()
    assert (row.sha256, row.covers) == (a_fingerprint().sha256, None)
