from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from demo.telegram.channel import FIRST_POST, Channel
from demo.telegram.server import TelegramServer
from domain.errors import VisitEnded
from domain.observations import Platform, Traffic
from domain.outcomes import Outcome
from domain.ports import SourceTarget
from telegram_monitor.allowed import method_of
from telegram_monitor.pager import Limits
from telegram_monitor.source import TelegramSource
from telegram_monitor.wire import GuardedSender
from tests.telegram_monitor.dialled import ledger_of
from tests.telegram_monitor.dialled import reading as accounts_reading
from tests.telegram_monitor.reading import LATER, LOCATOR, NAME, PlainChannel, Reader, reading
from tests.telegram_server import photo_of

FULL = "channels.getFullChannel"


@pytest.fixture
def channel(telegram_server: TelegramServer) -> Channel:
    return telegram_server.platform.channel(NAME, title="Tin lanterns", about="We make them", members=41)


@pytest.fixture
async def reader(telegram_server: TelegramServer) -> AsyncIterator[Reader]:
    async with reading(telegram_server) as reader:
        yield reader


async def test_a_page_says_where_its_posts_are_from(
    telegram_server: TelegramServer, channel: Channel, reader: Reader
) -> None:
    channel.post("a blue kite", media=photo_of(telegram_server, b"kite"))
    (page,) = await reader.visit()
    (post,) = page.posts
    assert (post.container, post.post, post.url) == (str(channel.id), "1", f"https://t.me/{NAME}/1")
    assert (post.posted_at, post.text) == (FIRST_POST + timedelta(minutes=10), "a blue kite")
    (media,) = post.media
    assert media.url == f"telegram:{NAME}/{channel.id}/1/{media.identity}"
    capture = page.capture
    assert (capture.final_url, capture.received_at, capture.tool) == (f"https://t.me/{NAME}", LATER, "kapear tests")
    assert (capture.ip, capture.port) == ("127.0.0.1", telegram_server.ports[2])
    assert capture.length > 0


def received(*bodies: bytes) -> tuple[int, str]:
    """Return the length and digest that a capture record states for these answers."""
    digests = [hashlib.sha256(body).digest() for body in bodies]
    whole = digests[0] if len(digests) == 1 else hashlib.sha256(b"".join(digests)).digest()
    return sum(map(len, bodies)), whole.hex()


