from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest
from telethon.tl import functions, types

from demo.telegram.faults import Kind
from demo.telegram.server import TelegramServer
from domain.errors import VisitEnded
from domain.observations import Traffic
from domain.outcomes import Outcome
from domain.telegram import AccountId, ResolvedChannel, TelegramAccount
from telegram_monitor.limits import DIFFERENCE, HISTORY, RESOLVE
from tests.fakes import FakeLedger
from tests.telegram_monitor.dialled import (
    KITES,
    PACED,
    Clock,
    credentials_of,
    difference_of,
    history_of,
    ledger_of,
    reading,
    visited,
)

ONE, TWO = AccountId("one"), AccountId("two")


async def ended(visit: Any) -> tuple[Outcome, str]:
    """Return how a visit ended that must end."""
    with pytest.raises(VisitEnded) as ending:
        await visit
    return ending.value.outcome, ending.value.code


def kites(server: TelegramServer) -> Any:
    channel = server.platform.channel("red_kites")
    channel.post("a kite")
    return channel


# Names and pins.


async def test_a_name_is_resolved_once_ever(telegram_server: TelegramServer) -> None:
    kites(telegram_server)
    ledger = ledger_of(telegram_server, "one")
    for _ in range(3):  # three runs of the process
        async with reading(telegram_server, ledger) as accounts:
            for _ in range(3):
                channel = await visited(accounts)
                await channel.ask(history_of(channel))
    assert telegram_server.log.methods() == {"help.getConfig": 3, RESOLVE: 1, HISTORY: 9}
    assert [one.pinned for one in await ledger.channels(KITES)] == [True]


async def test_a_quiet_visit_is_one_request(telegram_server: TelegramServer) -> None:
    kites(telegram_server)
    async with reading(telegram_server, ledger_of(telegram_server, "one")) as accounts:
        await visited(accounts)
        telegram_server.log.clear()
        traffic = Traffic()
        channel = await accounts.channel(KITES, traffic)
        await channel.ask(difference_of(channel))
        assert telegram_server.log.methods() == {DIFFERENCE: 1}
        assert traffic.requests == 1
        assert traffic.bytes > 0


async def test_what_no_channel_bears(telegram_server: TelegramServer) -> None:
    async with reading(telegram_server, ledger_of(telegram_server, "one")) as accounts:
        assert await ended(visited(accounts)) == (Outcome.GONE, "no_such_name")
        assert await ended(visited(accounts, "https://t.me/s/+AAAA")) == (Outcome.ERROR, "bad_locator")
    assert telegram_server.log.methods()[RESOLVE] == 1


def resolved(peer: Any, *chats: Any) -> types.contacts.ResolvedPeer:
    return types.contacts.ResolvedPeer(peer, list(chats), [])


def a_channel(**changed: Any) -> types.Channel:
    words = {"id": 5_001, "title": "kites", "photo": types.ChatPhotoEmpty(), "date": None, "access_hash": 7}
    return types.Channel(**{**words, "username": "red_kites", **changed})


HERE = types.PeerChannel(5_001)
OTHER_NAMES = [types.Username("red_kites", active=True), types.Username("old_kites")]
FORBIDDEN = types.ChannelForbidden(5_001, 7, "kites")


@pytest.mark.parametrize(
    ("answer", "ending"),
    [
        (resolved(types.PeerUser(5)), (Outcome.REFUSED, "not_a_public_channel")),
        (resolved(types.PeerChat(5)), (Outcome.REFUSED, "not_a_public_channel")),
        (resolved(HERE, a_channel(username=None)), (Outcome.REFUSED, "not_a_public_channel")),
        (resolved(HERE, a_channel(username="tin_lanterns")), (Outcome.REFUSED, "not_a_public_channel")),
        (resolved(HERE, FORBIDDEN), (Outcome.RESTRICTED, "private")),
        (resolved(HERE), (Outcome.ERROR, "malformed")),
        (resolved(HERE, a_channel(min=True)), (Outcome.ERROR, "malformed")),
        (resolved(HERE, a_channel(access_hash=None)), (Outcome.ERROR, "malformed")),
        (resolved(types.PeerChannel(1 << 60), a_channel(id=1 << 60)), (Outcome.ERROR, "malformed")),
        (types.Pong(1, 2), (Outcome.ERROR, "malformed")),
        (resolved(HERE, a_channel(username="Red_Kites")), None),
        (resolved(HERE, a_channel(username=None, usernames=OTHER_NAMES)), None),
    ],
)
async def test_only_public_channels_and_groups_are_read(
    telegram_server: TelegramServer, answer: Any, ending: tuple[Outcome, str] | None
) -> None:
    kites(telegram_server)
    telegram_server.faults.add(RESOLVE, "bytes", bytes(answer).hex())
    async with reading(telegram_server, ledger_of(telegram_server, "one")) as accounts:
        if ending is None:
            assert (await visited(accounts)).id == 5_001
        else:
            assert await ended(visited(accounts)) == ending


