"""What happened to a channel is told by its numbered list, and pushed when a test wants it."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from telethon import TelegramClient, events
from telethon.tl import functions, types

from demo.telegram.channel import Channel
from demo.telegram.server import TelegramServer
from tests.telegram_server import plain_client


async def difference(client: TelegramClient, channel: Channel, pts: int, limit: int = 100) -> Any:
    there = await client.get_input_entity(channel.usernames[0])
    given = types.InputChannel(there.channel_id, there.access_hash)
    return await client(
        functions.updates.GetChannelDifferenceRequest(given, types.ChannelMessagesFilterEmpty(), pts, limit)
    )


async def test_new_edited_and_deleted_messages_are_told(telegram_server: TelegramServer) -> None:
    channel = telegram_server.platform.channel("kites_daily")
    old = [channel.post(f"kite {number}") for number in range(5)]
    known = channel.pts
    new = channel.post("a new kite")
    channel.edit(old[0], message="a red kite")
    channel.delete(old[1], old[2])
    async with plain_client(telegram_server) as client:
        told = await difference(client, channel, known)
        after = await difference(client, channel, told.pts)
    assert [message.id for message in told.new_messages] == [new]
    edit, deletion = told.other_updates
    assert (edit.message.id, edit.message.message) == (old[0], "a red kite")
    assert edit.message.edit_date is not None
    assert (deletion.messages, deletion.pts, deletion.pts_count) == ([old[1], old[2]], channel.pts, 2)
    assert told.final
    assert isinstance(after, types.updates.ChannelDifferenceEmpty)
    assert (after.pts, after.timeout) == (channel.pts, 30)


async def test_a_long_difference_comes_in_parts(telegram_server: TelegramServer) -> None:
    channel = telegram_server.platform.channel("kites_daily")
    known = channel.pts
    posted = [channel.post(f"kite {number}") for number in range(25)]
    read, final = [], False
    async with plain_client(telegram_server) as client:
        while not final:
            told = await difference(client, channel, known, limit=10)
            read += [message.id for message in told.new_messages]
            known, final = told.pts, told.final
    assert read == posted
    assert len(telegram_server.log.of("updates.getChannelDifference")) == 3


async def test_too_much_is_not_told(telegram_server: TelegramServer) -> None:
    platform = telegram_server.platform
    trimmed, busy = platform.channel("kites_daily"), platform.channel("lantern_news")
    for channel in (trimmed, busy):
        for number in range(20):
            channel.post(f"kite {number}")
    trimmed.trim(keep=5)
    async with plain_client(telegram_server) as client:
        assert isinstance(await difference(client, trimmed, 1), types.updates.ChannelDifferenceTooLong)
        near = await difference(client, trimmed, trimmed.pts - 5)
        assert [message.id for message in near.new_messages] == trimmed.ids[-5:]
        assert isinstance(await difference(client, busy, 1), types.updates.ChannelDifference)
        platform.too_long = 19
        far = await difference(client, busy, 1)
    assert isinstance(far, types.updates.ChannelDifferenceTooLong)
    assert (far.dialog.pts, far.dialog.top_message, len(far.messages)) == (busy.pts, 20, 10)


@pytest.mark.parametrize("pts", [0, 1_000])
async def test_a_number_that_never_was_is_refused(telegram_server: TelegramServer, pts: int) -> None:
    channel = telegram_server.platform.channel("kites_daily")
    async with plain_client(telegram_server) as client:
        with pytest.raises(Exception, match=r"(?i)timestamp"):
            await difference(client, channel, pts)


async def test_changes_are_pushed_to_who_wants_them(telegram_server: TelegramServer) -> None:
    channel = telegram_server.platform.channel("kites_daily")
    number = channel.post("a kite")
    came: asyncio.Queue[Any] = asyncio.Queue()
    async with plain_client(telegram_server) as client:
        client.add_event_handler(came.put, events.Raw())
        await difference(client, channel, channel.pts)
        channel.post("a new kite")
        await telegram_server.push(channel)
        channel.edit(number, message="a red kite")
        await telegram_server.push(channel)
        channel.delete(number)
        await telegram_server.push(channel)
        kinds = [type(await asyncio.wait_for(came.get(), 10)) for _ in range(3)]
    assert kinds == [
        types.UpdateNewChannelMessage,
        types.UpdateEditChannelMessage,
        types.UpdateDeleteChannelMessages,
    ]
