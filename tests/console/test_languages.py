from __future__ import annotations

import re
from datetime import UTC, datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

import pytest
from babel.messages.catalog import Catalog

from app.instance import BESIDE
from console import words
from console.catalogue import brought_up_to_date, gathered
from console.i18n import LANGUAGES, choose, read_catalogue
from console.rendering import Pages
from domain.plaintext import printable
from domain.scoring import TEXTS
from tests.console.visitor import Desk

KHMER = re.compile(r"[\u1780-\u17ff]")
SAME_IN_BOTH = {"Telegram", "Bluesky", "Lemmy", "Mastodon", "Reddit", "VK"}  # proper names
VARIABLE = re.compile(r"%\(\w+\)s")


def texts(catalogue: Catalog) -> dict[str, str]:
    return {str(message.id): str(message.string or "") for message in catalogue if message.id}


def in_use() -> set[str]:
    return set(texts(gathered()))


@pytest.mark.parametrize("language", LANGUAGES)
def test_catalogues_hold_exactly_the_texts_in_use(language: str) -> None:
    """When this fails: python -m console.catalogue, then translate what is empty."""
    assert set(texts(read_catalogue(language))) == in_use()
    assert texts(brought_up_to_date(language)) == texts(read_catalogue(language))


def test_every_text_has_a_khmer_translation_with_the_same_variables() -> None:
    for text, translation in texts(read_catalogue("km")).items():
        assert KHMER.search(translation) or text in SAME_IN_BOTH, text
        assert set(VARIABLE.findall(translation)) == set(VARIABLE.findall(text)), text
        assert printable(translation) == translation, text


def test_reasons_notices_and_templates_are_among_the_texts() -> None:
    assert set(TEXTS.values()) <= in_use()
    assert BESIDE in words.NOTICES
    assert "Triage queue" in in_use()


def test_every_value_that_is_shown_has_a_word() -> None:
    for kind, labelled in words.covered().items():
        assert issubclass(kind, StrEnum)
        assert {value.value for value in kind} == labelled, kind


@pytest.mark.parametrize(
    ("asked", "remembered", "accept", "language"),
    [
        (None, None, "", "en"),
        (None, None, "km-KH,km;q=0.9,en;q=0.8", "km"),
        (None, None, "fr, en;q=0.5, km;q=0.7", "km"),
        (None, None, "km;q=0, en;q=0.1", "en"),
        (None, None, "km;q=lots", "en"),
        (None, "km", "en", "km"),
        ("en", "km", "km", "en"),
        ("xx", "yy", "zz" * 5000, "en"),
    ],
)
def test_the_language_is_what_was_asked_then_remembered_then_preferred(
    asked: str | None, remembered: str | None, accept: str, language: str
) -> None:
    assert choose(asked, remembered, accept) == language


async def test_a_language_is_remembered_and_reaches_reasons_statuses_and_errors(desk: Desk) -> None:
    lead_id = (await desk.with_leads())[0]
    visitor = await desk.sign_in()
    assert '<html lang="en">' in (await visitor.get("/")).text
    chosen = await visitor.get("/?lang=km")
    assert '<html lang="km">' in chosen.text
    assert chosen.cookies["kapear-language"]["httponly"] is True
    page = await visitor.get(f"/leads/{lead_id}")
    assert "រូបភាពមួយត្រូវគ្នានឹងធាតុក្នុងបញ្ជីហាសដែលបាននាំចូល។" in page.words
    assert "ថ្មី" in page.words
    assert "គ្មានទំព័របែបនេះទេ។" in (await visitor.get("/nowhere")).words
    preferring = await desk.stranger().get("/nowhere", headers={"Accept-Language": "km"})
    assert '<html lang="km">' in preferring.text


def test_times_stand_in_the_hotlines_zone_with_utc_beside() -> None:
    environments = Pages(ZoneInfo("Asia/Phnom_Penh"))._environments
    late = datetime(2026, 3, 1, 20, 5, tzinfo=UTC)
    noon = datetime(2026, 3, 1, 5, 5, tzinfo=UTC)
    assert environments["en"].filters["when"](noon) == (
        '<time datetime="2026-03-01T05:05:00+00:00">1 Mar 2026, 12:05 <span class="utc">(05:05 UTC)</span></time>'
    )
    assert "2 Mar 2026, 03:05" in environments["en"].filters["when"](late)
    assert "(1 Mar, 20:05 UTC)" in environments["en"].filters["when"](late)
    assert "1 មីនា 2026, 12:05" in environments["km"].filters["when"](noon)
