"""Visits to Reddit, Facebook and VK, as servers on loopback speak for them."""

from __future__ import annotations

import json
from base64 import b64encode
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from aiohttp import web

from crawler.platforms import Platforms, RedditLogin
from domain.errors import VisitEnded
from domain.observations import ObservedPage, Platform, Traffic
from domain.ports import SourceTarget
from tests.crawler.visiting import QUICK, ending_of, look, source_for
from tests.net.loopback import serving

TOKEN = "tin-kite-token"
LOCATORS = {
    Platform.REDDIT: "https://www.reddit.com/r/kites/",
    Platform.FACEBOOK: "https://www.facebook.com/oakboats",
    Platform.VK: "https://vk.com/club55",
}
START = datetime(2026, 3, 1, 8, tzinfo=UTC)


class Service:
    """Speaks for one platform: posts with the numbers it has, newest first, in pages; `fault` is said instead."""

    def __init__(self, platform: Platform, *numbers: int, page_size: int = 3) -> None:
        self.platform = platform
        self.numbers = sorted(numbers)
        self.page_size = page_size
        self.fault: tuple[int, Any] | None = None
        self.logins = 0
        self.said: list[str] = []

    def platforms(self, base: str) -> Platforms:
        return Platforms(
            reddit_base=base, reddit_login_base=base, reddit=RedditLogin(client_id="kite", secret="string"),
            facebook_base=base, facebook_token=TOKEN, vk_base=base, vk_token=TOKEN,
        )  # fmt: skip

    async def __call__(self, request: web.Request) -> web.Response:
        if request.path == "/api/v1/access_token":
            assert request.headers["Authorization"] == f"Basic {b64encode(b'kite:string').decode()}"
            assert await request.text() == "grant_type=client_credentials"
            self.logins += 1
            return web.json_response({"access_token": f"{TOKEN}-{self.logins}", "expires_in": 3600})
        said = request.headers.get("Authorization", "").removeprefix("Bearer ") or request.query.get("access_token", "")
        self.said.append(said)
        if self.fault is not None:
            return web.Response(status=self.fault[0], text=json.dumps(self.fault[1]), content_type="application/json")
        return web.json_response(getattr(self, self.platform.value)(request))

    def _page(self, start: int) -> tuple[list[int], int]:
        newest = self.numbers[::-1]
        return newest[start : start + self.page_size], start + self.page_size

    def reddit(self, request: web.Request) -> Any:
        if request.path.startswith("/by_id/t3_"):
            wanted = int(request.path.removeprefix("/by_id/t3_"), 36)
            found, older = [number for number in self.numbers if number == wanted], 10**6
        else:
            found, older = self._page(int(request.query.get("after", "0")))
        children = [
            {
                "kind": "t3",
                "data": {"id": base36(number), "title": f"kite {number}", "created_utc": posted(number).timestamp()},
            }
            for number in found
        ]
        return {"data": {"children": children, "after": str(older) if older < len(self.numbers) else None}}

    def facebook(self, request: web.Request) -> Any:
        rows = {
            number: {"id": f"5_{number}", "message": f"kite {number}", "created_time": posted(number).isoformat()}
            for number in self.numbers
        }
        if not request.path.endswith("/posts"):
            return rows[int(request.path.rpartition("_")[2])]
        found, older = self._page(int(request.query.get("after", "0")))
        more = {"next": f"http://kites.example/?access_token={TOKEN}"} if older < len(self.numbers) else {}
        return {"data": [rows[number] for number in found], "paging": {"cursors": {"after": str(older)}, **more}}

    def vk(self, request: web.Request) -> Any:
        assert request.query["v"] == "5.199"
        if request.path == "/method/wall.getById":
            wanted = int(request.query["posts"].removeprefix("-55_"))
            found = [number for number in self.numbers if number == wanted]
        else:
            assert request.query.get("owner_id", request.query.get("domain")) in {"-55", "rakes"}
            found, _ = self._page(int(request.query["offset"]))
        items = [
            {"id": number, "owner_id": -55, "date": int(posted(number).timestamp()), "text": f"kite {number}"}
            for number in found
        ]
        return {"response": {"count": len(self.numbers), "items": items}}


