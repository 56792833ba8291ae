"""What every TelegramLedger promises; a subclass says how one comes by accounts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from domain.ports import TelegramLedger
from domain.telegram import AccountId, ResolvedChannel

KITES, LANTERNS = "https://t.me/s/red_kites", "https://t.me/s/tin_lanterns"
ONE, TWO = AccountId("one"), AccountId("two")
HISTORY, DIFFERENCE = "messages.getHistory", "updates.getChannelDifference"


def later(seconds: float) -> datetime:
    """Return a whole moment from now: stores keep microseconds."""
    return datetime.now(UTC) + timedelta(seconds=seconds)


def told(account: AccountId, channel: int = 5_001, access_hash: int = -77, *, pinned: bool = False) -> ResolvedChannel:
    return ResolvedChannel(account_id=account, channel_id=channel, access_hash=access_hash, pinned=pinned)


class TelegramLedgerContract:
    """Subclasses provide the fixture `ledger`: it has the accounts ONE and TWO, in this order, and nothing else."""

    async def test_accounts_come_oldest_first_with_what_they_need(self, ledger: TelegramLedger) -> None:
        accounts = await ledger.accounts()
        assert [account.id for account in accounts] == [ONE, TWO]
        assert all(account.session and not account.parked for account in accounts)
        assert accounts[0].session != accounts[1].session

    async def test_a_parked_account_stays_on_the_list_with_its_reason(self, ledger: TelegramLedger) -> None:
        await ledger.park(ONE, "session_revoked")
        assert [account.parked for account in await ledger.accounts()] == ["session_revoked", ""]

    async def test_waits_are_kept_by_account_and_method(self, ledger: TelegramLedger) -> None:
        assert not await ledger.cooldowns(ONE)
        history, difference = later(60), later(90)
        await ledger.cool_down(ONE, HISTORY, history)
        await ledger.cool_down(ONE, DIFFERENCE, difference)
        assert dict(await ledger.cooldowns(ONE)) == {HISTORY: history, DIFFERENCE: difference}
        assert not await ledger.cooldowns(TWO)

    async def test_a_wait_is_made_longer_and_never_shorter(self, ledger: TelegramLedger) -> None:
        short, long = later(60), later(3_600)
        for until in (short, long, short):
            await ledger.cool_down(ONE, HISTORY, until)
        assert dict(await ledger.cooldowns(ONE)) == {HISTORY: long}

    async def test_what_an_account_was_told_is_kept_by_locator(self, ledger: TelegramLedger) -> None:
        assert await ledger.channels(KITES) == ()
        await ledger.resolved(KITES, told(ONE))
        assert await ledger.channels(KITES) == (told(ONE),)
        assert await ledger.channels(LANTERNS) == ()

    @pytest.mark.parametrize("access_hash", [-(1 << 63), -1, 1, (1 << 63) - 1])
    async def test_hashes_are_kept_whole(self, ledger: TelegramLedger, access_hash: int) -> None:
        await ledger.resolved(KITES, told(ONE, access_hash=access_hash))
        assert await ledger.channels(KITES) == (told(ONE, access_hash=access_hash),)

    async def test_an_account_has_one_record_of_a_locator_the_newest(self, ledger: TelegramLedger) -> None:
        await ledger.resolved(KITES, told(ONE, access_hash=1))
        await ledger.resolved(KITES, told(ONE, access_hash=2))
        assert await ledger.channels(KITES) == (told(ONE, access_hash=2),)

    async def test_the_pinned_account_comes_first(self, ledger: TelegramLedger) -> None:
        await ledger.resolved(KITES, told(ONE))
        await ledger.resolved(KITES, told(TWO, pinned=True))
        assert await ledger.channels(KITES) == (told(TWO, pinned=True), told(ONE))

    async def test_a_new_pin_takes_the_old_one_away_and_only_there(self, ledger: TelegramLedger) -> None:
        await ledger.resolved(KITES, told(ONE, pinned=True))
        await ledger.resolved(LANTERNS, told(ONE, 5_002, pinned=True))
        await ledger.resolved(KITES, told(TWO, pinned=True))
        assert await ledger.channels(KITES) == (told(TWO, pinned=True), told(ONE))
        assert await ledger.channels(LANTERNS) == (told(ONE, 5_002, pinned=True),)

    async def test_a_record_without_a_pin_takes_none_away(self, ledger: TelegramLedger) -> None:
        await ledger.resolved(KITES, told(ONE, pinned=True))
        await ledger.resolved(KITES, told(TWO))
        assert await ledger.channels(KITES) == (told(ONE, pinned=True), told(TWO))
