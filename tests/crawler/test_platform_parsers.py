"""What Reddit, Facebook and VK answer: each case is a folder, and nothing breaks the readers."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.parse import facebook, reddit, vk
from crawler.parse.listed import ListPage
from domain.errors import VisitEnded
from tests.crawler.test_imageboard import ANYTHING, FORESEEN
from tests.crawler.test_parsers import cases, expected, plain

READERS: dict[str, Callable[[Any], ListPage]] = {
    "reddit": lambda said: reddit.read_listing(said, locator="https://www.reddit.com/r/kites/"),
    "facebook": lambda said: facebook.read_page_of_posts(said, locator="https://www.facebook.com/oakboats"),
    "vk": lambda said: vk.read_wall(said, locator="https://vk.com/club55"),
}
CASES = [(platform, case) for platform in READERS for case in cases(platform)]


@pytest.mark.parametrize(("platform", "case"), CASES, ids=[f"{platform}-{case.name}" for platform, case in CASES])
def test_a_page_of_posts_is_read(platform: str, case: Path) -> None:
    said = json.loads((case / "input.json").read_text(encoding="utf-8"))
    try:
        seen = plain(asdict(READERS[platform](said)))
    except FORESEEN:
        seen = {"error": "malformed"}
    assert seen == expected(case)


def rows(*names: str) -> st.SearchStrategy[Any]:
    return st.dictionaries(
        st.sampled_from(names), ANYTHING | st.integers(-9, 9) | st.sampled_from(["a", "5_9", "2026-03-01"])
    )


REDDIT = rows(
    "id", "title", "author", "created_utc", "edited", "permalink", "url", "gallery_data", "media_metadata", "preview"
)
FACEBOOK = rows("id", "message", "created_time", "permalink_url", "from", "attachments")
VK = rows("id", "owner_id", "date", "text", "attachments", "copy_history", "is_deleted", "is_pinned", "from_id")
LISTINGS = st.fixed_dictionaries(
    {
        "data": st.fixed_dictionaries(
            {"children": st.lists(st.fixed_dictionaries({"kind": st.just("t3"), "data": REDDIT | ANYTHING}))}
        )
    }
)
POSTS = st.fixed_dictionaries({"data": st.lists(FACEBOOK | ANYTHING, max_size=3)}, optional={"paging": ANYTHING})
WALLS = st.fixed_dictionaries({"response": st.fixed_dictionaries({"items": st.lists(VK | ANYTHING, max_size=3)})})


@given(LISTINGS | POSTS | WALLS | ANYTHING)
def test_no_answer_breaks_a_reader(said: Any) -> None:
    for read in READERS.values():
        try:
            page = read(said)
        except (*FORESEEN, VisitEnded):
            continue
        assert all(each.post.post and each.post.url for each in page.posts)


@given(
    st.fixed_dictionaries({"error": ANYTHING | st.dictionaries(st.sampled_from(["code", "error_code"]), ANYTHING)})
    | ANYTHING
)
def test_no_error_breaks_a_reader(said: Any) -> None:
    assert isinstance(facebook.refusal(said), VisitEnded | None)
    assert isinstance(vk.refusal(said), VisitEnded | None)


@pytest.mark.parametrize(
    ("error", "ending"),
    [
        ({"code": 190, "error_subcode": 463}, "limited: bad_token"),
        ({"code": 4}, "limited: rate_limit"),
        ({"code": 80001}, "limited: rate_limit"),
        ({"code": 10}, "restricted: no_permission"),
        ({"code": 200}, "restricted: no_permission"),
        ({"code": 100, "error_subcode": 33}, "restricted: not_shown"),
        ({"code": 803}, "gone: no_such_page"),
        ({"code": 21}, "moved: page_moved"),
        ({"code": 2}, "unreachable: platform_failed"),
        ({"code": 100}, "error: api_100"),
        ({"code": "kite"}, "error: malformed"),
        ({}, "error: malformed"),
    ],
)
def test_what_facebook_says_is_the_matter(error: dict[str, Any], ending: str) -> None:
    assert str(facebook.refusal({"error": {"message": "kites", **error}})) == ending


@pytest.mark.parametrize(
    ("code", "ending"),
    [
        (5, "limited: bad_token"), (6, "limited: rate_limit"), (29, "limited: rate_limit"),
        (15, "restricted: no_permission"),
        (30, "restricted: no_permission"), (18, "gone: deleted_or_banned"), (10, "unreachable: platform_failed"),
        (100, "error: api_100"), ("kite", "error: malformed"), (-1, "error: malformed"),
    ],
)  # fmt: skip
def test_what_vk_says_is_the_matter(code: object, ending: str) -> None:
    assert str(vk.refusal({"error": {"error_code": code, "error_msg": "kites"}})) == ending


def test_the_wall_of_a_person_is_not_read() -> None:
    with pytest.raises(VisitEnded, match="restricted: wall_of_a_person"):
        READERS["vk"]({"response": {"count": 1, "items": [{"id": 1, "owner_id": 7, "text": "kites"}]}})
