"""
Say how values stand in columns, the same on both databases.

A moment is an integer of microseconds since 1970 in UTC: it sorts, it has no
zone to get wrong, and no driver rounds it. Words of the house are plain text.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from typing import Any, Generic, TypeVar

from sqlalchemy import BigInteger, Dialect, Integer, Text, TypeDecorator

W = TypeVar("W", bound=StrEnum)

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)

# SQLite counts rows by itself in a column of exactly this type.
ROW_NUMBER = BigInteger().with_variant(Integer(), "sqlite")


def micros(moment: datetime) -> int:
    """Return a moment as microseconds since 1970 in UTC; a naive one raises TypeError."""
    return (moment - _EPOCH) // _MICROSECOND


class Moment(TypeDecorator[datetime]):
    """A moment in UTC."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:  # noqa: ARG002 - its signature
        """Write microseconds."""
        return None if value is None else micros(value)

    def process_result_value(self, value: int | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002 - its signature
        """Read microseconds."""
        return None if value is None else _EPOCH + value * _MICROSECOND


class Day(TypeDecorator[date]):
    """A day of the calendar."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: date | None, dialect: Dialect) -> str | None:  # noqa: ARG002 - its signature
        """Write ISO 8601."""
        return None if value is None else value.isoformat()

    def process_result_value(self, value: str | None, dialect: Dialect) -> date | None:  # noqa: ARG002 - its signature
        """Read ISO 8601."""
        return None if value is None else date.fromisoformat(value)


class Word(TypeDecorator[W], Generic[W]):
    """One of the house's words."""

    impl = Text
    cache_ok = True

    def __init__(self, words: type[W]) -> None:
        """Take the enumeration whose words may stand here."""
        super().__init__()
        self.words = words

    def process_bind_param(self, value: W | None, dialect: Dialect) -> str | None:  # noqa: ARG002 - its signature
        """Write the plain word: drivers treat enumerations each in their own way."""
        return None if value is None else str(value.value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> W | None:  # noqa: ARG002 - its signature
        """Read the word."""
        return None if value is None else self.words(value)


class Words(TypeDecorator[tuple[W, ...]], Generic[W]):
    """Some of the house's words, parted by spaces."""

    impl = Text
    cache_ok = True

    def __init__(self, words: type[W]) -> None:
        """Take the enumeration whose words may stand here."""
        super().__init__()
        self.words = words

    def process_bind_param(self, value: tuple[W, ...] | None, dialect: Dialect) -> str:  # noqa: ARG002 - its signature
        """Write the plain words."""
        return " ".join(word.value for word in value or ())

    def process_result_value(self, value: str | None, dialect: Dialect) -> tuple[W, ...]:  # noqa: ARG002 - its signature
        """Read the words."""
        return tuple(self.words(word) for word in (value or "").split())


class Details(TypeDecorator[Mapping[str, str | int]]):
    """Details of an audit event, as JSON in one canonical form."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Mapping[str, str | int] | None, dialect: Dialect) -> str:  # noqa: ARG002 - its signature
        """Write keys in order and ASCII only, so that every text can be stored everywhere."""
        return json.dumps(dict(value or {}), ensure_ascii=True, separators=(",", ":"), sort_keys=True)

    def process_result_value(self, value: str | None, dialect: Dialect) -> dict[str, Any]:  # noqa: ARG002 - its signature
        """Read the mapping."""
        return dict(json.loads(value or "{}"))
