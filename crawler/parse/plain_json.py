"""
Read values out of somebody else's JSON, each of the kind that is needed or not at all.

What must be there is asked for by `an_object`, `a_list`, `a_text` and
`a_number`, which raise TypeError; what may be there by `text_in` and
`object_in`, which take anything else for nothing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime

from crawler.parse.dates import moment

_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")


def an_object(value: object) -> Mapping[str, object]:
    """Return a JSON object."""
    if not isinstance(value, dict):
        raise TypeError
    return value


def a_list(value: object) -> Sequence[object]:
    """Return a JSON array."""
    if not isinstance(value, list):
        raise TypeError
    return value


def a_number(value: object) -> int:
    """Return a whole number that an id can be: from 0, and of 64 bits."""
    if type(value) is not int or not 0 <= value < 1 << 63:
        raise TypeError
    return value


def a_text(value: object) -> str:
    """Return a text that can be written down: half characters are replaced."""
    if not isinstance(value, str):
        raise TypeError
    return value.encode("utf-8", "replace").decode()


def an_id(value: object) -> str:
    """Return a platform's short id, given as a text or a number; raises TypeError for what names nothing."""
    text = str(a_number(value)) if type(value) is int else a_text(value)
    if not _ID.fullmatch(text):
        raise TypeError
    return text


def text_in(mapping: Mapping[str, object], name: str) -> str:
    """Return a text, stripped; empty where there is none."""
    value = mapping.get(name)
    return a_text(value).strip() if isinstance(value, str) else ""


def object_in(mapping: Mapping[str, object], name: str) -> Mapping[str, object]:
    """Return an object; empty where there is none."""
    value = mapping.get(name)
    return value if isinstance(value, dict) else {}


def objects_in(mapping: Mapping[str, object], name: str) -> list[Mapping[str, object]]:
    """Return the objects of a list; none where there is no list."""
    value = mapping.get(name)
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def moment_in(mapping: Mapping[str, object], name: str) -> datetime | None:
    """Return a time in UTC, which one without a zone is taken to be in; None where there is none."""
    return moment(text_in(mapping, name))
