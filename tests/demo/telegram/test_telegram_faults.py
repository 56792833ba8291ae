"""Every fault does what it says, once or for good, where it was asked for."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import pytest
from telethon import TelegramClient, errors
from telethon.errors import TypeNotFoundError
from telethon.tl import functions, types

from demo.telegram.channel import Channel
from demo.telegram.lies import MOST_COUNT
from demo.telegram.server import TelegramServer
from tests.telegram_server import file_of, plain_client

HISTORY = "messages.getHistory"


@pytest.fixture
def channel(telegram_server: TelegramServer) -> Channel:
    made = telegram_server.platform.channel("kites_daily")
    for number in range(40):
        made.post(f"kite {number}")
    return made


async def page(client: TelegramClient, *, offset_id: int = 0, add_offset: int = 0, limit: int = 20) -> Any:
    there = await client.get_input_entity("kites_daily")
    return await client(functions.messages.GetHistoryRequest(there, offset_id, None, add_offset, limit, 0, 0, 0))


@pytest.mark.parametrize(
    ("message", "error"),
    [
        ("CHANNEL_PRIVATE", errors.ChannelPrivateError),
        ("CHANNEL_INVALID", errors.ChannelInvalidError),
        ("AUTH_KEY_DUPLICATED", errors.AuthKeyDuplicatedError),
        ("AUTH_KEY_UNREGISTERED", errors.AuthKeyUnregisteredError),
        ("USER_DEACTIVATED_BAN", errors.UserDeactivatedBanError),
        ("FROZEN_METHOD_INVALID", errors.FrozenMethodInvalidError),
        ("FLOOD_WAIT_77", errors.FloodWaitError),
        ("FILE_MIGRATE_4", errors.FileMigrateError),
        ("USERNAME_NOT_OCCUPIED", errors.UsernameNotOccupiedError),
    ],
)
@pytest.mark.usefixtures("channel")
async def test_an_error_comes_once_and_then_no_more(
    telegram_server: TelegramServer, message: str, error: type[Exception]
) -> None:
    telegram_server.faults.add(HISTORY, "error", message)
    async with plain_client(telegram_server, receive_updates=False) as client:
        with pytest.raises(error):
            await page(client)
        assert len((await page(client)).messages) == 20
    assert [call.outcome for call in telegram_server.log.of(HISTORY)] == [message, "ok"]


@pytest.mark.usefixtures("channel")
async def test_an_inner_trouble_of_the_platforms_is_told_as_one(telegram_server: TelegramServer) -> None:
    telegram_server.faults.add(HISTORY, "error", "INTERNAL", times=None)
    async with plain_client(
        telegram_server, request_retries=0, raise_last_call_error=True, receive_updates=False
    ) as client:
        with pytest.raises(errors.ServerError):
            await page(client)


async def test_a_flood_lasts_and_who_comes_early_is_noted(telegram_server: TelegramServer, channel: Channel) -> None:
    telegram_server.faults.flood(HISTORY, 2, channel=channel.id)
    async with plain_client(telegram_server, receive_updates=False) as client:
        started = time.monotonic()
        for _ in range(2):
            with pytest.raises(errors.FloodWaitError):
                await page(client)
        await asyncio.sleep(2.1 - (time.monotonic() - started))
        assert len((await page(client)).messages) == 20
    assert [call.hammering for call in telegram_server.log.of(HISTORY)] == [False, True, False]
    assert len(telegram_server.log.hammering) == 1


async def test_a_fault_is_for_whom_it_is_meant(telegram_server: TelegramServer, channel: Channel) -> None:
    other = telegram_server.platform.channel("lantern_news")
    other.post("a lantern")
    telegram_server.faults.add("*", "error", "CHANNEL_PRIVATE", channel=channel.id, account="two", times=None)
    async with plain_client(telegram_server, "one") as one, plain_client(telegram_server, "two") as two:
        assert len((await page(one)).messages) == 20
        assert len([message async for message in two.iter_messages("lantern_news")]) == 1
        for _ in range(2):
            with pytest.raises(errors.ChannelPrivateError):
                await page(two)
        telegram_server.faults.lift()
        assert len((await page(two)).messages) == 20


@pytest.mark.usefixtures("channel")
async def test_a_wait_is_one_accounts_alone(telegram_server: TelegramServer) -> None:
    telegram_server.faults.flood(HISTORY, 30, times=2)
    async with plain_client(telegram_server, "one") as one, plain_client(telegram_server, "two") as two:
        for client in (one, two):
            with pytest.raises(errors.FloodWaitError):
                await page(client)
        async with plain_client(telegram_server, "three") as three:
            assert len((await page(three)).messages) == 20
    assert telegram_server.log.hammering == []


async def test_a_refusal_is_not_spoilt(telegram_server: TelegramServer) -> None:
    telegram_server.faults.add("contacts.resolveUsername", "alter", "no_chats", times=None)
    async with plain_client(telegram_server) as client:
        with pytest.raises(errors.UsernameNotOccupiedError):
            await client(functions.contacts.ResolveUsernameRequest("nobody_here"))
        with pytest.raises(errors.UsernameInvalidError):
            await client(functions.contacts.ResolveUsernameRequest("no"))


@pytest.mark.usefixtures("channel")
async def test_a_fault_may_be_one_dcs_alone(telegram_server: TelegramServer) -> None:
    telegram_server.faults.add(HISTORY, "error", "CHANNEL_PRIVATE", dc=4, times=None)
    async with plain_client(telegram_server) as client:
        assert len((await page(client)).messages) == 20


@pytest.mark.usefixtures("channel")
async def test_calls_may_be_let_through_first(telegram_server: TelegramServer) -> None:
    telegram_server.faults.add(HISTORY, "error", "CHANNEL_PRIVATE", after=1)
    async with plain_client(telegram_server) as client:
        await page(client)
        with pytest.raises(errors.ChannelPrivateError):
            await page(client)


@pytest.mark.usefixtures("channel")
async def test_silence_answers_nothing_and_other_calls_go_on(telegram_server: TelegramServer) -> None:
    telegram_server.faults.add(HISTORY, "silence")
    async with plain_client(telegram_server) as client:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(page(client), 0.5)
        assert len((await page(client)).messages) == 20


@pytest.mark.usefixtures("channel")
async def test_a_late_answer_comes_after_later_ones(telegram_server: TelegramServer) -> None:
    telegram_server.faults.add(HISTORY, "late", 0.5)
    order = []
    async with plain_client(telegram_server) as client:
        await client.get_input_entity("kites_daily")

        async def one(name: str, limit: int) -> None:
            assert len((await page(client, limit=limit)).messages) == limit
            order.append(name)

        await asyncio.gather(one("late", 10), one("soon", 20))
    assert order == ["soon", "late"]


@pytest.mark.parametrize("kind", ["drop", "cut"])
@pytest.mark.usefixtures("channel")
async def test_a_lost_connection_is_made_again(telegram_server: TelegramServer, kind: Any) -> None:
    telegram_server.faults.add(HISTORY, kind)
    async with plain_client(telegram_server, retry_delay=0) as client:
        assert len((await asyncio.wait_for(page(client), 20)).messages) == 20
    assert [call.outcome for call in telegram_server.log.of(HISTORY)] == [kind, "ok"]


@pytest.mark.parametrize(
    ("kind", "value", "error"),
    [
        ("garbage", "", TypeNotFoundError),
        ("truncated", "", Exception),
        ("bytes", "deadbeef", TypeNotFoundError),
        ("huge", 1024 * 1024, Exception),
    ],
)
@pytest.mark.usefixtures("channel")
async def test_bytes_that_are_no_answer_reach_the_caller_as_an_error(
    telegram_server: TelegramServer, kind: Any, value: Any, error: type[Exception]
) -> None:
    telegram_server.faults.add(HISTORY, kind, value)
    async with plain_client(telegram_server) as client:
        with pytest.raises(error):
            await asyncio.wait_for(page(client), 30)
        assert len((await page(client)).messages) == 20


async def lie(server: TelegramServer, name: str, **where: int) -> Any:
    server.faults.add(HISTORY, "alter", name)
    async with plain_client(server) as client:
        return await page(client, **where)


async def test_another_channels_messages(telegram_server: TelegramServer, channel: Channel) -> None:
    found = await lie(telegram_server, "other_channel")
    assert {message.peer_id.channel_id for message in found.messages} == {channel.id + 1}


@pytest.mark.usefixtures("channel")
async def test_messages_out_of_order_and_twice(telegram_server: TelegramServer) -> None:
    ids = [message.id for message in (await lie(telegram_server, "shuffled")).messages]
    assert ids != sorted(ids, reverse=True)
    assert sorted(ids) == list(range(21, 41))
    ids = [message.id for message in (await lie(telegram_server, "doubled")).messages]
    assert ids[:4] == [40, 40, 39, 39]


@pytest.mark.usefixtures("channel")
async def test_pages_that_lead_nowhere(telegram_server: TelegramServer) -> None:
    empty = await lie(telegram_server, "emptied")
    assert {type(message) for message in empty.messages} == {types.MessageEmpty}
    stuck = await lie(telegram_server, "stuck", offset_id=5)
    assert stuck.messages[0].id == 40
    endless = await lie(telegram_server, "endless", offset_id=1, limit=20)
    assert [message.id for message in endless.messages] == list(range(0, -20, -1))
    forwards = await lie(telegram_server, "endless", offset_id=41, add_offset=-20, limit=20)
    assert [message.id for message in forwards.messages] == list(range(60, 40, -1))


@pytest.mark.usefixtures("channel")
async def test_numbers_that_are_not_true(telegram_server: TelegramServer) -> None:
    assert (await lie(telegram_server, "miscounted")).count == MOST_COUNT
    below = await lie(telegram_server, "negative")
    assert (below.count, below.pts, below.messages[0].id) == (-1, -1, -40)
    assert (await lie(telegram_server, "pts_back")).pts == 1
    assert (await lie(telegram_server, "future")).messages[0].date.year == 2038
    assert len((await lie(telegram_server, "many")).messages) == 200
    assert len((await lie(telegram_server, "long_text", limit=2)).messages[0].message) == 1_000_000


@pytest.mark.usefixtures("channel")
async def test_answers_of_another_kind(telegram_server: TelegramServer) -> None:
    assert isinstance(await lie(telegram_server, "not_modified"), types.messages.MessagesNotModified)
    assert isinstance(await lie(telegram_server, "plain"), types.messages.Messages)
    assert (await lie(telegram_server, "no_chats")).chats == []


async def test_a_difference_without_end(telegram_server: TelegramServer, channel: Channel) -> None:
    telegram_server.faults.add("updates.getChannelDifference", "alter", "no_progress")
    async with plain_client(telegram_server) as client:
        there = await client.get_input_entity("kites_daily")
        given = types.InputChannel(there.channel_id, there.access_hash)
        ask = functions.updates.GetChannelDifferenceRequest(given, types.ChannelMessagesFilterEmpty(), 7, 100)
        told = await client(ask)
    assert (told.pts, told.final, channel.pts) == (7, False, 41)


@pytest.mark.parametrize(("name", "expected"), [("file_long", 8192), ("file_short", 2048), ("file_other", 4096)])
async def test_a_file_of_other_bytes(telegram_server: TelegramServer, name: str, expected: int) -> None:
    data = bytes(range(256)) * 64
    document = file_of(telegram_server, data).document
    telegram_server.faults.add("upload.getFile", "alter", name)
    location = types.InputDocumentFileLocation(document.id, document.access_hash, document.file_reference, "")
    async with plain_client(telegram_server) as client:
        found = await client(functions.upload.GetFileRequest(location, 0, 4096))
    assert len(found.bytes) == expected
    assert (found.bytes[:256] == data[:256]) is (name != "file_other")
