"""Let lists lie in files and change what was filed: terms of use, opinions, own entries, assessments, feeds."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy import BigInteger, Integer, LargeBinary, Text

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

AWAITED = sa.text("capture = 'awaited'")
ROW_NUMBER = BigInteger().with_variant(Integer(), "sqlite")


def upgrade() -> None:
    """Add columns, then tables; every fingerprint counts as last compared with lists of before."""
    _columns()
    _tables()
    instance = sa.table("instance", sa.column("generation"))
    lists = sa.table("hash_lists", sa.column("generation"))
    imported = sa.exists().select_from(lists)
    op.execute(instance.update().where(imported).values(generation=instance.c.generation + 1))
    op.execute(lists.update().values(generation=sa.select(instance.c.generation).scalar_subquery()))


def _columns() -> None:
    for column in (
        sa.Column("agreement", Text(), nullable=False, server_default=sa.text("''")),
        sa.Column("licence_ends", Text()),
        sa.Column("radius", Integer()),
        sa.Column("min_quality", Integer(), nullable=False, server_default="50"),
        sa.Column("severity", Text(), nullable=False, server_default="normal"),
        sa.Column("columns", Text(), nullable=False, server_default=sa.text("''")),
        sa.Column("held", Text(), nullable=False, server_default=sa.text("''")),
        sa.Column("generation", BigInteger(), nullable=False, server_default="0"),
    ):
        op.add_column("hash_lists", column)
    op.add_column("mandate", sa.Column("recipients", Text(), nullable=False, server_default=sa.text("''")))
    op.add_column("hash_matches", sa.Column("severity", Text(), nullable=False, server_default="normal"))
    op.add_column("hash_matches", sa.Column("withdrawn", Text()))
    op.add_column("visits", sa.Column("suppressed", BigInteger(), nullable=False, server_default="0"))
    op.add_column("lead_posts", sa.Column("capture", Text()))
    op.add_column("posts", sa.Column("album", Text()))
    op.create_index("ix_lead_posts_awaited", "lead_posts", ["post_id"], sqlite_where=AWAITED, postgresql_where=AWAITED)
    op.create_index("ix_media_generation", "media", ["generation"])


def _tables() -> None:
    op.create_table(
        "own_entries",
        sa.Column("nr", ROW_NUMBER, autoincrement=True, nullable=False),
        sa.Column("algorithm", Text(), nullable=False),
        sa.Column("hash", LargeBinary(), nullable=False),
        sa.Column("classification", Text(), nullable=False),
        sa.Column("lead_id", Text(), nullable=False),
        sa.Column("added_at", BigInteger(), nullable=False),
        sa.Column("revoked_at", BigInteger()),
        sa.PrimaryKeyConstraint("nr", name="pk_own_entries"),
        sa.ForeignKeyConstraint(["lead_id"], ["leads.id"], name="fk_own_entries_lead_id"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_own_entries_lead_id", "own_entries", ["lead_id"])
    op.create_table(
        "hash_opinions",
        sa.Column("nr", ROW_NUMBER, autoincrement=True, nullable=False),
        sa.Column("list_name", Text(), nullable=False),
        sa.Column("algorithm", Text(), nullable=False),
        sa.Column("hash", LargeBinary(), nullable=False),
        sa.Column("opinion", Text(), nullable=False),
        sa.Column("actor", Text(), nullable=False),
        sa.Column("at", BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("nr", name="pk_hash_opinions"),
        sa.UniqueConstraint("list_name", "algorithm", "hash", "opinion", "actor", name="uq_hash_opinions_once"),
    )
    op.create_table(
        "assessments",
        sa.Column("nr", ROW_NUMBER, autoincrement=True, nullable=False),
        sa.Column("lead_id", Text(), nullable=False),
        sa.Column("actor", Text(), nullable=False),
        sa.Column("at", BigInteger(), nullable=False),
        sa.Column("verdict", Text(), nullable=False),
        sa.Column("basis", Text(), nullable=False),
        sa.Column("classification", Text(), nullable=False),
        sa.Column("media", Text(), nullable=False),
        sa.Column("withdrawn_at", BigInteger()),
        sa.PrimaryKeyConstraint("nr", name="pk_assessments"),
        sa.ForeignKeyConstraint(["lead_id"], ["leads.id"], name="fk_assessments_lead_id"),
    )
    op.create_index("ix_assessments_lead_id_actor", "assessments", ["lead_id", "actor"])
    op.create_table(
        "feeds",
        sa.Column("name", Text(), nullable=False),
        sa.Column("checkpoint", Text(), nullable=False),
        sa.Column("pulled_at", BigInteger()),
        sa.Column("fault", Text(), nullable=False),
        sa.Column("quarantined", BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_feeds"),
    )
    op.create_table(
        "remote_answers",
        sa.Column("service", Text(), nullable=False),
        sa.Column("hash", LargeBinary(), nullable=False),
        sa.Column("classification", Text(), nullable=False),
        sa.Column("answered_at", BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("service", "hash", name="pk_remote_answers"),
    )
    op.create_index("ix_remote_answers_answered_at", "remote_answers", ["answered_at"])
