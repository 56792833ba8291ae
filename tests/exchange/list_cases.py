"""Read a case of tests/exchange/fixtures/<format>/<case>/: input.*, options.json where there are any, expected.json."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from app.commands.list_import import categories_from
from domain.errors import BadInput
from domain.hashlists import BadRow, HashEntry, ListRow
from exchange.formats.hashlist_columns import columns_from
from exchange.formats.hashlist_format import ListFormat
from exchange.formats.hashlists import ReadAs, read_list

FIXTURES = Path(__file__).parent / "fixtures"
CASES = sorted(path.parent for path in FIXTURES.glob("*/*/expected.json"))


def bytes_of(case: Path) -> bytes:
    [file] = case.glob("input.*")
    return file.read_bytes()


def how_of(case: Path) -> ReadAs:
    file = case / "options.json"
    options: dict[str, Any] = json.loads(file.read_text()) if file.exists() else {}
    return ReadAs(
        format=ListFormat(case.parent.name),
        columns=columns_from(options.get("columns", "")),
        categories=categories_from(options.get("categories", [])),
    )


def read_pieces(pieces: Sequence[bytes], how: ReadAs) -> tuple[list[ListRow], str]:
    """Return the rows of a file, and what it was refused with in the end: usually nothing."""
    rows: list[ListRow] = []
    try:
        rows.extend(read_list(lambda: iter(pieces), how))
    except BadInput as fault:
        return rows, str(fault)
    return rows, ""


def as_json(rows: Iterable[ListRow], refusal: str) -> dict[str, Any]:
    """Return what was read in the form of expected.json."""
    entries: list[list[Any]] = []
    refused: list[str] = []
    passed_over: dict[str, int] = {}
    for row in rows:
        if isinstance(row, HashEntry):
            entries.append([row.line, row.algorithm.value, row.hash.hex(), row.classification, row.ref, row.note])
        elif isinstance(row, BadRow):
            refused.append(f"{row.unit} {row.line}: {row.problem}")
        else:
            passed_over[row.what] = passed_over.get(row.what, 0) + row.count
    return {"entries": entries, "refused": refused, "passed_over": passed_over, "refusal": refusal}
