"""Three feeds, read from servers on loopback that speak their documented shapes: good pages, and bad ones."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from aiohttp import web
from yarl import URL

from domain.errors import AskFailed, EgressRefused
from domain.feeds import FeedPage
from domain.observations import Traffic
from exchange.clients import asking, pulling
from exchange.clients.ncmec import Ncmec
from exchange.clients.pulling import Provider, Puller
from exchange.clients.stopncii import StopNcii
from exchange.clients.threatexchange import ThreatExchange
from net.guard import EgressPolicy
from net.session import guarded_session
from tests.exchange.feed_servers import (
    SECRET,
    START,
    USER,
    FeedServer,
    Item,
    NcmecServer,
    StopNciiServer,
    ThreatExchangeServer,
    as_json,
    cut,
    items,
    md5_of,
    nth,
    pages_of,
    pdq_of,
    served,
    status,
    words_known,
)
from tests.net.loopback import LOOPBACK_ONLY, USER_AGENT

WORDS = ("kite", "lantern", "drum", "boat", "reed", "straw", "bell")


@dataclass(frozen=True)
class Kind:
    """A feed's server and its client."""

    server: Callable[[list[Item]], FeedServer]
    provider: Callable[[str], Provider]

    def __str__(self) -> str:
        return getattr(self.server, "__name__", "feed")


NCMEC = Kind(NcmecServer, lambda base: Ncmec(url=URL(base), user=USER, secret=SECRET))
STOPNCII = Kind(StopNciiServer, lambda base: StopNcii(url=URL(base), user=USER, secret=SECRET))
THREATEXCHANGE = Kind(
    ThreatExchangeServer, lambda base: ThreatExchange(url=URL(base) / "v26.0", group="123", secret=SECRET)
)
KINDS = pytest.mark.parametrize("kind", [NCMEC, STOPNCII, THREATEXCHANGE], ids=str)


@KINDS
async def test_a_first_pull_reads_every_page_and_the_next_nothing_new(kind: Kind) -> None:
    async with served(kind.server(items(*WORDS))) as server:
        pages = await pages_of(kind.provider(server.base), server)
        assert [page.number for page in pages] == [1, 2, 3, 4]
        assert [page.begins_anew for page in pages] == [True, False, False, False]
        assert words_known(pages, *WORDS) == set(WORDS)
        assert not any(page.problem or page.refused or page.missing for page in pages)
        again = await pages_of(kind.provider(server.base), server, pages[-1].checkpoint)
        assert not any(page.begins_anew for page in again)
        assert words_known(again, *WORDS) <= {WORDS[-1]}, "at most the last one again, which is as it was"


@KINDS
async def test_later_pulls_bring_what_is_new_and_what_was_withdrawn(kind: Kind) -> None:
    async with served(kind.server(items(*WORDS))) as server:
        first = await pages_of(kind.provider(server.base), server)
        now = int(time.time()) - 60
        server.set("flute", now)
        server.set("drum", now, gone=True)
        later = await pages_of(kind.provider(server.base), server, first[-1].checkpoint, later=60)
    assert words_known(later, "flute", "drum") == {"flute"}
    gone = [change.key for page in later for change in page.changes if not change.entries]
    assert len(gone) == 1
    assert gone[0] in {change.key for page in first for change in page.changes}, "it is named as it was before"


@KINDS
async def test_a_pull_goes_on_behind_any_page(kind: Kind) -> None:
    async with served(kind.server(items(*WORDS))) as server:
        whole = await pages_of(kind.provider(server.base), server)
        for stop in range(1, len(whole)):
            begun = await pages_of(kind.provider(server.base), server, stop_after=stop)
            rest = await pages_of(kind.provider(server.base), server, begun[-1].checkpoint)
            assert len(rest) <= len(whole) - stop + 1, (stop, begun, rest)
            assert words_known(begun + rest, *WORDS) == set(WORDS)


@KINDS
async def test_a_page_that_breaks_off_is_told_of_and_passed_by(kind: Kind) -> None:
    async with served(kind.server(items(*WORDS))) as server:
        server.spoil = nth(2, cut(server, 0.55))
        pages = await pages_of(kind.provider(server.base), server)
        assert [bool(page.problem) for page in pages][:2] == [False, True]
        assert "breaks off" in pages[1].problem
        assert pages[1].number == 2
        assert (pages[-1].missing, pages[-1].awaited) == (1, 1)
        server.spoil = lambda _request: None
        later = await pages_of(kind.provider(server.base), server, pages[-1].checkpoint)
        assert later[-1].missing == 0, "what was in quarantine has been read"
        assert words_known(pages + later, *WORDS) == set(WORDS)


@KINDS
async def test_a_page_that_breaks_off_once_is_asked_for_again(kind: Kind) -> None:
    async with served(kind.server(items(*WORDS))) as server:
        server.spoil = nth(2, cut(server), times=1)
        pages = await pages_of(kind.provider(server.base), server)
        assert not any(page.problem or page.missing for page in pages)
        assert words_known(pages, *WORDS) == set(WORDS)


