"""What an analyst may paste, and what becomes of it."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from domain.errors import BadLocator, NotWatchable, Refused
from domain.locators import MAX_LOCATOR, recognise
from domain.locators.telegram import RESERVED
from domain.locators.web import is_loopback
from domain.observations import Platform

CHANNEL = "https://t.me/s/tin_lanterns"


@pytest.mark.parametrize(
    "pasted",
    [
        "@tin_lanterns",
        "@Tin_Lanterns",
        "  @tin_lanterns\n",
        "t.me/tin_lanterns",
        "T.ME/TIN_LANTERNS",
        "http://t.me/tin_lanterns",
        "https://t.me/tin_lanterns/",
        "https://t.me/s/tin_lanterns",
        "https://t.me/S/tin_lanterns",
        "https://t.me/s/tin_lanterns?before=120",
        "https://t.me/tin_lanterns?boost",
        "https://t.me/tin_lanterns?q=http://127.0.0.1",
        "t.me/tin_lanterns?q=http://127.0.0.1",
        "https://t.me/tin_lanterns#top",
        "https://t.me:443/tin_lanterns",
        "https://t.me./tin_lanterns",
        "https://www.t.me/tin_lanterns",
        "https://telegram.me/tin_lanterns",
        "https://telegram.dog/s/tin_lanterns",
        "tin_lanterns.t.me",
        "https://tin_lanterns.t.me/",
        "https://t.me/tin%5Flanterns",
        "https://\uff54.\uff4d\uff45/tin_lanterns",
        "https://t\u3002me/tin_lanterns",
        "https://t\u00ad.me/tin_lanterns",
        "tg://resolve?domain=tin_lanterns",
        "tg:resolve?domain=tin_lanterns",
        "TG://Resolve/?domain=Tin_Lanterns",
    ],
)
def test_every_spelling_of_a_channel_is_one_locator(pasted: str) -> None:
    locator = recognise(pasted)
    assert (locator.platform, locator.canonical) == (Platform.TELEGRAM_WEB, CHANNEL)
    assert locator.host == "t.me"


@pytest.mark.parametrize(
    "pasted", ["@Tin_Lanterns", "t.me/tin_lanterns", "tin_lanterns.t.me", "tg://resolve?domain=tin_lanterns"]
)
def test_with_an_account_a_channel_is_read_through_it(pasted: str) -> None:
    locator = recognise(pasted, with_account=True)
    assert (locator.platform, locator.canonical) == (Platform.TELEGRAM, CHANNEL)


@pytest.mark.parametrize("pasted", ["https://t.me/s/tin_lanterns", "telegram.dog/S/tin_lanterns?before=7", CHANNEL])
def test_the_preview_s_own_spelling_is_read_as_the_preview(pasted: str) -> None:
    locator = recognise(pasted, with_account=True)
    assert (locator.platform, locator.canonical) == (Platform.TELEGRAM_WEB, CHANNEL)


@pytest.mark.parametrize("name", ["kite", "kites", "k1234", "k" * 32])
def test_short_and_long_names_are_names(name: str) -> None:
    assert recognise(f"@{name}").canonical == f"https://t.me/s/{name}"
    assert recognise(f"https://{name}.t.me").canonical == f"https://t.me/s/{name}"


@pytest.mark.parametrize(
    "pasted",
    [
        "https://t.me/+AbCdEf123",
        "t.me/+AbCdEf123",
        "https://t.me/%2BAbCdEf123",
        "https://t.me/s/+AbCdEf123",
        "https://t.me/joinchat/AbCdEf123",
        "https://t.me/JoinChat/AbCdEf123",
        "https://t.me/joinchat",
        "https://t.me/addlist/AbCdEf123",
        "https://telegram.dog/joinchat/AbCdEf123",
        "https://joinchat.t.me/AbCdEf123",
        "tg:join?invite=AbCdEf123",
        "tg://join?invite=AbCdEf123",
        "TG://Join/?invite=AbCdEf123",
        "tg://addlist?slug=AbCdEf123",
        # Spellings that a reader of host names alone takes for an ordinary page.
        "https://t.me./+AbCdEf123",
        "https://t.me../+AbCdEf123",
        "https://\uff54.\uff4d\uff45/+AbCdEf123",
        "https://t\u3002me/joinchat/AbCdEf123",
        "https://t\u00ad.me/+AbCdEf123",
        "https://www.t.me/+AbCdEf123",
    ],
)
def test_an_invite_is_refused_with_a_referral(pasted: str) -> None:
    with pytest.raises(NotWatchable, match="private invite") as refusal:
        recognise(pasted)
    assert "police" in str(refusal.value)
    assert refusal.value.referral.startswith("Referral note")
    assert "AbCdEf123" not in str(refusal.value) + refusal.value.referral


@pytest.mark.parametrize(
    "pasted", ["https://t.me/c/1234567/89", "https://t.me/C/1234567", "tg://privatepost?channel=1234567&post=89"]
)
def test_a_private_chat_is_refused_with_a_referral(pasted: str) -> None:
    with pytest.raises(NotWatchable, match="members") as refusal:
        recognise(pasted)
    assert refusal.value.referral.startswith("Referral note")


@pytest.mark.parametrize("pasted", ["@lantern_bot", "https://t.me/LanternBot", "tg:resolve?domain=lanternbot&start=x"])
def test_a_bot_is_refused_with_a_referral(pasted: str) -> None:
    with pytest.raises(NotWatchable, match="bot") as refusal:
        recognise(pasted)
    assert refusal.value.referral.startswith("Referral note")


@pytest.mark.parametrize("word", sorted(RESERVED - {"c", "s", "joinchat", "addlist", "boost", "contact"}))
def test_a_reserved_word_is_no_channel(word: str) -> None:
    for pasted in (f"@{word}", f"https://t.me/{word}/tin_lanterns", f"https://t.me/{word.upper()}"):
        with pytest.raises(BadLocator):
            recognise(pasted)


@pytest.mark.parametrize(
    "pasted",
    [
        "https://t.me",
        "https://t.me/",
        "https://t.me/s/",
        "https://t.me/$invoice",
        "@",
        "@ab",
        "@1kites",
        "@kites-and-lanterns",
        "@" + "k" * 33,
        "@kites\u0661",
        "https://web.t.me/kites",
        "https://a.b.t.me/kites",
        "tg://settings",
        "tg:",
    ],
)
def test_a_telegram_link_without_a_channel_is_refused(pasted: str) -> None:
    with pytest.raises(BadLocator):
        recognise(pasted)


@pytest.mark.parametrize(
    "pasted",
    ["https://t.me/tin_lanterns/12", "https://t.me/s/tin_lanterns/12", "tg:resolve?domain=tin_lanterns&post=12"],
)
def test_one_post_is_refused_with_the_channel_s_name(pasted: str) -> None:
    with pytest.raises(BadLocator, match="add @tin_lanterns"):
        recognise(pasted)


@pytest.mark.parametrize(
    ("pasted", "canonical"),
    [
        ("example.org", "https://example.org/"),
        ("HTTP://Example.ORG", "http://example.org/"),
        ("https://example.org:443/a", "https://example.org/a"),
        ("http://example.org:80/a", "http://example.org/a"),
        ("http://example.org:8080/a", "http://example.org:8080/a"),
        ("http://example.org:443/a", "http://example.org:443/a"),
        ("https://example.org./a", "https://example.org/a"),
        ("https://example.org/a#part", "https://example.org/a"),
        ("https://example.org/a/./b/../c", "https://example.org/a/c"),
        ("https://example.org/a/b/..", "https://example.org/a/"),
        ("https://example.org/../../a", "https://example.org/a"),
        ("https://example.org/a/%2e%2E/b", "https://example.org/b"),
        ("https://example.org//a///b/", "https://example.org/a/b/"),
        ("https://example.org/kites?", "https://example.org/kites"),
        ("https://example.org/k%69te%2fs", "https://example.org/kite%2Fs"),
        ("https://example.org/100%", "https://example.org/100%25"),
        ("https://example.org/%%341", "https://example.org/%2541"),
        ("https://example.org/~k", "https://example.org/~k"),
        ("https://example.org/%7ek", "https://example.org/~k"),
        ("https://example.org/ខ្លែង", "https://example.org/%E1%9E%81%E1%9F%92%E1%9E%9B%E1%9F%82%E1%9E%84"),
        ("https://example.org/?utm_source=x&id=5&fbclid=y", "https://example.org/?id=5"),
        ("https://example.org/?utm%5Fsource=x&UTM_Medium=y", "https://example.org/"),
        ("https://example.org/?b=2&a=1", "https://example.org/?b=2&a=1"),
        ("example.org/?next=https://example.net/", "https://example.org/?next=https://example.net/"),
        ("https://bücher.example/", "https://xn--bcher-kva.example/"),
        ("https://BÜCHER.example/", "https://xn--bcher-kva.example/"),
        ("https://xn--bcher-kva.example/", "https://xn--bcher-kva.example/"),
        ("https://\uff25\uff38\uff21\uff2d\uff30\uff2c\uff25.org/", "https://example.org/"),
        ("http://127.0.0.1:8080/kites", "http://127.0.0.1:8080/kites"),
        ("http://[::1]:8080/kites", "http://[::1]:8080/kites"),
        ("http://[0:0:0:0:0:0:0:1]/", "http://[::1]/"),
        ("http://localhost:8080", "http://localhost:8080/"),
    ],
)
def test_a_page_has_one_canonical_form(pasted: str, canonical: str) -> None:
    locator = recognise(pasted)
    assert (locator.platform, locator.canonical) == (Platform.PAGE, canonical)


@pytest.mark.parametrize(
    "pasted",
    [
        "",
        " \n",
        "kites",
        "https://",
        "https:///kites",
        "//example.org/kites",
        "two words",
        "https://example.org/two words",
        "https://example.org/a\tb",
        "https://example.org\\kites",
        "https:\\\\example.org",
        "https://example.org/\x00",
        "https://user@example.org/",
        "https://user:secret@example.org/",
        "https://t.me@example.org/",
        "https://:@example.org/",
        "ftp://example.org/",
        "file:///kites",
        "javascript:alert(1)",
        "mailto:kites@example.org",
        "http://2130706433/",
        "http://0x7f000001/",
        "http://127.1/",
        "http://0177.0.0.1/",
        "http://1.2.3.0x4/",
        "http://\uff11\uff12\uff17.\uff11/",
        "http://example.org:99999/",
        "http://example.org:port/",
        "http://exa mple.org/",
        "http://exa_mple..org/",
        "http://-kites.org/",
        "http://kites!.org/",
        "http://" + "k" * 64 + ".org/",
        "http://[fe80::1%25eth0]/",
        "http://[::1/",
        "http://straße.example/",
        "http://kites\u200d.example/",
        "https://example.org/\ud800",
        "https://example.org/" + "k" * MAX_LOCATOR,
    ],
)
def test_what_cannot_be_read_is_refused_in_one_line(pasted: str) -> None:
    with pytest.raises(BadLocator) as refusal:
        recognise(pasted)
    assert "\n" not in str(refusal.value)
    assert "secret" not in str(refusal.value)


@pytest.mark.parametrize(
    "pasted", ["https://wa.me/85512345678", "https://chat.whatsapp.com/AbC", "https://discord.gg/AbC", "www.wa.me/1"]
)
def test_messengers_are_not_watched(pasted: str) -> None:
    with pytest.raises(NotWatchable, match="private messenger"):
        recognise(pasted)


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("localhost", True),
        ("kites.localhost", True),
        ("127.0.0.1", True),
        ("127.9.9.9", True),
        ("::1", True),
        ("0.0.0.0", False),
        ("10.0.0.1", False),
        ("example.org", False),
        ("localhost.example.org", False),
        ("127.0.0.1.example.org", False),
        ("", False),
    ],
)
def test_loopback_is_told_by_its_spelling(host: str, *, expected: bool) -> None:
    assert is_loopback(host) is expected


def test_a_locator_does_not_show_itself_in_logs() -> None:
    assert "lanterns" not in repr(recognise("@tin_lanterns"))


anything = st.text(st.characters(codec=None, exclude_categories=()), max_size=80)
pieces = st.sampled_from(
    ["t.me", "telegram.me", "https://", "http:", "//", "/", "+", "s/", "c/", "joinchat/", "@", "%", "%2e", "%2F", "%25",
     "..", ".", "?", "&", "=", "#", ":", "80", "[", "]", "::1", "127.0.0.1", "example.org", "kites", "Ü", "ß", "\uff54",
     "\u3002", "\u200d", "\u00ad", "utm_source", "xn--", "tg:", "resolve?domain=", "0x7f", "\ud800", "\u0661"]
)  # fmt: skip
assembled = st.lists(pieces, max_size=12).map("".join)


def canonical_or_none(text: str) -> str | None:
    try:
        return recognise(text).canonical
    except Refused:
        return None


def check_canonical(text: str) -> None:
    canonical = canonical_or_none(text)
    if canonical is None:
        return
    assert recognise(canonical).canonical == canonical
    parts = urlsplit(canonical)
    assert canonical.isascii()
    assert parts.scheme in {"http", "https"}
    assert parts.hostname
    assert parts.username is None
    assert not parts.fragment
    assert not {".", ".."} & set(parts.path.split("/"))
    if parts.hostname.rstrip(".") in {"t.me", "telegram.me", "telegram.dog"}:
        assert canonical.startswith("https://t.me/s/")


@given(anything)
@example("http://example.org/%%%3441")
def test_any_text_is_refused_or_has_one_stable_form(text: str) -> None:
    check_canonical(text)


@given(assembled)
@example("https://t.me./+kites")
@example("t.me%2F+kites")
def test_any_arrangement_of_link_pieces_is_refused_or_has_one_stable_form(text: str) -> None:
    check_canonical(text)


@pytest.mark.parametrize("prefix", ["t.me/", "https://t.me/s/", "@"])
@given(text=anything)
def test_anything_behind_a_telegram_host_stays_with_telegram(prefix: str, text: str) -> None:
    canonical = canonical_or_none(prefix + text)
    named_elsewhere = prefix == "@" and "@" in text  # an account with its server
    assert canonical is None or canonical.startswith("https://t.me/s/") or named_elsewhere