async def test_a_name_that_leads_elsewhere_is_never_followed(telegram_server: TelegramServer) -> None:
    kites(telegram_server)
    ledger = ledger_of(telegram_server, "one", "two")
    ledger.told[KITES] = [ResolvedChannel(account_id=TWO, channel_id=4_004, access_hash=9)]  # from before it moved
    await ledger.park(TWO, "session_revoked")
    async with reading(telegram_server, ledger) as accounts:
        assert await ended(visited(accounts)) == (Outcome.MOVED, "name_moved")
    assert [one.channel_id for one in ledger.told[KITES]] == [4_004]


async def test_a_hash_that_is_taken_no_more_is_asked_for_again_once(telegram_server: TelegramServer) -> None:
    channel_there = kites(telegram_server)
    ledger = ledger_of(telegram_server, "one")
    wrong = ResolvedChannel(account_id=ONE, channel_id=channel_there.id, access_hash=12_345, pinned=True)
    ledger.told[KITES] = [wrong]
    async with reading(telegram_server, ledger) as accounts:
        channel = await visited(accounts)
        answer = await channel.ask(history_of(channel))
        assert answer.messages
        assert channel.peer.access_hash != wrong.access_hash
        assert telegram_server.log.methods() == {"help.getConfig": 1, HISTORY: 2, RESOLVE: 1}
        assert ledger.told[KITES] == [replace(wrong, access_hash=channel.peer.access_hash)]
        telegram_server.faults.add(HISTORY, "error", "CHANNEL_INVALID", times=None)
        for _ in range(3):
            assert await ended(channel.ask(history_of(channel))) == (Outcome.GONE, "channel_invalid")
    assert telegram_server.log.methods()[RESOLVE] == 1


# Waits.


async def test_no_call_while_telegram_asked_to_wait(telegram_server: TelegramServer) -> None:
    kites(telegram_server)
    ledger, clock = ledger_of(telegram_server, "one"), Clock()
    async with reading(telegram_server, ledger, clock) as accounts:
        channel = await visited(accounts)
        telegram_server.faults.add(HISTORY, "error", "FLOOD_WAIT_600")
        assert await ended(channel.ask(history_of(channel))) == (Outcome.LIMITED, "flood_wait")
        clock.pass_by(300)
        assert await ended(channel.ask(history_of(channel))) == (Outcome.LIMITED, "flood_wait")
        assert await ended(visited(accounts)) == (Outcome.LIMITED, "flood_wait")
    async with reading(telegram_server, ledger, clock) as accounts:  # after a restart
        clock.pass_by(299)
        assert await ended(visited(accounts)) == (Outcome.LIMITED, "flood_wait")
        assert telegram_server.log.methods()[HISTORY] == 1
        clock.pass_by(2)
        channel = await visited(accounts)
        await channel.ask(history_of(channel))
    assert telegram_server.log.methods()[HISTORY] == 2


async def test_a_wall_clock_that_jumps_neither_stalls_nor_hastens(telegram_server: TelegramServer) -> None:
    kites(telegram_server)
    clock = Clock()
    async with reading(telegram_server, ledger_of(telegram_server, "one"), clock) as accounts:
        channel = await visited(accounts)
        for jump in (86_400, -86_400):
            telegram_server.log.clear()
            telegram_server.faults.add(HISTORY, "error", "FLOOD_WAIT_60")
            assert await ended(channel.ask(history_of(channel))) == (Outcome.LIMITED, "flood_wait")
            clock.wall += type(clock.wall - clock.wall)(seconds=jump)
            clock.seconds += 59
            assert await ended(visited(accounts)) == (Outcome.LIMITED, "flood_wait")
            clock.seconds += 2
            channel = await visited(accounts)
            await channel.ask(history_of(channel))
            assert telegram_server.log.methods() == {HISTORY: 2}


