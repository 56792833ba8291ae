from __future__ import annotations

import asyncio
import gc
import gzip
import io
import logging
import os
import struct
from collections.abc import AsyncIterator, Callable
from contextvars import Context
from dataclasses import replace
from typing import Any

import pytest
from telethon.errors import InvalidBufferError, TypeNotFoundError
from telethon.tl import functions, types
from telethon.tl.core import GzipPacked

from app import logs
from demo.telegram.server import TelegramServer
from domain.errors import EgressRefused
from net.dialling import Dialler, NotReached
from net.guard import EgressPolicy
from telegram_monitor import wire
from telegram_monitor.allowed import UPKEEP, Permit, Purpose
from telegram_monitor.client import GuardedClient, _apart
from telegram_monitor.faults import Denied
from telegram_monitor.session import session_from
from telegram_monitor.wire import MAX_PACKET, permitted
from tests.net.proxies import Socks, listening, socks_at
from tests.telegram_monitor.dialled import LOOPBACK, credentials_of

GETTING_HISTORY = {
    "offset_id": 0,
    "offset_date": None,
    "add_offset": 0,
    "limit": 9,
    "max_id": 0,
    "min_id": 0,
    "hash": 0,
}


def client_of(server: TelegramServer, dial: Dialler = LOOPBACK, **more: Any) -> GuardedClient:
    return GuardedClient(session_from(server.session_string()), api=credentials_of(server), dial=dial, **more)


@pytest.fixture
async def client(telegram_server: TelegramServer) -> AsyncIterator[GuardedClient]:
    guarded = client_of(telegram_server)
    await guarded.ready()
    telegram_server.log.clear()
    yield guarded
    await guarded.close()


def channel_of(server: TelegramServer) -> tuple[types.InputPeerChannel, Permit]:
    channel = server.platform.channel("red_kites")
    channel.post("a kite")
    peer = types.InputPeerChannel(channel.id, server.platform.access_hash(server.platform.account("one"), channel.id))
    return peer, Permit(purpose=Purpose.WATCHING, name="red_kites", channel=channel.id)


# The guard.


async def test_starting_asks_for_the_configuration_and_nothing_else(telegram_server: TelegramServer) -> None:
    guarded = client_of(telegram_server)
    await guarded.ready()
    await guarded.ready()
    await guarded.close()
    (call,) = telegram_server.log.calls
    assert call.method == "help.getConfig"
    assert call.around == ("invokeWithLayer", "invokeWithoutUpdates", "initConnection")


async def test_no_way_through_the_library_passes_the_guard(
    telegram_server: TelegramServer, client: GuardedClient
) -> None:
    peer, permit = channel_of(telegram_server)
    channel = types.InputChannel(peer.channel_id, peer.access_hash)
    join = functions.channels.JoinChannelRequest(channel)
    ways: list[Callable[[], Any]] = [
        lambda: client(join),
        lambda: client([functions.help.GetConfigRequest(), join]),
        lambda: client._call(client.home_sender, join),
        lambda: client.call(client.home_sender, join),
        lambda: client(functions.InvokeWithoutUpdatesRequest(join)),
        lambda: client(functions.messages.GetHistoryRequest("tin_lanterns", **GETTING_HISTORY)),
        lambda: client.send_message(peer, "hello"),
        lambda: client.send_read_acknowledge(peer, max_id=1),
        lambda: client.get_participants(peer),
        lambda: client.get_entity("tin_lanterns"),
        lambda: client.get_entity("https://t.me/+AAAAAAAAAAAAAAAA"),
        lambda: client.get_messages(peer, search="kite"),
        client.get_dialogs,
        client.is_user_authorized,
        client.log_out,
        lambda: client._get_cdn_client(None),
        lambda: client._borrow_exported_sender(4),
    ]
    with permitted(permit):
        for way in ways[:-1]:
            with pytest.raises(Denied):
                await way()
        for send in (client.home_sender.send, client._sender.send):
            with pytest.raises(Denied):
                send(join)
            with pytest.raises(Denied):
                send([functions.help.GetConfigRequest()])
    with pytest.raises(Denied):  # outside every permit no account shows itself anywhere
        await ways[-1]()
    await client(functions.help.GetConfigRequest())
    assert set(telegram_server.log.methods()) == {"help.getConfig"}


