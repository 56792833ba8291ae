"""
Read a hash list from JSON whose members are named like the columns of a CSV list.

The records are flat objects: in an array at the top, in arrays that are
members of an object at the top, or one a line.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from domain.errors import BadInput
from domain.hashlists import Algorithm, BadRow, ListRow, PassedOver
from exchange.formats.hashlist_cells import LOW_QUALITY, PHOTO_DNA_HASHES, WIDTHS, entry_or_refusal, low_quality
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
from exchange.formats.hashlist_records import UNIT, Record, numbered_records, unreadable
from exchange.formats.hashlist_text import words_of
from exchange.formats.json_stream import Layout

SHAPES = 100  # sets of names that records have, remembered

Placed = Mapping[str, str]


def read_json(untrusted_pieces: Iterable[bytes], columns: Columns | None = None) -> Iterator[ListRow]:
    """
    Yield an entry or a refusal for every hash.

    Raises BadInput when the first record has no hash by any known name, and
    where the text is not JSON.
    """
    # Only at the top: a record of a list may have lists of its own.
    layout = Layout(holds_records=lambda _key, first: isinstance(first, dict), depths=1)
    placing = _Placing(columns or Columns())
    for number, record in numbered_records(untrusted_pieces, layout):
        if record is None:
            yield unreadable(number)
        else:
            yield from _entries(record, placing.of(record, number), number)


class _Placing:
    """Which member means what, worked out once for all records with the same names."""

    def __init__(self, columns: Columns) -> None:
        self._columns = columns
        self._by_names: dict[tuple[str, ...], Placed] = {}

    def of(self, record: Record, number: int) -> Placed:
        """Return our words → the record's names; empty when it has no hash, which the first one must have."""
        names = tuple(record)
        if names not in self._by_names:
            try:
                placed: Placed = self._columns.placed(names)
            except BadInput as fault:
                if number == 1:
                    raise BadInput(f"{UNIT} 1: {fault}") from None
                placed = {}
            if len(self._by_names) == SHAPES:
                return placed
            self._by_names[names] = placed
        return self._by_names[names]


def _entries(record: Record, placed: Placed, number: int) -> Iterator[ListRow]:
    """Yield what one record holds."""

    def member(role: str) -> object:
        return record.get(placed.get(role, ""))

    left_out = sum(1 for name, value in record.items() if value and plain(name) in PHOTO_DNA)
    if left_out:
        yield PassedOver(what=PHOTO_DNA_HASHES, count=left_out, line=number, unit=UNIT)
    own = words_of(member(CLASSIFICATION)), words_of(member(ID)), words_of(member(NOTE))
    if is_narrow(placed):
        filled = [(plain(str(member(ALGORITHM))), member(HASH))]
    else:
        filled = [(role, member(role)) for role in BY_ALGORITHM if member(role)]
    if not filled and not left_out:
        yield BadRow(line=number, unit=UNIT, problem="the record holds no hash")
    for role, digits in filled:
        if role not in WIDTHS:
            yield BadRow(line=number, unit=UNIT, problem=f"the algorithm is none of {', '.join(WIDTHS)}")
        elif role == Algorithm.PDQ and low_quality(member(QUALITY)):
            yield PassedOver(what=LOW_QUALITY, line=number, unit=UNIT)
        else:
            yield entry_or_refusal(role, digits, own, line=number, unit=UNIT)
