"""Each case is a folder: the page as it came, and what was to be seen in it."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from crawler.forums.rules import load_rules
from crawler.parse.forum import read_forum
from crawler.parse.page import read_page
from crawler.parse.telegram_web import read_preview

FIXTURES = Path(__file__).parent / "fixtures"


def cases(spider: str) -> list[Path]:
    return sorted((FIXTURES / spider).iterdir())


def plain(value: Any) -> Any:
    """Return a value as JSON would give it back; bytes as their digest, and what is not there left out."""
    if isinstance(value, dict):
        return {key: kept for key, item in value.items() if (kept := plain(item)) not in (None, "", [], {})}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, bytes):
        return hashlib.sha256(value).hexdigest()
    return value.isoformat() if isinstance(value, datetime) else value


def expected(case: Path) -> Any:
    return plain(json.loads((case / "expected.json").read_text(encoding="utf-8")))


@pytest.mark.parametrize("case", cases("telegram_web"), ids=lambda case: case.name)
def test_a_preview_is_read(case: Path) -> None:
    html = (case / "input.html").read_text(encoding="utf-8")
    seen = read_preview(html, page_url="https://t.me/s/tinlanterns?after=100", post_base="https://t.me/tinlanterns")
    assert plain(asdict(seen)) == expected(case)


@pytest.mark.parametrize("case", cases("page"), ids=lambda case: case.name)
def test_a_page_is_read(case: Path) -> None:
    html = (case / "input.html").read_text(encoding="utf-8")
    seen = read_page(html, page_url="https://lanterns.example/shop/one.html")
    assert plain(asdict(seen)) == expected(case)


@pytest.mark.parametrize("case", cases("forum"), ids=lambda case: case.name)
def test_a_forum_is_read(case: Path) -> None:
    html = (case / "input.html").read_text(encoding="utf-8")
    url = "https://forum.example/t/5"
    seen = read_forum(html, page_url=url, thread_url=url, rules=load_rules())
    assert plain(None if seen is None else asdict(seen)) == expected(case)


def test_there_are_enough_cases() -> None:
    assert len(cases("telegram_web")) >= 6
    assert len(cases("page")) >= 6
