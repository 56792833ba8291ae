"""Addresses of places on particular platforms: each has one canonical form, which read again gives itself."""

from __future__ import annotations

import pytest

from domain.errors import BadLocator, NotWatchable
from domain.locators import recognise
from domain.observations import Platform

UC = "UCkitesandrakes012345678"
YOUTUBE = f"https://www.youtube.com/feeds/videos.xml?channel_id={UC}"


def stands(pasted: str, platform: Platform, canonical: str, *, asked: bool = False) -> None:
    found = recognise(pasted, platform=platform if asked else None)
    assert (found.platform, found.canonical) == (platform, canonical)
    assert recognise(canonical, platform=platform) == found
    if not asked:
        assert recognise(canonical) == found


@pytest.mark.parametrize(
    "path",
    ["/feed", "/feed/", "/blog/rss", "/kites.rss", "/atom.xml", "/kites.atom", "/index.rdf", "/feed.json",
     "/a/feed.xml",
     "/?feed=rss2", "/?cat=3&feed=atom"],
)  # fmt: skip
def test_a_feed_is_known_by_its_shape(path: str) -> None:
    stands(f"https://kites.example{path}", Platform.FEED, f"https://kites.example{path}")


@pytest.mark.parametrize(
    "path", ["/", "/feeds", "/feed/about", "/sitemap.xml", "/sitemap-1.xml", "/rss.html", "/a.json"]
)
def test_what_may_be_a_page_is_one_until_somebody_says_otherwise(path: str) -> None:
    assert recognise(f"https://kites.example{path}").platform is Platform.PAGE
    stands(f"https://kites.example{path}", Platform.FEED, f"https://kites.example{path}", asked=True)


@pytest.mark.parametrize(
    "pasted",
    [YOUTUBE, f"youtube.com/channel/{UC}", f"https://m.youtube.com/channel/{UC}/videos?view=0",
     f"http://www.youtube.com/channel/{UC}",
     f"https://www.youtube.com/feeds/videos.xml?x=1&channel_id={UC}"],
)  # fmt: skip
def test_a_channel_on_youtube_is_its_feed(pasted: str) -> None:
    stands(pasted, Platform.FEED, YOUTUBE)


@pytest.mark.parametrize(
    "pasted",
    ["https://www.youtube.com/@kites", "https://www.youtube.com/watch?v=kite0000001", "https://youtu.be/kite0000001",
     "https://www.youtube.com/c/kites", "https://www.youtube.com/channel/UCkites", "https://www.youtube.com/",
     "https://www.youtube.com/feeds/videos.xml?playlist_id=PLkites"],
)  # fmt: skip
def test_what_does_not_say_whose_channel_it_is_cannot_be_watched(pasted: str) -> None:
    with pytest.raises(BadLocator, match="paste the channel's address"):
        recognise(pasted)
    assert recognise(pasted, platform=Platform.PAGE).platform is Platform.PAGE


@pytest.mark.parametrize(
    ("pasted", "canonical"),
    [
        ("https://boards.4chan.org/po/", "https://boards.4chan.org/po/"),
        ("boards.4channel.org/po", "https://boards.4chan.org/po/"),
        ("https://boards.4chan.org/po/catalog", "https://boards.4chan.org/po/"),
        ("https://boards.4chan.org/po/3", "https://boards.4chan.org/po/"),
        ("https://boards.4chan.org/po/thread/570368/paper#p570370", "https://boards.4chan.org/po/thread/570368"),
        ("https://a.4cdn.org/po/thread/570368.json", "https://boards.4chan.org/po/thread/570368"),
    ],
)
def test_a_board_of_4chan_is_known_by_its_host(pasted: str, canonical: str) -> None:
    stands(pasted, Platform.IMAGEBOARD, canonical)


@pytest.mark.parametrize(
    ("path", "canonical"),
    [
        ("/kites/", "/kites/"), ("/kites", "/kites/"), ("/a/kites/index.html", "/a/kites/"),
        ("/kites/catalog.html", "/kites/"),
        ("/kites/2.html", "/kites/"), ("/kites/res/12.html#13", "/kites/res/12.html"),
        ("/kites/res/12.json", "/kites/res/12.html"),
        ("/kites/res/12+50.html", "/kites/res/12.html"),
    ],
)  # fmt: skip
def test_another_board_is_one_where_somebody_says_so(path: str, canonical: str) -> None:
    assert recognise(f"https://rakes.example:8443{path}").platform is Platform.PAGE
    stands(
        f"https://rakes.example:8443{path}", Platform.IMAGEBOARD, f"https://rakes.example:8443{canonical}", asked=True
    )


