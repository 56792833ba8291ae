"""Let fingerprints have the wide pHash of 256 bits."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy import LargeBinary

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; pictures that were seen before are gone, and their fingerprints have none."""
    op.add_column("fingerprints", sa.Column("phash256", LargeBinary()))
