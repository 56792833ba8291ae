"""Make every table of the first version."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

ROW_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the tables, and the rows of those that always have one."""
    _house()
    _watching()
    _lists()
    _leads()
    rows = sa.table("instance", sa.column("id"), sa.column("paused"), sa.column("generation"))
    op.bulk_insert(rows, [{"id": 1, "paused": "", "generation": 0}])
    rows = sa.table("audit_head", sa.column("id"), sa.column("seq"), sa.column("hash"))
    op.bulk_insert(rows, [{"id": 1, "seq": 0, "hash": "0" * 64}])


def _house() -> None:
    op.create_table(
        "instance",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("paused", sa.Text(), nullable=False),
        sa.Column("generation", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_instance"),
        sa.CheckConstraint("id = 1", name="ck_instance_only_one"),
    )

    op.create_table(
        "organisation",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("contact", sa.Text(), nullable=False),
        sa.Column("zone", sa.Text(), nullable=False),
        sa.Column("written_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_organisation"),
        sa.CheckConstraint("id = 1", name="ck_organisation_only_one"),
    )

    op.create_table(
        "mandate",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("authority", sa.Text(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("written_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_mandate"),
        sa.CheckConstraint("id = 1", name="ck_mandate_only_one"),
    )

    op.create_table(
        "users",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("disabled_at", sa.BigInteger()),
        sa.Column("token_digest", sa.Text()),
        sa.PrimaryKeyConstraint("id", name="pk_users"),
        sa.UniqueConstraint("name", name="uq_users_name"),
        sa.UniqueConstraint("token_digest", name="uq_users_token_digest"),
    )

    op.create_table(
        "sign_in_links",
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("local", sa.Boolean(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("digest", name="pk_sign_in_links"),
    )

    op.create_table(
        "sessions",
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("local", sa.Boolean(), nullable=False),
        sa.Column("csrf", sa.Text(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("used_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("digest", name="pk_sessions"),
    )

    op.create_table(
        "reports",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("received_on", sa.Text(), nullable=False),
        sa.Column("via", sa.Text(), nullable=False),
        sa.Column("alleged", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("synthetic", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_reports"),
        sa.UniqueConstraint("reference", name="uq_reports_reference"),
    )

    op.create_table(
        "audit_events",
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("details", sa.Text(), nullable=False),
        sa.Column("previous", sa.Text(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name="pk_audit_events"),
    )

    op.create_table(
        "audit_head",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_audit_head"),
        sa.CheckConstraint("id = 1", name="ck_audit_head_only_one"),
    )


def _watching() -> None:
    op.create_table(
        "targets",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("platform", sa.Text(), nullable=False),
        sa.Column("locator", sa.LargeBinary(), nullable=False),
        sa.Column("locator_digest", sa.Text(), nullable=False),
        sa.Column("report_id", sa.Text(), nullable=False),
        sa.Column("requested_by", sa.Text(), nullable=False),
        sa.Column("authorised_by", sa.Text(), nullable=False),
        sa.Column("basis", sa.LargeBinary(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("approved_by", sa.Text()),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("backfill", sa.BigInteger()),
        sa.Column("backfill_since", sa.Text()),
        sa.Column("cursor", sa.Text()),
        sa.Column("next_due", sa.BigInteger()),
        sa.Column("last_visit_at", sa.BigInteger()),
        sa.Column("last_outcome", sa.Text()),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("synthetic", sa.Boolean(), nullable=False),
        sa.Column("token", sa.BigInteger(), nullable=False),
        sa.Column("claimed", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_targets"),
        sa.ForeignKeyConstraint(["report_id"], ["reports.id"], name="fk_targets_report_id"),
    )
    op.create_index(
        "ix_targets_due",
        "targets",
        ["next_due"],
        sqlite_where=sa.text("status = 'active' AND NOT claimed"),
        postgresql_where=sa.text("status = 'active' AND NOT claimed"),
    )
    op.create_index(
        "uq_targets_living",
        "targets",
        ["locator_digest"],
        unique=True,
        sqlite_where=sa.text("status NOT IN ('retired', 'expired')"),
        postgresql_where=sa.text("status NOT IN ('retired', 'expired')"),
    )

    op.create_table(
        "visits",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("target_id", sa.Text(), nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("new_observations", sa.BigInteger(), nullable=False),
        sa.Column("media_hashed", sa.BigInteger(), nullable=False),
        sa.Column("matches", sa.BigInteger(), nullable=False),
        sa.Column("leads_filed", sa.BigInteger(), nullable=False),
        sa.Column("requests", sa.BigInteger(), nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_visits"),
        sa.ForeignKeyConstraint(["target_id"], ["targets.id"], name="fk_visits_target_id"),
    )
    op.create_index("ix_visits_started_at", "visits", ["started_at"])
    op.create_index("ix_visits_target_id_started_at", "visits", ["target_id", "started_at"])

    op.create_table(
        "visit_requests",
        sa.Column("nr", ROW_NUMBER, autoincrement=True, nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("target_id", sa.Text(), nullable=False),
        sa.Column("requested_at", sa.BigInteger(), nullable=False),
        sa.Column("visit_id", sa.Text()),
        sa.PrimaryKeyConstraint("nr", name="pk_visit_requests"),
        sa.UniqueConstraint("id", name="uq_visit_requests_id"),
        sa.ForeignKeyConstraint(["target_id"], ["targets.id"], name="fk_visit_requests_target_id"),
        sa.ForeignKeyConstraint(["visit_id"], ["visits.id"], name="fk_visit_requests_visit_id"),
    )
    op.create_index("ix_visit_requests_target_id", "visit_requests", ["target_id"])

    op.create_table(
        "posts",
        sa.Column("nr", ROW_NUMBER, autoincrement=True, nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("platform", sa.Text(), nullable=False),
        sa.Column("container", sa.Text(), nullable=False),
        sa.Column("post", sa.Text(), nullable=False),
        sa.Column("target_id", sa.Text(), nullable=False),
        sa.Column("first_seen", sa.BigInteger(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("deleted_at", sa.BigInteger()),
        sa.PrimaryKeyConstraint("nr", name="pk_posts"),
        sa.UniqueConstraint("id", name="uq_posts_id"),
        sa.UniqueConstraint("platform", "container", "post", name="uq_posts_platform_container_post"),
        sa.ForeignKeyConstraint(["target_id"], ["targets.id"], name="fk_posts_target_id"),
    )
    op.create_index("ix_posts_target_id", "posts", ["target_id"])

    op.create_table(
        "revisions",
        sa.Column("post_id", sa.Text(), nullable=False),
        sa.Column("seq", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("posted_at", sa.BigInteger()),
        sa.Column("edited_at", sa.BigInteger()),
        sa.Column("seen_at", sa.BigInteger(), nullable=False),
        sa.Column("content_digest", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("post_id", "seq", name="pk_revisions"),
        sa.ForeignKeyConstraint(["post_id"], ["posts.id"], name="fk_revisions_post_id", ondelete="CASCADE"),
    )
    op.create_index("ix_revisions_seen_at", "revisions", ["seen_at"])

    op.create_table(
        "media",
        sa.Column("nr", ROW_NUMBER, autoincrement=True, nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("post_id", sa.Text(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("identity", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("retry", sa.LargeBinary()),
        sa.Column("generation", sa.BigInteger(), nullable=False),
        sa.Column("matched", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("nr", name="pk_media"),
        sa.UniqueConstraint("id", name="uq_media_id"),
        sa.UniqueConstraint("post_id", "identity", name="uq_media_post_id_identity"),
        sa.ForeignKeyConstraint(
            ["post_id", "seq"], ["revisions.post_id", "revisions.seq"], name="fk_media_post_id_seq", ondelete="CASCADE"
        ),
    )
    op.create_index(
        "ix_media_pending",
        "media",
        ["post_id"],
        sqlite_where=sa.text("status = 'pending'"),
        postgresql_where=sa.text("status = 'pending'"),
    )

    op.create_table(
        "fingerprints",
        sa.Column("media_id", sa.Text(), nullable=False),
        sa.Column("format", sa.Text(), nullable=False),
        sa.Column("width", sa.BigInteger(), nullable=False),
        sa.Column("height", sa.BigInteger(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("md5", sa.Text()),
        sa.Column("sha1", sa.Text()),
        sa.Column("sha256", sa.Text()),
        sa.Column("pdq", sa.LargeBinary()),
        sa.Column("pdq_quality", sa.Integer(), nullable=False),
        sa.Column("pdq_dihedral", sa.LargeBinary()),
        sa.Column("phash", sa.LargeBinary()),
        sa.PrimaryKeyConstraint("media_id", name="pk_fingerprints"),
        sa.ForeignKeyConstraint(["media_id"], ["media.id"], name="fk_fingerprints_media_id", ondelete="CASCADE"),
    )


def _lists() -> None:
    op.create_table(
        "hash_lists",
        sa.Column("nr", ROW_NUMBER, autoincrement=True, nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("list_class", sa.Text(), nullable=False),
        sa.Column("classification", sa.Text(), nullable=False),
        sa.Column("authority", sa.Text(), nullable=False),
        sa.Column("entries", sa.BigInteger(), nullable=False),
        sa.Column("imported_at", sa.BigInteger(), nullable=False),
        sa.Column("activated_at", sa.BigInteger()),
        sa.Column("retired_at", sa.BigInteger()),
        sa.PrimaryKeyConstraint("nr", name="pk_hash_lists"),
        sa.UniqueConstraint("id", name="uq_hash_lists_id"),
        sa.UniqueConstraint("name", "version", name="uq_hash_lists_name_version"),
    )

    op.create_table(
        "hash_entries",
        sa.Column("entry_id", ROW_NUMBER, autoincrement=True, nullable=False),
        sa.Column("list_id", sa.Text(), nullable=False),
        sa.Column("algorithm", sa.Text(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("classification", sa.Text(), nullable=False),
        sa.Column("ref", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("entry_id", name="pk_hash_entries"),
        sa.ForeignKeyConstraint(["list_id"], ["hash_lists.id"], name="fk_hash_entries_list_id", ondelete="CASCADE"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_hash_entries_list_id", "hash_entries", ["list_id"])


def _leads() -> None:
    op.create_table(
        "leads",
        sa.Column("nr", ROW_NUMBER, autoincrement=True, nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("lead_group", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("target_id", sa.Text(), nullable=False),
        sa.Column("platform", sa.Text(), nullable=False),
        sa.Column("urgency", sa.Integer(), nullable=False),
        sa.Column("value", sa.Integer(), nullable=False),
        sa.Column("posted_at", sa.BigInteger()),
        sa.Column("seen_at", sa.BigInteger(), nullable=False),
        sa.Column("filed_at", sa.BigInteger(), nullable=False),
        sa.Column("posts", sa.Integer(), nullable=False),
        sa.Column("claimed_by", sa.Text()),
        sa.Column("claimed_at", sa.BigInteger()),
        sa.Column("closed_as", sa.Text()),
        sa.Column("key_public", sa.LargeBinary(), nullable=False),
        sa.Column("key_wrapped", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("nr", name="pk_leads"),
        sa.UniqueConstraint("id", name="uq_leads_id"),
        sa.UniqueConstraint("lead_group", name="uq_leads_lead_group"),
        sa.ForeignKeyConstraint(["target_id"], ["targets.id"], name="fk_leads_target_id"),
    )
    op.create_index("ix_leads_status", "leads", ["status"])
    op.create_index("ix_leads_target_id_filed_at", "leads", ["target_id", "filed_at"])

    op.create_table(
        "lead_posts",
        sa.Column("lead_id", sa.Text(), nullable=False),
        sa.Column("post_id", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("lead_id", "post_id", name="pk_lead_posts"),
        sa.ForeignKeyConstraint(["lead_id"], ["leads.id"], name="fk_lead_posts_lead_id"),
        sa.ForeignKeyConstraint(["post_id"], ["posts.id"], name="fk_lead_posts_post_id"),
    )
    op.create_index("ix_lead_posts_post_id", "lead_posts", ["post_id"])

    op.create_table(
        "lead_reasons",
        sa.Column("nr", ROW_NUMBER, autoincrement=True, nullable=False),
        sa.Column("lead_id", sa.Text(), nullable=False),
        sa.Column("score", sa.Text(), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("points", sa.Integer(), nullable=False),
        sa.Column("pointer", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("nr", name="pk_lead_reasons"),
        sa.UniqueConstraint("lead_id", "rule", "pointer", name="uq_lead_reasons_lead_id_rule_pointer"),
        sa.ForeignKeyConstraint(["lead_id"], ["leads.id"], name="fk_lead_reasons_lead_id"),
    )

    op.create_table(
        "lead_text_hits",
        sa.Column("nr", ROW_NUMBER, autoincrement=True, nullable=False),
        sa.Column("lead_id", sa.Text(), nullable=False),
        sa.Column("post_id", sa.Text(), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("attribute", sa.Text(), nullable=False),
        sa.Column("start", sa.Integer(), nullable=False),
        sa.Column("end", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("nr", name="pk_lead_text_hits"),
        sa.UniqueConstraint("lead_id", "post_id", "rule", "version", "start", "end", name="uq_lead_text_hits_place"),
        sa.ForeignKeyConstraint(["lead_id"], ["leads.id"], name="fk_lead_text_hits_lead_id"),
        sa.ForeignKeyConstraint(["post_id"], ["posts.id"], name="fk_lead_text_hits_post_id"),
    )
    op.create_index("ix_lead_text_hits_post_id", "lead_text_hits", ["post_id"])

    op.create_table(
        "hash_matches",
        sa.Column("nr", ROW_NUMBER, autoincrement=True, nullable=False),
        sa.Column("lead_id", sa.Text(), nullable=False),
        sa.Column("media_id", sa.Text(), nullable=False),
        sa.Column("list_id", sa.Text(), nullable=False),
        sa.Column("list_name", sa.Text(), nullable=False),
        sa.Column("list_version", sa.BigInteger(), nullable=False),
        sa.Column("list_class", sa.Text(), nullable=False),
        sa.Column("entry_id", sa.BigInteger(), nullable=False),
        sa.Column("algorithm", sa.Text(), nullable=False),
        sa.Column("distance", sa.Integer(), nullable=False),
        sa.Column("classification", sa.Text(), nullable=False),
        sa.Column("generation", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("nr", name="pk_hash_matches"),
        sa.UniqueConstraint("lead_id", "media_id", "list_id", "algorithm", name="uq_hash_matches_once"),
        sa.ForeignKeyConstraint(["lead_id"], ["leads.id"], name="fk_hash_matches_lead_id"),
        sa.ForeignKeyConstraint(["media_id"], ["media.id"], name="fk_hash_matches_media_id"),
    )
    op.create_index("ix_hash_matches_media_id", "hash_matches", ["media_id"])

    op.create_table(
        "lead_contents",
        sa.Column("nr", ROW_NUMBER, autoincrement=True, nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("lead_id", sa.Text(), nullable=False),
        sa.Column("post_id", sa.Text()),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("ciphertext", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("nr", name="pk_lead_contents"),
        sa.UniqueConstraint("id", name="uq_lead_contents_id"),
        sa.ForeignKeyConstraint(["lead_id"], ["leads.id"], name="fk_lead_contents_lead_id"),
        sa.ForeignKeyConstraint(["post_id"], ["posts.id"], name="fk_lead_contents_post_id"),
    )
    op.create_index("ix_lead_contents_lead_id", "lead_contents", ["lead_id"])
    op.create_index("ix_lead_contents_post_id", "lead_contents", ["post_id"])
