"""Let targets lie on the open web: what sources recall, what hosts asked for, outages, notes for the police."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy import BigInteger, Integer, LargeBinary, Text

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

EMPTY = sa.text("''")
ROW_NUMBER = BigInteger().with_variant(Integer(), "sqlite")


def upgrade() -> None:
    """Add columns, then tables."""
    for column in (
        sa.Column("recall", LargeBinary()),
        sa.Column("depth", Integer(), nullable=False, server_default="0"),
        sa.Column("robots_ignored", Text(), nullable=False, server_default=EMPTY),
        sa.Column("plain_agent", Text(), nullable=False, server_default=EMPTY),
        sa.Column("gone_since", BigInteger()),
        sa.Column("extends_to", BigInteger()),
        sa.Column("extension_by", Text()),
        sa.Column("extension_reason", LargeBinary()),
    ):
        op.add_column("targets", column)
    op.add_column("visits", sa.Column("gaps", BigInteger(), nullable=False, server_default="0"))
    op.add_column("lead_posts", sa.Column("looked_at", BigInteger()))
    op.add_column("lead_posts", sa.Column("gone_since", BigInteger()))
    op.add_column("lead_posts", sa.Column("taken_down_at", BigInteger()))
    op.create_table(
        "hosts",
        sa.Column("host_digest", Text(), nullable=False),
        sa.Column("rests_until", BigInteger()),
        sa.Column("rests_because", Text(), nullable=False),
        sa.Column("failures", Integer(), nullable=False),
        sa.Column("last_start", BigInteger()),
        sa.Column("robots", LargeBinary()),
        sa.Column("robots_at", BigInteger()),
        sa.Column("landmark", Text(), nullable=False),
        sa.PrimaryKeyConstraint("host_digest", name="pk_hosts"),
    )
    op.create_table(
        "outages",
        sa.Column("nr", ROW_NUMBER, autoincrement=True, nullable=False),
        sa.Column("started_at", BigInteger(), nullable=False),
        sa.Column("ended_at", BigInteger()),
        sa.PrimaryKeyConstraint("nr", name="pk_outages"),
    )
    op.create_table(
        "referral_notes",
        sa.Column("nr", ROW_NUMBER, autoincrement=True, nullable=False),
        sa.Column("id", Text(), nullable=False),
        sa.Column("report_id", Text(), nullable=False),
        sa.Column("kind", Text(), nullable=False),
        sa.Column("created_at", BigInteger(), nullable=False),
        sa.Column("actor", Text(), nullable=False),
        sa.Column("locator_digest", Text(), nullable=False),
        sa.Column("key_public", LargeBinary(), nullable=False),
        sa.Column("key_wrapped", LargeBinary(), nullable=False),
        sa.Column("ciphertext", LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["report_id"], ["reports.id"], name="fk_referral_notes_report_id"),
        sa.PrimaryKeyConstraint("nr", name="pk_referral_notes"),
        sa.UniqueConstraint("id", name="uq_referral_notes_id"),
        sa.UniqueConstraint("locator_digest", name="uq_referral_notes_locator_digest"),
    )
    op.create_index("ix_referral_notes_report_id", "referral_notes", ["report_id"])
