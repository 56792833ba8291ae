"""The served pages, as a scraper meets them."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from urllib.parse import urlsplit

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from selectolax.lexbor import LexborHTMLParser, LexborNode
from telethon import TelegramClient
from telethon.sessions import StringSession

from demo.building import EDIT_AT, LANTERNS, LIVE_SECONDS, build_world
from demo.gallery import Gallery
from demo.platform import Site
from demo.process import Served
from demo.shop import REPLACE_AT, WINDOW
from demo.world import World

ANCHOR = datetime(2031, 5, 4, 12, 0, tzinfo=UTC)
MESSAGE = ".tgme_widget_message_wrap > .tgme_widget_message"


async def page(client: aiohttp.ClientSession, path: str) -> LexborHTMLParser:
    async with client.get(path) as answer:
        assert answer.status == 200
        assert answer.content_type == "text/html"
        return LexborHTMLParser(await answer.text())


async def whole_channel(client: aiohttp.ClientSession, name: str) -> list[LexborNode]:
    """Return every message of a channel, newest page first, by its own paging links."""
    nodes, path = list[LexborNode](), f"/s/{name}"
    while path:
        tree = await page(client, path)
        nodes += tree.css(MESSAGE)
        more = tree.css_first("a.tme_messages_more[data-before]")
        path = f"/s/{name}?before={more.attributes['data-before']}" if more else ""
    return nodes


def number(node: LexborNode) -> str:
    return str(node.attributes["data-post"]).rpartition("/")[2]


def is_service(node: LexborNode) -> bool:
    return "service_message" in str(node.attributes["class"]).split()


def background(node: LexborNode | None) -> str:
    assert node is not None
    found = re.search(r"url\('([^']+)'\)", str(node.attributes["style"]))
    assert found is not None
    return found.group(1)


async def test_the_line_is_the_contracts(served: Served) -> None:
    line = served.line
    assert {"allow_networks", "telegram_web_base", "targets", "hash_list", "served"} <= set(line)
    assert served.allow_networks == "127.0.0.0/8"
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+", served.telegram_web_base)
    assert set(served.posts) == set(served.targets)
    assert len([target for target in served.targets if target.startswith("https://t.me/")]) >= 3
    assert {each["kind"] for each in served.planted} == {"exact", "near", "text"}
    for each in served.planted:
        assert each["post"] in served.posts[each["target"]]
    [again] = served.line["served"]["reposts"]
    for each in (again, again["first"]):
        assert each["post"] in served.posts[each["target"]]
    assert again["first"]["post"] in {each["post"] for each in served.planted if each["kind"] == "text"}
    for target in served.targets:
        if target.startswith(served.telegram_web_base):
            assert served.posts[target] == [target]


async def test_the_closed_channel_is_served_to_an_account(served: Served) -> None:
    told = served.line["telegram"]
    assert set(told) == {"session", "api_id", "api_hash", "targets", "served"}
    [target] = told["targets"]
    assert target == served.line["no_preview"]
    assert {each["kind"] for each in told["served"]["planted"]} == {"exact", "near"}
    assert {each["post"] for each in told["served"]["planted"]} <= set(told["served"]["posts"][target])
    rows = served.hash_list.read_text(encoding="utf-8")
    assert all(each["hash"] in rows for each in told["served"]["planted"])
    async with TelegramClient(StringSession(told["session"]), told["api_id"], told["api_hash"]) as client:
        name = target.rpartition("/")[2]
        numbers = {str(message.id) async for message in client.iter_messages(name, wait_time=0) if not message.action}
    assert set(told["served"]["posts"][target]) == numbers


async def test_paging_backwards_meets_every_post_once(served: Served, client: aiohttp.ClientSession) -> None:
    for target, posts in served.posts.items():
        if target.startswith("https://t.me/"):
            nodes = await whole_channel(client, target.rpartition("/")[2])
            met = [number(node) for node in nodes if not is_service(node)]
            assert sorted(met, key=int) == posts
            assert any(is_service(node) for node in nodes)


async def test_paging_forwards_meets_every_post_once(served: Served, client: aiohttp.ClientSession) -> None:
    met, after = list[str](), "0"
    while after:
        tree = await page(client, f"/s/{LANTERNS}?after={after}")
        numbers = [number(node) for node in tree.css(MESSAGE)]
        assert numbers == sorted(numbers, key=int)
        assert len(numbers) <= 20
        met += [number(node) for node in tree.css(MESSAGE) if not is_service(node)]
        more = tree.css_first("a.tme_messages_more[data-after]")
        after = str(more.attributes["data-after"]) if more else ""
    assert met == served.posts[f"https://t.me/{LANTERNS}"]


async def test_every_post_has_a_page_of_its_own_and_a_missing_one_says_so(
    served: Served, client: aiohttp.ClientSession
) -> None:
    for post in served.posts[f"https://t.me/{LANTERNS}"]:
        (node,) = (await page(client, f"/{LANTERNS}/{post}?embed=1")).css(MESSAGE)
        assert number(node) == post
    missing = await page(client, f"/{LANTERNS}/999999?embed=1")
    assert missing.css(MESSAGE) == []
    (error,) = missing.css(".tgme_widget_message_error")
    assert error.text() == "Post not found"


async def test_a_message_reads_like_the_originals(client: aiohttp.ClientSession) -> None:
    tree = await page(client, f"/s/{LANTERNS}")
    assert tree.css_first(".tgme_channel_info .tgme_channel_info_header_title") is not None
    ids = set()
    for node in tree.css(MESSAGE):
        assert str(node.attributes["data-post"]).startswith(f"{LANTERNS}/")
        view = str(node.attributes["data-view"])
        told = json.loads(base64.urlsafe_b64decode(view + "=" * (-len(view) % 4)))
        assert str(told["p"]).rstrip("g") == number(node)
        ids.add(told["c"])
        date = node.css_first(".tgme_widget_message_date time[datetime]")
        assert date is not None
        assert datetime.fromisoformat(str(date.attributes["datetime"])) < ANCHOR
        assert is_service(node) or node.css_first(".tgme_widget_message_views") is not None
    assert len(ids) == 1
    assert ids.pop() < 0


async def test_every_kind_of_message_has_its_elements(served: Served, client: aiohttp.ClientSession) -> None:
    nodes = await whole_channel(client, LANTERNS)
    for selector in (
        "a.tgme_widget_message_forwarded_from_name[href]",
        ".tgme_widget_message_from_author",
        ".tgme_widget_message_edited",
        ".tgme_widget_message_video_player video[src]",
        "a.tgme_widget_message_link_preview .link_preview_image",
        ".message_media_not_supported",
        ".tgme_widget_message_text a[href]",
    ):
        assert any(node.css_first(selector) for node in nodes), selector
    albums = [node for node in nodes if node.css(".tgme_widget_message_grouped_wrap")]
    assert albums
    for album in albums:
        view = str(album.attributes["data-view"])
        assert json.loads(base64.urlsafe_b64decode(view + "=" * (-len(view) % 4)))["p"] == f"{number(album)}g"
        hrefs = [str(photo.attributes["href"]) for photo in album.css("a.tgme_widget_message_photo_wrap")]
        first = int(number(album))
        assert hrefs == [f"https://t.me/{LANTERNS}/{first + part}?single" for part in range(3)]
    photos = [photo for node in nodes for photo in node.css("a.tgme_widget_message_photo_wrap")]
    identities = [re.findall(r"(?<!\S)(\d+) (\d+_\d+)(?!\S)", str(photo.attributes["class"])) for photo in photos]
    assert all(len(found) == 1 for found in identities)
    assert len({found[0] for found in identities}) == len(photos)
    assert len({background(photo) for photo in photos}) == len(photos)
    assert all(background(photo).startswith(f"{served.telegram_web_base}/file/") for photo in photos)


async def test_pictures_films_and_thumbnails_are_served(client: aiohttp.ClientSession) -> None:
    nodes = await whole_channel(client, LANTERNS)
    player = next(found for node in nodes if (found := node.css_first(".tgme_widget_message_video_player")))
    photo = next(found for node in nodes if (found := node.css_first("a.tgme_widget_message_photo_wrap")))
    film = player.css_first("video")
    assert film is not None
    for url, kind in (
        (background(photo), "image/jpeg"),
        (background(player.css_first(".tgme_widget_message_video_thumb")), "image/jpeg"),
        (str(film.attributes["src"]), "video/mp4"),
    ):
        async with client.get(urlsplit(url).path) as answer:
            assert (answer.status, answer.content_type) == (200, kind)
            assert len(await answer.read()) > 1000


async def test_the_planted_picture_comes_byte_for_byte(served: Served, client: aiohttp.ClientSession) -> None:
    [about] = [each for each in served.planted if each["kind"] == "exact" and each["target"].endswith(LANTERNS)]
    [node] = [each for each in await whole_channel(client, LANTERNS) if number(each) == about["post"]]
    photo = node.css_first("a.tgme_widget_message_photo_wrap")
    async with client.get(urlsplit(background(photo)).path) as answer:
        assert hashlib.sha256(await answer.read()).hexdigest() == about["hash"]
    assert about["hash"] in served.hash_list.read_text()


async def test_the_planted_texts_read_plainly(served: Served, client: aiohttp.ClientSession) -> None:
    posts = {each["post"] for each in served.planted if each["kind"] == "text"}
    nodes = [node for node in await whole_channel(client, LANTERNS) if number(node) in posts]
    assert len(nodes) == len(posts) >= 2
    authors = set()
    for node in nodes:
        text, author = node.css_first(".tgme_widget_message_text"), node.css_first(".tgme_widget_message_from_author")
        assert text is not None
        assert author is not None
        assert re.search(r"Price \d+ USD, pay by transfer, message @lantern_clerk", text.text())
        assert not node.css("video, .link_preview_image")
        authors.add(author.text())
    assert len(authors) == 1


async def test_a_channel_without_preview_redirects(served: Served, client: aiohttp.ClientSession) -> None:
    name = str(served.line["no_preview"]).rpartition("/")[2]
    async with client.get(f"/s/{name}", allow_redirects=False) as answer:
        assert answer.status == 302
        assert answer.headers["Location"] == f"/{name}"
    tree = await page(client, f"/s/{name}")
    assert not tree.css(MESSAGE)


async def test_a_page_past_the_end_holds_nothing(client: aiohttp.ClientSession) -> None:
    for query in ("after=99999999999", "before=1"):
        tree = await page(client, f"/s/{LANTERNS}?{query}")
        assert not tree.css(f"{MESSAGE}, a.tme_messages_more")
    newest, odd = await page(client, f"/s/{LANTERNS}"), await page(client, f"/s/{LANTERNS}?before=x%0d")
    assert [number(node) for node in newest.css(MESSAGE)] == [number(node) for node in odd.css(MESSAGE)]


async def test_the_shop_shows_pictures_in_every_way(served: Served, client: aiohttp.ClientSession) -> None:
    listed = served.hash_list.read_text()
    for target in served.targets:
        if not target.startswith(served.telegram_web_base):
            continue
        tree = await page(client, urlsplit(target).path)
        canonical, cover = tree.css_first("link[rel=canonical]"), tree.css_first("meta[property='og:image']")
        assert canonical is not None
        assert cover is not None
        assert canonical.attributes["href"] == target
        planted = [each["hash"] for each in served.planted if each["target"] == target]
        found = []
        for source in [str(each.attributes["src"]) for each in tree.css("img[src]")]:
            if source.startswith("data:"):
                body = base64.b64decode(source.partition(",")[2], validate=True)
            else:
                async with client.get(source) as answer:
                    body = await answer.read()
            digest = hashlib.sha256(body).hexdigest()
            found += [digest] if digest in listed else []
        assert found == planted
        async with client.get(urlsplit(str(cover.attributes["content"])).path) as answer:
            assert answer.content_type == "image/jpeg"
    tree = await page(client, "/shop/kites")
    assert tree.css("img[src^='data:image/jpeg;base64,']")
    [wide] = tree.css("img[srcset]")
    for candidate in str(wide.attributes["srcset"]).split(", "):
        async with client.get(candidate.split()[0]) as answer:
            assert answer.status == 200


async def test_the_shop_has_a_shops_faults(client: aiohttp.ClientSession) -> None:
    tree = await page(client, "/shop/front")
    answers = {}
    for source in [str(each.attributes["src"]) for each in tree.css("img[src]")]:
        async with client.get(source) as answer:
            answers[source] = (answer.status, answer.content_type)
    assert answers["/media/stand-in.jpg"] == (200, "text/html")
    assert answers["/media/broken.jpg"] == (200, "image/jpeg")
    assert answers["/media/missing.jpg"][0] == 404
    assert answers[WINDOW] == (200, "image/webp")
    for path in ("/shop/nowhere", "/media/nowhere.jpg", "/file/nowhere.jpg", "/"):
        async with client.get(path) as answer:
            assert answer.status == 404


async def test_every_request_is_counted(client: aiohttp.ClientSession) -> None:
    async with client.get("/_log?reset=1"):
        pass
    for path in (f"/s/{LANTERNS}", f"/s/{LANTERNS}?before=50", "/media/missing.jpg"):
        async with client.get(path):
            pass
    async with client.get("/_log") as answer:
        assert await answer.json() == {f"/s/{LANTERNS}": 2, "/media/missing.jpg": 1}
    async with client.get("/_log?reset=1"), client.get("/_log") as answer:
        assert await answer.json() == {}


class Clock:
    """Seconds since the start, as the test says."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="module")
