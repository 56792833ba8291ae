"""What interfaces list, read from saved answers, and from whatever JSON there is."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.parse import bluesky, lemmy, mastodon
from crawler.parse.listing import Listing
from domain.errors import VisitEnded
from tests.crawler.listings import ACCOUNT, COMMUNITY, DID, post_view_of, status_of, view_of
from tests.crawler.test_parsers import cases, expected, plain

BASE = "https://rakes.example"
LISTS: dict[str, Callable[[object], Listing]] = {
    "mastodon": lambda untrusted: mastodon.read_statuses(untrusted, base=BASE, owner=ACCOUNT),
    "bluesky": lambda untrusted: bluesky.read_feed(untrusted, owner=DID),
    "lemmy": lambda untrusted: lemmy.read_list(untrusted, base=BASE, owner=str(COMMUNITY), asked=None),
}
OTHERS: list[Callable[[object], object]] = [
    mastodon.read_account,
    lambda untrusted: mastodon.read_one(untrusted, base=BASE, inline={}),
    lambda untrusted: mastodon.refusal(404, untrusted),
    bluesky.read_profile,
    bluesky.read_posts,
    lambda untrusted: bluesky.refusal(400, untrusted),
    lemmy.read_community,
    lambda untrusted: lemmy.read_one(untrusted, base=BASE),
    lambda untrusted: lemmy.refusal(400, untrusted),
]
CASES = [pytest.param(platform, case, id=f"{platform}-{case.name}") for platform in LISTS for case in cases(platform)]


@pytest.mark.parametrize(("platform", "case"), CASES)
def test_an_answer_is_read(platform: str, case: Path) -> None:
    untrusted = json.loads((case / "input.json").read_text(encoding="utf-8"))
    if expected(case) == {"malformed": True}:
        with pytest.raises((TypeError, KeyError)):
            LISTS[platform](untrusted)
    else:
        assert plain(asdict(LISTS[platform](untrusted))) == expected(case)


@pytest.mark.parametrize("platform", LISTS)
def test_there_are_enough_cases(platform: str) -> None:
    names = [case.name for case in cases(platform)]
    assert sum(name.startswith("malformed") for name in names) >= 4
    assert len(names) >= 8


leaves = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=20), st.sampled_from([
        ACCOUNT, DID, COMMUNITY, "https://boats.example/k.png", "2026-03-02T04:30:00Z", "image", "public", "\ud800",
        "data:image/png;base64,AAAA", "http://[", "javascript:x", f"at://{DID}/app.bsky.feed.post/3kites", 1 << 70,
    ]),
)  # fmt: skip
anything = st.recursive(
    leaves,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
WHOLE: dict[str, Any] = {
    "mastodon": [status_of(1001, poll={"options": [{"title": "kite"}]}, card={"url": "https://boats.example/"})],
    "bluesky": {
        "feed": [
            {
                "post": view_of(
                    1001,
                    labels=[{"val": "kite"}],
                    embed={
                        "record": {"record": {"uri": f"at://{DID}/app.bsky.feed.post/3kites"}},
                        "media": {"images": [{"thumb": "https://boats.example/k.png", "alt": "kite"}], "cid": "x"},
                    },
                ),
                "reason": {"indexedAt": "2026-03-02T04:30:00Z"},
            }
        ]
    },
    "lemmy": {"posts": [post_view_of(1001, body="![k](https://boats.example/k.png)", url="https://boats.example/")]},
}


@st.composite
def damaged(draw: st.DrawFn, value: Any) -> Any:
    """Return a copy of an answer in which a part, however deep, is something else or not there."""
    if not isinstance(value, (dict, list)) or not value or draw(st.integers(0, 7)) == 0:
        return draw(anything)
    if isinstance(value, list):
        return [draw(damaged(each)) for each in value]
    chosen = draw(st.sampled_from(sorted(value)))
    if draw(st.integers(0, 7)) == 0:
        return {key: each for key, each in value.items() if key != chosen}
    return {key: draw(damaged(each)) if key == chosen else each for key, each in value.items()}


def read_or_refused(read: Callable[[object], object], untrusted: object) -> object:
    """Read through JSON, as answers come; what is foreseen is None (see `Received.json`)."""
    try:
        return read(json.loads(json.dumps(untrusted)))
    except (TypeError, KeyError, ValueError, VisitEnded):
        return None


def check_written(listing: object) -> None:
    """Check that all of it can be written down, and that its names are names."""
    if isinstance(listing, Listing):
        json.dumps(asdict(listing), ensure_ascii=False, default=repr).encode()
        for placed in listing.placed:
            assert placed.post.post
            assert len(placed.post.post) <= 512
            assert all(media.url is None or media.url.startswith("http") for media in placed.post.media)
            assert all(media.url or media.identity in listing.untrusted_inline for media in placed.post.media)
        ranks = [placed.rank for placed in listing.placed]
        assert ranks == sorted(set(ranks))


@pytest.mark.parametrize("platform", LISTS)
@given(data=st.data())
def test_a_damaged_answer_is_read_or_refused(platform: str, data: st.DataObject) -> None:
    check_written(read_or_refused(LISTS[platform], data.draw(damaged(WHOLE[platform]))))


@given(anything)
def test_any_json_is_read_or_refused(untrusted: object) -> None:
    for read in (*LISTS.values(), *OTHERS):
        check_written(read_or_refused(read, untrusted))


@pytest.mark.parametrize("platform", LISTS)
def test_the_answer_that_is_damaged_is_read_when_it_is_whole(platform: str) -> None:
    assert len(LISTS[platform](WHOLE[platform]).placed) == 1


def test_an_author_who_is_not_for_the_public_is_not_read() -> None:
    author = {"did": DID, "labels": [7, {"val": "!no-unauthenticated"}]}
    view = {"uri": f"at://{DID}/app.bsky.feed.post/3kites", "author": author, "record": {"text": "kites"}}
    for read in (
        lambda: bluesky.read_profile(author),
        lambda: bluesky.read_feed({"feed": [{"post": view}]}, owner=DID),
        lambda: bluesky.read_posts({"posts": [view]}),
    ):
        with pytest.raises(VisitEnded, match="restricted: needs_sign_in"):
            read()
