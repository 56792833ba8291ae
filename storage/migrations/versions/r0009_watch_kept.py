"""Let the watch be watched: the clock against the log, a heartbeat, and what people were told."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy import BigInteger, Text

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

EMPTY = sa.text("''")


def upgrade() -> None:
    """Add columns and a table; the newest time of the log is what its events say."""
    op.add_column("audit_head", sa.Column("newest_at", BigInteger()))
    op.execute("UPDATE audit_head SET newest_at = (SELECT max(at) FROM audit_events)")
    for column in (
        sa.Column("beat_at", BigInteger()),
        sa.Column("beat_fault", Text(), nullable=False, server_default=EMPTY),
        sa.Column("mail_fault", Text(), nullable=False, server_default=EMPTY),
    ):
        op.add_column("instance", column)
    op.create_table(
        "messages",
        sa.Column("kind", Text(), nullable=False),
        sa.Column("subject", Text(), nullable=False),
        sa.Column("since", BigInteger(), nullable=False),
        sa.Column("said_at", BigInteger(), nullable=False),
        sa.Column("ended_at", BigInteger()),
        sa.PrimaryKeyConstraint("kind", "subject", name="pk_messages"),
    )