def live_world() -> World:
    return build_world(1, ANCHOR, live=True)


@pytest.fixture
async def live(live_world: World, clock: Clock) -> AsyncIterator[TestClient[web.Request, web.Application]]:
    site = Site(1, live_world, Gallery(1, live_world.pictures), clock)
    async with TestClient(TestServer(site.application())) as client:
        yield client


async def test_a_live_channel_grows(live: TestClient[web.Request, web.Application], clock: Clock) -> None:
    newest = []
    for clock.seconds in (0.0, LIVE_SECONDS / 2, LIVE_SECONDS):
        async with live.get(f"/s/{LANTERNS}") as answer:
            newest.append(int(number(LexborHTMLParser(await answer.text()).css(MESSAGE)[-1])))
    assert newest[0] < newest[1] < newest[2]


async def test_a_live_post_is_edited(
    live: TestClient[web.Request, web.Application], live_world: World, clock: Clock
) -> None:
    [post] = [each for each in live_world.channels[LANTERNS].messages if each.edit]
    seen = []
    for clock.seconds in (EDIT_AT - 0.1, EDIT_AT):
        async with live.get(f"/s/{LANTERNS}?after={post.id - 1}") as answer:
            node = LexborHTMLParser(await answer.text()).css(MESSAGE)[0]
        text = node.css_first(".tgme_widget_message_text")
        assert text is not None
        assert number(node) == str(post.id)
        seen.append((text.text(), bool(node.css(".tgme_widget_message_edited"))))
    assert post.edit is not None
    assert (seen[0][1], seen[1]) == (False, (post.edit.text, True))
    assert seen[0][0] != seen[1][0]


async def test_a_live_picture_is_replaced(live: TestClient[web.Request, web.Application], clock: Clock) -> None:
    shown = []
    for clock.seconds in (0.0, REPLACE_AT - 0.1, REPLACE_AT):
        async with live.get(WINDOW) as answer:
            assert answer.content_type == "image/webp"
            shown.append(await answer.read())
    assert shown[0] == shown[1] != shown[2]