async def test_a_crowd_of_visits_is_told_once(telegram_server: TelegramServer) -> None:
    kites(telegram_server)
    async with reading(telegram_server, ledger_of(telegram_server, "one")) as accounts:
        channels = [await visited(accounts) for _ in range(20)]
        telegram_server.faults.flood(HISTORY, 30)
        endings = await asyncio.gather(*[ended(channel.ask(history_of(channel))) for channel in channels])
        assert set(endings) == {(Outcome.LIMITED, "flood_wait")}
    assert telegram_server.log.methods()[HISTORY] == 1
    assert not telegram_server.log.hammering


async def test_a_wait_for_the_hello_is_kept_too(telegram_server: TelegramServer) -> None:
    kites(telegram_server)
    telegram_server.faults.flood("help.getConfig", 30)
    ledger = ledger_of(telegram_server, "one")
    for _ in range(3):
        async with reading(telegram_server, ledger) as accounts:
            assert await ended(visited(accounts)) == (Outcome.LIMITED, "flood_wait")
    assert telegram_server.log.methods() == {"help.getConfig": 1}
    assert [method for _, method, _ in ledger.noted] == ["help.getConfig"]


async def test_who_is_enrolled_asks_at_a_measured_pace(telegram_server: TelegramServer) -> None:
    kites(telegram_server)
    clock = Clock()
    async with reading(telegram_server, ledger_of(telegram_server, "one"), clock, PACED) as accounts:
        channel = await visited(accounts)
        for _ in range(30):
            await channel.ask(history_of(channel))
        assert clock.slept == [1.0] * 10
        for number in range(19):
            telegram_server.platform.channel(f"kites_{number}")
            await visited(accounts, f"https://t.me/s/kites_{number}")
        telegram_server.platform.channel("kites_more")
        assert await ended(visited(accounts, "https://t.me/s/kites_more")) == (Outcome.LIMITED, "paced")
    assert telegram_server.log.methods()[RESOLVE] == 20


# Several accounts.


async def test_another_account_goes_on_while_the_first_waits(telegram_server: TelegramServer) -> None:
    kites(telegram_server)
    ledger, clock = ledger_of(telegram_server, "one", "two"), Clock()
    async with reading(telegram_server, ledger, clock) as accounts:
        channel = await visited(accounts)
        (first,) = ledger.told[KITES]
        hash_before = channel.peer.access_hash
        telegram_server.faults.add(HISTORY, "error", "FLOOD_WAIT_60", account=first.account_id)
        answer = await channel.ask(history_of(channel))
        assert answer.messages
        assert channel.peer.access_hash != hash_before
        callers = [call.account for call in telegram_server.log.of(HISTORY)]
        assert sorted(callers) == ["one", "two"]
        assert callers[0] == first.account_id
        assert [one.account_id for one in await ledger.channels(KITES) if one.pinned] == [first.account_id]
        await (await visited(accounts)).ask(history_of(channel))
        clock.pass_by(61)
        await (await visited(accounts)).ask(history_of(channel))
    assert [call.account for call in telegram_server.log.of(HISTORY)] == [*callers, callers[1], callers[0]]


@pytest.mark.parametrize(
    "error",
    [
        *(
            "AUTH_KEY_DUPLICATED",
            "AUTH_KEY_UNREGISTERED",
            "SESSION_REVOKED",
            "USER_DEACTIVATED",
            "USER_DEACTIVATED_BAN",
        ),
        *("FROZEN_METHOD_INVALID", "SESSION_PASSWORD_NEEDED"),
    ],
)
async def test_a_lost_account_is_parked_and_another_takes_over(telegram_server: TelegramServer, error: str) -> None:
    kites(telegram_server)
    ledger = ledger_of(telegram_server, "one", "two")
    async with reading(telegram_server, ledger) as accounts:
        channel = await visited(accounts)
        (first,) = ledger.told[KITES]
        (second,) = {ONE, TWO} - {first.account_id}
        telegram_server.faults.add("*", "error", error, account=first.account_id, times=None)
        assert (await channel.ask(history_of(channel))).messages
        assert {one.id: one.parked for one in await ledger.accounts()} == {first.account_id: error.lower(), second: ""}
        assert [one.account_id for one in await ledger.channels(KITES) if one.pinned] == [second]
        telegram_server.log.clear()
        await visited(accounts)
        await channel.ask(difference_of(channel))
        assert [call.account for call in telegram_server.log.calls] == [second]
        telegram_server.faults.add("*", "error", error, account=second, times=None)
        assert await ended(channel.ask(history_of(channel))) == (Outcome.LIMITED, "no_account")
        assert await ended(visited(accounts)) == (Outcome.LIMITED, "no_account")
    telegram_server.log.clear()
    async with reading(telegram_server, ledger) as accounts:
        assert await ended(visited(accounts)) == (Outcome.LIMITED, "no_account")
    assert not telegram_server.log.calls


