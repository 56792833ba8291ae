"""Let targets be visited as often as they post: what was learned of each, and what a visit costs."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy import BigInteger, Float, Integer, Text

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

EMPTY = sa.text("''")
ACTIVE = sa.text("status = 'active'")
OPEN = sa.text("status <> 'closed'")
PRESSING = sa.text("status = 'active' AND NOT claimed AND pressing")


def upgrade() -> None:
    """Add columns and a table; of targets that are watched already nothing is known yet."""
    for column in (
        sa.Column("decision", Text(), nullable=False, server_default=EMPTY),
        sa.Column("budget", Text(), nullable=False, server_default=EMPTY),
        sa.Column("pressure", Integer()),
        sa.Column("pressing", sa.Boolean(), nullable=False, server_default=sa.true()),
    ):
        op.add_column("targets", column)
    op.create_index("ix_targets_pressing", "targets", ["next_due"], sqlite_where=PRESSING, postgresql_where=PRESSING)
    op.create_index(
        "ix_targets_pressure", "targets", ["budget", "pressure"], sqlite_where=ACTIVE, postgresql_where=ACTIVE
    )
    op.create_index("ix_leads_open", "leads", ["target_id"], sqlite_where=OPEN, postgresql_where=OPEN)
    op.create_table(
        "prices",
        sa.Column("budget", Text(), nullable=False),
        sa.Column("price", Float(), nullable=False),
        sa.Column("at", BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("budget", name="pk_prices"),
    )
