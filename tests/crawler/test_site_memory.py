"""What is read next of a site, and what is remembered of it, whatever it links to."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.question import Recall, digest_of
from crawler.site import (
    MAX_ADDRESS,
    PAGES_OF_A_PATTERN,
    PAGES_OF_A_SITE,
    PAGES_OF_A_VISIT,
    RECHECKED,
    SiteMemory,
    digest_of_page,
    pattern_of,
    without_session,
)

ENTRY = "https://kites.example/shop/"


def fresh(depth: int = 2) -> SiteMemory:
    return SiteMemory.loaded(None, entry=ENTRY, depth=depth)


def later(memory: SiteMemory) -> SiteMemory:
    return SiteMemory.loaded(memory.dumped(), entry=memory.entry, depth=memory.depth)


def recall(url: str) -> Recall:
    return Recall(url_digest=digest_of(url), etag='"six"', body="b" * 64)


def visited(memory: SiteMemory, links: dict[str, list[str]]) -> list[str]:
    """Visit as a site with these links would be; returns what was asked for, in order."""
    asked: list[str] = []
    while (url := memory.next_page(len(asked))) is not None:
        asked.append(url)
        memory.asked(url)
        memory.linked(url, links.get(url, []))
        memory.answered(url, recall(url), digest_of_page(url, []))
    return asked


def named(*words: str) -> list[str]:
    return [f"{ENTRY}{word}" for word in words]


def test_breadth_first_to_the_authorised_depth() -> None:
    a, b, c, d = named("a", "b", "c", "d")
    links = {ENTRY: [a, b], a: [c, ENTRY], b: [c], c: [d]}
    assert visited(fresh(), links) == [ENTRY, a, b, c]
    assert visited(fresh(1), links) == [ENTRY, a, b]
    assert visited(fresh(3), links) == [ENTRY, a, b, c, d]


def test_what_one_visit_cannot_read_the_next_one_does() -> None:
    words = named(*(chr(97 + n // 26) + chr(97 + n % 26) for n in range(90)))
    memory = fresh(1)
    first = visited(memory, {ENTRY: words})
    memory = later(memory)
    second = visited(memory, {ENTRY: words})
    memory = later(memory)
    third = visited(memory, {ENTRY: words})
    assert first == [ENTRY, *words[: PAGES_OF_A_VISIT - 1]]
    fresh_places = PAGES_OF_A_VISIT - RECHECKED
    assert second[:fresh_places] == [ENTRY, *words[39 : 39 + fresh_places - 1]]
    assert sorted(second[fresh_places:]) == words[:RECHECKED]  # what was looked at longest ago
    assert set(words) <= {*first, *second, *third}
    assert len(third) == PAGES_OF_A_VISIT
    assert len(set(third)) == PAGES_OF_A_VISIT


def test_a_page_that_proves_nearer_is_read_again_in_full() -> None:
    a, b, c = named("a", "b", "c")
    memory = fresh()
    visited(memory, {ENTRY: [a], a: [b], b: [c]})
    assert memory.pages[b].recall(b) is not None
    memory = later(memory)
    memory.linked(ENTRY, [b])
    assert (memory.pages[b].depth, memory.pages[b].recall(b)) == (1, None)
    memory.linked(b, [c])
    assert memory.pages[c].depth == 2


@pytest.mark.parametrize(
    "trap", ["calendar?month={}", "calendar/{}/", "list?sort={}&page=1", "{}/{}/{}.html", "list?page=1&sort=a{}"]
)
def test_a_trap_is_bounded_by_its_pattern_and_leaves_room_for_others(trap: str) -> None:
    memory = fresh(5)
    memory.linked(ENTRY, [ENTRY + trap.format(n, n, n) for n in range(1_000)])
    assert len(memory.pages) == 1 + PAGES_OF_A_PATTERN
    memory.linked(ENTRY, named("about"))
    assert f"{ENTRY}about" in memory.pages


def test_a_site_is_bounded_whatever_it_links_to() -> None:
    memory = fresh(1)
    memory.linked(ENTRY, named("x" * MAX_ADDRESS, *("kite" + chr(97 + n % 26) * (n // 26 + 1) for n in range(400))))
    assert len(memory.pages) == PAGES_OF_A_SITE
    assert all(len(url) <= MAX_ADDRESS for url in memory.pages)


def test_one_page_under_two_addresses_is_one_post_and_read_once() -> None:
    one, two = named("one", "two")
    memory = fresh()
    memory.linked(ENTRY, [one, two, "http://kites.example/shop/one", f"{two}?sid=77&PHPSESSID=1", f"{one}?share=x"])
    assert list(memory.pages) == [ENTRY, one, two]
    seen = digest_of_page("words", ["picture"])
    memory.asked(one)
    memory.asked(two)
    assert memory.answered(one, None, seen)
    assert not memory.answered(two, None, seen)
    memory = later(memory)
    assert visited(memory, {}) == [ENTRY, one]


def test_what_a_copy_was_taken_for_stays_a_post_when_others_become_like_it() -> None:
    one, two = named("one", "two")
    memory = fresh()
    memory.linked(ENTRY, [one, two])
    assert memory.answered(one, None, digest_of_page("words", []))
    assert memory.answered(two, None, digest_of_page("others", []))
    assert memory.answered(two, None, digest_of_page("words", []))
    assert memory.answered(ENTRY, None, digest_of_page("words", []))


def test_what_is_gone_is_said_once_and_only_of_what_was_seen() -> None:
    one, two = named("one", "two")
    memory = fresh()
    memory.linked(ENTRY, [one, two])
    memory.answered(one, None, "digest")
    memory.failed(two, is_passing=True)
    assert memory.gone(one)
    assert not memory.gone(two)
    assert list(memory.pages) == [ENTRY]


@pytest.mark.parametrize("is_passing", [True, False])
def test_what_could_not_be_read_is_asked_for_again_if_it_may_be_there(*, is_passing: bool) -> None:
    (one,) = named("one")
    memory = fresh()
    memory.linked(ENTRY, [one])
    memory.asked(ENTRY)
    memory.answered(ENTRY, None, "entry")
    memory.asked(one)
    memory.failed(one, is_passing=is_passing)
    assert memory.next_page(2) is None
    memory = later(memory)
    memory.asked(ENTRY)
    assert memory.next_page(1) == (one if is_passing else None)


def test_a_failure_takes_nothing_from_a_page_that_was_seen() -> None:
    (one,) = named("one")
    memory = fresh()
    memory.linked(ENTRY, [one])
    memory.answered(one, None, "digest")
    memory.failed(one, is_passing=False)
    assert memory.pages[one].was_post


def test_a_smaller_depth_forgets_what_lies_deeper() -> None:
    a, b = named("a", "b")
    memory = fresh()
    visited(memory, {ENTRY: [a], a: [b]})
    assert list(SiteMemory.loaded(memory.dumped(), entry=ENTRY, depth=1).pages) == [ENTRY, a]


@pytest.mark.parametrize(
    "text", [None, "", "kite", "[]", "[1,2]", '["a","b","c"]', '[1,1,{"a":[1]}]', "[1,1,[]]", "[2,1,{}]"]
)
def test_what_is_no_memory_remembers_nothing(text: str | None) -> None:
    memory = SiteMemory.loaded(text, entry=ENTRY, depth=1)
    assert (memory.visit, list(memory.pages)) == (1, [ENTRY])


def test_patterns_and_sessions() -> None:
    assert pattern_of("https://k.example/a/12/b-3?page=4&sort=x") == "/a/0/b-0?page&sort"
    assert pattern_of("https://k.example/a?b=1&a=2") == pattern_of("https://k.example/a?a=9&b=3")
    assert without_session("https://k.example/a?sid=1") == "https://k.example/a"
    assert without_session("https://k.example/a?b=1&SID=1") == "https://k.example/a?b=1"


@given(
    st.dictionaries(st.integers(0, 30), st.lists(st.integers(0, 30), max_size=6), max_size=30),
    st.integers(1, 4),
)
def test_whatever_the_links_nothing_is_read_twice_or_too_deep(graph: dict[int, list[int]], depth: int) -> None:
    page = [ENTRY, *named(*(f"page-{chr(97 + n // 26)}{chr(97 + n % 26)}" for n in range(30)))]
    links = {page[one]: [page[other] for other in others] for one, others in graph.items()}
    memory = fresh(depth)
    asked = visited(memory, links)
    distance, waiting = {ENTRY: 0}, [ENTRY]
    for one in waiting:
        for other in links.get(one, []):
            if other not in distance:
                distance[other] = distance[one] + 1
                waiting.append(other)
    assert asked == [url for url in waiting if distance[url] <= depth]
    assert json.loads(memory.dumped())
