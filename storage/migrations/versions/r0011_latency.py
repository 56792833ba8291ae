"""Let it be told how late the watch is: when leads appeared, since when targets are watched, who came when."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy import BigInteger, Text

revision = "0011"
down_revision = "0009"
branch_labels = None
depends_on = None

# Where no approval is asked, a target is watched from the start.
SINCE_WHEN_WATCHED = """
    UPDATE targets SET approved_at = told.at
    FROM (SELECT subject, min(at) AS at FROM audit_events WHERE action = 'target.approved' GROUP BY subject) AS told
    WHERE told.subject = targets.id
"""
WATCHED_AT_ONCE = "UPDATE targets SET approved_at = created_at WHERE synthetic AND approved_at IS NULL"
FIRST_CLAIMED = """
    UPDATE leads SET first_claimed_at = told.at
    FROM (SELECT subject, min(at) AS at FROM audit_events WHERE action = 'lead.claimed' GROUP BY subject) AS told
    WHERE told.subject = leads.id
"""
APPEARED = """
    UPDATE leads SET appeared_at = leads.posted_at, timing = CASE
        WHEN leads.posted_at IS NULL THEN 'undated'
        WHEN leads.posted_at >= targets.approved_at THEN 'watched'
        ELSE 'earlier' END
    FROM targets WHERE targets.id = leads.target_id
"""
BY_LISTS = """
    UPDATE leads SET appeared_at = NULL, timing = 'lists' WHERE id IN (
        SELECT subject FROM audit_events WHERE action = 'lead.filed' AND details LIKE '%"cause":"hashlist"%')
"""


def upgrade() -> None:
    """Add columns, and fill them from what is on record."""
    op.add_column("targets", sa.Column("approved_at", BigInteger()))
    for column in (
        sa.Column("appeared_at", BigInteger()),
        sa.Column("timing", Text(), nullable=False, server_default="undated"),
        sa.Column("first_claimed_at", BigInteger()),
    ):
        op.add_column("leads", column)
    op.create_index("ix_leads_filed_at", "leads", ["filed_at"])
    for step in (SINCE_WHEN_WATCHED, WATCHED_AT_ONCE, FIRST_CLAIMED, APPEARED, BY_LISTS):
        op.execute(step)
