"""Read the fields of a form: text in, values out, one clear line when it cannot be read."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from typing import TypeVar

from console.words import BAD_BACKFILL, BAD_DATE, BAD_FIELD
from domain.errors import BadInput

Form = Mapping[str, str]
Choice = TypeVar("Choice", bound=StrEnum)


def text(form: Form, name: str) -> str:
    """Return a field that must be there and not be empty."""
    value = form.get(name, "").strip()
    # PostgreSQL stores no NUL, and nobody types one.
    if not value or "\0" in value:
        raise BadInput(BAD_FIELD)
    return value


def whole_number(form: Form, name: str) -> int:
    """Return a field as a number of at most five digits."""
    value = text(form, name)
    if not (value.isascii() and value.isdigit() and len(value) <= 5):  # noqa: PLR2004 - said above
        raise BadInput(BAD_FIELD)
    return int(value)


def choice(form: Form, name: str, kind: type[Choice]) -> Choice:
    """Return a field as one value of a kind."""
    try:
        return kind(form.get(name, ""))
    except ValueError:
        raise BadInput(BAD_FIELD) from None


def day(written: str) -> date:
    """Return a date written as in 2026-01-31."""
    try:
        return date.fromisoformat(written)
    except ValueError:
        raise BadInput(BAD_DATE) from None


def backfill(form: Form, name: str) -> tuple[int | None, date | None]:
    """Return how many earlier posts are wanted (None: all), and since when."""
    value = text(form, name)
    if value == "all":
        return None, None
    if value.isascii() and value.isdigit() and len(value) <= 7:  # noqa: PLR2004 - more than any channel has
        return int(value), None
    try:
        return None, date.fromisoformat(value)
    except ValueError:
        raise BadInput(BAD_BACKFILL) from None
