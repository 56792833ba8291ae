from __future__ import annotations

import json
from dataclasses import asdict, replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree  # type: ignore[import-untyped]  # lxml ships no annotations

from crawler.parse.dates import from_unix, moment
from crawler.parse.feed import MAX_POSTS, NotAFeed, SeenFeed, read_feed
from crawler.parse.page import TooComplex
from crawler.parse.xml import decoded, hardened
from crawler.spiders.feed import mark_of
from domain.errors import VisitEnded
from domain.observations import ObservedPage, Platform, Traffic
from domain.ports import SourceTarget
from tests.crawler.test_parsers import cases, expected, plain
from tests.crawler.visiting import ending_of, look, source_for
from tests.net.loopback import serving

URL = "https://kites.example/feed.xml"


def read(text: str) -> SeenFeed:
    return read_feed(text.encode(), url=URL)


def rss(*items: str) -> str:
    return f'<rss version="2.0"><channel><title>Kites</title>{"".join(items)}</channel></rss>'


def item(number: int, words: str = "") -> str:
    return (
        f"<item><guid>kite-{number}</guid><title>{words or f'kite number {number}'}</title>"
        f"<pubDate>{datetime(2026, 3, number, 8, tzinfo=UTC):%a, %d %b %Y %H:%M:%S} GMT</pubDate></item>"
    )


@pytest.mark.parametrize("case", cases("feed"), ids=lambda case: case.name)
def test_a_feed_is_read(case: Path) -> None:
    (path,) = case.glob("input.*")
    try:
        seen = plain(asdict(read_feed(path.read_bytes(), url=URL)))
    except NotAFeed:
        seen = {"error": "not_a_feed"}
    assert seen == expected(case)


LAUGHS = "".join(f'<!ENTITY k{n} "{f"&k{n - 1};" * 10 if n else "kites"}">' for n in range(12))
OUTSIDE = '<!ENTITY f SYSTEM "file:///etc/passwd"><!ENTITY % p SYSTEM "http://kites.example/p.dtd"> %p;'


@pytest.mark.parametrize("declared", [LAUGHS, OUTSIDE, '<!ENTITY a "]>">', "<!ELEMENT a (b)><!-- ]> -->"])
def test_nothing_that_a_document_declares_is_expanded_or_fetched(declared: str) -> None:
    said = rss('<item note="&k11;&f;"><guid>1</guid><title>blue &k11;&f;&a;kites</title></item>')
    (post,) = read(f'<?xml version="1.0"?><!DOCTYPE rss [{declared}]>{said}').posts
    assert post.text == "blue kites"


def test_the_parser_itself_expands_and_fetches_nothing() -> None:
    root = etree.fromstring(f"<!DOCTYPE a [{LAUGHS}{OUTSIDE}]><a>blue &k0;&k11;&f;</a>".encode(), hardened())
    assert root.text == "blue "
    assert "kites" not in "".join(root.itertext())


@pytest.mark.parametrize(
    "text", ["<rss><channel>" + "<item>" * 300, "<rss " + " ".join(f"a{n}='1'" for n in range(9_000)) + "/>"]
)
def test_what_is_built_to_be_slow_is_not_read(text: str) -> None:
    with pytest.raises(TooComplex):
        read(text)


@pytest.mark.parametrize(
    "text",
    ["", " ", "kites", "{}", "[]", '{"items": []}', '{"version": "https://jsonfeed.org/version/1.1"}', "<rss/>", "<a/>",
     "<html><body>kites</body></html>", "<!DOCTYPE rss [", '{"version": "kites", "items": 7}', "<" * 99, "{" * 9_999],
)  # fmt: skip
def test_what_is_no_feed(text: str) -> None:
    with pytest.raises(NotAFeed):
        read(text)


def test_a_feed_without_entries_is_one() -> None:
    assert read(rss()).posts == ()


def test_a_long_feed_is_read_as_far_as_its_newest() -> None:
    posts = read(rss(*(f"<item><guid>{n}</guid><title>kite</title></item>" for n in range(MAX_POSTS + 9)))).posts
    assert (len(posts), posts[0].post, posts[-1].post) == (MAX_POSTS, str(MAX_POSTS - 1), "0")


def test_one_entry_nested_beyond_reason_hides_no_other() -> None:
    deep = "&lt;div&gt;" * 400 + "oak boats"
    posts = read(rss(f"<item><guid>1</guid><description>{deep}</description></item>", item(2))).posts
    assert [post.post for post in posts] == ["kite-2", "1"]
    assert posts[1].text.endswith("oak boats")


def test_pictures_inside_an_entry_travel_beside_it() -> None:
    seen = read(
        rss("<item><guid>1</guid><description>&lt;img src='data:image/png;base64,a2l0ZXM='&gt;</description></item>")
    )
    (media,) = seen.posts[0].media
    assert media.url is None
    assert seen.untrusted_inline == {media.identity: b"kites"}


