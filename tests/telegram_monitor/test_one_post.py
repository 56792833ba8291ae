"""One message looked at again, by the loopback Telegram server and an unmodified client."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest
from telethon.tl import types

from demo.telegram.channel import Channel
from demo.telegram.server import TelegramServer
from domain.errors import VisitEnded
from domain.observations import ObservedPage, Platform, Traffic
from domain.ports import SourceTarget
from telegram_monitor.source import TelegramSource
from tests.telegram_monitor.dialled import ledger_of
from tests.telegram_monitor.dialled import reading as accounts_reading
from tests.telegram_monitor.reading import LOCATOR, NAME, PlainChannel, Reader, reading
from tests.telegram_server import photo_of

TARGET = SourceTarget(platform=Platform.TELEGRAM, locator=LOCATOR, cursor="300:0:5:1:0:0")
HISTORY, BY_ID = "messages.getHistory", "channels.getMessages"


@pytest.fixture
def channel(telegram_server: TelegramServer) -> Channel:
    return telegram_server.platform.channel(NAME, title="Tin lanterns")


@pytest.fixture
async def reader(telegram_server: TelegramServer) -> AsyncIterator[Reader]:
    async with reading(telegram_server) as reader:
        yield reader


async def look_at(reader: Reader, post: int | str) -> ObservedPage | None:
    reader.server.log.clear()
    return await reader.source.post(TARGET, str(post), reader.traffic)


async def ending(reader: Reader, post: int | str) -> str:
    with pytest.raises(VisitEnded) as caught:
        await look_at(reader, post)
    assert caught.value.__cause__ is None
    return str(caught.value)


def ids(page: ObservedPage | None) -> list[int]:
    assert page is not None
    return [int(post.post) for post in page.posts]


async def test_a_post_is_seen_with_its_neighbours_by_one_request(
    telegram_server: TelegramServer, channel: Channel, reader: Reader
) -> None:
    for number in range(1, 301):
        media = photo_of(telegram_server, b"kite") if number == 150 else None
        channel.post(f"kite {number}", media=media)
    page = await look_at(reader, 150)
    assert page is not None
    assert ids(page) == list(range(101, 201))
    assert page.cursor == TARGET.cursor
    assert ("title", "Tin lanterns") in page.channel
    assert reader.asked() == [HISTORY]
    (media,) = next(post for post in page.posts if post.post == "150").media
    assert await media.source.read(0, 100) == b"kite"


@pytest.mark.parametrize("number", [1, 2, 7])
@pytest.mark.parametrize("fills", [False, True])
async def test_a_short_channel_is_seen_whole(
    telegram_server: TelegramServer, channel: Channel, reader: Reader, number: int, *, fills: bool
) -> None:
    telegram_server.platform.fills_pages = fills
    for _ in range(7):
        channel.post("kite")
    assert ids(await look_at(reader, number)) == list(range(1, 8))


async def test_a_deleted_post_is_none_once_the_server_was_asked_for_it(channel: Channel, reader: Reader) -> None:
    for _ in range(30):
        channel.post("kite")
    channel.delete(12)
    assert await look_at(reader, 12) is None
    assert reader.asked() == [HISTORY, BY_ID]
    channel.hollow([13])
    assert await look_at(reader, 13) is None
    assert reader.asked() == [HISTORY]


async def test_a_service_message_is_no_post(channel: Channel, reader: Reader) -> None:
    channel.post("kite")
    number = channel.service()
    assert await look_at(reader, number) is None


async def test_what_history_passes_over_but_is_there_is_seen(
    channel: Channel, reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(30):
        channel.post("kite")
    asked = PlainChannel.ask

    async def forgetful(self: PlainChannel, request: Any) -> Any:
        answer = await asked(self, request)
        if type(request).__name__ == "GetHistoryRequest":
            answer.messages = [message for message in answer.messages if message.id != 12]
        return answer

    monkeypatch.setattr(PlainChannel, "ask", forgetful)
    assert ids(await look_at(reader, 12)) == list(range(1, 31))
    assert reader.asked() == [HISTORY, BY_ID]


@pytest.mark.parametrize("answer", ["nothing", "another"])
async def test_an_answer_that_does_not_say_is_not_taken_for_a_no(
    channel: Channel, reader: Reader, monkeypatch: pytest.MonkeyPatch, answer: str
) -> None:
    channel.post("kite")
    asked = PlainChannel.ask

    async def vague(self: PlainChannel, request: Any) -> Any:
        told = await asked(self, request)
        if type(request).__name__ == "GetMessagesRequest":
            told.messages = [types.MessageEmpty(9, channel.peer)] if answer == "another" else []
        return told

    monkeypatch.setattr(PlainChannel, "ask", vague)
    assert await ending(reader, 5) == "error: bad_answer"


async def test_a_channel_that_shows_nothing_is_not_taken_for_gone(
    channel: Channel, reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    channel.post("kite")
    asked = PlainChannel.ask

    async def restricted(self: PlainChannel, request: Any) -> Any:
        told = await asked(self, request)
        told.messages = [types.MessageEmpty(5, channel.peer)] if type(request).__name__ == "GetMessagesRequest" else []
        for chat in told.chats:
            chat.restricted = True
        return told

    monkeypatch.setattr(PlainChannel, "ask", restricted)
    assert await ending(reader, 5) == "restricted: no_messages"


@pytest.mark.parametrize("post", ["", "0", "-5", "kite", "٣", "99999999999", "2147483648"])
async def test_a_name_that_no_message_has_is_never_asked_for(channel: Channel, reader: Reader, post: str) -> None:
    channel.post("kite")
    assert await ending(reader, post) == "error: bad_post"
    assert reader.server.log.calls == []


async def test_a_channel_that_turned_private_is_no_deletion(telegram_server: TelegramServer, channel: Channel) -> None:
    channel.post("kite")
    async with accounts_reading(telegram_server, ledger_of(telegram_server, "one")) as accounts:
        source = TelegramSource(accounts=accounts, tool="kapear tests")
        page = await source.post(replace(TARGET, cursor=None), "1", Traffic())
        assert page is not None
        assert (ids(page), page.cursor) == ([1], None)
        telegram_server.faults.add("*", "error", "CHANNEL_PRIVATE", channel=channel.id, times=None)
        with pytest.raises(VisitEnded, match=r"^restricted: "):
            await source.post(TARGET, "1", Traffic())
