"""Whatever transport, key, clock or salt a plain Telethon comes with, it gets through."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterator

import pytest
from telethon import TelegramClient
from telethon.errors import AuthKeyNotFound, MethodInvalidError
from telethon.network.connection import (
    Connection,
    ConnectionTcpAbridged,
    ConnectionTcpFull,
    ConnectionTcpIntermediate,
    ConnectionTcpObfuscated,
)
from telethon.sessions import StringSession
from telethon.tl import functions, types

from demo.telegram.server import TelegramServer
from tests.telegram_server import plain_client

DAY = 86_400


@pytest.mark.parametrize(
    ("connection", "transport"),
    [
        (ConnectionTcpFull, "full"),
        (ConnectionTcpAbridged, "abridged"),
        (ConnectionTcpIntermediate, "intermediate"),
        (ConnectionTcpObfuscated, "obfuscated-abridged"),
    ],
)
async def test_every_transport_reads(
    telegram_server: TelegramServer, connection: type[Connection], transport: str
) -> None:
    channel = telegram_server.platform.channel("kites_daily")
    texts = [f"kite {number} " + "and a lantern " * 12 for number in range(120)]
    for text in texts:
        channel.post(text)
    async with plain_client(telegram_server, connection=connection) as client:
        read = [message.message async for message in client.iter_messages("kites_daily", reverse=True, wait_time=0)]
        assert {each.link.transport for each in telegram_server.conversations} == {transport}
    assert read == texts


@pytest.mark.usefixtures("trusted_key")
async def test_a_client_without_a_key_agrees_on_one(telegram_server: TelegramServer) -> None:
    session = StringSession(telegram_server.session_string(signed_in=False))
    platform = telegram_server.platform
    client = TelegramClient(session, platform.api_id, platform.api_hash)
    await client.connect()
    assert not await client.is_user_authorized()
    assert len(session.auth_key.key) == 256
    await client.disconnect()


async def test_a_key_that_the_server_does_not_trust_is_not_agreed_on(telegram_server: TelegramServer) -> None:
    session = StringSession(telegram_server.session_string(signed_in=False))
    platform = telegram_server.platform
    client = TelegramClient(session, platform.api_id, platform.api_hash, connection_retries=1, retry_delay=0)
    with pytest.raises(ConnectionError, match="auth_key generation failed"):
        await client.connect()
    assert session.auth_key is None


async def test_an_unknown_key_is_refused(telegram_server: TelegramServer) -> None:
    client = plain_client(telegram_server)
    telegram_server.keys.clear()
    with pytest.raises(AuthKeyNotFound):
        await client.connect()
    with pytest.raises(AuthKeyNotFound):
        await client.disconnected
    assert telegram_server.log.calls == []


@pytest.mark.parametrize("skew", [-DAY, DAY])
async def test_a_clock_a_day_off_is_told_and_taken_over(telegram_server: TelegramServer, skew: float) -> None:
    telegram_server.platform.skew = skew
    async with plain_client(telegram_server) as client:
        state = await client(functions.updates.GetStateRequest())
        assert abs(state.date.timestamp() - telegram_server.platform.now()) < 60
        assert abs(client._sender._state.time_offset - skew) < 60


async def test_a_new_salt_is_told_and_taken_over(telegram_server: TelegramServer) -> None:
    async with plain_client(telegram_server) as client:
        telegram_server.new_salt()
        assert isinstance(await client(functions.updates.GetStateRequest()), types.updates.State)
        assert client._sender._state.salt == telegram_server.salt


async def test_requests_in_a_container_and_packed_are_all_answered(telegram_server: TelegramServer) -> None:
    channel = telegram_server.platform.channel("kites_daily")
    posted = [channel.post(f"kite {number}") for number in range(90)]
    async with plain_client(telegram_server) as client:
        there = await client.get_input_entity("kites_daily")
        many = functions.channels.GetMessagesRequest(there, [types.InputMessageID(each) for each in posted])
        config, found, packed = await client(
            [functions.help.GetConfigRequest(), functions.channels.GetMessagesRequest(there, [posted[3]]), many]
        )
    assert config.this_dc == 2
    assert [message.message for message in found.messages] == ["kite 3"]
    assert [message.id for message in packed.messages] == posted


async def test_without_updates_none_are_asked_for(telegram_server: TelegramServer) -> None:
    async with plain_client(telegram_server, receive_updates=False):
        pass
    assert all("invokeWithoutUpdates" in call.around for call in telegram_server.log.calls)


async def test_what_is_not_answered_is_refused_by_name(telegram_server: TelegramServer) -> None:
    async with plain_client(telegram_server) as client:
        with pytest.raises(MethodInvalidError):
            await client(functions.messages.GetDialogsRequest(None, 0, types.InputPeerEmpty(), 10, 0))
    assert telegram_server.log.forbidden == ["messages.getDialogs"]
    telegram_server.log.clear()


@pytest.mark.parametrize(
    "nonsense",
    [
        b"GET / HTTP/1.1\r\n\r\n" * 8,
        b"\xef\x01abcd",
        b"\xee" * 4 + b"\x08\x00\x00\x00abcdefgh",
        bytes(200),
        b"\xff" * 200,
    ],
)
async def test_nonsense_ends_its_own_connection_only(telegram_server: TelegramServer, nonsense: bytes) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", telegram_server.ports[2])
    writer.write(nonsense)
    writer.write_eof()
    with contextlib.suppress(ConnectionError):
        assert len(await asyncio.wait_for(reader.read(), 10)) < 100
    writer.close()
    async with plain_client(telegram_server) as client:
        assert await client.get_me()


@pytest.fixture(autouse=True)
def _quiet_client(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    with caplog.at_level("CRITICAL", logger="telethon"):
        yield
