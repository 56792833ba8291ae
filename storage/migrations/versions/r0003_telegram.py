"""Make the tables of Telegram accounts, and key the preview's posts as Telegram's own."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make three tables; then let posts and lead groups of the preview bear the platform's own name."""
    _tables()
    posts = sa.table("posts", sa.column("platform", sa.Text()))
    op.execute(posts.update().where(posts.c.platform == "telegram_web").values(platform="telegram"))
    leads = sa.table("leads", sa.column("lead_group", sa.Text()))
    for kind in ("post", "album"):
        before, after = f"{kind}:telegram_web:", f"{kind}:telegram:"
        renamed = sa.literal(after).concat(sa.func.substr(leads.c.lead_group, len(before) + 1))
        begins = sa.func.substr(leads.c.lead_group, 1, len(before)) == before
        op.execute(leads.update().where(begins).values(lead_group=renamed))


def _tables() -> None:
    op.create_table(
        "telegram_accounts",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("session", sa.LargeBinary(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("parked", sa.Text(), nullable=False),
        sa.Column("parked_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_telegram_accounts"),
    )

    op.create_table(
        "telegram_cooldowns",
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("method", sa.Text(), nullable=False),
        sa.Column("noted_at", sa.BigInteger(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("account_id", "method", name="pk_telegram_cooldowns"),
    )

    op.create_table(
        "telegram_channels",
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("locator_digest", sa.Text(), nullable=False),
        sa.Column("channel", sa.LargeBinary(), nullable=False),
        sa.Column("pinned", sa.Boolean(), nullable=False),
        sa.Column("resolved_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("account_id", "locator_digest", name="pk_telegram_channels"),
    )
    op.create_index("ix_telegram_channels_locator_digest", "telegram_channels", ["locator_digest"], unique=False)
    op.create_index(
        "uq_telegram_channels_pinned",
        "telegram_channels",
        ["locator_digest"],
        unique=True,
        sqlite_where=sa.text("pinned"),
        postgresql_where=sa.text("pinned"),
    )