@pytest.mark.usefixtures("trusted_key")
async def test_a_sender_to_another_data_centre_is_guarded_too(
    telegram_server: TelegramServer, client: GuardedClient
) -> None:
    _, permit = channel_of(telegram_server)
    with permitted(permit):
        async with client.at(4) as sender:
            assert sender is not client.home_sender
            with pytest.raises(Denied):
                sender.send(functions.messages.GetDialogsRequest(None, 0, types.InputPeerEmpty(), 10, 0))
        borrowed = await client._borrow_exported_sender(4)  # the library's own way to it
        assert borrowed is sender
        with pytest.raises(Denied):
            await client._call(borrowed, functions.users.GetUsersRequest([types.InputUserSelf()]))
        await client._return_exported_sender(borrowed)
    assert telegram_server.log.methods() == {
        "help.getConfig": 1, "auth.exportAuthorization": 1, "auth.importAuthorization": 1,
    }  # fmt: skip


async def test_a_permit_ends_with_its_block_and_with_its_task(
    telegram_server: TelegramServer, client: GuardedClient
) -> None:
    peer, permit = channel_of(telegram_server)
    history = functions.messages.GetHistoryRequest(peer, **GETTING_HISTORY)
    with permitted(permit):
        assert (await client(history)).messages
        with pytest.raises(Denied):
            await asyncio.create_task(client(history), context=Context())
    with pytest.raises(Denied):
        await client(history)


async def test_what_a_client_starts_has_no_permit(telegram_server: TelegramServer) -> None:
    seen: list[Permit] = []

    async def started() -> None:
        seen.append(wire._permit.get())

    with permitted(channel_of(telegram_server)[1]):
        await _apart(started())
    assert seen == [UPKEEP]


async def test_keepalives_pass(telegram_server: TelegramServer, client: GuardedClient) -> None:
    client.home_sender._keepalive_ping(5)
    await client(functions.help.GetConfigRequest())
    assert client.home_sender._ping is None  # it was answered
    assert set(telegram_server.log.methods()) <= {"ping", "help.getConfig"}


async def test_addresses_that_the_policy_does_not_admit_are_not_dialled(telegram_server: TelegramServer) -> None:
    guarded = client_of(telegram_server, Dialler(policy=EgressPolicy(enrolled=True)))
    with pytest.raises(EgressRefused, match="loopback"):
        await guarded.ready()
    await guarded.close()
    assert not telegram_server.log.calls


async def test_through_a_proxy_or_not_at_all(telegram_server: TelegramServer) -> None:
    for proxy in (Socks(), Socks(answer=5)):
        async with listening(proxy) as port:
            guarded = client_of(telegram_server, replace(LOOPBACK, proxy=socks_at(port)))
            if proxy.answer:
                with pytest.raises(NotReached, match="proxy"):
                    await guarded.ready()
            else:
                await guarded.ready()
                await guarded.ready()
            await guarded.close()
        assert proxy.asked == [("127.0.0.1", telegram_server.ports[guarded.home])]
    assert telegram_server.log.methods() == {"help.getConfig": 1}


async def test_a_data_centre_elsewhere_passes_the_same_guard(
    telegram_server: TelegramServer, client: GuardedClient
) -> None:
    with permitted(channel_of(telegram_server)[1]):
        await client._get_dc(4)
        client._dcs = [types.DcOption(4, "198.51.100.7", 443)]
        with pytest.raises(EgressRefused):
            async with client.at(4):
                pass
    assert "auth.exportAuthorization" not in telegram_server.log.methods()


# What it leaves out.


async def test_nobody_is_remembered(telegram_server: TelegramServer, client: GuardedClient) -> None:
    peer, permit = channel_of(telegram_server)
    with permitted(permit):
        await client(functions.contacts.ResolveUsernameRequest("red_kites"))
        await client(functions.messages.GetHistoryRequest(peer, **GETTING_HISTORY))
    await telegram_server.push(telegram_server.platform.channel("red_kites"))
    await client._save_states_and_entities()
    assert not client.session._entities
    assert not client.session._update_states
    assert len(client._mb_entity_cache) == 0
    assert client._message_box.is_empty()
    with pytest.raises(ValueError, match="Could not find"):
        client.session.get_input_entity("red_kites")


async def test_updates_that_come_unasked_are_dropped(telegram_server: TelegramServer, client: GuardedClient) -> None:
    for _ in range(3):
        client._updates_queue.put_nowait(types.UpdatesTooLong())
    await client(functions.help.GetConfigRequest())
    assert client._updates_queue.empty()
    assert telegram_server.log.methods() == {"help.getConfig": 1}


