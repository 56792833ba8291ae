"""Keep the sampled frames of what moves, and say how much of a media item a fingerprint speaks for."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add columns that are null for what was hashed before, and the table of frames."""
    op.add_column("fingerprints", sa.Column("covers", sa.Text()))
    op.add_column("hash_matches", sa.Column("at_ms", sa.BigInteger()))
    op.add_column("hash_matches", sa.Column("covers", sa.Text()))
    op.create_table(
        "frames",
        sa.Column("media_id", sa.Text(), nullable=False),
        sa.Column("at_ms", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("pdq_quality", sa.Integer(), nullable=False),
        sa.Column("pdq_dihedral", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("media_id", "at_ms", name="pk_frames"),
        sa.ForeignKeyConstraint(["media_id"], ["media.id"], name="fk_frames_media_id", ondelete="CASCADE"),
    )
