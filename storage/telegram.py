"""Keep the organisation's Telegram accounts, their cooldowns, and what each was told of a channel."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, delete, func, select, update

from domain.books.rows import StoredAccount, StoredChannel
from domain.telegram import AccountId, waits_until
from storage.rows import columns_of, made, new_row
from storage.tables import telegram_accounts, telegram_channels, telegram_cooldowns

_ACCOUNT = tuple(telegram_accounts.c[name] for name in StoredAccount.__slots__)
_CHANNEL = tuple(telegram_channels.c[name] for name in StoredChannel.__slots__)


class Telegram:
    """The book of Telegram accounts, in one transaction."""

    def __init__(self, connection: Connection) -> None:
        """Work on a connection."""
        self._connection = connection

    def accounts(self) -> list[StoredAccount]:
        """Return every account, parked ones too, oldest first."""
        oldest_first = select(*_ACCOUNT).order_by(telegram_accounts.c.created_at, telegram_accounts.c.id)
        return [made(StoredAccount, row) for row in self._connection.execute(oldest_first)]

    def put(self, account: StoredAccount) -> None:
        """Write an account, or write anew one that was known."""
        row = columns_of(account, telegram_accounts)
        known = {name: value for name, value in row.items() if name not in {"id", "created_at"}}
        new = new_row(self._connection, telegram_accounts).values(row)
        self._connection.execute(new.on_conflict_do_update(index_elements=["id"], set_=known))

    def park(self, account_id: AccountId, reason: str, now: datetime) -> bool:
        """Note that an account is used no more; returns False where none of this id is stored."""
        parked = update(telegram_accounts).where(telegram_accounts.c.id == account_id)
        return bool(self._connection.execute(parked.values(parked=reason, parked_at=now)).rowcount)

    def forget(self, account_id: AccountId) -> bool:
        """
        Delete an account, and with its session what it was told; False where there is none.

        Its cooldowns stay till they end. The environment's account goes on, with what it was told.
        """
        gone = delete(telegram_accounts).where(telegram_accounts.c.id == account_id)
        row = self._connection.execute(gone.returning(telegram_accounts.c.session)).first()
        if row is not None and row.session is not None:
            self._connection.execute(delete(telegram_channels).where(telegram_channels.c.account_id == account_id))
        return row is not None

    def cooldowns(self, account_id: AccountId, now: datetime) -> dict[str, datetime]:
        """Return until when which methods must not be called."""
        chosen = select(*telegram_cooldowns.c).where(telegram_cooldowns.c.account_id == account_id)
        rows = self._connection.execute(chosen.order_by(telegram_cooldowns.c.method))
        return {row.method: waits_until(row.until, noted_at=row.noted_at, now=now) for row in rows}

    def cool_down(self, account_id: AccountId, method: str, until: datetime, now: datetime) -> None:
        """Write a cooldown, never making a later moment earlier; those that ended before `now` go."""
        self._connection.execute(delete(telegram_cooldowns).where(telegram_cooldowns.c.until < now))
        new = new_row(self._connection, telegram_cooldowns).values(
            account_id=account_id, method=method, noted_at=now, until=until
        )
        later = new.on_conflict_do_update(
            index_elements=["account_id", "method"],
            set_={"noted_at": new.excluded.noted_at, "until": new.excluded.until},
            where=telegram_cooldowns.c.until < new.excluded.until,
        )
        self._connection.execute(later)

    def channels(self, locator_digest: str) -> list[StoredChannel]:
        """Return what accounts were told of a locator, the pinned account's first, then the oldest."""
        chosen = select(*_CHANNEL).where(telegram_channels.c.locator_digest == locator_digest)
        ordered = chosen.order_by(
            telegram_channels.c.pinned.desc(), telegram_channels.c.resolved_at, telegram_channels.c.account_id
        )
        return [made(StoredChannel, row) for row in self._connection.execute(ordered)]

    def resolved(self, channel: StoredChannel) -> None:
        """Write what an account was told of a locator; a pinned one takes the pin from the others."""
        if channel.pinned:
            others = update(telegram_channels).where(telegram_channels.c.locator_digest == channel.locator_digest)
            self._connection.execute(others.values(pinned=False))
        row = columns_of(channel, telegram_channels)
        told = {name: row[name] for name in ("channel", "pinned", "resolved_at")}
        new = new_row(self._connection, telegram_channels).values(row)
        self._connection.execute(new.on_conflict_do_update(index_elements=["account_id", "locator_digest"], set_=told))

    def channel_counts(self) -> dict[AccountId, int]:
        """Return how many channels are pinned to each account that has any."""
        counted = select(telegram_channels.c.account_id, func.count().label("pinned")).where(telegram_channels.c.pinned)
        rows = self._connection.execute(counted.group_by(telegram_channels.c.account_id))
        return {row.account_id: row.pinned for row in rows}