async def test_an_account_that_is_signed_in_anew_is_used_again(telegram_server: TelegramServer) -> None:
    kites(telegram_server)
    ledger = ledger_of(telegram_server, "one")
    async with reading(telegram_server, ledger) as accounts:
        telegram_server.faults.add("*", "error", "SESSION_REVOKED")
        assert await ended(visited(accounts)) == (Outcome.LIMITED, "no_account")
        new = replace(ledger.held[0], parked="", session=telegram_server.session_string("two"))
        ledger.held = [new]
        channel = await visited(accounts)
        await channel.ask(history_of(channel))
    assert [call.account for call in telegram_server.log.of(HISTORY)] == ["two"]


async def test_a_session_that_cannot_be_read_parks_its_account(telegram_server: TelegramServer) -> None:
    kites(telegram_server)
    ledger = ledger_of(telegram_server, "two")
    ledger.held.insert(0, TelegramAccount(id=ONE, label="one", session="1kites"))
    async with reading(telegram_server, ledger) as accounts:
        await (await visited(accounts)).ask(history_of(await visited(accounts)))
    assert [one.parked for one in ledger.held] == ["bad_session", ""]


async def test_without_accounts_there_is_no_visit(telegram_server: TelegramServer) -> None:
    async with reading(telegram_server, FakeLedger()) as accounts:
        assert await ended(visited(accounts)) == (Outcome.LIMITED, "no_account")


async def test_channels_spread_over_the_accounts(telegram_server: TelegramServer) -> None:
    ledger = ledger_of(telegram_server, "one", "two", "three")
    async with reading(telegram_server, ledger) as accounts:
        for number in range(30):
            telegram_server.platform.channel(f"kites_{number}")
            await visited(accounts, f"https://t.me/s/kites_{number}")
    callers = [call.account for call in telegram_server.log.of(RESOLVE)]
    assert len(callers) == 30
    assert all(callers.count(name) > 3 for name in ("one", "two", "three"))


async def test_an_account_that_left_the_ledger_is_let_go(telegram_server: TelegramServer) -> None:
    kites(telegram_server)
    ledger = ledger_of(telegram_server, "one")
    async with reading(telegram_server, ledger) as accounts:
        await visited(accounts)
        assert telegram_server.conversations
        ledger.held.clear()
        assert await ended(visited(accounts)) == (Outcome.LIMITED, "no_account")
        await asyncio.gather(*telegram_server._tasks)
        assert not telegram_server.conversations


async def test_one_client_serves_all_visits(telegram_server: TelegramServer) -> None:
    for number in range(5):
        telegram_server.platform.channel(f"kites_{number}")
    async with reading(telegram_server, ledger_of(telegram_server, "one")) as accounts:
        names = [f"https://t.me/s/kites_{number}" for number in range(5)]
        await asyncio.gather(*[visited(accounts, name) for name in names])
        assert len(telegram_server.conversations) == 1
    assert telegram_server.log.methods() == {"help.getConfig": 1, RESOLVE: 5}


# Trouble on the way.


