"""Number the records of a JSON list file, and say in one line where its text breaks off."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from domain.errors import BadInput
from domain.hashlists import BadRow
from exchange.formats.json_stream import MAX_VALUE, JsonStream, Layout, Malformed

UNIT = "Record"

Record = Mapping[str, Any]


def numbered_records(untrusted_pieces: Iterable[bytes], layout: Layout) -> Iterator[tuple[int, Record | None]]:
    """Yield records counted from 1, None for one that cannot be read; raises BadInput where the text is not JSON."""
    number = 0
    try:
        for number, record in enumerate(layout.records(JsonStream(untrusted_pieces)), 1):
            yield number, record
    except Malformed:
        where = f"behind {UNIT.lower()} {number}" if number else f"before its first {UNIT.lower()}"
        raise BadInput(f"The file breaks off, or is no JSON, {where}. Nothing was imported.") from None


def unreadable(number: int) -> BadRow:
    """Return the refusal of a record that is no object, or longer than one may be."""
    return BadRow(line=number, unit=UNIT, problem=f"the record is no JSON object, or over {MAX_VALUE >> 20} MiB")


def texts(value: object) -> list[str]:
    """Return the texts of a list of texts, whatever else it holds."""
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []


def moment_of(value: object) -> int | None:
    """Return a time in seconds since 1970 that stands as a number or as digits, or None."""
    text = str(value)[:20] if isinstance(value, int | str) and not isinstance(value, bool) else ""
    return int(text) if text.isascii() and text.isdigit() else None
