"""What a link within a post leads to: a place that could be watched, one that never is, or none."""

from __future__ import annotations

import pytest

from domain.errors import BadLocator, NotWatchable
from domain.locators import parts, recognise, recognise_linked
from domain.observations import Platform

CHANNEL = "https://t.me/s/tin_kites"


@pytest.mark.parametrize(
    "link",
    [
        *("https://t.me/tin_kites", "https://t.me/Tin_Kites/12", "https://t.me/s/tin_kites/12", "t.me/tin_kites/3/4"),
        *("tg://resolve?domain=tin_kites&post=7", "https://tin_kites.t.me/9", "https://telegram.me/tin_kites?x=1"),
    ],
)
def test_a_link_to_a_post_names_its_channel(link: str) -> None:
    assert recognise_linked(link, with_account=True).canonical == CHANNEL


def test_what_an_analyst_pastes_is_still_held_to_the_whole_channel() -> None:
    with pytest.raises(BadLocator, match="names one post"):
        recognise("https://t.me/tin_kites/12")


def test_a_web_address_is_a_page() -> None:
    place = recognise_linked("https://lanterns.example/order?utm_source=kites#top")
    assert (place.platform, place.canonical) == (Platform.PAGE, "https://lanterns.example/order")


@pytest.mark.parametrize(
    "link",
    ["https://t.me/+AbCdEf", "https://t.me/joinchat/AbCdEf", "tg://join?invite=AbC", "https://t.me/c/123/4",
     "https://t.me/kites_bot", "https://t.me/kites_bot/app", "https://wa.me/85512345678", "tg://user?id=7"],
)  # fmt: skip
def test_what_is_private_is_never_watched(link: str) -> None:
    with pytest.raises(NotWatchable):
        recognise_linked(link)


@pytest.mark.parametrize("link", ["mailto:kites@example.org", "https://t.me/share/url?url=x", "", "x"])
def test_what_names_no_place_is_left_out(link: str) -> None:
    with pytest.raises(BadLocator):
        recognise_linked(link)


@pytest.mark.parametrize(
    ("part", "place"),
    [
        ("https://social.example/@kites/1234567", "https://social.example/@kites"),
        ("https://social.example/@kites@other.example/1234567", "https://social.example/@kites@other.example"),
        ("https://social.example/users/kites/statuses/12", "https://social.example/@kites"),
        ("https://vk.com/wall-12_34", "https://vk.com/club12"),
        ("https://vk.com/photo-12_34", "https://vk.com/club12"),
    ],
)
def test_a_post_s_own_address_may_say_whose_it_is(part: str, place: str) -> None:
    assert parts.whole(part) == place
    assert parts.whole(place) == place


@pytest.mark.parametrize(
    "page",
    ["https://social.example/@kites/about", "https://kites.example/12", "https://kites.example/wall-12_34",
     "https://kites.example/users/kites"],
)  # fmt: skip
def test_what_does_not_say_so_for_certain_stays_itself(page: str) -> None:
    assert parts.whole(page) == page


@pytest.mark.parametrize(
    ("link", "platform", "canonical"),
    [
        ("https://social.example/@kites/12345", Platform.MASTODON, "https://social.example/@kites"),
        ("https://social.example/@kites@other.example/12", Platform.MASTODON, "https://other.example/@kites"),
        ("https://social.example/users/kites/statuses/12", Platform.MASTODON, "https://social.example/@kites"),
        ("https://bsky.app/profile/k.example/post/3abc", Platform.BLUESKY, "https://bsky.app/profile/k.example"),
        ("https://lemmy.example/c/kites@b.example", Platform.LEMMY, "https://b.example/c/kites"),
        ("https://lemmy.example/post/12", Platform.PAGE, "https://lemmy.example/post/12"),
        ("https://forum.example/t/kites/12", Platform.PAGE, "https://forum.example/t/kites/12"),
    ],
)
def test_a_link_to_one_post_names_whose_it_is_where_that_is_certain(
    link: str, platform: Platform, canonical: str
) -> None:
    found = recognise_linked(link)
    assert (found.platform, found.canonical) == (platform, canonical)


def test_a_step_up_is_made_until_there_is_none() -> None:
    assert parts.shorter("https://kites.example/a/b/?id=1") == "https://kites.example/a"
    assert parts.shorter("https://kites.example/a") == "https://kites.example/"
    assert parts.shorter("https://kites.example/") is None
