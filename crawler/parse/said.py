"""Take values out of JSON that strangers wrote: what is not of the kind that was looked for is not there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_MAX_ID = 10**18


def text_of(row: Any, *path: str) -> str:
    """Return the text at a path of names, or nothing."""
    value = value_of(row, *path)
    return value if isinstance(value, str) else ""


def list_of(row: Any, *path: str) -> list[Any]:
    """Return the list at a path of names, or an empty one."""
    value = value_of(row, *path)
    return value if isinstance(value, list) else []


def rows_of(row: Any, *path: str) -> list[Mapping[str, Any]]:
    """Return the objects in the list at a path of names."""
    return [each for each in list_of(row, *path) if isinstance(each, dict)]


def width_of(row: Any, name: str) -> int:
    """Return a width in pixels; 0 where none is said."""
    value = value_of(row, name)
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 < value < 1_000_000 else 0  # noqa: PLR2004


def id_of(value: object) -> int:
    """Return a number by which something is known; raises ValueError for what is none."""
    if isinstance(value, bool) or not isinstance(value, int) or not 0 < value < _MAX_ID:
        raise ValueError
    return value


def value_of(row: Any, *path: str) -> Any:
    """Return what stands at a path of names; None where nothing does."""
    for name in path:
        if not isinstance(row, dict):
            return None
        row = row.get(name)
    return row