def base36(number: int) -> str:
    digits = "0123456789abcdefghijklmnopqrstuvwxyz"
    return (base36(number // 36) if number >= 36 else "") + digits[number % 36]


def posted(number: int) -> datetime:
    return START + timedelta(hours=number)


def target(platform: Platform, page: ObservedPage | None = None, **more: Any) -> SourceTarget:
    """Return a target as it is visited after a page of it was committed."""
    cursor, recall = (page.cursor, page.recall) if page else (None, None)
    found = SourceTarget(platform=platform, locator=LOCATORS[platform], cursor=cursor, recall=recall)
    return replace(found, **more)


def numbers(pages: list[ObservedPage]) -> list[list[int]]:
    return [[int(post.text.removeprefix("kite ")) for post in page.posts] for page in pages]


def flat(pages: list[ObservedPage]) -> list[int]:
    return [number for page in numbers(pages) for number in page]


each_platform = pytest.mark.parametrize("platform", LOCATORS)


@each_platform
async def test_a_first_visit_reads_all_pages_oldest_first_and_later_ones_what_is_new(platform: Platform) -> None:
    service = Service(platform, *range(1, 9))
    async with serving(service) as server, source_for(server.base, platforms=service.platforms(server.base)) as source:
        first = await look(source, target(platform))
        assert numbers(first) == [[1, 2], [3, 4, 5], [6, 7, 8]]
        assert [page.is_newest for page in first] == [False, False, True]
        assert not any(page.is_after_gap for page in first)
        service.numbers += [9, 10]
        second = await look(source, target(platform, first[-1]))
        assert numbers(second) == [[8, 9, 10]]  # the newest page shows changes of what it held before
        service.numbers += [11, 12, 13]
        third = await look(source, target(platform, second[-1]))
        assert numbers(third) == [[], [11, 12, 13]]
        assert TOKEN not in repr(third)


@each_platform
async def test_no_token_is_kept_or_said_where_it_could_be_read(platform: Platform) -> None:
    service = Service(platform, 1)
    async with serving(service) as server, source_for(server.base, platforms=service.platforms(server.base)) as source:
        (page,) = await look(source, target(platform))
        assert service.said[0].startswith(TOKEN)
        assert TOKEN not in page.capture.final_url
        assert TOKEN not in (page.recall or "")
        assert TOKEN not in repr(service.platforms(server.base))


@each_platform
@pytest.mark.parametrize(
    ("more", "seen"), [({"backfill": 2}, [7, 8]), ({"backfill": 0}, []), ({"backfill_since": date(2026, 3, 2)}, [])]
)
async def test_a_first_visit_begins_where_it_was_told_to(
    platform: Platform, more: dict[str, Any], seen: list[int]
) -> None:
    service = Service(platform, *range(1, 9))
    async with serving(service) as server, source_for(server.base, platforms=service.platforms(server.base)) as source:
        first = await look(source, target(platform, **more))
        assert flat(first) == seen
        service.numbers.append(9)
        assert flat(await look(source, target(platform, first[-1], **more))) == [*seen[-2:], 9]


@each_platform
async def test_what_scrolled_past_the_pages_of_a_visit_is_a_gap(platform: Platform) -> None:
    service = Service(platform, 1)
    limits = replace(QUICK, pages=2)
    platforms = service.platforms
    async with (
        serving(service) as server,
        source_for(server.base, limits=limits, platforms=platforms(server.base)) as source,
    ):
        (first,) = await look(source, target(platform))
        service.numbers = [1, *range(20, 40)]
        second = await look(source, target(platform, first))
        assert [page.is_after_gap for page in second] == [True, False]
        assert numbers(second) == [[34, 35, 36], [37, 38, 39]]


@each_platform
async def test_an_empty_place_is_nothing_new(platform: Platform) -> None:
    service = Service(platform)
    async with serving(service) as server, source_for(server.base, platforms=service.platforms(server.base)) as source:
        (page,) = await look(source, target(platform))
        assert (page.posts, page.cursor, page.is_newest) == ((), None, True)


@each_platform
async def test_without_a_token_nothing_is_asked(platform: Platform) -> None:
    service = Service(platform, 1)
    async with serving(service) as server, source_for(server.base, platforms=Platforms()) as source:
        assert await ending_of(source, target(platform)) == "limited: no_token"
        with pytest.raises(VisitEnded, match="limited: no_token"):
            await source.post(target(platform), "1", Traffic())
        assert server.requests == []


FAULTS = [
    (Platform.REDDIT, 401, {"message": "Unauthorized", "error": 401}, "limited: bad_token"),
    (Platform.REDDIT, 403, {"reason": "private", "error": 403}, "restricted: http_403"),
    (Platform.REDDIT, 404, {"reason": "banned", "error": 404}, "gone: http_404"),
    (Platform.REDDIT, 429, {}, "limited: http_429"),
    (Platform.REDDIT, 200, {"kites": []}, "error: malformed"),
    (Platform.FACEBOOK, 400, {"error": {"code": 190, "message": TOKEN}}, "limited: bad_token"),
    (Platform.FACEBOOK, 403, {"error": {"code": 4}}, "limited: rate_limit"),
    (Platform.FACEBOOK, 400, {"error": {"code": 100, "error_subcode": 33}}, "restricted: not_shown"),
    (Platform.FACEBOOK, 404, {"error": {"code": 803}}, "gone: no_such_page"),
    (Platform.FACEBOOK, 429, {}, "limited: http_429"),
    (Platform.FACEBOOK, 400, "kites", "error: malformed"),
    (Platform.VK, 200, {"error": {"error_code": 5, "error_msg": TOKEN}}, "limited: bad_token"),
    (Platform.VK, 200, {"error": {"error_code": 6}}, "limited: rate_limit"),
    (Platform.VK, 200, {"error": {"error_code": 15}}, "restricted: no_permission"),
    (Platform.VK, 200, {"error": {"error_code": 18}}, "gone: deleted_or_banned"),
    (Platform.VK, 200, {"response": {"items": [{"id": 1, "owner_id": 7}]}}, "restricted: wall_of_a_person"),
    (Platform.VK, 500, {}, "unreachable: http_500"),
]


@pytest.mark.parametrize(("platform", "status", "said", "ending"), FAULTS)
async def test_what_a_platform_refuses_is_an_outcome(platform: Platform, status: int, said: Any, ending: str) -> None:
    service = Service(platform, 1)
    service.fault = (status, said)
    async with serving(service) as server, source_for(server.base, platforms=service.platforms(server.base)) as source:
        assert await ending_of(source, target(platform)) == ending


async def test_one_token_serves_until_it_ends() -> None:
    service = Service(Platform.REDDIT, 1)
    async with serving(service) as server:
        platforms = service.platforms(server.base)
        async with source_for(server.base, platforms=platforms) as source:
            await look(source, target(Platform.REDDIT))
            await look(source, target(Platform.REDDIT))
            assert service.logins == 1
            assert platforms.reddit is not None
            platforms.reddit.until = datetime(2026, 1, 1, tzinfo=UTC)
            await look(source, target(Platform.REDDIT))
            assert service.said == [f"{TOKEN}-1", f"{TOKEN}-1", f"{TOKEN}-2"]


@pytest.mark.parametrize(
    ("answer", "ending"),
    [
        (web.Response(status=401), "limited: bad_token"),
        (web.Response(status=503), "unreachable: http_503"),
        (web.Response(text="<html>"), "limited: bad_token"),
        (web.json_response({"access_token": 7, "expires_in": 3600}), "limited: bad_token"),
        (web.json_response({"access_token": "kite\n", "expires_in": 3600}), "limited: bad_token"),
        (web.json_response({"access_token": "kite", "expires_in": "soon"}), "limited: bad_token"),
    ],
)
async def test_an_application_that_reddit_does_not_know_ends_the_visit(answer: web.Response, ending: str) -> None:
    async def refuse(_: web.Request) -> web.Response:
        return answer

    async with serving(refuse) as server:
        platforms = Service(Platform.REDDIT).platforms(server.base)
        async with source_for(server.base, platforms=platforms) as source:
            assert await ending_of(source, target(Platform.REDDIT)) == ending


async def test_one_post_is_looked_for_by_its_name() -> None:
    service = Service(Platform.REDDIT, 1, 40)
    async with serving(service) as server, source_for(server.base, platforms=service.platforms(server.base)) as source:
        page = await source.post(target(Platform.REDDIT), base36(40), Traffic())
        assert page is not None
        assert numbers([page]) == [[40]]
        assert await source.post(target(Platform.REDDIT), "zz", Traffic()) is None
        watched = target(Platform.REDDIT, locator=f"{LOCATORS[Platform.REDDIT]}comments/{base36(40)}/")
        assert numbers(await look(source, watched)) == [[40]]


@pytest.mark.parametrize("locator", ["https://vk.com/club55", "https://vk.com/rakes"])
async def test_one_post_of_a_wall_is_looked_for_by_its_number(locator: str) -> None:
    service = Service(Platform.VK, 1, 2)
    async with serving(service) as server, source_for(server.base, platforms=service.platforms(server.base)) as source:
        page = await source.post(target(Platform.VK, locator=locator), "2", Traffic())
        assert page is not None
        assert numbers([page]) == [[2]]
        with pytest.raises(VisitEnded, match="restricted: post_not_shown"):
            await source.post(target(Platform.VK, locator=locator), "9", Traffic())


async def test_one_post_of_a_page_is_looked_for_by_its_id() -> None:
    service = Service(Platform.FACEBOOK, 1, 2)
    async with serving(service) as server, source_for(server.base, platforms=service.platforms(server.base)) as source:
        page = await source.post(target(Platform.FACEBOOK), "5_2", Traffic())
        assert page is not None
        assert numbers([page]) == [[2]]


@each_platform
async def test_a_name_that_no_post_has_is_not_asked_for(platform: Platform) -> None:
    service = Service(platform, 1)
    async with serving(service) as server, source_for(server.base, platforms=service.platforms(server.base)) as source:
        with pytest.raises(VisitEnded, match="error: bad_post"):
            await source.post(target(platform), "../kite", Traffic())
        assert server.requests == []