WHEN = datetime(2026, 3, 1, 8, 5, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    "spelt",
    ["Sun, 01 Mar 2026 08:05:09 GMT", "Sun, 1 Mar 26 08:05:09 +0000", "01 Mar 2026 15:05:09 +0700",
     " 2026-03-01T08:05:09Z",
     "Sun, 01 Mar 2026 03:05:09 EST", "2026-03-01T15:05:09+07:00", "2026-03-01T08:05:09.000Z", "2026-03-01 08:05:09",
     "2026-03-01 15:05:09 +07:00", "20260301T080509Z", "2026/03/01 08:05:09", "March 1, 2026 08:05:09",
     "Sunday, 01-Mar-26 08:05:09 GMT", "Sun Mar  1 08:05:09 2026"],
)  # fmt: skip
def test_a_date_in_any_usual_spelling(spelt: str) -> None:
    assert moment(spelt) == WHEN


@pytest.mark.parametrize("spelt", [None, "", "some day", "32 Mar 2026", "9" * 99, "0001-01-01T00:00:00+14:00", "-1"])
def test_what_is_no_date(spelt: str | None) -> None:
    assert moment(spelt) is None


@pytest.mark.parametrize("seconds", [None, "7", True, 1e300, float("nan"), 10**30])
def test_what_is_no_number_of_seconds(seconds: object) -> None:
    assert from_unix(seconds) is None


@given(st.text() | st.from_regex(r"[0-9]{1,6}[-/ ][0-9A-Za-z]{1,4}[-/ ][0-9]{1,6}[T ][0-9:.+-]{0,20}", fullmatch=True))
def test_no_spelling_breaks_the_reader_of_dates(spelt: str) -> None:
    found = moment(spelt)
    assert found is None or found.tzinfo is UTC


@pytest.mark.parametrize(
    ("untrusted", "content_type"),
    [
        ("kèo".encode("utf-16"), ""), ("\ufeffkèo".encode(), ""),
        ("kèo".encode("latin-1"), "text/xml; charset=latin-1"),
        ("kèo".encode("cp1252"), "text/xml; charset=utf-8"), ("kèo".encode(), "text/xml; charset=kites"),
        ("kèo".encode(), "text/xml; charset=hex"), ("kèo".encode("latin-1"), ""),
    ],
)  # fmt: skip
def test_bytes_are_read_in_the_encoding_that_fits(untrusted: bytes, content_type: str) -> None:
    assert decoded(untrusted, content_type) == "kèo"


PIECES = st.sampled_from(
    ["<rss>", "<channel>", "<item>", "</item>", "<title>", "</title>", "<guid>", "<link>", "<pubDate>", "<feed>",
     '<feed xmlns="http://www.w3.org/2005/Atom">', "<entry>", '<content type="xhtml">',
     '<link rel="enclosure" href="http://[">',
     "<media:group>", "&amp;", "&lt;b&gt;", "&kites;", "<![CDATA[", "]]>",
     "<!DOCTYPE a [", "<?xml", "\x00", "\ud7ff", "k"]
)  # fmt: skip


@given(st.lists(PIECES, max_size=40).map("".join) | st.text())
def test_no_text_breaks_the_reader(text: str) -> None:
    try:
        seen = read(text)
    except (NotAFeed, TooComplex):
        return
    assert all(post.post and post.url for post in seen.posts)


@given(st.binary(max_size=300), st.sampled_from(["", "text/xml; charset=utf-16", "text/xml; charset=idna"]))
def test_no_bytes_break_the_reader(untrusted: bytes, content_type: str) -> None:
    try:
        read_feed(untrusted, url=URL, content_type=content_type)
    except (NotAFeed, TooComplex):
        return


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=8,
)
ITEMS = st.dictionaries(
    st.sampled_from(
        ["id", "url", "title", "content_html", "date_published", "image", "attachments", "authors", "tags"]
    ),
    ANYTHING | st.lists(st.dictionaries(st.sampled_from(["url", "mime_type", "name"]), ANYTHING), max_size=2),
)


@given(st.lists(ITEMS | ANYTHING, max_size=4))
def test_no_json_breaks_the_reader(items: list[object]) -> None:
    seen = read(json.dumps({"version": "https://jsonfeed.org/version/1", "items": items}))
    assert all(post.post and post.url for post in seen.posts)


class Site:
    """A feed that says what it is told to."""

    def __init__(self, body: str, content_type: str = "application/rss+xml") -> None:
        self.body = body
        self.content_type = content_type

    async def __call__(self, request: web.Request) -> web.Response:
        headers = {"Content-Type": self.content_type, "ETag": f'"{mark_of(self.body)}"'}
        if request.headers.get("If-None-Match") == headers["ETag"]:
            return web.Response(status=304)
        return web.Response(body=self.body.encode(), headers=headers)


