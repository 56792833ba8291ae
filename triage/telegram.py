"""
Keep what the organisation's Telegram accounts must remember, and let people see and decide about them.

Sessions and access hashes are encrypted with the host's key, and a channel is
known by the keyed digest of its locator alone. The environment's account is
not stored: only that it is parked, what it was told, and until when it waits.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from domain.audit import SYSTEM
from domain.books.rows import StoredAccount, StoredChannel
from domain.errors import NotFound
from domain.ids import TargetId
from domain.observations import Platform
from domain.people import Actor, Permission
from domain.ports import Place, Vault
from domain.store import Tx
from domain.targets import LIVING
from domain.telegram import AccountId, AccountState, ResolvedChannel, TelegramAccount, parse_session
from domain.text import without_encoded_runs
from triage.desk import Desk

MAX_LABEL = 64  # characters
UNNAMED = "account"
ENVIRONMENT = "environment"  # the label of the account that KAPEAR_TELEGRAM_SESSION signs in


@dataclass(frozen=True, slots=True, kw_only=True)
class Telegram:
    """The accounts of the organisation: the ledger that visits write, and the desk's decisions."""

    desk: Desk

    # The ledger.

    async def accounts(self) -> tuple[TelegramAccount, ...]:
        """Return every account, parked ones too: the environment's, then the oldest."""
        return await self.desk.store.read(lambda tx: tuple(map(self._account, self._rows(tx))))

    async def park(self, account_id: AccountId, reason: str) -> None:
        """Use an account no more until somebody signs it in again; `reason` is a short code."""
        now = self.desk.now()

        def work(tx: Tx) -> None:
            if any(row.id == account_id and row.parked for row in self._rows(tx)):
                return  # the first reason is the one to mend
            if not tx.telegram.park(account_id, reason, now):
                # Only the environment's account has no row yet.
                row = StoredAccount(id=account_id, label=ENVIRONMENT, created_at=now, parked=reason, parked_at=now)
                tx.telegram.put(row)
            self.desk.note(tx, SYSTEM, "telegram.account_parked", account_id, reason=reason)

        await self.desk.store.write(work)

    async def cooldowns(self, account_id: AccountId) -> Mapping[str, datetime]:
        """Return until when which methods must not be called by an account; past ones may be among them."""
        now = self.desk.now()
        return await self.desk.store.read(lambda tx: tx.telegram.cooldowns(account_id, now))

    async def cool_down(self, account_id: AccountId, method: str, until: datetime) -> None:
        """Note that Telegram asked an account to wait with a method; a later moment is never made earlier."""
        now = self.desk.now()
        await self.desk.store.write(lambda tx: tx.telegram.cool_down(account_id, method, until, now))

    async def channels(self, locator: str) -> tuple[ResolvedChannel, ...]:
        """Return what accounts were told of a locator, the pinned account's first."""
        digest = self._digest(locator)
        return tuple(map(self._opened, await self.desk.store.read(lambda tx: tx.telegram.channels(digest))))

    async def resolved(self, locator: str, channel: ResolvedChannel) -> None:
        """Note what an account was told of a locator; a pinned one takes the pin from the others."""
        digest = self._digest(locator)
        told = json.dumps([channel.channel_id, channel.access_hash])
        stored = StoredChannel(
            account_id=channel.account_id,
            locator_digest=digest,
            channel=self.desk.vault.encrypt(told, channel_place(channel.account_id, digest)),
            pinned=channel.pinned,
            resolved_at=self.desk.now(),
        )
        await self.desk.store.write(lambda tx: tx.telegram.resolved(stored))

    # The desk.

    async def add(self, actor: Actor, *, label: str, session: str) -> AccountState:
        """Store an account that was signed in; one that was parked is used again."""
        actor.require(Permission.KEEP_ACCOUNTS)
        account_id = telegram_id(self.desk.vault, session)
        now = self.desk.now()
        account = StoredAccount(
            id=account_id,
            label=without_encoded_runs(label.strip())[:MAX_LABEL] or UNNAMED,
            session=self.desk.vault.encrypt(session, session_place(account_id)),
            created_at=now,
        )

        def work(tx: Tx) -> AccountState:
            tx.telegram.put(account)
            self.desk.note(tx, actor, "telegram.account_added", account_id)
            return next(state for state in self._states(tx) if state.id == account_id)

        return await self.desk.store.write(work)

    async def remove(self, actor: Actor, account_id: str) -> None:
        """Forget an account's session and what it was told; of the environment's account, that it is parked."""
        actor.require(Permission.KEEP_ACCOUNTS)

        def work(tx: Tx) -> None:
            if not tx.telegram.forget(AccountId(account_id)):
                raise NotFound("No such Telegram account is stored; see `kapear telegram status`.")
            self.desk.note(tx, actor, "telegram.account_removed", account_id)

        await self.desk.store.write(work)

    async def adopt(self, actor: Actor) -> list[TargetId]:
        """Let living channels that the preview reads be read through the account from now on; returns which."""
        actor.require(Permission.KEEP_ACCOUNTS)

        def work(tx: Tx) -> list[TargetId]:
            if not self.in_use(tx):
                raise NotFound("No Telegram account is in use; sign one in first: kapear telegram login.")
            adopted = tx.targets.adopt(Platform.TELEGRAM_WEB, Platform.TELEGRAM)
            for target_id in adopted:
                self.desk.note(tx, actor, "target.adopted", target_id, platform=Platform.TELEGRAM)
            return adopted

        return await self.desk.store.write(work)

    async def adoptable(self) -> int:
        """Return how many living channels the preview reads."""

        def work(tx: Tx) -> int:
            return sum(
                target.platform is Platform.TELEGRAM_WEB and target.status in LIVING for target in tx.targets.all()
            )

        return await self.desk.store.read(work)

    async def status(self, actor: Actor) -> list[AccountState]:
        """Return how every account stands, and no channel's name."""
        if not actor.may(Permission.KEEP_ACCOUNTS):
            actor.require(Permission.SEE_DESK)
        return await self.states()

    async def states(self) -> list[AccountState]:
        """Return the same for whoever keeps watch over the instance: banners and figures."""
        return await self.desk.store.read(self._states)

    def in_use(self, tx: Tx) -> list[TelegramAccount]:
        """Return the accounts that are not parked."""
        return [self._account(row) for row in self._rows(tx) if not row.parked]

    def _states(self, tx: Tx) -> list[AccountState]:
        counts = tx.telegram.channel_counts()
        now = self.desk.now()
        return [
            AccountState(
                id=row.id,
                label=row.label,
                parked=row.parked,
                cooldowns=tuple(
                    (method, until) for method, until in tx.telegram.cooldowns(row.id, now).items() if until > now
                ),
                channels=counts.get(row.id, 0),
            )
            for row in self._rows(tx)
        ]

    def _rows(self, tx: Tx) -> list[StoredAccount]:
        """Return the environment's account and the stored ones; a row without a session is of an environment's."""
        stored = {row.id: row for row in tx.telegram.accounts()}
        rows = [row for row in stored.values() if row.session is not None]
        if not self.desk.telegram_session:
            return rows
        own_id = telegram_id(self.desk.vault, self.desk.telegram_session)
        known = stored.get(own_id)
        own = StoredAccount(
            id=own_id, label=ENVIRONMENT, created_at=self.desk.now(), parked=known.parked if known else ""
        )
        return [own, *(row for row in rows if row.id != own_id)]

    def _account(self, row: StoredAccount) -> TelegramAccount:
        session = self.desk.telegram_session
        if row.session is not None:
            session = self.desk.vault.decrypt(row.session, session_place(row.id))
        return TelegramAccount(id=row.id, label=row.label, session=session, parked=row.parked)

    def _digest(self, locator: str) -> str:
        return self.desk.vault.digest("locator", locator)

    def _opened(self, stored: StoredChannel) -> ResolvedChannel:
        place = channel_place(stored.account_id, stored.locator_digest)
        channel_id, access_hash = json.loads(self.desk.vault.decrypt(stored.channel, place))
        return ResolvedChannel(
            account_id=stored.account_id, channel_id=channel_id, access_hash=access_hash, pinned=stored.pinned
        )


def telegram_id(vault: Vault, session: str) -> AccountId:
    """Return an account's id: a keyed digest of the key that Telegram knows it by, so that signing in twice is one."""
    return AccountId(vault.digest("telegram account", parse_session(session).auth_key.hex()))


def session_place(account_id: AccountId) -> Place:
    """Return where an account's session stands."""
    return Place(table="telegram_accounts", row=account_id, column="session")


def channel_place(account_id: AccountId, locator_digest: str) -> Place:
    """Return where that stands which an account was told of a locator."""
    return Place(table="telegram_channels", row=f"{account_id}:{locator_digest}", column="channel")
