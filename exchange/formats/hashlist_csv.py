"""
Read a hash list from CSV: `algorithm,hash` and optional `classification,id,note`, or one column for each algorithm.

A bad row is handed on with its line number and what is wrong with it; the
rows around it are read all the same. A quote that is never closed spoils its
own line, not the rest of the file.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice

from domain.errors import BadInput
from domain.hashlists import Algorithm, BadRow, HashEntry, ListRow, PassedOver
from exchange.formats.hashlist_cells import (
    LOW_QUALITY,
    PHOTO_DNA_HASHES,
    WIDTHS,
    entry_or_refusal,
    low_quality,
    raw_hash,
    wrong_digits,
)
from exchange.formats.hashlist_columns import (
    ALGORITHM,
    BY_ALGORITHM,
    CLASSIFICATION,
    HASH,
    ID,
    NOTE,
    PHOTO_DNA,
    QUALITY,
    Columns,
    is_narrow,
    plain,
)
from exchange.formats.hashlist_text import MAX_LINE, lines, words

DELIMITERS = ",;\t"
ABSENT = -1  # the place of a column that the file does not have
SPELLINGS = 100  # ways of writing an algorithm that are remembered
LINES_A_ROW = 16  # lines that one quoted row may run over
OPEN_QUOTE = "the row cannot be read: a quote is open or misplaced"
TOO_LONG = f"the line is longer than {MAX_LINE} characters"

Cells = Sequence[str]
Row = tuple[int, Cells | None, str]  # line, cells, or what is wrong instead of them


def read_csv(untrusted_pieces: Iterable[bytes], columns: Columns | None = None) -> Iterator[ListRow]:
    """
    Yield an entry or a refusal for every hash below the header.

    Commas, semicolons or tabs part the cells, whichever make a header of the
    first line. Raises BadInput, before the first row, when the header is not that of
    a hash list.
    """
    numbered = enumerate(lines(untrusted_pieces), 1)
    delimiter, header, at = _header(next(numbered, (1, ""))[1], columns or Columns())
    rows = _rows(numbered, delimiter)
    if is_narrow(at):
        yield from _narrow(rows, at)
    else:
        photo_dna = [index for index, name in enumerate(header) if plain(name) in PHOTO_DNA]
        yield from _wide(rows, at, photo_dna)


def _header(line: str, columns: Columns) -> tuple[str, Cells, Mapping[str, int]]:
    """Return what parts the cells, the header's cells, and our word for a column → its place."""
    faults: list[BadInput] = []
    for delimiter in sorted(DELIMITERS, key=line.count, reverse=True):
        header = [cell.strip() for cell in _quoted(line, delimiter) or []]
        try:
            return delimiter, header, {role: header.index(name) for role, name in columns.placed(header).items()}
        except BadInput as fault:
            faults.append(fault)
    raise BadInput(f"Line 1: {faults[0]}")


def _narrow(rows: Iterable[Row], at: Mapping[str, int]) -> Iterator[ListRow]:
    """Read rows that name their algorithm."""
    algorithm_at, hash_at = at[ALGORITHM], at[HASH]
    needed = max(algorithm_at, hash_at) + 1
    whole = max(at.values()) + 1
    class_at, id_at, note_at, quality_at = (at.get(role, ABSENT) for role in (CLASSIFICATION, ID, NOTE, QUALITY))
    spellings = dict(WIDTHS)
    for line, untrusted_cells, problem in rows:
        cells = untrusted_cells
        if cells is not None and needed <= len(cells) < whole:
            cells = [*cells, *[""] * (whole - len(cells))]
        if cells is None or len(cells) < needed:
            yield BadRow(line=line, problem=problem or "the row has too few cells")
            continue
        found = spellings.get(cells[algorithm_at]) or WIDTHS.get(plain(cells[algorithm_at]))
        if found is None:
            yield BadRow(line=line, problem=f"the algorithm is none of {', '.join(WIDTHS)}")
            continue
        if len(spellings) < SPELLINGS:
            spellings[cells[algorithm_at]] = found
        algorithm, width = found
        raw = raw_hash(cells[hash_at].strip(), width)
        if raw is None:
            yield BadRow(line=line, problem=wrong_digits(algorithm))
        elif quality_at != ABSENT and algorithm is Algorithm.PDQ and low_quality(cells[quality_at]):
            yield PassedOver(what=LOW_QUALITY, line=line)
        else:
            yield HashEntry(
                algorithm=algorithm,
                hash=raw,
                classification=words(cells[class_at]) if class_at != ABSENT else "",
                ref=words(cells[id_at]) if id_at != ABSENT else "",
                note=words(cells[note_at]) if note_at != ABSENT else "",
                line=line,
            )


