"""A database of the first version is brought up to date, with everything that it holds."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial

import pytest
from sqlalchemy import Engine, select, text

from domain.audit import AuditDraft
from domain.errors import OperatorFault
from domain.hashlists import Algorithm, Opinion, QuotedHash
from domain.ids import LeadId, ListId
from domain.latency import Timing
from domain.leads import Lead
from domain.observations import Platform
from domain.store import Tx
from domain.targets import Claim, TargetStatus
from storage.engine import make_engines
from storage.migrations import check, upgrade
from storage.tables import fingerprints, frames, leads, posts
from tests.contracts.samples import DAY, MINUTE, NOW, a_fingerprint, a_match, a_post, hashed, put_claim, put_page
from tests.storage.conftest import Database

BACK_TO_MESSAGES = (
    "DROP INDEX ix_leads_filed_at",
    *(f"ALTER TABLE leads DROP COLUMN {name}" for name in ("appeared_at", "timing", "first_claimed_at")),
    "ALTER TABLE targets DROP COLUMN approved_at",
    "UPDATE kapear_schema SET version_num = '0009'",
)
BACK_TO_OPINIONS = (
    *BACK_TO_MESSAGES,
    "DROP TABLE messages",
    "ALTER TABLE audit_head DROP COLUMN newest_at",
    *(f"ALTER TABLE instance DROP COLUMN {name}" for name in ("beat_at", "beat_fault", "mail_fault")),
    "DROP TABLE prices",
    "DROP INDEX ix_leads_open",
    "DROP INDEX ix_targets_pressing",
    "DROP INDEX ix_targets_pressure",
    *(f"ALTER TABLE targets DROP COLUMN {name}" for name in ("decision", "budget", "pressure", "pressing")),
    "ALTER TABLE fingerprints DROP COLUMN phash256",
    "DROP TABLE referral_notes",
    "DROP TABLE outages",
    "DROP TABLE hosts",
    "ALTER TABLE lead_posts DROP COLUMN looked_at",
    "ALTER TABLE lead_posts DROP COLUMN gone_since",
    "ALTER TABLE lead_posts DROP COLUMN taken_down_at",
    "ALTER TABLE visits DROP COLUMN gaps",
    *(
        f"ALTER TABLE targets DROP COLUMN {name}"
        for name in (
            "recall",
            "depth",
            "robots_ignored",
            "plain_agent",
            "gone_since",
            "extends_to",
            "extension_by",
            "extension_reason",
        )
    ),
)
BACK_TO_LISTS = (
    *BACK_TO_OPINIONS,
    *(f"ALTER TABLE hash_opinions DROP COLUMN {name}" for name in ("lead_id", "list_id", "entry_id")),
    "UPDATE kapear_schema SET version_num = '0004'",
)
BACK = (
    *BACK_TO_LISTS,
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


def go_back(engine: Engine, steps: Sequence[str] = BACK) -> None:
    """Make the schema what an earlier step makes; by default the first, with the rows of a preview."""
    with engine.begin() as connection:
        for step in steps:
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
        row = connection.execute(select(fingerprints.c.sha256, fingerprints.c.covers, fingerprints.c.phash256)).one()
        assert connection.execute(select(*frames.c)).all() == []
        assert connection.execute(select(posts.c.platform)).scalars().all() == [Platform.TELEGRAM]
        assert connection.execute(select(leads.c.lead_group)).scalars().all() == ["post:telegram:1234:5"]
    engines.dispose()
    assert (row.sha256, row.covers, row.phash256) == (a_fingerprint().sha256, None, None)


async def test_what_was_said_of_a_hash_before_leads_were_remembered_still_stands(database: Database) -> None:
    engines = make_engines(database.url, create=False)
    go_back(engines.writer, BACK_TO_LISTS)
    kite = QuotedHash(list_id=ListId("kites-1"), entry_id=4, algorithm=Algorithm.SHA256, hash=bytes(32))
    before = "INSERT INTO hash_opinions (list_name, algorithm, hash, opinion, actor, at)"
    with engines.writer.begin() as connection:
        said = text(f"{before} VALUES ('kites', 'sha256', :hash, 'disabled', 'amber', 0)")
        connection.execute(said, {"hash": kite.hash})
    upgrade(engines.writer)
    check(engines.writer)
    engines.dispose()
    store = await database.open()
    now = datetime(2026, 4, 1, tzinfo=UTC)
    disabled = Opinion.DISABLED
    assert await store.read(lambda tx: tx.opinions.counts("kites")) == {disabled: 1}
    lead = LeadId("lead")
    assert not await store.write(lambda tx: tx.opinions.add("kites", kite, disabled, lead_id=lead, by="amber", now=now))
    assert await store.write(lambda tx: tx.opinions.remove("kites", kite, disabled))
    await store.close()


async def test_how_late_leads_were_is_told_of_those_from_before(database: Database) -> None:
    store = await database.open()
    start = NOW - DAY
    enrolled, synthetic = await put_claim(store), await put_claim(store, synthetic=True, created_at=NOW - 2 * DAY)
    waiting = await put_claim(store, status=TargetStatus.ACTIVE, approved_by="analyst.two")
    posted = {"1": NOW - MINUTE, "2": start - MINUTE, "3": None, "4": NOW - MINUTE}
    leads_of: dict[str, LeadId] = {}
    for name, at in posted.items():
        plan = await put_page(store, enrolled, [a_post(name, hashed(name, a_match()), posted_at=at)])
        leads_of[name] = plan.filed[0].id
    plan = await put_page(store, synthetic, [a_post("5", hashed("5", a_match()), posted_at=start)])
    leads_of["5"] = plan.filed[0].id

    def tell(tx: Tx) -> None:
        for minutes in (0, 5):  # an extension is approved by the same word
            at = start + minutes * MINUTE
            tx.audit.append(AuditDraft(at=at, actor="dara", action="target.approved", subject=enrolled.target.id))
        cause = {"kind": "hash", "cause": "hashlist", "target": enrolled.target.id}
        for name, lead_id in leads_of.items():
            details = cause if name == "4" else {"kind": "hash", "target": enrolled.target.id}
            tx.audit.append(AuditDraft(at=NOW, actor="kapear", action="lead.filed", subject=lead_id, details=details))
        for minutes in (9, 3, 7):
            at = NOW + minutes * MINUTE
            tx.audit.append(AuditDraft(at=at, actor="sok", action="lead.claimed", subject=leads_of["1"]))

    await store.write(tell)
    await store.close()
    engines = make_engines(database.url, create=False)
    go_back(engines.writer, BACK_TO_MESSAGES)
    upgrade(engines.writer)
    check(engines.writer)
    engines.dispose()
    store = await database.open()
    told = {name: await store.read(partial(_lead, lead_id)) for name, lead_id in leads_of.items()}
    watched = {one.target.id: await store.read(partial(_approved_at, one)) for one in (enrolled, synthetic, waiting)}
    await store.close()
    assert {name: (lead.timing, lead.appeared_at) for name, lead in told.items()} == {
        "1": (Timing.WATCHED, posted["1"]),
        "2": (Timing.EARLIER, posted["2"]),
        "3": (Timing.UNDATED, None),
        "4": (Timing.LISTS, None),
        "5": (Timing.WATCHED, start),
    }
    assert [lead.first_claimed_at for lead in told.values()] == [NOW + 3 * MINUTE, None, None, None, None]
    assert list(watched.values()) == [start, NOW - 2 * DAY, None]


def _lead(lead_id: LeadId, tx: Tx) -> Lead:
    return tx.leads.get(lead_id)


def _approved_at(claim: Claim, tx: Tx) -> datetime | None:
    return tx.targets.get(claim.target.id).approved_at
