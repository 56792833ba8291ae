"""Let what is said of a hash remember the lead it was said about, and where in its list's version the hash stood."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy import BigInteger, Text

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns; what was said before does not know them."""
    op.add_column("hash_opinions", sa.Column("lead_id", Text()))
    op.add_column("hash_opinions", sa.Column("list_id", Text()))
    op.add_column("hash_opinions", sa.Column("entry_id", BigInteger()))
