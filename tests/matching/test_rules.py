from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import BadInput
from domain.ports import TextRules
from domain.text import Attribute, sells
from matching import rules as compiling
from matching.rules import MAX_HITS, SHIPPED, CommerceRules, load_rules

RULES = load_rules()
EXAMPLES = [(rule.attribute, text, True) for rule in RULES.rules for text in rule.examples]
COUNTER = [(rule.attribute, text, False) for rule in RULES.rules for text in rule.counter_examples]

GOOD = """
[[rules]]
id = "lantern.en"
version = 1
attribute = "product"
patterns = ['lanterns?']
examples = ["tin lanterns"]
counter_examples = ["blue kites"]
"""


def attributes(text: str) -> set[Attribute]:
    return {hit.attribute for hit in RULES.find(text)}


def test_the_shipped_rules_are_price_payment_and_contact() -> None:
    assert [(rule.id, rule.version) for rule in RULES.rules] == [("price.en", 1), ("payment.en", 1), ("contact.en", 1)]
    port: TextRules = RULES
    assert port.find("") == ()


@given(st.lists(st.sampled_from([text for _, text, _ in EXAMPLES + COUNTER]) | st.text(max_size=40), max_size=6))
def test_one_pass_finds_what_every_rule_finds_alone(parts: list[str]) -> None:
    text = " ".join(parts)
    alone = [hit for rule in RULES.rules for hit in CommerceRules((rule,)).find(text)]
    assert sorted(RULES.find(text), key=repr) == sorted(alone, key=repr)


@pytest.mark.parametrize("memory", [1, 20_000])
def test_rules_that_are_too_large_together_are_refused_rather_than_silent(
    monkeypatch: pytest.MonkeyPatch, memory: int
) -> None:
    monkeypatch.setattr(compiling, "_together_memory", lambda _: memory)
    with pytest.raises(BadInput, match="too large together"):
        CommerceRules(RULES.rules)


@pytest.mark.parametrize(("attribute", "text", "fires"), EXAMPLES + COUNTER)
def test_every_example_holds(attribute: Attribute, text: str, fires: bool) -> None:  # noqa: FBT001 - a column of the table
    assert (attribute in attributes(text)) is fires


def test_an_offer_sells_and_talk_does_not() -> None:
    offer = "Tin lanterns, 5 USD each. Pay by card. DM me or WhatsApp +855 00 000 000"
    assert attributes(offer) == {Attribute.PRICE, Attribute.PAYMENT, Attribute.CONTACT}
    assert sells(RULES.find(offer))
    for talk in (
        "We flew blue kites for free, in order to greet the wind. It cost nothing.",
        "The museum opens at 9. Contact with the brass bells is not allowed.",
        "He was paid in kind words; the price was high.",
    ):
        assert RULES.find(talk) == ()


def test_offsets_are_code_points() -> None:
    text = "ចង្កៀង 🏮 តម្លៃ $5 ឬ 20,000៛ — DM me"
    hits = RULES.find(text)
    assert [text[hit.start : hit.end] for hit in hits] == ["$5", "20,000៛", "DM me"]
    assert [hit.start for hit in hits] == sorted(hit.start for hit in hits)


def test_a_lone_surrogate_is_no_obstacle() -> None:
    text = "\ud800 tin \udfff $5"
    (hit,) = RULES.find(text)
    assert text[hit.start : hit.end] == "$5"


def test_hits_are_bounded() -> None:
    hits = RULES.find("$5 and DM me. " * 1_000)
    assert len(hits) == MAX_HITS
    assert {hit.attribute for hit in hits} == {Attribute.PRICE, Attribute.CONTACT}


@given(st.text(alphabet="$5 ៛USDdmMe@+0,.pay by card\ud800ខ\n", max_size=80))
def test_any_text_gives_hits_inside_it(text: str) -> None:
    for hit in RULES.find(text):
        assert 0 <= hit.start < hit.end <= len(text)


def test_rules_come_from_a_path_or_from_bytes(tmp_path: Path) -> None:
    path = tmp_path / "rules.toml"
    path.write_text(GOOD)
    for rules in (load_rules(path), load_rules(GOOD.encode())):
        (hit,) = rules.find("two tin lanterns")
        assert (hit.rule, hit.version, hit.attribute) == ("lantern.en", 1, Attribute.PRODUCT)
        assert (hit.start, hit.end) == (8, 16)
    assert CommerceRules(RULES.rules).find("$5") == load_rules(SHIPPED).find("$5")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (("[[rules]]", "[[rules"), "not TOML"),
        (("[[rules]]", "title = 1\n[[rules]]"), "nothing else"),
        (("lantern.en", "Lantern EN"), "Rule 1 needs an id"),
        (("version = 1", "version = 0"), "Rule lantern.en needs a version"),
        (("version = 1", "version = true"), "needs a version"),
        (('"product"', '"mood"'), "needs an attribute: product, price"),
        (('"product"', "[1]"), "needs an attribute"),
        (("'lanterns?'", ""), "needs patterns"),
        (("'lanterns?'", "7"), "needs patterns"),
        (("'lanterns?'", "'(?<=tin )lanterns'"), "RE2 refuses"),
        (("'lanterns?'", "'(lanterns'"), "RE2 refuses"),
        (("'lanterns?'", "'(lanterns)|\\1'"), "RE2 refuses"),
        (("'lanterns?'", "'((x{100}){100}){100}'"), "RE2 refuses"),
        (("'lanterns?'", "'l*'"), "fires on nothing at all"),
        (("'lanterns?'", f"'{'l' * 2001}'"), "more than 2000"),
        (('"tin lanterns"', '"tin kites"'), "does not fire on its example 'tin kites'"),
        (('"blue kites"', '"blue lanterns"'), "fires on its counter-example 'blue lanterns'"),
        (('"tin lanterns"', ""), "needs examples"),
        (("counter_examples", "antiexamples"), "unknown key: 'antiexamples'"),
    ],
)
def test_a_bad_rule_is_refused_in_one_line(change: tuple[str, str], words: str) -> None:
    with pytest.raises(BadInput) as refusal:
        load_rules(GOOD.replace(*change).encode())
    assert words in str(refusal.value)
    assert len(str(refusal.value).splitlines()) == 1


def test_what_is_no_rule_file_is_refused(tmp_path: Path) -> None:
    for source, words in (
        (b"\xff\xfe", "not UTF-8"),
        (b"", "one or more"),
        (b"rules = 5", "one or more"),
        (b"rules = [5]", "Rule 1 is no table"),
        (b"#" * (1 << 20) + b"#", "1 MiB"),
        ((GOOD + GOOD).encode(), "Rule lantern.en is there twice"),
        (tmp_path / "none.toml", "cannot be read"),
    ):
        with pytest.raises(BadInput, match=words):
            load_rules(source)
