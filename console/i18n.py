"""
Speak English and Khmer from .po files, read at the start.

Compiled catalogues are not shipped: what a translator edits is what runs.
"""

from __future__ import annotations

import gettext
from collections.abc import Mapping
from functools import cache
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

LANGUAGES = {"en": "English", "km": "ខ្មែរ"}
DEFAULT = "en"
LANGUAGE_COOKIE = "kapear-language"
LOCALE_DIR = Path(__file__).parent / "locale"


def catalogue_path(language: str) -> Path:
    """Return where a language's catalogue lies."""
    return LOCALE_DIR / language / "LC_MESSAGES" / "console.po"


def read_catalogue(language: str) -> Catalog:
    """Return a language's catalogue as it was written."""
    with catalogue_path(language).open("rb") as file:
        return read_po(file, locale=language)


@cache
def translations(language: str) -> gettext.GNUTranslations:
    """Return a language's translations, compiled in memory."""
    compiled = BytesIO()
    write_mo(compiled, read_catalogue(language))
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)


def choose(asked: str | None, remembered: str | None, accept: str) -> str:
    """Return the language of a page: what was asked for, else remembered, else the browser's first that is known."""
    for wanted in (asked, remembered):
        if wanted in LANGUAGES:
            return wanted
    ranked = sorted(_weights(accept).items(), key=lambda item: -item[1])
    return next((language for language, weight in ranked if weight > 0), DEFAULT)


def _weights(accept: str) -> Mapping[str, float]:
    """Return the known languages of an Accept-Language header with their weights, in order."""
    weights: dict[str, float] = {}
    for part in accept[:200].split(","):
        tag, _, parameter = part.partition(";")
        language = tag.strip().lower().split("-")[0]
        if language in LANGUAGES and language not in weights:
            weights[language] = _weight(parameter)
    return weights


def _weight(parameter: str) -> float:
    name, _, number = parameter.strip().partition("=")
    if name.strip() != "q":
        return 1.0
    try:
        return float(number)
    except ValueError:
        return 0.0
