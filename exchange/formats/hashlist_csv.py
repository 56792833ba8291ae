"""
Read a hash list from CSV: `algorithm,hash` and optional `classification,id,note`.

A bad row is handed on with its line number and what is wrong with it; the
rows around it are read all the same.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator, Mapping

from domain.errors import BadInput
from domain.hashlists import Algorithm, BadRow, HashEntry

REQUIRED = ("algorithm", "hash")
MAX_WORDS = 500  # characters of one of a row's own words
_HEX = re.compile(r"[0-9a-f]+")
_BOM = "\N{ZERO WIDTH NO-BREAK SPACE}"


def read_csv(lines: Iterable[str]) -> Iterator[HashEntry | BadRow]:
    """
    Yield an entry or a refusal for every row below the header.

    Raises BadInput, before the first row, when the header is not that of a
    hash list.
    """
    numbered = csv.reader((line.replace("\0", "\N{REPLACEMENT CHARACTER}") for line in lines), strict=True)
    try:
        header = [name.strip().lower().removeprefix(_BOM) for name in next(numbered, [])]
    except csv.Error:
        header = []
    if not set(REQUIRED) <= set(header):
        raise BadInput(
            "Line 1: the header must name `algorithm` and `hash`, such as: algorithm,hash,classification,id,note"
        )
    return _rows(numbered, header)


def _rows(numbered: Iterator[list[str]], header: list[str]) -> Iterator[HashEntry | BadRow]:
    """Yield the rows; `numbered` is a csv.reader, which counts the lines it read."""
    while True:
        try:
            row = next(numbered)
        except StopIteration:
            return
        except csv.Error:
            yield BadRow(line=_line(numbered), problem="the row cannot be read: a quote is open or misplaced")
            continue
        if any(cell.strip() for cell in row):
            yield _entry(dict(zip(header, (cell.strip() for cell in row), strict=False)), _line(numbered))


def _line(reader: Iterator[list[str]]) -> int:
    return int(getattr(reader, "line_num", 0))


def _entry(row: Mapping[str, str], line: int) -> HashEntry | BadRow:
    """Return the entry that a row holds, or why it holds none."""
    name = row.get("algorithm", "").lower().replace("-", "")
    if name not in set(Algorithm):
        known = ", ".join(Algorithm)
        return BadRow(line=line, problem=f"the algorithm is none of {known}")
    algorithm = Algorithm(name)
    digits = row.get("hash", "").lower()
    if len(digits) != algorithm.hex_length or not _HEX.fullmatch(digits):
        return BadRow(line=line, problem=f"a {algorithm} hash has {algorithm.hex_length} hex digits")
    return HashEntry(
        algorithm=algorithm,
        hash=bytes.fromhex(digits),
        classification=row.get("classification", "")[:MAX_WORDS],
        ref=row.get("id", "")[:MAX_WORDS],
        note=row.get("note", "")[:MAX_WORDS],
    )