@pytest.mark.parametrize(
    ("kind", "value", "ending", "calls"),
    [
        ("error", "CHANNEL_PRIVATE", (Outcome.RESTRICTED, "private"), 1),
        ("error", "INTERNAL", (Outcome.UNREACHABLE, "server_error"), 2),
        ("error", "RPC_CALL_FAIL", (Outcome.UNREACHABLE, "server_error"), 2),
        ("error", "MSG_ID_INVALID", (Outcome.ERROR, "rpc_msg_id_invalid"), 1),
        ("error", "KITES_AND_LANTERNS", (Outcome.ERROR, "rpc_400"), 1),
        ("drop", "", (Outcome.UNREACHABLE, "dropped"), 2),
        ("cut", "", (Outcome.UNREACHABLE, "dropped"), 2),
        ("garbage", "", (Outcome.ERROR, "malformed"), 1),
        ("truncated", "", (Outcome.ERROR, "malformed"), 1),
        ("huge", "10000000", (Outcome.ERROR, "malformed"), 1),
    ],
)
async def test_each_trouble_has_one_outcome(
    telegram_server: TelegramServer, kind: Any, value: str, ending: tuple[Outcome, str], calls: int
) -> None:
    kites(telegram_server)
    async with reading(telegram_server, ledger_of(telegram_server, "one")) as accounts:
        channel = await visited(accounts)
        telegram_server.faults.add(HISTORY, kind, value, times=None)
        assert await ended(channel.ask(history_of(channel))) == ending
        assert telegram_server.log.methods()[HISTORY] == calls
        telegram_server.faults.lift()
        assert (await channel.ask(history_of(channel))).messages


async def test_a_moment_of_trouble_ends_no_visit(telegram_server: TelegramServer) -> None:
    kites(telegram_server)
    async with reading(telegram_server, ledger_of(telegram_server, "one")) as accounts:
        channel = await visited(accounts)
        troubles: tuple[tuple[Kind, str], ...] = (("error", "INTERNAL"), ("drop", ""), ("cut", ""))
        for kind, value in troubles:
            telegram_server.faults.add(HISTORY, kind, value)
            assert (await channel.ask(history_of(channel))).messages
        telegram_server.hang_up()
        assert (await channel.ask(history_of(channel))).messages
    assert telegram_server.log.methods()[RESOLVE] == 1


@pytest.mark.parametrize("skew", [-86_400, -400, 250, 400, 86_400])
async def test_a_server_with_another_clock_is_read(telegram_server: TelegramServer, skew: float) -> None:
    telegram_server.platform.skew = skew
    kites(telegram_server)
    async with reading(telegram_server, ledger_of(telegram_server, "one")) as accounts:
        channel = await visited(accounts)
        assert (await channel.ask(history_of(channel))).messages


async def test_a_key_that_the_server_does_not_know_parks_its_account(telegram_server: TelegramServer) -> None:
    ledger = ledger_of(telegram_server, "one")
    telegram_server.keys.clear()
    async with reading(telegram_server, ledger) as accounts:
        assert await ended(visited(accounts)) == (Outcome.LIMITED, "no_account")
    assert [one.parked for one in ledger.held] == ["auth_key_unknown"]


async def test_a_server_that_is_away_is_not_hammered(telegram_server: TelegramServer) -> None:
    ledger, clock = ledger_of(telegram_server, "one"), Clock()
    async with TelegramServer() as away:
        ledger.held = [replace(ledger.held[0], session=away.session_string())]
    async with reading(telegram_server, ledger, clock) as accounts:
        assert await ended(visited(accounts)) == (Outcome.UNREACHABLE, "unreachable")
        tried = list(clock.slept)
        for _ in range(50):
            assert await ended(visited(accounts)) == (Outcome.UNREACHABLE, "unreachable")
        assert clock.slept == tried


def test_credentials_are_not_printed(telegram_server: TelegramServer) -> None:
    assert telegram_server.platform.api_hash not in repr(credentials_of(telegram_server))


async def test_another_channel_cannot_be_asked_for(telegram_server: TelegramServer) -> None:
    kites(telegram_server)
    other = telegram_server.platform.channel("tin_lanterns")
    async with reading(telegram_server, ledger_of(telegram_server, "one")) as accounts:
        channel = await visited(accounts)
        telegram_server.log.clear()
        there = types.InputChannel(other.id, 1)
        for request in (
            functions.channels.GetFullChannelRequest(there),
            functions.channels.JoinChannelRequest(channel.input),
            functions.messages.ReadHistoryRequest(channel.peer, 1),
        ):
            with pytest.raises(VisitEnded, match="denied"):
                await channel.ask(request)
    assert not telegram_server.log.calls
