"""A server in a process of its own does what it is told, and says what is true."""

from __future__ import annotations

import asyncio
import base64
import json
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from telethon import TelegramClient, events
from telethon.sessions import StringSession
from telethon.tl import types
from telethon.tl.functions.messages import GetHistoryRequest

from demo.telegram.generated import sentence
from tests.telegram_server import TelegramProcess

PICTURE = base64.b64encode(b"picture").decode("ascii")


@pytest.fixture(scope="module")
def process() -> Iterator[TelegramProcess]:
    with TelegramProcess("--history", "300", "--quiet", "3") as running:
        yield running


def client_of(process: TelegramProcess, account: str = "one") -> TelegramClient:
    session = process.do("session", account=account)["session"]
    return TelegramClient(StringSession(session), process.told["api_id"], process.told["api_hash"])


async def read(process: TelegramProcess, name: str) -> dict[str, Any]:
    """Return every message by its id, newest first; pages of nothing do not stop this."""
    found: dict[str, Any] = {}
    async with client_of(process) as client:
        there = await client.get_input_entity(name)
        offset = 0
        while page := (await client(GetHistoryRequest(there, offset, None, 0, 100, 0, 0, 0))).messages:
            found |= {str(each.id): each for each in page if not isinstance(each, types.MessageEmpty)}
            offset = page[-1].id
    return found


async def test_made_histories_say_what_follows_from_their_ids(process: TelegramProcess) -> None:
    assert set(process.told["channels"]) == {"long_history", "quiet_0001", "quiet_0002", "quiet_0003"}
    found = await read(process, "long_history")
    assert {number: message.message for number, message in found.items()} == {
        str(number): sentence(number) for number in range(1, 301)
    }


async def test_a_mixed_history_is_as_its_truth_says(process: TelegramProcess) -> None:
    channel = process.do("mixed", username="mixed_history", count=2_300, sizes={"x": PICTURE})["id"]
    truth = process.do("truth", channel=channel)["messages"]
    found = await read(process, "mixed_history")
    posts = {number: each for number, each in found.items() if isinstance(each, types.Message)}
    assert {
        number: [
            each.message,
            each.edit_date.timestamp() if each.edit_date else None,
            each.photo.id if each.photo else None,
            each.grouped_id,
        ]
        for number, each in posts.items()
    } == truth
    assert {len(posts) > 1_900, len(found) > len(posts)} == {True}
    assert not {str(number) for number in range(2_000, 2_150)} & set(found)
    assert len({each.photo.id for each in posts.values() if each.photo}) > 80


async def test_everything_is_told_by_words(process: TelegramProcess) -> None:
    channel = process.do("channel", username="kites_daily", about="Kites")["id"]
    first, second = process.do("post", channel=channel, count=2)["ids"]
    album = process.do("album", channel=channel, photos=[{"x": PICTURE}] * 2, text="two")["ids"]
    file = process.do("document", channel=channel, data=PICTURE, mime="image/jpeg", name="kite.jpg")["ids"]
    process.do("service", channel=channel)
    process.do("skip", channel=channel, count=5)
    process.do("delete", channel=channel, ids=[first])
    process.do("rename", channel=channel, usernames=["kites_weekly"])
    found = await read(process, "kites_weekly")
    assert set(found) >= {str(each) for each in (second, *album, *file)}
    assert str(first) not in found
    assert next(int(number) for number in found) == file[0] + 1
    assert found[str(album[0])].grouped_id == found[str(album[1])].grouped_id


async def test_pushes_and_faults_come_by_words(process: TelegramProcess) -> None:
    channel = process.do("channel", username="pushed_kites")["id"]
    came: asyncio.Queue[Any] = asyncio.Queue()
    async with client_of(process, "two") as client:
        client.add_event_handler(came.put, events.Raw(types.UpdateNewChannelMessage))
        await client.get_entity("pushed_kites")
        process.do("post", channel=channel, text="a pushed kite")
        process.do("push", channel=channel)
        assert (await asyncio.wait_for(came.get(), 20)).message.message == "a pushed kite"
        process.do("fault", method="messages.getHistory", kind="error", value="CHANNEL_PRIVATE", account="two")
        with pytest.raises(Exception, match="private"):
            await client.get_messages("pushed_kites")
    log = process.do("log")
    assert [call["outcome"] for call in log["calls"] if call["account"] == "two"][-1] == "CHANNEL_PRIVATE"
    assert log["now"] >= log["calls"][-1]["at"]
    assert process.do("log", since=len(log["calls"]))["calls"] == []


def test_it_ends_with_its_input_and_answers_nonsense() -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "demo.telegram.process"],
        input='{"do": "fly"}\n{"do": "post", "channel": 1, "text": ""}\n',
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    told, *answers = [json.loads(line) for line in ended.stdout.splitlines()]
    assert set(told) == {"session", "api_id", "api_hash", "ports", "rsa_key", "channels"}
    assert answers == [{"error": "no such command"}, {"error": "KeyError(1)"}]
    assert not ended.stderr