def _wide(rows: Iterable[Row], at: Mapping[str, int], photo_dna: Sequence[int]) -> Iterator[ListRow]:
    """Read rows with a column for each algorithm; an empty cell is no hash, a row of nothing else is refused."""
    kinds = [(role, at[role]) for role in BY_ALGORITHM if role in at]
    class_at, id_at, note_at, quality_at = (at.get(role, ABSENT) for role in (CLASSIFICATION, ID, NOTE, QUALITY))
    for line, cells, problem in rows:
        if cells is None:
            yield BadRow(line=line, problem=problem)
            continue
        left_out = sum(1 for index in photo_dna if _cell(cells, index).strip())
        if left_out:
            yield PassedOver(what=PHOTO_DNA_HASHES, count=left_out, line=line)
        filled = [(role, digits) for role, index in kinds if (digits := _cell(cells, index).strip())]
        if not filled and not left_out:
            yield BadRow(line=line, problem="the row holds no hash")
        own = words(_cell(cells, class_at)), words(_cell(cells, id_at)), words(_cell(cells, note_at))
        for role, digits in filled:
            if role == Algorithm.PDQ and low_quality(_cell(cells, quality_at)):
                yield PassedOver(what=LOW_QUALITY, line=line)
            else:
                yield entry_or_refusal(role, digits, own, line=line, unit="Line")


def _cell(cells: Cells, index: int) -> str:
    """Return a cell, or nothing where the row is shorter or has no such column."""
    return cells[index] if ABSENT < index < len(cells) else ""


def _rows(numbered: Iterator[tuple[int, str]], delimiter: str) -> Iterator[Row]:
    """Yield the rows below the header that are not empty."""
    blank = f"{delimiter} \t\r"
    waiting: list[tuple[int, str]] = []  # lines that were taken for the rest of a quoted row, in order
    while True:
        line, text = waiting.pop(0) if waiting else next(numbered, (0, ""))
        if not line:
            return
        if len(text) > MAX_LINE:
            yield line, None, TOO_LONG
        elif '"' not in text:
            if text.strip(blank):
                yield line, text.split(delimiter), ""
        else:
            cells = _quoted(text, delimiter)
            if cells is None:
                waiting += islice(numbered, max(0, LINES_A_ROW - 1 - len(waiting)))
                cells, taken = _continued(text, waiting, delimiter)
                del waiting[:taken]
            if cells is None or any(cell.strip() for cell in cells):
                yield line, cells, "" if cells is not None else OPEN_QUOTE


def _continued(text: str, following: Sequence[tuple[int, str]], delimiter: str) -> tuple[Cells | None, int]:
    """
    Return the cells of a row whose quotes are closed on a following line, and how many of these it took.

    A row that cannot be read so either takes none: it spoils its first line only.
    """
    for taken, (_, more) in enumerate(following, 1):
        text = f"{text}\n{more}"
        if more.count('"') % 2:
            cells = _quoted(text, delimiter)
            return cells, taken if cells is not None else 0
    return None, 0


def _quoted(text: str, delimiter: str) -> Cells | None:
    """Return the cells of one row in which quotes may stand, or None when it cannot be read."""
    try:
        rows = list(csv.reader((f"{line}\n" for line in text.split("\n")), delimiter=delimiter, strict=True))
    except csv.Error:
        return None
    return rows[0] if len(rows) == 1 else None
