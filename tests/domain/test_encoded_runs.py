"""No picture survives inside a text, in whichever way it was wrapped; words do."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable
from datetime import UTC, datetime
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.observations import MAX_LINKS, MAX_TEXT, CaptureRecord, ObservedPage, ObservedPost
from domain.text import Attribute, TextHit, sells, without_encoded_runs

SURVIVOR = re.compile(r"[A-Za-z0-9+/_\-]{257,}")
MARK = re.compile(r"\[(\d+) encoded characters, sha256 ([0-9a-f]{64})\]")
LONG = 2_000_000  # characters: seconds to hours where work grows faster than the text


def noise(size: int) -> bytes:
    return hashlib.shake_256(b"blue kites").digest(size)


def base64_of(size: int) -> str:
    return base64.b64encode(noise(size)).decode()


def wrapped(text: str, width: int, line_end: str) -> str:
    return line_end.join(text[at : at + width] for at in range(0, len(text), width))


def test_a_run_becomes_its_length_and_digest() -> None:
    run = base64_of(300)
    assert without_encoded_runs(f"Tin lanterns: {run} and kites") == (
        f"Tin lanterns: [{len(run)} encoded characters, sha256 {hashlib.sha256(run.encode()).hexdigest()}] and kites"
    )


@pytest.mark.parametrize(("length", "survives"), [(255, True), (256, True), (257, False), (258, False)])
def test_the_limit_is_256_characters(length: int, *, survives: bool) -> None:
    text = f"kites {'a' * length} lanterns"
    assert (without_encoded_runs(text) == text) is survives


VARIANTS: dict[str, Callable[[str], str]] = {
    "plain": lambda run: run,
    "URL-safe": lambda run: run.replace("+", "-").replace("/", "_"),
    "MIME, 76": lambda run: wrapped(run, 76, "\r\n"),
    "PEM, 64": lambda run: wrapped(run, 64, "\n"),
    "narrow": lambda run: wrapped(run, 20, "\n"),
    "indented": lambda run: wrapped(run, 60, "\n    "),
    "spaces before line ends": lambda run: wrapped(run, 60, " \t\n"),
    "carriage returns": lambda run: wrapped(run, 76, "\r"),
    "percent-encoded": lambda run: quote(run, safe=""),
    "percent-encoded in lower case": lambda run: run.replace("+", "%2b").replace("/", "%2f"),
    "percent-encoded twice": lambda run: quote(quote(run, safe=""), safe=""),
    "wrapped, then percent-encoded": lambda run: quote(wrapped(run, 76, "\r\n"), safe=""),
    "zero-width spaces": lambda run: wrapped(run, 76, "\u200b"),
    "soft hyphens": lambda run: wrapped(run, 10, "\u00ad"),
}


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize(
    "around", ["{}", "kites {} lanterns", "data:image/png;base64,{}", "src='{}'", "100%{}", "ក{}ខ", "%0A{}"]
)
def test_no_wrapping_saves_a_run(variant: str, around: str) -> None:
    run = base64_of(3_000).rstrip("=")
    shown = without_encoded_runs(around.format(VARIANTS[variant](run)))
    assert not SURVIVOR.search(shown)
    # What is left of the run beside the mark is no picture: the last short line at most.
    left = MARK.sub("", shown).replace(around.replace("{}", ""), "")
    assert all(run[at : at + 24] not in left for at in range(0, len(run), 8))
    assert len(shown) < 300


def test_a_handle_on_the_line_before_a_run_is_kept() -> None:
    left = without_encoded_runs("write to @harbour_kites\n" + "QUJD" * 100)
    assert left.startswith("write to @harbour_kites\n[400 encoded characters, sha256 ")
    wrapped = "\n".join(["QUJDREVGR0hJSktM"] * 30)
    assert "QUJD" not in without_encoded_runs(wrapped)
    assert "QUJD" not in without_encoded_runs("QUJD" * 8 + "\n" + "QUJD" * 100)


def test_what_a_data_uri_carries_goes_whatever_its_encoding() -> None:
    body = "".join(f"%{byte:02x}" for byte in noise(200))
    shown = without_encoded_runs(f"see DATA:image/gif,{body} here")
    assert MARK.search(shown)
    assert body[:30] not in shown
    assert (shown[:19], shown[-5:]) == ("see DATA:image/gif,", " here")


@pytest.mark.parametrize(
    "text",
    [
        "Blue kites and tin lanterns, made by hand, sold at the river market every Saturday. " * 200,
        "ខ្ញុំលក់ចង្កៀងសំណប៉ាហាំង និងខ្លែងពណ៌ខៀវ\u200bនៅផ្សារ" * 300,
        "blå drager og lanterner " * 200,
        "https://example.org/kites?page=1&colour=blue " * 50,
        "kites\n" * 500,
        "one two three\nfour five six\n" * 200,
        "+855 12 345 678, lanterns@example.org, @tin_lanterns\n" * 100,
        "- lanterns\n- kites\n\n" * 100,
        "=" * 500,
        "🏮" * 500,
    ],
)
def test_ordinary_texts_are_untouched(text: str) -> None:
    assert without_encoded_runs(text) == text


any_text = st.text(st.characters(codec=None, exclude_categories=()), max_size=200)
letters = st.text("ABCDEFabcdef0123456789+/-_", min_size=0, max_size=700)
joints = st.sampled_from(
    ["", " ", "\n", "\r\n", "\n  ", "%2F", "%2b", "%252F", "%0A", "%", "=", "\u200b", "ក", ",", "data:x,"]
)
composed = st.lists(st.one_of(letters, joints, any_text), max_size=12).map("".join)


@given(composed)
def test_no_run_over_the_limit_survives_and_doing_it_twice_is_doing_it_once(text: str) -> None:
    once = without_encoded_runs(text)
    assert not SURVIVOR.search(once)
    assert without_encoded_runs(once) == once


@given(composed)
def test_only_runs_are_replaced(text: str) -> None:
    once = without_encoded_runs(text)
    if not MARK.search(once):
        assert once == text


@pytest.mark.parametrize(
    "unit",
    [
        "A" * 256 + " ",
        "%2F" * 200 + " ",
        "%2F" * 255 + "%",
        "%" + "2F" * 100 + " ",
        "%0A",
        "%250A",
        "%25",
        "%",
        " ",
        "\n",
        "\r\n",
        " \n",
        "A \r",
        "A" * 15 + "\n",
        "A" * 16 + "\n\n",
        "A\u200b ",
        "data:",
        "data:,",
        "data:image/png;base64,",
    ],
)
@pytest.mark.parametrize("first", ["", "A"])
def test_hostile_texts_of_two_million_characters_come_back(unit: str, first: str) -> None:
    text = first + unit * (LONG // len(unit))
    assert not SURVIVOR.search(without_encoded_runs(text))


def test_a_post_arrives_without_runs_and_within_bounds() -> None:
    run = base64_of(600)
    post = ObservedPost(
        container="1",
        post="2",
        url="http://127.0.0.1/2",
        text=f"Kites {run}",
        author=f"Lantern maker {run}{'x ' * 400}",
        links=(f"data:image/png;base64,{run}", *["http://127.0.0.1/" + "kites/." * 2_000] * (MAX_LINKS + 5)),
    )
    assert run[:40] not in "".join([post.text, post.author or "", *post.links])
    assert (len(post.links), max(map(len, post.links)), len(post.author or "")) == (MAX_LINKS, 4096, 256)
    longer = ObservedPost(container="1", post="2", url="", text="kites " * MAX_TEXT)
    assert len(longer.text) == MAX_TEXT + 4
    assert longer.text.endswith(" […]")


def test_nothing_observed_shows_itself_in_a_repr() -> None:
    post = ObservedPost(container="kites", post="kites", url="kites", text="kites", author="kites", links=("kites",))
    capture = CaptureRecord(final_url="kites", redirects=("kites",), received_at=datetime(2026, 3, 1, tzinfo=UTC))
    page = ObservedPage(posts=(post,), capture=capture, cursor="7")
    assert "kites" not in repr(page)


def hit(attribute: Attribute) -> TextHit:
    return TextHit(rule="r", version=1, attribute=attribute, start=0, end=1)


def test_a_text_sells_where_two_kinds_of_attribute_meet() -> None:
    assert not sells(())
    assert not sells((hit(Attribute.PRICE), hit(Attribute.PRICE)))
    assert sells((hit(Attribute.PRICE), hit(Attribute.CONTACT)))


def test_an_imported_term_is_no_commerce() -> None:
    assert not sells((hit(Attribute.PRICE), hit(Attribute.TERM)))
