"""Let visits be deleted when they are long over, and let figures stay when rows go."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy import BigInteger, Text

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

GAPS = """
    UPDATE targets SET gaps = summed.gaps
    FROM (SELECT target_id, sum(gaps) AS gaps FROM visits GROUP BY target_id) AS summed
    WHERE summed.target_id = targets.id
"""
UNSEEN_SINCE = """
    UPDATE targets SET unseen_since = looked.at
    FROM (
        SELECT visits.target_id, min(visits.started_at) AS at
        FROM visits LEFT JOIN (
            SELECT target_id, max(started_at) AS at FROM visits WHERE outcome IN ('new', 'unchanged') GROUP BY target_id
        ) AS seen ON seen.target_id = visits.target_id
        WHERE visits.outcome <> 'offline' AND (seen.at IS NULL OR visits.started_at > seen.at)
        GROUP BY visits.target_id
    ) AS looked
    WHERE looked.target_id = targets.id
"""
SUMS = ("visits", "leads_filed", "requests", "bytes", "gaps")


def upgrade() -> None:
    """Add columns, fill them from the visits there are, and add the tables of what there was."""
    op.add_column("targets", sa.Column("unseen_since", BigInteger()))
    op.add_column("targets", sa.Column("gaps", BigInteger(), nullable=False, server_default="0"))
    op.create_index("ix_visit_requests_visit_id", "visit_requests", ["visit_id"])
    op.create_table(
        "visit_days",
        sa.Column("day", BigInteger(), nullable=False),
        sa.Column("platform", Text(), nullable=False),
        sa.Column("outcome", Text(), nullable=False),
        *(sa.Column(name, BigInteger(), nullable=False) for name in SUMS),
        sa.PrimaryKeyConstraint("day", "platform", "outcome", name="pk_visit_days"),
    )
    op.create_table(
        "seen_days",
        sa.Column("day", BigInteger(), nullable=False),
        sa.Column("observations", BigInteger(), nullable=False),
        sa.Column("media", BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("day", name="pk_seen_days"),
    )
    for step in (GAPS, UNSEEN_SINCE):
        op.execute(step)
