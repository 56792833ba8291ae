"""Which file of a picture is read, and that no page's way of naming one breaks the reading."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.parse.css import addresses_in
from crawler.parse.linked_data import media_in
from crawler.parse.page import read_page
from crawler.parse.srcset import Choice, candidates_of, choose
from domain.observations import MediaKind

PAGE = "https://kites.example/shop/"


@pytest.mark.parametrize(
    ("srcset", "width", "chosen"),
    [
        ("a 300w, b 768w, c 2000w", "", Choice("b", "c")),
        ("c 2000w, b 768w", "", Choice("b", "c")),
        ("a 300w, b 767w", "", Choice("b")),
        ("a 900w", "", Choice("a")),
        ("a 1x, b 2x, c 3x", "", Choice("c")),
        ("a 1x, b 2x, c 3x", "400", Choice("b", "c")),
        ("a, b 2x", "800", Choice("a", "b")),
        ("a 1x, b 2x", "100%", Choice("b")),
        ("a, b", "", Choice("a")),
        ("a 0w, b -5w, c nanw, d infw", "", Choice("a")),
        ("", "", Choice("")),
        (" , ,", "", Choice("")),
        ("a,b.jpg 900w", "", Choice("a,b.jpg")),
    ],
)
def test_the_smallest_that_tells_enough_else_the_largest(srcset: str, width: str, chosen: Choice) -> None:
    assert choose(candidates_of(srcset, shown_width=width)) == chosen


@pytest.mark.parametrize(
    ("css", "found"),
    [
        ("a{b:url(k.png)}", ["k.png"]),
        ("a{b:URL( 'k (1).png' ) c:url(\"r.png\")}", ["k (1).png", "r.png"]),
        ("url(url(k.png))", ["url(k.png"]),
        ('url("k.png url(r.png) url(s.png)', ["r.png", "s.png"]),
        ("url(", []),
        ("url()", [""]),
    ],
)
def test_addresses_in_styles(css: str, found: list[str]) -> None:
    assert list(addresses_in(css)) == found


def test_linked_data_is_bounded() -> None:
    assert list(media_in(json.dumps({"image": "k.png"}))) == [("k.png", MediaKind.IMAGE)]
    assert list(media_in(json.dumps({"image": "k" * 300_000}))) == []
    assert list(media_in("[" * 5_000 + "]" * 5_000)) == []
    assert len(list(media_in(json.dumps([{"image": f"{n}.png"} for n in range(9_000)])))) < 5_000


words = st.text(alphabet="<>\"'=/() ,;:&ab1wxurlimgsrcetsydo\n\x00é", max_size=300)
documents = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | words,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["@type", "image", "contentUrl", "url", "thumbnailUrl", "x"]), inner, max_size=4
        )
    ),
    max_leaves=12,
)


@given(words)
def test_whatever_a_page_writes_is_read(text: str) -> None:
    list(addresses_in(text))
    list(media_in(text))
    choose(candidates_of(text, shown_width=text))
    for tag in ("img srcset", "img data-src", "video src", "div style", "i data-bg", "embed src", "picture x"):
        page = read_page(f'<{tag}="{text}"><style>{text}</style>', page_url=PAGE)
        assert all(item.url is None or item.url.startswith("http") for item in page.media)


@given(documents)
def test_whatever_linked_data_says_is_read(node: object) -> None:
    page = read_page(f'<script type="application/ld+json">{json.dumps(node)}</script>', page_url=PAGE)
    assert all(item.url is None or item.url.startswith("http") for item in page.media)
