from __future__ import annotations

import pytest

from domain.telegram import TelegramAccount
from tests.contracts.telegram_ledger import ONE, TWO, TelegramLedgerContract
from tests.fakes import FakeLedger


class TestFakeLedger(TelegramLedgerContract):
    @pytest.fixture
    def ledger(self) -> FakeLedger:
        return FakeLedger([TelegramAccount(id=one, label=one, session=f"session of {one}") for one in (ONE, TWO)])