@KINDS
async def test_a_feed_whose_very_first_page_breaks_off_goes_on_all_the_same(kind: Kind) -> None:
    async with served(kind.server(items(*WORDS))) as server:
        bad = md5_of("lantern"), pdq_of("lantern")
        whole = server.answer

        def spoil(request: web.Request) -> web.Response | None:
            body = whole(request).body
            assert isinstance(body, bytes)
            place = max(body.decode().find(digest) for digest in bad)
            return web.Response(body=body[:place]) if place > 0 else None

        server.spoil = spoil
        pages = await pages_of(kind.provider(server.base), server)
        assert words_known(pages, *WORDS) >= set(WORDS) - {"lantern", "kite"}
        assert pages[-1].missing >= 1
        mended: list[Item] = list(server.items)
        server.items, server.spoil = mended, lambda _request: None
        later = await pages_of(kind.provider(server.base), server, pages[-1].checkpoint)
        assert words_known(pages + later, *WORDS) == set(WORDS)
        assert later[-1].missing == 0


@KINDS
async def test_what_stays_broken_is_tried_again_three_times_and_stays_counted(kind: Kind) -> None:
    async with served(kind.server(items(*WORDS))) as server:
        broken = nth(2, cut(server), times=10_000)
        first_bad: list[str] = []

        def spoil(request: web.Request) -> web.Response | None:
            found = broken(request) if not first_bad else None
            body = server.answer(request).body
            assert isinstance(body, bytes)
            is_bad = any(digest in body.decode() for digest in (md5_of("drum"), pdq_of("drum")))
            return found or (web.Response(body=b"{") if is_bad else None)

        server.spoil = spoil
        pages = await pages_of(kind.provider(server.base), server)
        missing = pages[-1].missing
        assert missing
        checkpoint = pages[-1].checkpoint
        asked, later = [], pages
        for day in range(1, 6):
            before = len(server.asked)
            later = await pages_of(kind.provider(server.base), server, checkpoint, later=day * 86_400)
            checkpoint = later[-1].checkpoint
            asked.append(len(server.asked) - before)
            assert later[-1].missing >= 1
        assert asked[-1] < asked[0], "in the end nobody asks for it any more"
        assert (pages[-1].awaited, later[-1].awaited) == (missing, 0)


@KINDS
@pytest.mark.parametrize(
    "garbage", [b"<html>sign in</html>", b'{"error": "kites"}', b"", b"[" * 50_000, b"\xff\xfe\x00"]
)
async def test_a_feed_of_garbage_ends_with_one_code_and_no_page(kind: Kind, garbage: bytes) -> None:
    async with served(kind.server(items(*WORDS))) as server:
        server.spoil = lambda _request: web.Response(body=garbage)
        with pytest.raises(AskFailed, match=r"^garbage$"):
            await pages_of(kind.provider(server.base), server)
        assert len(server.asked) < 4 * pulling.IN_A_ROW


@KINDS
@pytest.mark.parametrize(
    ("code", "said"),
    [(401, "credentials"), (403, "credentials"), (500, "http_500"), (503, "http_503"), (404, "http_404")],
)
async def test_a_refusal_in_the_middle_is_a_code_and_the_pages_before_stay(kind: Kind, code: int, said: str) -> None:
    async with served(kind.server(items(*WORDS))) as server:
        server.spoil = nth(3, status(code), times=1)
        found: list[FeedPage] = []
        with pytest.raises(AskFailed, match=rf"^{said}$"):
            await pages_of(kind.provider(server.base), server, into=found)
        assert len(found) == 2
        rest = await pages_of(kind.provider(server.base), server, found[-1].checkpoint)
        assert words_known(found + rest, *WORDS) == set(WORDS)


@KINDS
async def test_who_asks_to_wait_is_heard(kind: Kind) -> None:
    async with served(kind.server(items(*WORDS))) as server:
        for header, wait in (("120", 120), ("", None), ("99999999999999", 86_400)):
            server.spoil = status(429, **({"Retry-After": header} if header else {}))
            with pytest.raises(AskFailed, match=r"^wait$") as caught:
                await pages_of(kind.provider(server.base), server)
            assert caught.value.wait == wait


@KINDS
async def test_nobody_follows_elsewhere(kind: Kind) -> None:
    async with served(kind.server(items(*WORDS))) as server, served(kind.server(items(*WORDS))) as other:
        server.spoil = status(302, Location=other.base + "/v2/entries")
        with pytest.raises(AskFailed, match=r"^redirect$"):
            await pages_of(kind.provider(server.base), server)
        assert other.asked == []


@KINDS
async def test_an_answer_without_end_is_not_read_to_it(kind: Kind, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "MAX_ANSWER", 1 << 16)
    async with served(kind.server(items(*WORDS))) as server:
        server.spoil = lambda _request: web.Response(body=b" " * (1 << 20))
        with pytest.raises(AskFailed, match=r"^too_large$"):
            await pages_of(kind.provider(server.base), server)


@KINDS
async def test_a_server_that_is_not_there_is_a_code(kind: Kind) -> None:
    async with served(kind.server(items(*WORDS))) as server:
        pass
    with pytest.raises(AskFailed, match=r"^unreachable$"):
        await pages_of(kind.provider(server.base), server)


