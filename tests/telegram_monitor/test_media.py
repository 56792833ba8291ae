from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from telethon.tl.types import InputDocumentFileLocation

from demo.telegram.channel import Channel
from demo.telegram.server import TelegramServer
from domain.errors import EgressRefused, MediaUnavailable, VisitEnded
from domain.observations import MediaKind, ObservedMedia, Traffic
from domain.outcomes import Outcome
from domain.ports import MediaSource
from telegram_monitor.carriers import File, Location
from telegram_monitor.faults import FileReferenceExpired
from telegram_monitor.media import PIECE, Found, TelegramMedia
from tests.contracts.media_source import PAYLOAD, MediaSourceContract, read_all
from tests.telegram_monitor.reading import NAME, Reader, reading
from tests.telegram_server import file_of, photo_of

GET_FILE, BY_ID = "upload.getFile", "channels.getMessages"


@pytest.fixture
def channel(telegram_server: TelegramServer) -> Channel:
    return telegram_server.platform.channel(NAME)


@asynccontextmanager
async def handle(server: TelegramServer) -> AsyncIterator[tuple[Reader, ObservedMedia]]:
    """Visit the channel and give the first thing it carries."""
    async with reading(server) as reader:
        media = next(item for page in await reader.visit() for post in page.posts for item in post.media)
        server.log.clear()
        yield reader, media
        await media.source.close()


class TestTelegramMedia(MediaSourceContract):
    @pytest.fixture(params=["photo", "document", "video", "again"])
    async def source(
        self, telegram_server: TelegramServer, channel: Channel, request: pytest.FixtureRequest
    ) -> AsyncIterator[MediaSource]:
        mimes = {"document": "image/png", "video": "video/mp4"}
        mime = mimes.get(request.param)
        channel.post(media=file_of(telegram_server, PAYLOAD, mime=mime) if mime else photo_of(telegram_server, PAYLOAD))
        async with handle(telegram_server) as (reader, media):
            if request.param == "again":
                yield reader.source.media(str(media.url), Traffic())
            else:
                yield media.source


class Scripted:
    """Downloads that answer from a script: bytes, or an error."""

    id = 1000555

    def __init__(self, *script: bytes | Exception) -> None:
        self.script = list(script)
        self.asked: list[tuple[int, int]] = []

    async def download(self, location: Location, *, dc_id: int, offset: int, length: int) -> bytes:
        assert (location.id, dc_id) == (1, 2)
        self.asked.append((offset, length))
        answer = self.script.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


def file(size: int | None) -> File:
    return File(location=InputDocumentFileLocation(1, 2, b"", ""), dc_id=2, size=size)


def media_of(channel: Scripted, size: int | None, *again: File | Exception, hard_limit: int = 1 << 30) -> TelegramMedia:
    script = list(again)

    async def find() -> Found:
        found = script.pop(0)
        if isinstance(found, Exception):
            raise found
        return Found(channel=channel, file=found)  # type: ignore[arg-type]  # it downloads, and nothing else is asked

    return TelegramMedia(found=Found(channel=channel, file=file(size)), find=find, hard_limit=hard_limit)  # type: ignore[arg-type]


async def test_a_small_file_costs_one_request_and_nothing_before_the_first_read(
    telegram_server: TelegramServer, channel: Channel
) -> None:
    channel.post(media=photo_of(telegram_server, PAYLOAD[:90_000]))
    async with handle(telegram_server) as (_, media):
        assert telegram_server.log.of(GET_FILE) == []
        assert (media.source.size, media.kind) == (90_000, MediaKind.IMAGE)
        assert await read_all(media.source, 5_000) == PAYLOAD[:90_000]
        assert len(telegram_server.log.of(GET_FILE)) == 1


async def test_a_large_file_is_read_in_aligned_pieces_and_a_sample_costs_one(
    telegram_server: TelegramServer, channel: Channel
) -> None:
    data = PAYLOAD * 3
    channel.post(media=file_of(telegram_server, data, mime="video/mp4"))
    async with handle(telegram_server) as (_, media):
        assert await media.source.read(500_000, 10) == data[500_000:500_010]
        (call,) = telegram_server.log.of(GET_FILE)
        assert (call.arguments["offset"], call.arguments["limit"]) == (3 * PIECE, PIECE)
        assert await read_all(media.source, 1 << 20) == data


async def test_the_full_size_is_offered_beside_the_adequate_one(
    telegram_server: TelegramServer, channel: Channel
) -> None:
    channel.post(media=photo_of(telegram_server, {"m": b"m" * 100, "x": b"x" * 500, "y": b"y" * 900, "w": b"w" * 2000}))
    async with handle(telegram_server) as (_, media):
        assert await media.source.read(0, 3) == b"xxx"
        assert media.fuller is not None
        assert (await media.fuller.read(0, 3), media.fuller.size) == (b"www", 2000)
        telegram_server.platform.files.expire_references()
        await media.fuller.close()


