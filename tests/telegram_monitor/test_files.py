from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from telethon.tl import types

from demo.telegram.faults import Kind
from demo.telegram.server import TelegramServer
from domain.errors import MediaUnavailable
from domain.observations import Traffic
from telegram_monitor.accounts import Channel
from telegram_monitor.allowed import BLOCK, GRAIN
from telegram_monitor.faults import FileReferenceExpired
from telegram_monitor.files import files_in, piece
from tests.fakes import FakeLedger
from tests.telegram_monitor.dialled import KITES, Clock, history_of, ledger_of, reading, visited
from tests.telegram_server import file_of, photo_of

FILE = bytes((7 * n + n // 251) % 256 for n in range(2_500_001))
PHOTO = FILE[:90_001]


@dataclass
class Shelf:
    """A channel with a photo and a file, seen by a visit."""

    channel: Channel
    photo: Any
    document: Any
    traffic: Traffic
    ledger: FakeLedger
    clock: Clock

    async def of_photo(self, offset: int = 0, length: int = 1 << 20, *, dc: int = 0, letter: str = "x") -> bytes:
        photo = self.photo
        location = types.InputPhotoFileLocation(photo.id, photo.access_hash, photo.file_reference, letter)
        return await self.channel.download(location, dc_id=dc or photo.dc_id, offset=offset, length=length)

    async def of_file(self, offset: int = 0, length: int = 4 << 20, *, dc: int = 0) -> bytes:
        document = self.document
        location = types.InputDocumentFileLocation(document.id, document.access_hash, document.file_reference, "")
        return await self.channel.download(location, dc_id=dc or document.dc_id, offset=offset, length=length)


pytestmark = pytest.mark.usefixtures("trusted_key")


@pytest.fixture
async def shelf(telegram_server: TelegramServer) -> AsyncIterator[Shelf]:
    """The file lives on data centre 4, the photo at home."""
    channel = telegram_server.platform.channel("red_kites")
    channel.post("a photo", media=photo_of(telegram_server, PHOTO))
    channel.post("a file", media=file_of(telegram_server, FILE, dc=4))
    ledger, clock, traffic = ledger_of(telegram_server, "one"), Clock(), Traffic()
    async with reading(telegram_server, ledger, clock) as accounts:
        seen = await visited(accounts, KITES, traffic)
        newest, before = (await seen.ask(history_of(seen))).messages
        telegram_server.log.clear()
        yield Shelf(seen, before.media.photo, newest.media.document, traffic, ledger, clock)


# Which piece.


@given(offset=st.integers(0, 1 << 40), length=st.integers(1, 1 << 24))
def test_a_piece_is_one_that_telegram_gives(offset: int, length: int) -> None:
    start, limit = piece(offset, length)
    assert start % GRAIN == limit % GRAIN == 0
    assert start <= offset < start + limit
    assert start // BLOCK == (start + limit - 1) // BLOCK
    assert limit <= BLOCK
    assert start + limit >= min(offset + length, start - start % BLOCK + BLOCK)


# Which files.


def test_files_are_found_wherever_a_message_holds_them() -> None:
    def photo(number: int) -> types.Photo:
        return types.Photo(number, 1, b"", None, [], 2)

    def document(number: int) -> types.Document:
        return types.Document(number, 1, b"", None, "video/mp4", 5, 2, [])

    page = types.WebPage(1, "", "", 0, photo=photo(1), document=document(2))
    video = types.MessageMediaDocument(document=document(3), video_cover=photo(4), alt_documents=[document(5)])
    paid = types.MessageMediaPaidMedia(1, [types.MessageExtendedMedia(types.MessageMediaPhoto(photo=photo(6)))])
    media = [types.MessageMediaWebPage(page), video, paid, None]
    here = types.PeerChannel(5)
    messages = [types.Message(n, here, None, "a kite", media=one) for n, one in enumerate(media, start=1)]
    changed = types.MessageService(9, here, None, action=types.MessageActionChatEditPhoto(photo(7)))
    edited = types.UpdateEditChannelMessage(
        types.Message(8, here, None, "", media=types.MessageMediaPhoto(photo=photo(8))), 1, 1
    )
    assert set(files_in(types.messages.ChannelMessages(1, 1, [*messages, changed], [], [], []))) == set(range(1, 8))
    difference = types.updates.ChannelDifference(
        pts=2, new_messages=messages[:1], other_updates=[edited], chats=[], users=[]
    )
    assert set(files_in(difference)) == {1, 2, 8}
    assert set(files_in(types.updates.ChannelDifferenceEmpty(5))) == set()


def test_pictures_of_people_and_chats_are_not_offered() -> None:
    chat = types.ChatFull(1, "", types.ChatParticipantsForbidden(1), types.PeerNotifySettings(), chat_photo=_a_photo())
    assert set(files_in(types.messages.ChatFull(chat, [], []))) == set()


def _a_photo() -> types.Photo:
    return types.Photo(1, 1, b"", None, [], 2)


# Reading them.


async def test_a_photo_at_home(telegram_server: TelegramServer, shelf: Shelf) -> None:
    asked, got = shelf.traffic.requests, shelf.traffic.bytes
    assert await shelf.of_photo() == PHOTO
    assert telegram_server.log.methods() == {"upload.getFile": 1}
    assert shelf.traffic.requests == asked + 1
    assert len(PHOTO) <= shelf.traffic.bytes - got < len(PHOTO) + 100


@pytest.mark.parametrize(
    ("offset", "length"),
    [(0, 10), (5, 4_096), (4_095, 2), (1_048_570, 20), (1_000_000, 1_200_000), (2_500_000, 10), (0, 4 << 20)],
)
async def test_any_range_of_a_file_elsewhere(
    telegram_server: TelegramServer, shelf: Shelf, offset: int, length: int
) -> None:
    assert await shelf.of_file(offset, length) == FILE[offset : offset + length]
    assert telegram_server.log.methods()["auth.exportAuthorization"] == 1
    assert {call.dc for call in telegram_server.log.of("upload.getFile")} == {4}


@pytest.mark.parametrize("offset", [2_500_001, 2_500_010, 9_000_000])
async def test_at_and_past_the_end_there_is_nothing(shelf: Shelf, offset: int) -> None:
    assert await shelf.of_file(offset, 10) == b""


async def test_nothing_asked_is_nothing_fetched(telegram_server: TelegramServer, shelf: Shelf) -> None:
    assert await shelf.of_photo(0, 0) == b""
    assert not telegram_server.log.calls


async def test_the_account_is_exported_once(telegram_server: TelegramServer, shelf: Shelf) -> None:
    for offset in range(0, 1_000_000, 100_000):
        assert await shelf.of_file(offset, 5_000) == FILE[offset : offset + 5_000]
    telegram_server.hang_up()
    assert await shelf.of_file(0, 10) == FILE[:10]
    assert telegram_server.log.methods()["auth.exportAuthorization"] == 1


async def test_a_file_that_moved_is_followed_and_remembered(telegram_server: TelegramServer, shelf: Shelf) -> None:
    for _ in range(3):
        assert await shelf.of_file(0, 10, dc=2) == FILE[:10]
    assert [call.dc for call in telegram_server.log.of("upload.getFile")] == [2, 4, 4, 4]


async def test_a_file_that_is_sent_about_is_given_up(telegram_server: TelegramServer, shelf: Shelf) -> None:
    telegram_server.faults.add("upload.getFile", "error", "FILE_MIGRATE_4", times=None)
    with pytest.raises(MediaUnavailable, match="file_migrate"):
        await shelf.of_photo()
    assert len(telegram_server.log.of("upload.getFile")) == 2


async def test_a_data_centre_that_nobody_announced_is_looked_for_at_home(
    telegram_server: TelegramServer, shelf: Shelf
) -> None:
    assert await shelf.of_photo(dc=5) == PHOTO
    assert await shelf.of_file(0, 10, dc=7) == FILE[:10]
    assert [call.dc for call in telegram_server.log.of("upload.getFile")] == [2, 2, 4]


async def test_an_old_reference_asks_for_the_message_again(telegram_server: TelegramServer, shelf: Shelf) -> None:
    telegram_server.platform.files.expire_references()
    with pytest.raises(FileReferenceExpired):
        await shelf.of_photo()
    with pytest.raises(FileReferenceExpired):
        await shelf.of_file()


async def test_only_what_the_channel_offered_is_fetched(telegram_server: TelegramServer, shelf: Shelf) -> None:
    other = photo_of(telegram_server, b"another's")
    telegram_server.platform.channel("tin_lanterns").post(media=other)
    shelf.photo = other.photo
    with pytest.raises(FileReferenceExpired):
        await shelf.of_photo()
    assert not telegram_server.log.calls


@pytest.mark.parametrize(
    ("kind", "value", "code"),
    [
        ("error", "LOCATION_INVALID", "rpc_location_invalid"),
        ("error", "FILE_ID_INVALID", "rpc_file_id_invalid"),
        ("error", "INTERNAL", "server_error"),
        ("drop", "", "dropped"),
        ("cut", "", "dropped"),
        ("garbage", "", "malformed"),
        ("truncated", "", "malformed"),
        ("bytes", bytes(types.Pong(1, 2)).hex(), "malformed"),
        ("bytes", bytes(types.upload.FileCdnRedirect(4, b"t", b"k" * 32, b"i" * 16, [])).hex(), "cdn"),
        ("bytes", bytes(types.upload.File(types.storage.FileJpeg(), 1, bytes(BLOCK + 1))).hex(), "malformed"),
    ],
)
async def test_each_trouble_has_one_code(
    telegram_server: TelegramServer, shelf: Shelf, kind: Kind, value: str, code: str
) -> None:
    telegram_server.faults.add("upload.getFile", kind, value, times=None)
    for read in (shelf.of_photo, shelf.of_file):
        with pytest.raises(MediaUnavailable) as trouble:
            await read()
        assert trouble.value.code == code
    telegram_server.faults.lift()
    assert await shelf.of_photo() == PHOTO
    assert await shelf.of_file(0, 99) == FILE[:99]


@pytest.mark.parametrize(
    "method", ["upload.getFile", "auth.exportAuthorization", "auth.importAuthorization", "help.getConfig"]
)
async def test_a_wait_for_files_stops_files_and_nothing_else(
    telegram_server: TelegramServer, shelf: Shelf, method: str
) -> None:
    telegram_server.faults.flood(method, 30)
    for _ in range(3):
        with pytest.raises(MediaUnavailable, match="flood_wait"):
            await shelf.of_file()
    assert telegram_server.log.methods()[method] == 1
    assert [noted for _, noted, _ in shelf.ledger.noted] == [method]
    assert (await shelf.channel.ask(history_of(shelf.channel))).messages
    shelf.clock.pass_by(31)
    telegram_server.faults.lift()
    assert await shelf.of_file(0, 10) == FILE[:10]


async def test_a_short_wait_for_files_is_waited(telegram_server: TelegramServer, shelf: Shelf) -> None:
    telegram_server.faults.add("upload.getFile", "error", "FLOOD_PREMIUM_WAIT_7")
    assert await shelf.of_photo() == PHOTO
    assert shelf.clock.slept == [7]
    telegram_server.faults.add("upload.getFile", "error", "FLOOD_PREMIUM_WAIT_7", times=None)
    with pytest.raises(MediaUnavailable, match="flood_wait"):
        await shelf.of_photo()
    assert shelf.clock.slept == [7, 7]
    assert telegram_server.log.methods()["upload.getFile"] == 4


async def test_a_lost_key_elsewhere_does_not_park_the_account(telegram_server: TelegramServer, shelf: Shelf) -> None:
    telegram_server.faults.add("upload.getFile", "error", "AUTH_KEY_UNREGISTERED", dc=4)
    with pytest.raises(MediaUnavailable, match="dc_key"):
        await shelf.of_file()
    assert [one.parked for one in shelf.ledger.held] == [""]
    assert await shelf.of_file(0, 10) == FILE[:10]
    assert telegram_server.log.methods()["auth.exportAuthorization"] == 2


async def test_an_account_lost_over_a_file_is_parked(telegram_server: TelegramServer, shelf: Shelf) -> None:
    telegram_server.faults.add("upload.getFile", "error", "SESSION_REVOKED", times=None)
    with pytest.raises(MediaUnavailable, match="no_account"):
        await shelf.of_photo()
    assert [one.parked for one in shelf.ledger.held] == ["session_revoked"]


async def test_after_a_change_of_account_files_are_offered_anew(telegram_server: TelegramServer, shelf: Shelf) -> None:
    shelf.ledger.held.extend(ledger_of(telegram_server, "two").held)
    telegram_server.faults.add("messages.getHistory", "error", "FLOOD_WAIT_600", account="one")
    await shelf.channel.ask(history_of(shelf.channel, limit=1))  # the file alone is offered to the other account
    with pytest.raises(FileReferenceExpired):
        await shelf.of_photo()