async def test_it_says_what_it_is(telegram_server: TelegramServer) -> None:
    guarded = client_of(telegram_server)
    hello = guarded._init_request
    assert hello.device_model == "Kapear"
    assert {hello.lang_code, hello.system_lang_code, hello.lang_pack} == {"en", ""}
    assert hello.proxy is hello.params is None
    await guarded.close()


async def test_a_silent_server_is_not_waited_for(telegram_server: TelegramServer) -> None:
    peer, permit = channel_of(telegram_server)
    guarded = client_of(telegram_server, answer_timeout=0.2)
    await guarded.ready()
    telegram_server.faults.add("messages.getHistory", "silence")
    with permitted(permit), pytest.raises(TimeoutError):
        await guarded(functions.messages.GetHistoryRequest(peer, **GETTING_HISTORY))
    await guarded.close()
    assert telegram_server.log.methods()["messages.getHistory"] == 1


async def test_a_visit_that_is_called_off_leaves_the_client_whole(
    telegram_server: TelegramServer, client: GuardedClient
) -> None:
    peer, permit = channel_of(telegram_server)
    history = functions.messages.GetHistoryRequest(peer, **GETTING_HISTORY)
    telegram_server.faults.add("messages.getHistory", "late", "0.3")
    with permitted(permit):
        visit = asyncio.create_task(client(history))
        await asyncio.sleep(0.1)
        visit.cancel()
        with pytest.raises(asyncio.CancelledError):
            await visit
        assert (await client(history)).messages


@pytest.mark.usefixtures("trusted_key")
async def test_a_dropped_connection_is_opened_anew_with_the_same_key(
    telegram_server: TelegramServer, client: GuardedClient
) -> None:
    _, permit = channel_of(telegram_server)
    with permitted(permit):
        async with client.at(4) as elsewhere:
            key = elsewhere.auth_key.key
        telegram_server.hang_up()
        await asyncio.gather(*telegram_server._tasks)
        await client.ready()
        async with client.at(4) as elsewhere:
            assert elsewhere.auth_key.key == key
    assert telegram_server.log.methods()["auth.exportAuthorization"] == 1  # the account is not exported again


# What it reads.


async def test_nothing_of_what_is_read_reaches_a_log(
    telegram_server: TelegramServer, client: GuardedClient, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    stream = io.StringIO()
    handlers = logging.getLogger().handlers[:]
    logs.configure(debug=True, stream=stream)
    logging.getLogger().addHandler(caplog.handler)
    peer, permit = channel_of(telegram_server)
    history = functions.messages.GetHistoryRequest(peer, **GETTING_HISTORY)
    try:
        with permitted(permit):
            await client(history)
            for kind in ("garbage", "truncated", "cut"):
                telegram_server.faults.add("messages.getHistory", kind)
                with pytest.raises((TypeNotFoundError, BufferError, OSError, struct.error)):
                    await client(history)
                await client.ready()
        await client.close()
        gc.collect()  # what nobody asked for would be printed now
    finally:
        logging.getLogger().handlers[:] = handlers
        logging.getLogger().setLevel(logging.WARNING)
    assert not [record for record in caplog.records if record.name.startswith("telethon")]
    assert "a kite" not in caplog.text + stream.getvalue()
    assert "red_kites" not in caplog.text + stream.getvalue()


async def test_a_packet_longer_than_any_answer_is_not_waited_for(
    telegram_server: TelegramServer, client: GuardedClient
) -> None:
    peer, permit = channel_of(telegram_server)
    telegram_server.faults.add("messages.getHistory", "bytes", os.urandom(MAX_PACKET).hex())
    with permitted(permit), pytest.raises(InvalidBufferError):
        await client(functions.messages.GetHistoryRequest(peer, **GETTING_HISTORY))
    await client.ready()
    with permitted(permit):
        assert (await client(functions.messages.GetHistoryRequest(peer, **GETTING_HISTORY))).messages


async def test_what_unpacks_to_more_than_any_answer_is_not_unpacked(
    telegram_server: TelegramServer, client: GuardedClient
) -> None:
    peer, permit = channel_of(telegram_server)
    bomb = gzip.compress(bytes(64 << 20))
    telegram_server.faults.add("messages.getHistory", "bytes", bytes(_Packed(bomb)).hex())
    with permitted(permit), pytest.raises(InvalidBufferError):
        await client(functions.messages.GetHistoryRequest(peer, **GETTING_HISTORY))


class _Packed(GzipPacked):  # type: ignore[misc]  # the library has no types
    """Says that its data is packed already."""

    def __bytes__(self) -> bytes:
        return bytes(self.CONSTRUCTOR_ID.to_bytes(4, "little") + self.serialize_bytes(self.data))
