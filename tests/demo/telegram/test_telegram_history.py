"""Pages of a history are those of the real platform, as a plain truth and a plain Telethon have them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from telethon.errors import ChannelInvalidError
from telethon.tl import functions, types

from demo.telegram.history import page_of
from demo.telegram.server import TelegramServer
from tests.telegram_server import plain_client

IDS = st.sets(st.integers(1, 400), max_size=300).map(sorted)


@given(
    ids=IDS,
    offset_id=st.integers(0, 420),
    add_offset=st.integers(-150, 150),
    limit=st.integers(0, 150),
    max_id=st.integers(0, 420),
    min_id=st.integers(0, 420),
)
def test_a_page_is_the_slice_that_the_documentation_tells(
    *, ids: list[int], offset_id: int, add_offset: int, limit: int, max_id: int, min_id: int
) -> None:
    falling = sorted(ids, reverse=True)
    start = next((place for place, each in enumerate(falling) if not offset_id or each < offset_id), len(falling))
    wanted = range(start + add_offset, start + add_offset + min(limit, 100))
    expected = [falling[place] for place in wanted if 0 <= place < len(falling)]
    expected = [each for each in expected if (not max_id or each < max_id) and (not min_id or each > min_id)]
    page, _ = page_of(ids, offset_id=offset_id, add_offset=add_offset, limit=limit, max_id=max_id, min_id=min_id)
    assert page == expected


def test_a_page_may_be_filled_with_older_messages() -> None:
    ids = list(range(1, 301))
    assert page_of(ids, offset_id=271, add_offset=-100, limit=100)[0] == list(range(300, 270, -1))
    assert page_of(ids, offset_id=271, add_offset=-100, limit=100, fills=True)[0] == list(range(300, 200, -1))


async def test_forwards_and_backwards_give_the_same(telegram_server: TelegramServer) -> None:
    channel = telegram_server.platform.channel("kites_daily")
    for number in range(320):
        channel.post(f"kite {number}")
        channel.skip(number % 3)
    channel.delete(*channel.ids[10:140])
    channel.service()
    async with plain_client(telegram_server) as client:
        backwards = [message.id async for message in client.iter_messages("kites_daily", wait_time=0)]
        forwards = [message.id async for message in client.iter_messages("kites_daily", reverse=True, wait_time=0)]
        since = [
            message.id async for message in client.iter_messages("kites_daily", min_id=channel.ids[100], wait_time=0)
        ]
        date = channel.messages[channel.ids[50]].date
        before = [message.id async for message in client.iter_messages("kites_daily", offset_date=date, wait_time=0)]
    assert backwards == forwards[::-1] == channel.ids[::-1]
    assert since == channel.ids[:100:-1]
    assert before == channel.ids[49::-1]


async def test_pages_of_empty_messages_stop_the_plain_client(telegram_server: TelegramServer) -> None:
    channel = telegram_server.platform.channel("kites_daily")
    for number in range(300):
        channel.post(f"kite {number}")
    channel.hollow(range(101, 201))
    async with plain_client(telegram_server) as client:
        read = [message.id async for message in client.iter_messages("kites_daily", reverse=True, wait_time=0)]
        there = await client.get_input_entity("kites_daily")
        page = await client(functions.messages.GetHistoryRequest(there, 201, None, 0, 100, 0, 0, 0))
    assert read == list(range(1, 101))  # the trap that a pager of one's own must not fall into
    assert {type(message) for message in page.messages} == {types.MessageEmpty}
    assert (page.count, page.pts, page.offset_id_offset) == (300, channel.pts, 100)


async def test_messages_by_id_tell_what_is_gone(telegram_server: TelegramServer) -> None:
    channel = telegram_server.platform.channel("kites_daily")
    first, second, third = (channel.post(text) for text in ("one", "two", "three"))
    channel.delete(second)
    async with plain_client(telegram_server) as client:
        found = await client.get_messages("kites_daily", ids=[first, second, third, 99])
    assert [None if message is None else message.message for message in found] == ["one", None, "three", None]


async def test_everything_of_a_message_arrives(telegram_server: TelegramServer) -> None:
    platform = telegram_server.platform
    origin = platform.channel("lantern_news")
    bot = platform.person(555, "Lantern bot", "lantern_bot")
    group = platform.channel("kite_talk", broadcast=False, linked=origin.id)
    author = platform.person(777, "Reader")
    forward = types.MessageFwdHeader(
        date=origin.created, from_id=origin.peer, channel_post=12, post_author="The lantern maker"
    )
    button = types.KeyboardInlineButton("more", types.InlineButtonTypeUrl("https://kites.example/more"))
    number = group.post(
        "see @lantern_news",
        from_id=author,
        fwd_from=forward,
        via_bot_id=bot.user_id,
        post_author="R.",
        reply_markup=types.ReplyInlineMarkup([types.KeyboardInlineButtonRow([button])]),
        entities=[types.MessageEntityMention(4, 13)],
    )
    album = group.album([types.MessageMediaPhoto(photo=platform.files.photo({"x": b"x"})) for _ in range(3)], "three")
    async with plain_client(telegram_server) as client:
        there = await client.get_input_entity("kite_talk")
        full = await client(functions.channels.GetFullChannelRequest(there))
        page = await client(functions.messages.GetHistoryRequest(there, 0, None, 0, 100, 0, 0, 0))
    assert (full.full_chat.linked_chat_id, {chat.id for chat in full.chats}) == (origin.id, {group.id, origin.id})
    by_id = {message.id: message for message in page.messages}
    assert {by_id[each].grouped_id for each in album} == {by_id[album[0]].grouped_id}
    assert by_id[number].fwd_from.channel_post == 12
    assert by_id[number].reply_markup.rows[0].buttons[0].type.url == button.type.url
    assert {(chat.id, chat.username, bool(chat.min)) for chat in page.chats} == {
        (group.id, "kite_talk", False),
        (origin.id, "lantern_news", True),
    }
    assert {user.id for user in page.users} == {555, 777}


async def test_a_hash_is_one_accounts_alone(telegram_server: TelegramServer) -> None:
    channel = telegram_server.platform.channel("kites_daily")
    channel.post("kite")
    async with plain_client(telegram_server, "one") as one, plain_client(telegram_server, "two") as two:
        mine, yours = await one.get_input_entity("kites_daily"), await two.get_input_entity("kites_daily")
        assert mine.access_hash != yours.access_hash
        request = functions.messages.GetHistoryRequest(mine, 0, None, 0, 1, 0, 0, 0)
        assert len((await one(request)).messages) == 1
        with pytest.raises(ChannelInvalidError):
            await two(functions.messages.GetHistoryRequest(mine, 0, None, 0, 1, 0, 0, 0))


async def test_a_name_moves_to_another_channel(telegram_server: TelegramServer) -> None:
    platform = telegram_server.platform
    old = platform.channel("kites_daily")
    platform.rename(old, "kites_weekly", "kites_monthly")
    new = platform.channel("kites_daily")
    async with plain_client(telegram_server) as client:
        moved = await client(functions.contacts.ResolveUsernameRequest("Kites_Daily"))
        stayed = await client(functions.contacts.ResolveUsernameRequest("kites_monthly"))
    assert (moved.peer.channel_id, stayed.peer.channel_id) == (new.id, old.id)
    assert [each.username for each in stayed.chats[0].usernames] == ["kites_weekly", "kites_monthly"]
