"""The ledger over a real store keeps what its port promises."""

from __future__ import annotations

from datetime import timedelta

import pytest

from domain.books.rows import StoredAccount
from domain.telegram import AccountId
from tests.contracts.telegram_ledger import ONE, TWO, TelegramLedgerContract
from tests.triage.deskhands import Desk
from tests.triage.test_telegram_accounts import a_session
from triage.telegram import Telegram, session_place


class TestLedger(TelegramLedgerContract):
    """The contract, over SQLite and a vault."""

    @pytest.fixture
    async def ledger(self, desk: Desk) -> Telegram:
        telegram = desk.opened.office.telegram
        for number, account_id in enumerate((ONE, TWO), start=1):
            await put(desk, account_id, a_session(number))
            desk.opened.clock.forward(timedelta(seconds=1))
        return telegram


async def put(desk: Desk, account_id: AccountId, session: str) -> None:
    """Write an account under an id of the test's own."""
    own = desk.opened.office.desk
    encrypted = own.vault.encrypt(session, session_place(account_id))
    account = StoredAccount(id=account_id, label="kites", session=encrypted, created_at=own.now())
    await desk.opened.store.write(lambda tx: tx.telegram.put(account))
