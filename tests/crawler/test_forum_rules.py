"""A rule that is wrong is refused with the one line that says what to mend."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.forums.rules import load_rules, read_rule, rule_for
from crawler.parse.page import tree_of
from crawler.thread import ForumMemory
from domain.errors import BadInput
from domain.locators import recognise
from domain.observations import Platform

RIGHT = 'name = "kites"\nhosts = ["kites.example"]\npost = ".p"\nid = "::attr(id)"\nbody = ".b"\n'


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("name = ", "kites.toml is not TOML: Invalid value"),
        (RIGHT + 'colour = "blue"', "kites.toml has an unknown key: 'colour'. Known are name,"),
        (RIGHT.replace('"kites"', '"The Kites"'), "needs a name of small letters"),
        (RIGHT.replace('body = ".b"', ""), "needs a selector for body"),
        (RIGHT.replace('hosts = ["kites.example"]', ""), "says nothing by which its pages are recognised"),
        (RIGHT.replace('".p"', '"div[["'), "has for post a selector that cannot be read: "),
        (RIGHT.replace('".p"', '"div:kite"'), "has for post a selector that cannot be read: "),
        (RIGHT.replace('".p"', "7"), "needs for post one CSS selector"),
        (RIGHT.replace('".p"', f'"{"p" * 501}"'), "needs for post one CSS selector, of at most 500 characters"),
        (RIGHT + "times = 7", "needs for times a list of texts"),
        ("\xff", "is not UTF-8"),
        ("#" * 70_000, "is larger than 64 KiB"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(text: str, says: str) -> None:
    with pytest.raises(BadInput) as caught:
        read_rule(text.encode("latin-1"), called="kites.toml")
    assert says in str(caught.value)
    assert str(caught.value).startswith("kites.toml")
    assert len(str(caught.value).splitlines()) == 1


@given(st.text(max_size=200))
def test_whatever_else_stands_in_a_file_is_refused_in_one_line(text: str) -> None:
    with pytest.raises(BadInput) as caught:
        read_rule(text.encode("utf-8", "replace"), called="kites.toml")
    assert len(str(caught.value).splitlines()) == 1


def test_own_rules_come_first_and_a_host_says_more_than_a_generator(tmp_path: Path) -> None:
    (tmp_path / "kites.toml").write_text(RIGHT)
    (tmp_path / "mine.toml").write_text(RIGHT.replace('"kites"', '"mine"').replace("hosts", "generator"))
    rules = load_rules(tmp_path)
    assert [rule.name for rule in rules[:2]] == ["kites", "mine"]
    assert {"phpbb", "mybb", "smf", "discuz", "wordpress_comments"} <= {rule.name for rule in rules}
    page = tree_of('<html><meta name="Generator" content="By kites.example 2"><body id="phpbb">x</body></html>')
    assert [(rule_for(rules, page, host) or rules[-1]).name for host in ("kites.example", "else.example")] == [
        "kites",
        "mine",
    ]
    assert (rule_for(rules[2:], page, "else.example") or rules[0]).name == "phpbb"
    assert rule_for(rules, tree_of("<p>none"), "else.example") is None


def test_a_forum_is_one_only_where_a_person_says_so() -> None:
    address = "https://forum.example/viewtopic.php?t=5&sid=0a1b&start=10"
    assert recognise(address).platform is Platform.PAGE
    found = recognise(address, platform=Platform.FORUM)
    assert (found.platform, found.canonical) == (
        Platform.FORUM,
        "https://forum.example/viewtopic.php?t=5&start=10",
    )


@pytest.mark.parametrize("text", [None, "", "kite", "[1,2]", '[1,1,{"a":[1]}]', "[1,1,[]]", "[2,1,{}]"])
def test_what_is_no_memory_remembers_nothing(text: str | None) -> None:
    assert ForumMemory.loaded(text).threads == {}


def test_of_more_threads_than_are_kept_the_longest_unasked_go() -> None:
    memory = ForumMemory()
    memory.listed([f"https://forum.example/{n}" for n in range(100)])
    for known in memory.threads.values():
        known.asked = 1
    memory.threads["https://forum.example/7"].asked = 0
    memory.listed(["https://forum.example/new", "https://forum.example/5"])
    assert len(memory.threads) == 100
    assert {"https://forum.example/new", "https://forum.example/5"} <= set(memory.threads)
    assert "https://forum.example/7" not in memory.threads
    assert memory.next_thread() == "https://forum.example/new"