async def test_a_capture_record_names_the_answers_of_its_page_and_no_others(
    telegram_server: TelegramServer, channel: Channel, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(1, 331):
        media = photo_of(telegram_server, b"kite" * 100) if number % 100 == 7 else None
        channel.post(f"kite {number}", media=media)
    answers: list[tuple[str, bytes]] = []
    handled = GuardedSender._handle_rpc_result

    async def overheard(self: GuardedSender, message: Any) -> None:
        state = self._pending_state.get(message.obj.req_msg_id)
        answers.append((method_of(state.request), message.obj.body))
        await handled(self, message)

    monkeypatch.setattr(GuardedSender, "_handle_rpc_result", overheard)
    target = SourceTarget(platform=Platform.TELEGRAM, locator=LOCATOR, backfill=None)
    async with accounts_reading(telegram_server, ledger_of(telegram_server, "one")) as accounts:
        source = TelegramSource(accounts=accounts, tool="kapear tests", limits=Limits(page=100))
        records = []
        async for page in source.pages(target, Traffic()):
            records.append((page.capture.length, page.capture.body_sha256))
            for post in page.posts:
                for media in post.media:
                    assert await media.source.read(0, 10) == b"kitekiteki"
        again = await source.post(target, "200", Traffic())
    history = [body for method, body in answers if method == "messages.getHistory"]
    assert {method for method, _ in answers} >= {"upload.getFile", FULL}
    # The newest messages are asked for first, and the last page is made of them.
    assert records == [received(*bodies) for bodies in ([history[1]], [history[2]], [history[3]], [history[0]])]
    assert again is not None
    assert (again.capture.length, again.capture.body_sha256) == received(history[4])


async def test_a_page_of_several_answers_has_the_digest_of_their_digests(
    channel: Channel, reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(1, 251):
        channel.post(f"kite {number}")
    heard: list[bytes] = []
    asked = PlainChannel.ask

    async def overheard(self: PlainChannel, request: Any) -> Any:
        answer = await asked(self, request)
        if type(request).__name__ == "GetHistoryRequest":
            heard.append(bytes(answer))
        return answer

    monkeypatch.setattr(PlainChannel, "ask", overheard)
    (page,) = await reader.visit()
    assert reader.asked() == ["messages.getHistory"] * 4
    assert (page.capture.length, page.capture.body_sha256) == received(*heard[1:])


async def test_a_channel_is_described_once_a_day_and_never_for_a_quiet_visit(
    telegram_server: TelegramServer, channel: Channel, reader: Reader
) -> None:
    channel.linked, channel.pinned = 1234, channel.post("read me first")
    for number in range(250):
        channel.post(f"kite {number}")
    pages = await reader.visit()
    described = (
        ("channel_id", str(channel.id)),
        ("title", "Tin lanterns"),
        ("username", NAME),
        ("kind", "channel"),
        ("description", "We make them"),
        ("members", "41"),
        ("linked_chat_id", "1234"),
        ("pinned_message_id", "1"),
        ("pinned_text", "read me first"),
    )
    assert {page.channel for page in pages} == {described}
    assert telegram_server.log.methods()[FULL] == 1
    channel.title = "Tin and paper"
    channel.post("another")
    assert [page.channel for page in await reader.visit()] == [described] * 2
    assert FULL not in telegram_server.log.methods()
    reader.clock.now += timedelta(hours=25)
    reader.cursor = str(reader.cursor).replace(str(int(LATER.timestamp())), str(int(reader.clock.now.timestamp())))
    assert await reader.visit() == []
    assert FULL not in telegram_server.log.methods()
    channel.post("another")
    assert all(("title", "Tin and paper") in page.channel for page in await reader.visit())
    assert telegram_server.log.methods()[FULL] == 1


async def test_where_the_account_must_rest_posts_come_without_the_description(
    channel: Channel, reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    channel.post("kite")
    asked = PlainChannel.ask

    async def limited(self: PlainChannel, request: Any) -> Any:
        if type(request).__name__ == "GetFullChannelRequest":
            raise VisitEnded(Outcome.LIMITED, "flood_wait")
        return await asked(self, request)

    monkeypatch.setattr(PlainChannel, "ask", limited)
    (page,) = await reader.visit()
    assert (len(page.posts), page.channel) == (1, ())


async def test_a_field_that_the_layer_does_not_allow_ends_the_visit_without_a_word(
    channel: Channel, reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    channel.post("kite")
    asked = PlainChannel.ask

    async def malformed(self: PlainChannel, request: Any) -> Any:
        answer = await asked(self, request)
        for message in getattr(answer, "messages", ()):
            message.entities = [7]
            message.fwd_from = "a blue kite"
        return answer

    monkeypatch.setattr(PlainChannel, "ask", malformed)
    assert await reader.ending() == "error: malformed"


@pytest.mark.parametrize("locator", ["", "https://t.me/", "https://t.me/s/a/../b", "t.me/tin", "https://t.me/+abc"])
async def test_a_locator_nobody_made_is_never_asked_for(
    telegram_server: TelegramServer, reader: Reader, locator: str
) -> None:
    target = SourceTarget(platform=Platform.TELEGRAM, locator=locator)
    with pytest.raises(VisitEnded, match=r"^error: bad_locator$"):
        await anext(reader.source.pages(target, Traffic()))
    assert telegram_server.log.of("contacts.resolveUsername") == []


async def test_the_next_page_is_fetched_only_when_asked_for(
    telegram_server: TelegramServer, channel: Channel, reader: Reader
) -> None:
    for number in range(2500):
        channel.post(f"kite {number}")
    pages = reader.source.pages(SourceTarget(platform=Platform.TELEGRAM, locator=LOCATOR, backfill=None), Traffic())
    await anext(pages)
    asked = len(telegram_server.log.of("messages.getHistory"))
    await anext(pages)
    assert len(telegram_server.log.of("messages.getHistory")) > asked
    await pages.aclose()


async def test_a_visit_goes_on_through_another_account_and_so_do_its_media(
    telegram_server: TelegramServer, channel: Channel
) -> None:
    for number in range(350):
        channel.post(f"kite {number}")
    channel.post(media=photo_of(telegram_server, {"x": b"x" * 500, "y": b"y" * 900}))
    target = SourceTarget(platform=Platform.TELEGRAM, locator=LOCATOR, backfill=None)
    async with accounts_reading(telegram_server, ledger_of(telegram_server, "one", "two")) as accounts:
        await accounts.channel(LOCATOR, Traffic())  # pins it
        first = telegram_server.log.of("contacts.resolveUsername")[-1].account
        telegram_server.faults.flood("messages.getHistory", 60, account=first, after=2)
        source = TelegramSource(accounts=accounts, tool="kapear tests", limits=Limits(page=100))
        seen, sizes = [], []
        async for page in source.pages(target, Traffic()):
            seen += [int(post.post) for post in page.posts]
            media = [item for post in page.posts for item in post.media]
            sizes += [len(await item.source.read(0, 1000)) for item in media]
    assert seen == list(range(1, 352))
    assert sizes == [500]
    assert {call.account for call in telegram_server.log.of("messages.getHistory")} == {"one", "two"}
    assert telegram_server.log.hammering == []