@KINDS
async def test_a_clock_that_is_far_off_is_told(kind: Kind) -> None:
    async with served(kind.server(items(*WORDS))) as server:
        server.spoil = lambda request: _dated(server.answer(request), "Wed, 01 Jan 2025 00:00:00 GMT")
        with pytest.raises(AskFailed, match=r"^clock$"):
            await pages_of(kind.provider(server.base), server)


@KINDS
async def test_the_guard_stands_before_every_feed(kind: Kind) -> None:
    async with served(kind.server(items(*WORDS))) as server:
        async with guarded_session(EgressPolicy(enrolled=False), user_agent=USER_AGENT) as session:
            puller = Puller(session=session, provider=kind.provider(server.base), source=("test",))
            with pytest.raises(EgressRefused):
                [page async for page in puller.pages("", Traffic())]
        assert server.asked == []


@KINDS
async def test_the_checkpoint_of_another_feed_is_not_gone_on_with(kind: Kind) -> None:
    async with served(kind.server(items(*WORDS))) as server, served(kind.server(items(*WORDS))) as other:
        pages = await pages_of(kind.provider(server.base), server)
        for strange in (pages[-1].checkpoint, "{}", "[" * 9_999, '{"source": 1}', "no json"):
            anew = await pages_of(kind.provider(other.base), other, strange)
            assert anew[0].begins_anew
            assert words_known(anew, *WORDS) == set(WORDS)


@KINDS
async def test_no_checkpoint_and_no_page_holds_a_secret(kind: Kind) -> None:
    async with served(kind.server(items(*WORDS))) as server:
        pages = await pages_of(kind.provider(server.base), server)
        provider = kind.provider(server.base)
    for text in (*(page.checkpoint for page in pages), repr(pages), repr(provider)):
        assert SECRET not in text
        assert USER not in text


async def test_ncmec_is_read_in_no_order_of_time_and_by_member() -> None:
    server = NcmecServer([Item(word="kite", at=START), Item(word="kite", at=START, member="7")])
    async with served(server):
        [page] = await pages_of(NCMEC.provider(server.base), server)
        assert [change.key for change in page.changes] == ["42 kite", "7 kite"]
        assert {entry.ref for change in page.changes for entry in change.entries} == {"42 kite", "7 kite"}
        assert page.passed_over == {"PhotoDNA hashes": 2}


async def test_ncmec_shortens_a_stretch_that_holds_too_much(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("exchange.clients.ncmec.HUGE", 3)
    async with served(NcmecServer(items(*WORDS))) as server:
        pages = await pages_of(NCMEC.provider(server.base), server)
        assert words_known(pages, *WORDS) == set(WORDS)
        spans = {(request.query["from"], request.query["to"]) for request in server.asked}
        assert len(spans) > 2


async def test_what_threatexchange_has_forgotten_is_read_anew() -> None:
    async with served(ThreatExchangeServer(items(*WORDS))) as server:
        pages = await pages_of(THREATEXCHANGE.provider(server.base), server)
        async with guarded_session(LOOPBACK_ONLY, user_agent=USER_AGENT) as session:
            late = Puller(
                session=session,
                provider=THREATEXCHANGE.provider(server.base),
                source=("test", server.base),
                clock=lambda: time.time() + 86 * 86_400,
            )
            anew = [page async for page in late.pages(pages[-1].checkpoint, Traffic())]
    assert anew[0].begins_anew
    assert words_known(anew, *WORDS) == set(WORDS)


async def test_what_cannot_be_used_is_refused_by_page() -> None:
    server = StopNciiServer(items("kite", "lantern", "drum"), page=3)
    whole = server.record

    def record(each: Item) -> object:
        spoiled = {"kite": {"hashValue": "xyz"}, "lantern": {"hashValue": "0" * 64}}
        return {**whole(each), **spoiled.get(each.word, {})}

    server.record = record  # type: ignore[method-assign,assignment]  # one that is wrong in two ways
    async with served(server):
        [page] = await pages_of(STOPNCII.provider(server.base), server)
    assert [(row.unit, row.line) for row in page.refused] == [("Page", 1), ("Page", 1)]
    assert "64 hex digits" in page.refused[0].problem
    assert "far from half" in page.refused[1].problem
    assert words_known([page], "drum") == {"drum"}


async def test_a_page_that_names_itself_as_the_next_is_passed_by() -> None:
    async with served(StopNciiServer(items(*WORDS))) as server:

        def spoil(request: web.Request) -> web.Response | None:
            if request.query.get("nextPageToken") != "token-2" or request.query["startTimestamp"] != "10":
                return None
            return as_json({"nextPageToken": "token-2", "hasMoreRecords": True, "hashRecords": []})

        server.spoil = spoil
        pages = await pages_of(STOPNCII.provider(server.base), server)
    assert "itself" in next(page.problem for page in pages if page.problem)
    assert len(pages) < 10


def _dated(response: web.Response, date: str) -> web.Response:
    response.headers["Date"] = date
    return response
