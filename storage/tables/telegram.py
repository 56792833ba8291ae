"""Name the tables of Telegram accounts: sessions and access hashes are encrypted, and no channel's name stands here."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Index, LargeBinary, Table, Text

from storage.columns import Moment
from storage.tables.common import METADATA, PINNED, key

telegram_accounts = Table(
    "telegram_accounts",
    METADATA,
    key(),
    Column("label", Text, nullable=False),
    Column("session", LargeBinary),  # NULL: the account of the environment
    Column("created_at", Moment, nullable=False),
    Column("parked", Text, nullable=False),  # empty: in use
    Column("parked_at", Moment),
)

# The two below know accounts of the environment too, which have no row above.
telegram_cooldowns = Table(
    "telegram_cooldowns",
    METADATA,
    key("account_id"),
    key("method"),
    Column("noted_at", Moment, nullable=False),
    Column("until", Moment, nullable=False),
)

telegram_channels = Table(
    "telegram_channels",
    METADATA,
    key("account_id"),
    key("locator_digest"),
    Column("channel", LargeBinary, nullable=False),
    Column("pinned", Boolean, nullable=False),
    Column("resolved_at", Moment, nullable=False),
    Index(None, "locator_digest"),
)
Index(
    "uq_telegram_channels_pinned",
    telegram_channels.c.locator_digest,
    unique=True,
    sqlite_where=PINNED,
    postgresql_where=PINNED,
)