@pytest.mark.parametrize("pasted", ["https://boards.4chan.org/", "https://boards.4chan.org/po/thread/kite"])
def test_what_4chan_has_no_board_for(pasted: str) -> None:
    with pytest.raises(BadLocator, match="neither a board nor a thread"):
        recognise(pasted)


@pytest.mark.parametrize("path", ["/", "/kites/res/", "/kites/res/old.html", "/kites/res/1.html/2"])
def test_what_is_no_board(path: str) -> None:
    with pytest.raises(BadLocator, match="neither a board nor a thread"):
        recognise(f"https://rakes.example{path}", platform=Platform.IMAGEBOARD)


@pytest.mark.parametrize(
    ("path", "canonical"),
    [
        ("/t/oak-boats/77", "/t/77"), ("/t/77", "/t/77"), ("/t/77.json", "/t/77"),
        ("/t/oak-boats/77/3", "/t/77"), ("/t/77/3", "/t/77"),
        ("/forum/t/oak-boats/77?u=kite", "/forum/t/77"), ("/c/boats/5", "/c/boats/5"),
        ("/c/boats/oak/6/l/latest", "/c/boats/oak/6"),
        ("/c/boats/5.json", "/c/boats/5"), ("/c/boats/5/none", "/c/boats/5"), ("/", "/latest"), ("/latest", "/latest"),
        ("/latest.json", "/latest"), ("/forum/categories", "/forum/latest"), ("/t/2026/77", "/t/2026"),
    ],
)  # fmt: skip
def test_a_forum_is_discourse_where_somebody_says_so(path: str, canonical: str) -> None:
    assert recognise(f"https://boats.example{path}").platform is Platform.PAGE
    found = recognise(f"https://boats.example{path}", platform=Platform.DISCOURSE)
    assert found.canonical == f"https://boats.example{canonical}"
    assert recognise(found.canonical, platform=Platform.DISCOURSE) == found


@pytest.mark.parametrize("path", ["/u/kite", "/t/kites", "/c/kites", "/search", "/tag/kites", "/g/staff/members"])
def test_people_searches_and_tags_are_no_place(path: str) -> None:
    with pytest.raises(BadLocator, match="neither a forum, a category nor a topic"):
        recognise(f"https://boats.example{path}", platform=Platform.DISCOURSE)


@pytest.mark.parametrize(
    ("pasted", "platform", "canonical"),
    [
        ("https://old.reddit.com/r/Kites", Platform.REDDIT, "https://www.reddit.com/r/kites/"),
        ("reddit.com/r/kites/new/", Platform.REDDIT, "https://www.reddit.com/r/kites/"),
        (
            "https://www.reddit.com/r/kites/comments/1kite0a/a_kite/",
            Platform.REDDIT,
            "https://www.reddit.com/r/kites/comments/1kite0a/",
        ),
        ("https://m.facebook.com/OakBoats/", Platform.FACEBOOK, "https://www.facebook.com/oakboats"),
        ("https://www.facebook.com/oak.boats/photos", Platform.FACEBOOK, "https://www.facebook.com/oak.boats"),
        ("https://www.reddit.com/r/kites/.rss", Platform.FEED, "https://www.reddit.com/r/kites/.rss"),
        ("https://www.facebook.com/pages/Oak-Boats/1000001", Platform.FACEBOOK, "https://www.facebook.com/1000001"),
        ("https://vk.com/club55", Platform.VK, "https://vk.com/club55"),
        ("https://m.vk.com/public55", Platform.VK, "https://vk.com/club55"),
        ("vk.com/wall-55", Platform.VK, "https://vk.com/club55"),
        ("https://vk.ru/Rakes.club", Platform.VK, "https://vk.com/rakes.club"),
    ],
)
def test_communities_and_pages_are_known_by_their_host(pasted: str, platform: Platform, canonical: str) -> None:
    stands(pasted, platform, canonical)


@pytest.mark.parametrize(
    "pasted",
    ["https://www.reddit.com/user/kite", "https://www.reddit.com/", "https://www.reddit.com/r/kites/comments/1a/x/answer/",
     "https://www.facebook.com/groups/kites", "https://www.facebook.com/share/abc", "https://www.facebook.com/oakboats/posts/1",
     "https://www.facebook.com/watch?v=1", "https://vk.com/id7", "https://vk.com/wall7_1", "https://vk.com/wall-55_1",
     "https://vk.com/feed", "https://vk.com/"],
)  # fmt: skip
def test_people_searches_and_single_parts_are_no_place(pasted: str) -> None:
    with pytest.raises((BadLocator, NotWatchable), match="Kapear"):
        recognise(pasted)