async def test_an_old_reference_is_renewed_by_fetching_the_message_once(
    telegram_server: TelegramServer, channel: Channel
) -> None:
    channel.post(media=photo_of(telegram_server, {"x": b"x" * 500, "w": b"w" * 2000}))
    async with handle(telegram_server) as (_, media):
        telegram_server.platform.files.expire_references()
        assert await media.source.read(0, 1000) == b"x" * 500
        assert media.fuller is not None
        assert await media.fuller.read(0, 5000) == b"w" * 2000
        assert [call.method for call in telegram_server.log.calls] == [GET_FILE, BY_ID, GET_FILE] * 2


async def test_a_message_that_is_gone_cannot_be_renewed(telegram_server: TelegramServer, channel: Channel) -> None:
    number = channel.post(media=photo_of(telegram_server, b"kite"))
    async with handle(telegram_server) as (_, media):
        telegram_server.platform.files.expire_references()
        channel.delete(number)
        with pytest.raises(MediaUnavailable, match=r"^gone$"):
            await media.source.read(0, 10)


async def test_a_picture_that_was_replaced_is_not_taken_for_the_first(
    telegram_server: TelegramServer, channel: Channel
) -> None:
    number = channel.post(media=photo_of(telegram_server, b"kite"))
    async with handle(telegram_server) as (_, media):
        telegram_server.platform.files.expire_references()
        channel.edit(number, media=photo_of(telegram_server, b"lantern"))
        with pytest.raises(MediaUnavailable, match=r"^replaced$"):
            await media.source.read(0, 10)


async def test_a_reference_that_stays_old_is_asked_about_once() -> None:
    channel = Scripted(FileReferenceExpired(), FileReferenceExpired(), FileReferenceExpired())
    media = media_of(channel, 10, file(10))
    for _ in range(2):
        with pytest.raises(MediaUnavailable, match=r"^file_reference$"):
            await media.read(0, 10)
    assert len(channel.asked) == 3


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (VisitEnded(Outcome.LIMITED, "flood_wait"), MediaUnavailable),
        (EgressRefused("loopback"), EgressRefused),
        (MediaUnavailable("gone"), MediaUnavailable),
    ],
)
async def test_a_visit_that_ends_while_a_message_is_fetched_again_makes_media_unavailable(
    fault: Exception, error: type[Exception]
) -> None:
    media = media_of(Scripted(FileReferenceExpired()), 10, fault)
    with pytest.raises(error) as caught:
        await media.read(0, 10)
    assert type(caught.value) is error


@pytest.mark.parametrize("declared", [None, 5, 40_000, 1 << 41])
async def test_a_declared_size_is_a_word_and_no_more(declared: int | None) -> None:
    data = PAYLOAD[:20_000]

    class Truthful(Scripted):
        async def download(self, location: Location, *, dc_id: int, offset: int, length: int) -> bytes:
            self.script.append(data[offset : offset + length])
            return await super().download(location, dc_id=dc_id, offset=offset, length=length)

    media = media_of(Truthful(), declared)
    assert await read_all(media, 700) == data
    assert media.size == len(data)


async def test_one_piece_is_held_and_dropped_on_close_and_on_error() -> None:
    channel = Scripted(b"k" * PIECE, b"l" * PIECE, MediaUnavailable("timeout"))
    media = media_of(channel, 10 * PIECE)
    await media.read(0, 10)
    await media.read(PIECE, 10)
    assert media._untrusted_piece == b"l" * PIECE
    with pytest.raises(MediaUnavailable, match="timeout"):
        await media.read(5 * PIECE, 10)
    assert media._untrusted_piece == b""
    channel.script = [b"m" * PIECE]
    await media.read(0, 10)
    await media.close()
    assert media._untrusted_piece == b""


async def test_a_file_is_read_so_often_and_no_more() -> None:
    media = media_of(Scripted(*[b"k" * PIECE] * 3), 1 << 30, hard_limit=2 * PIECE)
    await media.read(0, 1)
    await media.read(PIECE, 1)
    with pytest.raises(MediaUnavailable, match="too_large"):
        await media.read(0, 1)


async def test_what_travelled_inside_the_message_costs_no_request() -> None:
    inline = File(location=None, dc_id=2, size=9, untrusted_inline=b"blue kite")
    channel = Scripted()
    media = TelegramMedia(found=Found(channel=channel, file=inline), find=None)  # type: ignore[arg-type]
    assert await read_all(media, 4) == b"blue kite"
    assert channel.asked == []


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("https://kites.example/a.jpg", "bad_url"),
        ("telegram:tin_lanterns/1/2/photo:x", "bad_url"),
        (f"telegram:{NAME}/1/1/photo:8", "moved"),
    ],
)
async def test_a_private_spelling_nobody_wrote(
    telegram_server: TelegramServer, channel: Channel, url: str, code: str
) -> None:
    channel.post("kite")
    async with reading(telegram_server) as reader:
        with pytest.raises(MediaUnavailable, match=f"^{code}$"):
            await reader.source.media(url, Traffic()).read(0, 10)