def feed_at(
    base: str, page: ObservedPage | None = None, backfill: int | None = None, since: date | None = None
) -> SourceTarget:
    """Return a feed as it is visited after a page of it was committed."""
    return SourceTarget(
        platform=Platform.FEED,
        locator=f"{base}/feed.xml",
        cursor=page.cursor if page else None,
        recall=page.recall if page else None,
        backfill=backfill,
        backfill_since=since,
    )


def names(page: ObservedPage) -> list[str]:
    return [post.post for post in page.posts]


async def test_visits_follow_a_feed() -> None:
    site = Site(rss(item(3), item(2), item(1)))
    async with serving(site) as server, source_for(server.base) as source:
        (first,) = await look(source, feed_at(server.base))
        assert names(first) == ["kite-1", "kite-2", "kite-3"]
        assert (first.is_newest, first.is_after_gap) == (True, False)
        traffic = Traffic()
        assert await look(source, feed_at(server.base, first), traffic) == []
        assert (traffic.requests, traffic.bytes) == (1, 0)
        site.body = rss(item(4), item(3, "mended"), item(2))
        (second,) = await look(source, feed_at(server.base, first))
        assert names(second) == ["kite-2", "kite-3", "kite-4"]
        assert not second.is_after_gap
        site.body = rss(item(9), item(8))
        (third,) = await look(source, feed_at(server.base, second))
        assert (names(third), third.is_after_gap) == (["kite-8", "kite-9"], True)
        site.body = rss()
        (fourth,) = await look(source, feed_at(server.base, third))
        assert (names(fourth), fourth.is_after_gap, fourth.cursor) == ([], False, third.cursor)


@pytest.mark.parametrize(
    ("backfill", "since", "begins"),
    [
        (2, None, 2),
        (0, None, 4),
        (None, None, 1),
        (200, None, 1),
        (None, date(2026, 3, 3), 3),
        (None, date(2027, 1, 1), 4),
    ],
)
async def test_a_first_visit_begins_where_it_was_told_to_and_the_next_does_not_go_behind_it(
    backfill: int | None, since: date | None, begins: int
) -> None:
    site = Site(rss(item(3), item(2), item(1)))
    async with serving(site) as server, source_for(server.base) as source:
        (first,) = await look(source, feed_at(server.base, backfill=backfill, since=since))
        assert names(first) == [f"kite-{n}" for n in range(begins, 4)]
        site.body = rss(item(4), item(3), item(2), item(1))
        (second,) = await look(source, feed_at(server.base, first, backfill=backfill, since=since))
        assert names(second) == [f"kite-{n}" for n in range(begins, 5)]
        assert not second.is_after_gap


async def test_one_entry_is_looked_for_in_the_whole_window() -> None:
    async with serving(Site(rss(item(2), item(1)))) as server, source_for(server.base) as source:
        target = replace(feed_at(server.base, backfill=1), named=mark_of)
        page = await source.post(target, mark_of("kite-1"), Traffic())
        assert page is not None
        assert (names(page), page.cursor) == (["kite-1", "kite-2"], None)
        with pytest.raises(VisitEnded, match="restricted: entry_scrolled_away"):
            await source.post(target, mark_of("kite-0"), Traffic())


@pytest.mark.parametrize(
    ("body", "content_type", "ending"),
    [
        ("<!DOCTYPE html><html><body>kites", "text/html", "error: not_a_feed"),
        ("kites", "text/plain", "error: not_a_feed"),
        ("kites", "image/png", "error: not_expected"),
        ("<rss><channel>" + "<item>" * 300, "text/xml", "error: too_complex"),
    ],
)
async def test_what_is_no_feed_ends_the_visit(body: str, content_type: str, ending: str) -> None:
    async with serving(Site(body, content_type)) as server, source_for(server.base) as source:
        assert await ending_of(source, feed_at(server.base)) == ending


@pytest.mark.parametrize(
    ("status", "ending"), [(404, "gone: http_404"), (410, "gone: http_410"), (429, "limited: http_429")]
)
async def test_what_a_feeds_server_refuses_is_an_outcome(status: int, ending: str) -> None:
    async def refuse(_: web.Request) -> web.Response:
        return web.Response(status=status)

    async with serving(refuse) as server, source_for(server.base) as source:
        assert await ending_of(source, feed_at(server.base)) == ending


async def test_a_feed_that_moved_to_another_host_is_not_followed() -> None:
    async def move(_: web.Request) -> web.Response:
        return web.Response(status=301, headers={"Location": "http://rakes.example/feed.xml"})

    async with serving(move) as server, source_for(server.base) as source:
        assert await ending_of(source, feed_at(server.base)) == "moved: left_scope"
