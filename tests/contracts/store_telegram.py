"""What every store promises of Telegram accounts, cooldowns and channels."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any

from domain.books.rows import StoredAccount, StoredChannel
from domain.observations import Platform
from domain.store import Store, Tx
from domain.targets import TargetStatus
from domain.telegram import AccountId
from tests.contracts.samples import DAY, MINUTE, NOW, put_target

FIRST, SECOND = AccountId("account-1"), AccountId("account-2")


def an_account(**changes: Any) -> StoredAccount:
    return replace(StoredAccount(id=FIRST, label="kites", session=b"\x00encrypted", created_at=NOW), **changes)


def a_channel(**changes: Any) -> StoredChannel:
    channel = StoredChannel(
        account_id=FIRST, locator_digest="digest", channel=b"\x00encrypted", pinned=False, resolved_at=NOW
    )
    return replace(channel, **changes)


def put(account: StoredAccount, tx: Tx) -> None:
    tx.telegram.put(account)


class TelegramContract:
    """The suite; a subclass brings the fixture `store`, empty."""

    async def test_accounts_come_back_oldest_first(self, store: Store) -> None:
        younger = an_account(id=SECOND, created_at=NOW + MINUTE, parked="banned", parked_at=NOW + MINUTE)
        older = an_account(session=None)
        assert await store.read(lambda tx: tx.telegram.accounts()) == []
        for account in (younger, older):
            await store.write(partial(put, account))
        assert await store.read(lambda tx: tx.telegram.accounts()) == [older, younger]

    async def test_signing_in_again_takes_an_account_from_its_park(self, store: Store) -> None:
        await store.write(lambda tx: tx.telegram.put(an_account()))
        assert await store.write(lambda tx: tx.telegram.park(FIRST, "frozen", NOW + MINUTE))
        [parked] = await store.read(lambda tx: tx.telegram.accounts())
        assert parked == an_account(parked="frozen", parked_at=NOW + MINUTE)
        again = an_account(session=b"\x00other", label="lanterns", created_at=NOW + DAY)
        await store.write(lambda tx: tx.telegram.put(again))
        [account] = await store.read(lambda tx: tx.telegram.accounts())
        assert account == replace(again, created_at=NOW), "it is as old as it was"
        assert not await store.write(lambda tx: tx.telegram.park(SECOND, "frozen", NOW))

    async def test_a_cooldown_is_never_made_shorter(self, store: Store) -> None:
        await self.cool_down(store, "contacts.resolveUsername", NOW + DAY)
        await self.cool_down(store, "messages.getHistory", NOW + MINUTE)
        await self.cool_down(store, "contacts.resolveUsername", NOW + MINUTE)
        assert await store.read(lambda tx: tx.telegram.cooldowns(FIRST, NOW)) == {
            "contacts.resolveUsername": NOW + DAY,
            "messages.getHistory": NOW + MINUTE,
        }
        assert await store.read(lambda tx: tx.telegram.cooldowns(SECOND, NOW)) == {}
        await self.cool_down(store, "upload.getFile", NOW + DAY, now=NOW + 2 * MINUTE)
        assert list(await store.read(lambda tx: tx.telegram.cooldowns(FIRST, NOW))) == [
            "contacts.resolveUsername",
            "upload.getFile",
        ], "what has ended is not kept"

    async def test_a_clock_set_back_makes_no_wait_longer(self, store: Store) -> None:
        await self.cool_down(store, "messages.getHistory", NOW + MINUTE)
        for now, until in ((NOW - DAY, NOW - DAY + MINUTE), (NOW, NOW + MINUTE), (NOW + DAY, NOW + MINUTE)):
            waits = await store.read(partial(lambda tx, now: tx.telegram.cooldowns(FIRST, now), now=now))
            assert waits == {"messages.getHistory": until}

    async def cool_down(self, store: Store, method: str, until: datetime, now: datetime = NOW) -> None:
        await store.write(lambda tx: tx.telegram.cool_down(FIRST, method, until, now))

    async def test_one_account_holds_the_pin_of_a_channel(self, store: Store) -> None:
        first, second = a_channel(pinned=True), a_channel(account_id=SECOND, resolved_at=NOW + MINUTE)
        elsewhere = a_channel(locator_digest="other", pinned=True)

        def work(tx: Tx) -> None:
            for channel in (second, first, elsewhere):
                tx.telegram.resolved(channel)

        await store.write(work)
        assert await store.read(lambda tx: tx.telegram.channels("digest")) == [first, second]
        assert await store.read(lambda tx: tx.telegram.channel_counts()) == {FIRST: 2}
        taken = replace(second, pinned=True, channel=b"\x00newer")
        await store.write(lambda tx: tx.telegram.resolved(taken))
        assert await store.read(lambda tx: tx.telegram.channels("digest")) == [taken, replace(first, pinned=False)]
        assert await store.read(lambda tx: tx.telegram.channels("none")) == []
        assert await store.read(lambda tx: tx.telegram.channel_counts()) == {FIRST: 1, SECOND: 1}

    async def test_a_forgotten_account_leaves_its_cooldowns(self, store: Store) -> None:
        await store.write(lambda tx: tx.telegram.put(an_account()))
        await store.write(lambda tx: tx.telegram.resolved(a_channel(pinned=True)))
        await self.cool_down(store, "messages.getHistory", NOW + DAY)
        assert await store.write(lambda tx: tx.telegram.forget(FIRST))
        assert not await store.write(lambda tx: tx.telegram.forget(FIRST))
        assert await store.read(lambda tx: tx.telegram.accounts()) == []
        assert await store.read(lambda tx: tx.telegram.channels("digest")) == []
        assert await store.read(lambda tx: tx.telegram.cooldowns(FIRST, NOW)) == {"messages.getHistory": NOW + DAY}

    async def test_the_environment_s_account_keeps_what_it_was_told(self, store: Store) -> None:
        parked = an_account(session=None, parked="frozen", parked_at=NOW)
        await store.write(lambda tx: tx.telegram.put(parked))
        told = a_channel(pinned=True)
        await store.write(lambda tx: tx.telegram.resolved(told))
        assert await store.write(lambda tx: tx.telegram.forget(FIRST))
        assert await store.read(lambda tx: tx.telegram.accounts()) == []
        assert await store.read(lambda tx: tx.telegram.channels("digest")) == [told]

    async def test_living_targets_are_adopted_with_all_they_have(self, store: Store) -> None:
        living = await put_target(store, cursor="7:3")
        waiting = await put_target(store, status=TargetStatus.AWAITING_APPROVAL)
        page = await put_target(store, platform=Platform.PAGE)
        over = await put_target(store, status=TargetStatus.EXPIRED)

        def work(tx: Tx) -> list[str]:
            return list(tx.targets.adopt(Platform.TELEGRAM_WEB, Platform.TELEGRAM))

        assert await store.write(work) == sorted([living.id, waiting.id])
        for before, after in ((living, Platform.TELEGRAM), (page, Platform.PAGE), (over, Platform.TELEGRAM_WEB)):
            target_id = before.id
            stored = await store.read(lambda tx, target_id=target_id: tx.targets.get(target_id))  # type: ignore[misc]
            assert stored == replace(before, platform=after)
        assert await store.write(work) == []
