"""A plain Telethon reads what was planted."""

from __future__ import annotations

from telethon import TelegramClient
from telethon.sessions import StringSession

from demo.telegram.server import TelegramServer
from tests.telegram_server import TelegramProcess, photo_of, plain_client


async def test_a_history_is_read_to_its_end(telegram_server: TelegramServer) -> None:
    channel = telegram_server.platform.channel("kites_daily")
    posted = [channel.post(f"kite {number}") for number in range(250)]
    async with plain_client(telegram_server) as client:
        found = await client.get_entity("kites_daily")
        read = [message.id async for message in client.iter_messages(found, wait_time=0)]
        assert (found.id, found.title) == (channel.id, "Kites Daily")
    assert read == posted[::-1]
    assert len(telegram_server.log.of("messages.getHistory", channel=channel.id)) == 3


async def test_a_photo_is_downloaded_by_its_size(telegram_server: TelegramServer) -> None:
    channel = telegram_server.platform.channel("kites_daily")
    number = channel.post("a kite", media=photo_of(telegram_server, {"m": b"m" * 500, "x": b"x" * 70_000}))
    async with plain_client(telegram_server) as client:
        message = await client.get_messages("kites_daily", ids=number)
        assert await client.download_media(message, bytes, thumb="x") == b"x" * 70_000


async def test_a_process_of_its_own_serves_and_obeys(telegram_process: TelegramProcess) -> None:
    channel = telegram_process.do("channel", username="kites_daily")["id"]
    ids = telegram_process.do("post", channel=channel, count=5)["ids"]
    telegram_process.do("edit", channel=channel, id=ids[1], text="a red kite")
    telegram_process.do("delete", channel=channel, ids=[ids[0]])
    told = telegram_process.told
    async with TelegramClient(StringSession(told["session"]), told["api_id"], told["api_hash"]) as client:
        read = {str(message.id): message.message async for message in client.iter_messages("kites_daily", wait_time=0)}
    truth = telegram_process.do("truth", channel=channel)["messages"]
    assert read == {number: said[0] for number, said in truth.items()}
    assert read[str(ids[1])] == "a red kite"
    assert str(ids[0]) not in read
    asked = telegram_process.do("log")["calls"]
    assert {"contacts.resolveUsername", "messages.getHistory"} <= {call["method"] for call in asked}
