"""Addresses of accounts, profiles and communities: which are recognised, and in which one form."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import BadLocator, Refused
from domain.locators import recognise, recognise_linked
from domain.observations import Platform

DID = "did:plc:kites2kites2kites2kites2"

BY_ITSELF = [
    *(("https://rakes.example/@Kites", Platform.MASTODON, "https://rakes.example/@kites"),),
    *(("rakes.example/@kites/", Platform.MASTODON, "https://rakes.example/@kites"),),
    *(("http://rakes.example/@kites?lang=km", Platform.MASTODON, "https://rakes.example/@kites"),),
    *(("@Kites@Rakes.example", Platform.MASTODON, "https://rakes.example/@kites"),),
    *(("https://boats.example/@kites@rakes.example", Platform.MASTODON, "https://rakes.example/@kites"),),
    *(("http://127.0.0.1:8000/@kites", Platform.MASTODON, "http://127.0.0.1:8000/@kites"),),
    *(("!Kites@rakes.example", Platform.LEMMY, "https://rakes.example/c/kites"),),
    *(("https://boats.example/c/kites@rakes.example", Platform.LEMMY, "https://rakes.example/c/kites"),),
    *(("https://bsky.app/profile/Kites.Example", Platform.BLUESKY, "https://bsky.app/profile/kites.example"),),
    *(("bsky.app/profile/@kites.example/", Platform.BLUESKY, "https://bsky.app/profile/kites.example"),),
    *((f"https://bsky.app/profile/{DID}", Platform.BLUESKY, f"https://bsky.app/profile/{DID}"),),
    *(("https://rakes.example/c/kites", Platform.PAGE, None),),
    *(("https://rakes.example/users/kites", Platform.PAGE, None),),
    *(("https://rakes.example/tags/kites", Platform.PAGE, None),),
    *((f"https://{host}/@kites", Platform.PAGE, None) for host in (
        "medium.com", "kites.medium.com", "www.substack.com", "odysee.com",
    )),
]  # fmt: skip

NAMED = [
    *((f"https://rakes.example/{path}", Platform.MASTODON, "https://rakes.example/@kites") for path in (
        "@kites", "web/@kites", "users/Kites", "deck/@kites", "web/accounts/@kites", "users/kites/",
    )),
    *(("https://boats.example/web/@kites@rakes.example", Platform.MASTODON, "https://rakes.example/@kites"),),
    *(("http://rakes.example:8080/@kites", Platform.MASTODON, "http://rakes.example:8080/@kites"),),
    *(("https://rakes.example/c/Kites", Platform.LEMMY, "https://rakes.example/c/kites"),),
    *(("https://rakes.example/c/kites@rakes.example", Platform.LEMMY, "https://rakes.example/c/kites"),),
]  # fmt: skip

REFUSED = [
    *(("https://rakes.example/tags/kites", Platform.MASTODON, "A tag or a public timeline"),),
    *(("https://rakes.example/public", Platform.MASTODON, "A tag or a public timeline"),),
    *(("https://rakes.example/explore", Platform.MASTODON, "A tag or a public timeline"),),
    *(("https://rakes.example/@kites/1119", Platform.MASTODON, "one post"),),
    *(("https://rakes.example/", Platform.MASTODON, "names no account"),),
    *(("https://rakes.example/post/7", Platform.LEMMY, "one post"),),
    *(("https://rakes.example/", Platform.LEMMY, "many communities"),),
    *(("https://rakes.example/u/kites", Platform.LEMMY, "not their users"),),
    *(("https://rakes.example/kites", Platform.LEMMY, "names no community"),),
    *(("https://rakes.example/@kites", Platform.BLUESKY, "not on bsky.app"),),
    *((f"https://bsky.app/{path}", None, "gather what many people post") for path in (
        "search?q=kites", "hashtag/kites", "profile/kites.example/feed/all", f"profile/{DID}/lists/3kites",
    )),
    *(("https://bsky.app/profile/kites.example/post/3kites", None, "a part of a profile"),),
    *(("https://bsky.app/profile/kites", None, "none that Bluesky gives"),),
    *(("https://bsky.app/", None, "names no profile"),),
    *(("@kites@", None, ""), ("@kites@[", None, ""), ("@kites@rakes", None, ""), ("@kites@t.me", None, "")),
]  # fmt: skip


@pytest.mark.parametrize(("text", "platform", "canonical"), BY_ITSELF)
def test_what_shape_or_host_make_certain_is_recognised(text: str, platform: Platform, canonical: str | None) -> None:
    found = recognise(text)
    assert found.platform is platform
    assert found.canonical == (canonical or text)
    assert recognise_linked(text) == found


def test_a_link_to_a_post_names_who_posted_it() -> None:
    status = "https://rakes.example/@Kites/111900000000000001"
    assert recognise(status).platform is Platform.PAGE
    assert recognise_linked(status) == recognise("@kites@rakes.example")
    profile = recognise("https://bsky.app/profile/kites.example")
    assert recognise_linked("https://bsky.app/profile/kites.example/post/3kites") == profile


@pytest.mark.parametrize(("text", "platform", "canonical"), NAMED)
def test_where_a_person_named_the_platform_more_spellings_are_read(
    text: str, platform: Platform, canonical: str
) -> None:
    assert recognise(text, platform=platform).canonical == canonical


@pytest.mark.parametrize(("text", "platform", "words"), REFUSED)
def test_what_gathers_many_or_names_a_part_is_refused_in_one_line(
    text: str, platform: Platform | None, words: str
) -> None:
    with pytest.raises(BadLocator) as caught:
        recognise(text, platform=platform)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


names = st.text("abKZ019_.-@", max_size=8)
pieces = st.one_of(
    names,
    st.sampled_from([
        "/", "@", "!", "/@", "/c/", "/users/", "/web/@", "rakes.example", "https://", "http://", "127.0.0.1:80", ":",
        "bsky.app/profile/", DID, "%40", "?", "#", "..", "kites", "xn--", "ß", "[::1]",
    ]),
)  # fmt: skip


@given(
    st.lists(pieces, max_size=7).map("".join),
    st.sampled_from([None, Platform.MASTODON, Platform.BLUESKY, Platform.LEMMY]),
)
def test_a_canonical_locator_is_its_own(text: str, platform: Platform | None) -> None:
    try:
        found = recognise(text, platform=platform)
    except Refused:
        return
    again = recognise(found.canonical, platform=found.platform)
    assert again == found
