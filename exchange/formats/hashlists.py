"""Read a hash list in whatever format it comes: the door to all readers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from domain.errors import BadInput
from domain.hashlists import HashEntry, ListRow, PassedOver
from exchange.formats.hashlist_cells import NO_MATCH, NOT_KNOWN
from exchange.formats.hashlist_columns import Columns
from exchange.formats.hashlist_csv import read_csv
from exchange.formats.hashlist_format import ListFormat
from exchange.formats.hashlist_json import read_json
from exchange.formats.hashlist_ncmec import ncmec_withdrawals, read_ncmec
from exchange.formats.hashlist_pdq_text import read_pdq_text
from exchange.formats.hashlist_sniff import checked
from exchange.formats.hashlist_stopncii import read_stopncii, stopncii_withdrawals
from exchange.formats.hashlist_threatexchange import read_threatexchange, threatexchange_withdrawals
from exchange.formats.hashlist_vics import read_vics

Opener = Callable[[], Iterable[bytes]]

WITH_COLUMNS = frozenset({ListFormat.CSV, ListFormat.JSON})


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadAs:
    """How a list file is to be read: `columns` for CSV and JSON, `categories` (number → classification) for VICS."""

    format: ListFormat = ListFormat.CSV
    columns: Columns = field(default_factory=Columns)
    categories: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse options that the format has no use for: whoever gives them expects something of them."""
        if self.columns.names and self.format not in WITH_COLUMNS:
            raise BadInput(f"--columns is for CSV and JSON; {self.format.called} has names of its own.")
        if self.categories and self.format is not ListFormat.VICS:
            raise BadInput(f"--category is for VICS JSON; {self.format.called} has no such categories.")


def read_list(open_pieces: Opener, how: ReadAs) -> Iterator[ListRow]:
    """
    Yield an entry or a refusal for every hash of a list file, and what was passed over.

    `open_pieces` returns the file's bytes in pieces of any size, from its
    beginning; it is called twice where the format takes entries back. Raises
    BadInput, at any point, when the file cannot be taken as a whole.
    """

    def pieces() -> Iterator[bytes]:
        return checked(open_pieces(), how.format)

    readers: dict[ListFormat, Callable[[], Iterator[ListRow]]] = {
        ListFormat.CSV: lambda: _known(read_csv(pieces(), how.columns), how.format.unit),
        ListFormat.JSON: lambda: _known(read_json(pieces(), how.columns), how.format.unit),
        ListFormat.VICS: lambda: read_vics(pieces(), how.categories),
        ListFormat.NCMEC: lambda: read_ncmec(pieces(), ncmec_withdrawals(pieces())),
        ListFormat.STOPNCII: lambda: read_stopncii(pieces(), stopncii_withdrawals(pieces())),
        ListFormat.THREATEXCHANGE: lambda: read_threatexchange(pieces(), threatexchange_withdrawals(pieces())),
        ListFormat.PDQ_TEXT: lambda: read_pdq_text(pieces()),
    }
    yield from readers[how.format]()


def _known(rows: Iterable[ListRow], unit: str) -> Iterator[ListRow]:
    """Yield the rows, but for the hashes of which their giver says that it does not know them."""
    for row in rows:
        if isinstance(row, HashEntry) and row.classification == NO_MATCH:
            yield PassedOver(what=NOT_KNOWN, line=row.line, unit=unit)
        else:
            yield row
