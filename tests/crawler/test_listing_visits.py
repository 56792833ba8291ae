"""Visits to what one owner posts, the same for Mastodon, Bluesky and Lemmy."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from aiohttp import web

from crawler.visit import Limits
from domain.errors import VisitEnded
from domain.observations import Platform, Traffic
from domain.trail import Trail
from tests.crawler.listings import (
    ACCOUNT,
    COMMUNITY,
    DID,
    Bluesky,
    Interface,
    Lemmy,
    Mastodon,
    asked_of,
    names,
    seen,
    status_of,
)
from tests.crawler.visiting import ending_of, look, source_for
from tests.net.loopback import serving

OWNERS = {Platform.MASTODON: ACCOUNT, Platform.BLUESKY: DID, Platform.LEMMY: str(COMMUNITY)}
every = pytest.mark.parametrize("kind", [Mastodon, Bluesky, Lemmy])


def cursor_after(interface: Interface, number: int, floor: int = 0) -> str:
    """Return the cursor of a visit that came as far as a post."""
    ranks = [rank_in(interface, each) if each else (0, "") for each in (number, floor)]
    return Trail(owner=OWNERS[interface.platform], position=ranks[0], floor=ranks[1]).at(ranks[0])


def rank_in(interface: Interface, number: int) -> tuple[int, str]:
    name = interface.name_of(number)
    if isinstance(interface, Lemmy):
        return (number, "")
    if isinstance(interface, Mastodon):
        return (len(name), name)
    return (1_777_593_600_000_000 + number * 3_600_000_000, name)  # hours after FIRST_HOUR


@every
async def test_a_first_visit_reads_backfill_posts_oldest_first(kind: type[Interface]) -> None:
    interface = kind(ids=list(range(1001, 1601)))
    async with asked_of(interface) as (server, source):
        traffic = Traffic()
        pages = await look(source, interface.target(server.base, backfill=230), traffic)
        assert seen(pages) == names(interface, range(1371, 1601))
        assert [page.is_newest for page in pages] == [False] * (len(pages) - 1) + [True]
        assert not any(page.is_after_gap for page in pages)
        assert pages[-1].cursor == cursor_after(interface, 1600, floor=1370)
        # Who it is, and each page once: what a usual visit passes stays in hand.
        assert len(server.requests) == traffic.requests == 1 + -(-231 // interface.per_page)
        assert traffic.bytes > 0


@every
async def test_posts_below_the_floor_are_left_alone_on_later_visits(kind: type[Interface]) -> None:
    interface = kind(ids=list(range(1001, 1021)))
    async with asked_of(interface) as (server, source):
        pages = await look(source, interface.target(server.base, backfill=5))
        assert seen(pages) == names(interface, range(1016, 1021))
        interface.ids.append(1021)
        again = await look(source, interface.target(server.base, cursor=pages[-1].cursor))
        assert seen(again) == names(interface, range(1016, 1022))
        assert seen(await look(source, interface.target(server.base, backfill=0))) == []


@every
async def test_a_backfill_from_a_day_begins_with_its_first_post(kind: type[Interface]) -> None:
    interface = kind(ids=list(range(1001, 1401)))  # one an hour, post 1001 at 2026-06-11T17:00Z
    async with asked_of(interface) as (server, source):
        target = replace(interface.target(server.base), backfill_since=date(2026, 6, 20))
        assert seen(await look(source, target)) == names(interface, range(1200, 1401))


@every
async def test_without_backfill_everything_is_read_and_long_histories_within_bounds(kind: type[Interface]) -> None:
    interface = kind(ids=[number for number in range(1001, 3001) if number % 7])
    async with asked_of(interface) as (server, source):
        pages = await look(source, interface.target(server.base, backfill=None))
        assert seen(pages) == names(interface, interface.ids)
        cursors = [Trail.parsed(page.cursor or "").position for page in pages]
        assert cursors == sorted(set(cursors))
        assert not any(page.is_after_gap for page in pages)


@every
async def test_a_quiet_visit_is_one_conditional_question(kind: type[Interface]) -> None:
    interface = kind(ids=list(range(1001, 1011)))
    async with asked_of(interface) as (server, source):
        first = await look(source, interface.target(server.base))
        server.requests.clear()
        traffic = Traffic()
        target = interface.target(server.base, cursor=first[-1].cursor, recall=first[-1].recall)
        assert await look(source, target, traffic) == []
        assert (traffic.requests, traffic.bytes) == (1, 0)
        assert [request.path for request in server.requests] == [interface.list_path]
        assert server.requests[0].headers["If-None-Match"].startswith('W/"')


@every
async def test_a_later_visit_goes_on_from_the_cursor_and_shows_the_newest_page_again(kind: type[Interface]) -> None:
    interface = kind(ids=list(range(1001, 1301)))
    async with asked_of(interface) as (server, source):
        target = interface.target(server.base, cursor=cursor_after(interface, 1150))
        pages = await look(source, target)
        assert seen(pages) == names(interface, range(1151, 1301))
        server.requests.clear()
        again = await look(source, interface.target(server.base, cursor=pages[-1].cursor))
        assert seen(again) == names(interface, interface.ids[-interface.per_page :])
        assert [page.cursor for page in again] == [pages[-1].cursor]
        assert len(server.requests) == 1


@every
async def test_what_came_while_pages_were_read_is_read_by_the_next_visit(kind: type[Interface]) -> None:
    interface = kind(ids=list(range(1001, 1301)))
    async with asked_of(interface) as (server, source):
        target = interface.target(server.base, cursor=cursor_after(interface, 1010))
        async with aclosing(source.pages(target, Traffic())) as pages:
            read = [await anext(pages)]
            interface.ids += [1301, 1302]
            read += [page async for page in pages]
        assert seen(read) == names(interface, range(1011, 1301))
        assert seen(await look(source, replace(target, cursor=read[-1].cursor)))[-2:] == names(interface, [1301, 1302])


@every
async def test_an_ended_visit_is_taken_up_where_it_was_committed(kind: type[Interface]) -> None:
    interface = kind(ids=list(range(1001, 2301)))  # more pages than are kept in hand
    async with asked_of(interface) as (server, source):
        async with aclosing(source.pages(interface.target(server.base, backfill=None), Traffic())) as pages:
            read = [await anext(pages), await anext(pages)]
        read += await look(source, interface.target(server.base, cursor=read[-1].cursor))
        assert seen(read) == names(interface, interface.ids)


@every
async def test_a_visit_passes_so_many_pages_and_says_what_it_may_have_missed(kind: type[Interface]) -> None:
    interface = kind(ids=list(range(1001, 1601)))
    async with asked_of(interface, Limits(timeout=5.0, pages=2)) as (server, source):
        pages = await look(source, interface.target(server.base, cursor=cursor_after(interface, 1010)))
        assert seen(pages) == names(interface, interface.ids[-3 * interface.per_page :])
        assert [page.is_after_gap for page in pages] == [True] + [False] * (len(pages) - 1)


@every
@pytest.mark.parametrize("trouble", ["never_pages", "closed_below"])
async def test_where_older_pages_cannot_be_had_the_newest_is_read_and_the_gap_told(
    kind: type[Interface], trouble: str
) -> None:
    interface = kind(ids=list(range(1001, 1301)))
    setattr(interface, trouble, True)
    async with asked_of(interface) as (server, source):
        (page,) = await look(source, interface.target(server.base, cursor=cursor_after(interface, 1010)))
        assert seen([page]) == names(interface, interface.ids[-interface.per_page :])
        assert page.is_after_gap
        assert page.is_newest
        assert len(server.requests) == 2


async def test_pages_by_number_are_read_where_a_server_names_none() -> None:
    for never_pages in (False, True):
        interface = Lemmy(ids=list(range(1001, 1301)), is_old=True, never_pages=never_pages)
        async with asked_of(interface) as (server, source):
            pages = await look(source, interface.target(server.base, cursor=cursor_after(interface, 1010)))
            first = 1251 if never_pages else 1011
            assert seen(pages) == names(interface, range(first, 1301))
            assert pages[0].is_after_gap is never_pages


@every
async def test_what_others_posted_is_left_out_and_hides_nothing(kind: type[Interface]) -> None:
    foreign = frozenset(range(1100, 1290))  # more than a page
    interface = kind(ids=list(range(1001, 1301)), foreign=foreign)
    async with asked_of(interface) as (server, source):
        pages = await look(source, interface.target(server.base, backfill=None))
        assert seen(pages) == names(interface, [number for number in interface.ids if number not in foreign])


async def test_what_is_pinned_does_not_look_like_the_end_of_what_is_new() -> None:
    interface = Lemmy(ids=list(range(1001, 1201)), pinned=frozenset({1005}))
    async with asked_of(interface) as (server, source):
        pages = await look(source, interface.target(server.base, cursor=cursor_after(interface, 1100)))
        assert [name for name in seen(pages) if name != "1005"] == names(interface, range(1101, 1201))


async def test_a_post_that_arrived_late_holds_nobody_up() -> None:
    """A federated post has the id of its arrival and the place of its time: post 1299 stands deep in the list."""

    class Late(Lemmy):
        def page(self, below: int | None) -> list[int]:
            order = list(range(1298, 1000, -1))
            order.insert(120, 1299)
            start = 0 if below is None else order.index(below) + 1
            return order[start : start + self.per_page]

    interface = Late()
    async with asked_of(interface) as (server, source):
        target = interface.target(server.base, cursor=cursor_after(interface, 1010))
        async with aclosing(source.pages(target, Traffic())) as pages:
            read = [await anext(pages) for _ in range(4)]
        assert "1299" in seen(read)
        assert Trail.parsed(read[-1].cursor or "").position < (1249, "")
        read += await look(source, replace(target, cursor=read[-1].cursor))
        assert set(seen(read)) == set(names(interface, range(1011, 1300)))


@every
async def test_an_owner_without_posts_is_a_page_without_posts(kind: type[Interface]) -> None:
    interface = kind()
    async with asked_of(interface) as (server, source):
        (page,) = await look(source, interface.target(server.base))
        assert (page.posts, page.is_newest) == ((), True)
        assert Trail.parsed(page.cursor or "").owner == OWNERS[kind.platform]
        interface.ids = [1001]
        assert seen(await look(source, interface.target(server.base, cursor=page.cursor))) == names(interface, [1001])


GONE = {
    Mastodon: "gone: account_suspended",
    Bluesky: "gone: account_taken_down",
    Lemmy: "gone: community_removed",
}


@every
async def test_an_owner_who_is_gone_is_told_from_one_who_is_silent(kind: type[Interface]) -> None:
    interface = kind(ids=[1001], owner_is_gone=True)
    async with asked_of(interface) as (server, source):
        assert await ending_of(source, interface.target(server.base)) == GONE[kind]
        later = interface.target(server.base, cursor=cursor_after(interface, 1001))
        assert await ending_of(source, later) == GONE[kind]


MISSING: list[tuple[type[Interface], int, Any, str]] = [
    (Mastodon, 404, {"error": "Record not found"}, "gone: account_not_found"),
    (Mastodon, 410, {"error": "Gone"}, "gone: account_suspended"),
    (Mastodon, 404, {"message": "kites"}, "error: not_this_platform"),
    (Mastodon, 404, {"error": {"code": "UNKNOWN_API_ENDPOINT"}}, "error: not_this_platform"),
    (Mastodon, 404, ["error"], "error: not_this_platform"),
    (Mastodon, 401, {"error": "This API requires an authenticated user"}, "restricted: needs_sign_in"),
    (Mastodon, 403, {"error": "This action is not allowed"}, "restricted: needs_sign_in"),
    (Mastodon, 422, {"error": "This method requires an authenticated user"}, "restricted: needs_sign_in"),
    (Mastodon, 400, {"error": "kites"}, "error: http_400"),
    (Bluesky, 400, {"error": "InvalidRequest", "message": "Profile not found"}, "gone: account_not_found"),
    (Bluesky, 400, {"error": "AccountDeactivated", "message": "Account is deactivated"}, "gone: account_deactivated"),
    (Bluesky, 400, {"error": "InvalidRequest", "message": "kites"}, "error: http_400"),
    (Bluesky, 401, {"error": "AuthenticationRequired"}, "restricted: needs_sign_in"),
    (Bluesky, 404, {"error": "XRPCNotSupported"}, "error: http_404"),
    (Lemmy, 400, {"error": "couldnt_find_community"}, "gone: community_not_found"),
    (Lemmy, 404, {"error": "couldnt_find_community"}, "gone: community_not_found"),
    (Lemmy, 400, {"error": "instance_is_private"}, "restricted: needs_sign_in"),
    (Lemmy, 404, {"error": "unknown", "message": "Record not found"}, "error: http_404"),
    (Lemmy, 400, {"error": "unknown"}, "error: http_400"),
]


@pytest.mark.parametrize(("kind", "status", "said", "ending"), MISSING)
async def test_an_error_of_the_interface_is_an_outcome(
    kind: type[Interface], status: int, said: Any, ending: str
) -> None:
    interface = kind(ids=[1001], errors={"/": (status, said)})
    async with asked_of(interface) as (server, source):
        assert await ending_of(source, interface.target(server.base)) == ending
        later = interface.target(server.base, cursor=cursor_after(interface, 1001))
        assert await ending_of(source, later) == ending


@every
@pytest.mark.parametrize(
    ("status", "ending"),
    [
        *((404, "error: not_this_platform"), (410, "error: not_this_platform"), (401, "restricted: http_401")),
        *((403, "restricted: http_403"), (429, "limited: http_429"), (500, "unreachable: http_500")),
        *((503, "unreachable: http_503"), (400, "error: http_400"), (200, "error: not_expected")),
    ],
)
async def test_whoever_does_not_speak_the_interface_is_never_believed_to_be_gone(
    kind: type[Interface], status: int, ending: str
) -> None:
    interface = kind(ids=[1001], errors={"/": (status, "<p>nothing here")})
    for cursor in (None, cursor_after(interface, 1001)):
        async with asked_of(interface) as (server, source):
            assert await ending_of(source, interface.target(server.base, cursor=cursor)) == ending


@every
@pytest.mark.parametrize("said", [{}, [], None, 7, "kites", [[]], [{}], {"posts": {}}, {"feed": [{"post": {}}]}])
async def test_what_is_not_of_the_shape_ends_in_a_code(kind: type[Interface], said: Any) -> None:
    interface = kind(ids=[1001], errors={kind.list_path: (200, said)})
    if isinstance(said, str) or (said == [] and kind is Mastodon):
        return  # a page of words, or an account without statuses
    async with asked_of(interface) as (server, source):
        assert await ending_of(source, interface.target(server.base)) == "error: malformed"


@every
async def test_a_post_is_looked_at_by_its_name(kind: type[Interface]) -> None:
    interface = kind(ids=list(range(1001, 1011)))
    async with asked_of(interface) as (server, source):
        for cursor in (cursor_after(interface, 1010), None):
            server.requests.clear()
            page = await source.post(interface.target(server.base, cursor=cursor), interface.name_of(1005), Traffic())
            assert page is not None
            assert seen([page]) == names(interface, [1005])
            assert page.cursor == cursor
            assert page.posts[0].container.endswith(interface.container)
            assert page.posts[0].text == "kite number 1005"
            assert len(server.requests) == (1 if cursor else 2)


@every
async def test_a_post_is_gone_only_where_the_platform_says_so(kind: type[Interface]) -> None:
    interface = kind(ids=[1001])
    async with asked_of(interface) as (server, source):
        target = interface.target(server.base, cursor=cursor_after(interface, 1001))
        assert await source.post(target, interface.name_of(1005), Traffic()) is None
        for status, said, ending in [
            *((404, "<p>no", "error: not_this_platform"), (500, "<p>no", "unreachable: http_500")),
            *((403, {"error": "kites"}, "restricted: needs_sign_in"), (200, {"kites": 1}, "error: malformed")),
        ]:
            interface.errors = {kind.post_path: (status, said)}
            with pytest.raises(VisitEnded, match=ending):
                await source.post(target, interface.name_of(1001), Traffic())


@pytest.mark.parametrize("flag", ["deleted", "removed"])
async def test_a_post_that_is_marked_is_gone(flag: str) -> None:
    post = {"id": 1001, "community_id": COMMUNITY, "name": "kite", flag: True}
    interface = Lemmy(errors={"/api/v3/post": (200, {"post_view": {"post": post}})})
    async with asked_of(interface) as (server, source):
        target = interface.target(server.base, cursor=cursor_after(interface, 1001))
        assert await source.post(target, "1001", Traffic()) is None


async def test_another_post_than_was_asked_for_is_no_answer() -> None:
    interface = Mastodon(errors={Mastodon.post_path: (200, status_of(1001))})
    async with asked_of(interface) as (server, source):
        target = interface.target(server.base, cursor=cursor_after(interface, 1001))
        with pytest.raises(VisitEnded, match="other_post"):
            await source.post(target, "1002", Traffic())


@every
@pytest.mark.parametrize("post", ["", "..", "5/..", "5?x=1", "٣", "5&id=6", "a b", "k" * 600])
async def test_a_name_that_no_post_has_is_never_fetched(kind: type[Interface], post: str) -> None:
    interface = kind(ids=[1001])
    async with asked_of(interface) as (server, source):
        target = interface.target(server.base, cursor=cursor_after(interface, 1001))
        if kind is Bluesky and post == "..":
            return  # within one value of a query it leads nowhere
        with pytest.raises(VisitEnded, match="bad_post"):
            await source.post(target, post, Traffic())
        assert server.requests == []


@every
@pytest.mark.parametrize(
    "cursor", ["", "12", "12:3", "[]", "{}", '["a", 1, "b", 2]', '["a", "1", "b", 2, "c"]', "[" * 9999]
)
async def test_a_cursor_that_nobody_here_wrote_asks_nothing(kind: type[Interface], cursor: str) -> None:
    interface = kind(ids=[1001])
    async with asked_of(interface) as (server, source):
        assert await ending_of(source, interface.target(server.base, cursor=cursor)) == "error: bad_cursor"
        assert server.requests == []


@every
async def test_nobody_is_sent_elsewhere(kind: type[Interface]) -> None:
    async def moved(_: web.Request) -> web.Response:
        return web.Response(status=302, headers={"Location": "https://rakes.example/"})

    async with serving(moved) as server, source_for(server.base) as source:
        assert await ending_of(source, kind().target(server.base)) == "moved: redirected"
        assert len(server.requests) == 1


async def test_media_are_read_in_the_smaller_size_first() -> None:
    interface = Mastodon(ids=[1001])
    async with asked_of(interface) as (server, source):
        (page,) = await look(source, interface.target(server.base))
        (media,) = page.posts[0].media
        assert (media.identity, media.url) == ("media:91001", f"{server.base}/full/1001.png")
        assert media.fuller is not None
        await asyncio.sleep(0)
        assert all("/small/" not in path and "/full/" not in path for path in server.paths)
