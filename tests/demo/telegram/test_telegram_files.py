"""Parts of files come by the platform's rules, over two DCs, against references that expire."""

from __future__ import annotations

from typing import Any

import pytest
from telethon import TelegramClient
from telethon.errors import (
    FileIdInvalidError,
    FileReferenceExpiredError,
    LimitInvalidError,
    OffsetInvalidError,
)
from telethon.tl import functions, types

from demo.telegram.files import Blob
from demo.telegram.server import TelegramServer
from tests.telegram_server import file_of, photo_of, plain_client

KILO = 1024
MEGA = 1024 * KILO
PICTURE = bytes(range(256)) * 4 * 700  # 700 KiB


pytestmark = pytest.mark.usefixtures("trusted_key")


def place(document: Any, thumb: str = "") -> Any:
    return types.InputDocumentFileLocation(document.id, document.access_hash, document.file_reference, thumb)


async def part(client: TelegramClient, location: Any, offset: int, limit: int, *, precise: bool = False) -> bytes:
    request = functions.upload.GetFileRequest(location, offset, limit, precise=precise)
    return bytes((await client(request)).bytes)


async def test_a_file_comes_in_parts(telegram_server: TelegramServer) -> None:
    channel = telegram_server.platform.channel("kites_daily")
    number = channel.post(media=file_of(telegram_server, PICTURE, thumbs={"m": b"small"}))
    async with plain_client(telegram_server) as client:
        message = await client.get_messages("kites_daily", ids=number)
        assert await client.download_media(message, bytes) == PICTURE
        assert await client.download_media(message, bytes, thumb="m") == b"small"
        head = b"".join([bytes(each) async for each in client.iter_download(message.media, request_size=4096, limit=1)])
        assert head == PICTURE[:4096]
        assert message.file.name == "kite.jpg"
    assert telegram_server.log.of("upload.getFile")[-1].arguments["limit"] == 4096


async def test_a_file_of_another_dc_is_fetched_there(telegram_server: TelegramServer) -> None:
    channel = telegram_server.platform.channel("kites_daily")
    far = file_of(telegram_server, PICTURE, dc=4)
    number = channel.post(media=far)
    async with plain_client(telegram_server) as client:
        message = await client.get_messages("kites_daily", ids=number)
        assert await client.download_media(message, bytes) == PICTURE
        message.media.document.dc_id = 2
        assert await client.download_media(message, bytes) == PICTURE
    outcomes = [(call.dc, call.outcome) for call in telegram_server.log.of("upload.getFile")]
    assert (2, "FILE_MIGRATE_4") in outcomes
    assert {outcome for dc, outcome in outcomes if dc == 4} == {"ok"}
    assert [call.dc for call in telegram_server.log.of("auth.importAuthorization")] == [4]


async def test_an_expired_reference_is_refused_until_the_message_is_read_again(telegram_server: TelegramServer) -> None:
    channel = telegram_server.platform.channel("kites_daily")
    number = channel.post(media=photo_of(telegram_server, {"x": PICTURE}))
    async with plain_client(telegram_server) as client:
        message = await client.get_messages("kites_daily", ids=number)
        telegram_server.platform.files.expire_references()
        with pytest.raises(FileReferenceExpiredError):
            await client.download_media(message, bytes)
        message = await client.get_messages("kites_daily", ids=number)
        assert await client.download_media(message, bytes) == PICTURE


async def test_gigabytes_are_served_without_memory(telegram_server: TelegramServer) -> None:
    size = 3 * 1024 * MEGA

    def read(offset: int, length: int) -> bytes:
        first = offset // 8
        count = min(length, size - offset) // 8
        return b"".join(each.to_bytes(8, "big") for each in range(first, first + count))

    video = telegram_server.platform.files.video(Blob(size=size, read=read), thumbs={"m": b"frame"})
    async with plain_client(telegram_server) as client:
        data = await part(client, place(video), size - 64 * KILO, 64 * KILO)
        assert await part(client, place(video, "m"), 0, 4096) == b"frame"
        assert await part(client, place(video), size, 4096) == b""
    assert int.from_bytes(data[-8:], "big") == size // 8 - 1
    assert telegram_server.platform.files[video.id].served == 64 * KILO + 5


@pytest.mark.parametrize(
    ("offset", "limit", "precise", "error"),
    [
        (0, MEGA, False, None),
        (MEGA, 128 * KILO, False, None),
        (KILO, 3 * KILO, True, None),
        (KILO, 4 * KILO, False, OffsetInvalidError),
        (100, KILO, True, OffsetInvalidError),
        (0, 0, False, LimitInvalidError),
        (0, 3 * KILO, False, LimitInvalidError),
        (0, 12 * KILO, False, LimitInvalidError),
        (0, 2 * MEGA, False, LimitInvalidError),
        (0, 100, True, LimitInvalidError),
        (MEGA - 64 * KILO, 128 * KILO, False, LimitInvalidError),
        (MEGA - 2 * KILO, 3 * KILO, True, LimitInvalidError),
    ],
)
async def test_ranges_follow_the_rules(
    telegram_server: TelegramServer, offset: int, limit: int, *, precise: bool, error: type[Exception] | None
) -> None:
    document = telegram_server.platform.files.document(PICTURE * 2, mime="image/png")
    async with plain_client(telegram_server) as client:
        if error is None:
            got = await part(client, place(document), offset, limit, precise=precise)
            assert got == (PICTURE * 2)[offset : offset + limit]
        else:
            with pytest.raises(error):
                await part(client, place(document), offset, limit, precise=precise)


async def test_a_wrong_hash_gets_nothing(telegram_server: TelegramServer) -> None:
    document = telegram_server.platform.files.document(PICTURE, mime="image/png")
    location = types.InputDocumentFileLocation(document.id, document.access_hash + 1, document.file_reference, "")
    async with plain_client(telegram_server) as client:
        with pytest.raises(FileIdInvalidError):
            await part(client, location, 0, 4096)
    assert telegram_server.platform.files[document.id].served == 0


async def test_a_channels_own_picture_comes_small_and_big(telegram_server: TelegramServer) -> None:
    platform = telegram_server.platform
    photo = platform.files.photo({"s": b"small", "x": b"a big picture"})
    platform.channel("kites_daily", photo=photo)
    async with plain_client(telegram_server) as client:
        found = await client.get_entity("kites_daily")
        assert found.photo.photo_id == photo.id
        for big, expected in ((True, b"a big picture"), (False, b"small")):
            peer = await client.get_input_entity("kites_daily")
            location = types.InputPeerPhotoFileLocation(peer, photo.id, big=big)
            assert await part(client, location, 0, 4096) == expected


async def test_sizes_are_listed_as_asked(telegram_server: TelegramServer) -> None:
    photo = telegram_server.platform.files.photo(
        {"s": b"s", "m": b"mm", "x": b"xxx", "y": b"yyyy" * 10}, stripped=b"\x01\x02", progressive="y"
    )
    kinds = {size.type: type(size) for size in photo.sizes}
    assert kinds == {
        "i": types.PhotoStrippedSize,
        "s": types.PhotoSize,
        "m": types.PhotoSize,
        "x": types.PhotoSize,
        "y": types.PhotoSizeProgressive,
    }
    assert photo.sizes[-1].sizes[-1] == 40
