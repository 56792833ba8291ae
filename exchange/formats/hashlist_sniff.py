"""
Tell from the first bytes of a file which format it looks like, so that a wrong one is refused by name.

Only a look: it names nothing where it is not sure.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import chain

from domain.errors import BadInput
from exchange.formats.hashlist_columns import ALGORITHM, BY_ALGORITHM, HASH, plain
from exchange.formats.hashlist_csv import DELIMITERS
from exchange.formats.hashlist_format import ListFormat
from exchange.formats.hashlist_text import decoded

HEAD = 4096  # bytes looked at

_PACKED = {
    b"PK\x03\x04": "a ZIP archive",
    b"\x1f\x8b": "a gzip file",
    b"7z\xbc\xaf\x27\x1c": "a 7-Zip archive",
    b"Rar!": "a RAR archive",
    b"SQLite format 3": "a database",
    b"\xfd7zXZ\x00": "an xz file",
    b"\x28\xb5\x2f\xfd": "a zstd file",
    b"%PDF": "a PDF",
}
_PDQ_LINE = re.compile(r"(hash=)?[0-9a-fA-F]{64}\s*([,;\t ].*)?$")


def checked(untrusted_pieces: Iterable[bytes], wanted: ListFormat) -> Iterator[bytes]:
    """Yield the pieces as they are; raises BadInput first when they look like another format than is wanted."""
    pieces = iter(untrusted_pieces)
    head = b""
    while len(head) < HEAD and (piece := next(pieces, None)) is not None:
        head += piece
    _refuse_other(head[:HEAD], wanted)
    yield from chain([head], pieces)


def _refuse_other(head: bytes, wanted: ListFormat) -> None:
    packed = next((what for magic, what in _PACKED.items() if head.startswith(magic)), None)
    if packed:
        raise BadInput(f"This looks like {packed}; take the list out of it first.")
    text = "".join(decoded([head])).lstrip()
    if not text:
        raise BadInput("The file is empty.")
    found = _looks_like(text)
    if text.startswith("<") and found is None and wanted is not ListFormat.NCMEC:
        raise BadInput(f"This looks like XML, not like {wanted.called}.")
    # Plain JSON may still be any of the formats in JSON: what tells them apart may stand further down.
    undecided = found is ListFormat.JSON and wanted.is_json
    if found is not None and found is not wanted and not undecided:
        raise BadInput(f"This looks like {found.called}, not like {wanted.called}; say --format {found}.")


def _looks_like(text: str) -> ListFormat | None:
    if text.startswith("<"):
        return ListFormat.NCMEC if "queryResult" in text else None
    if text[0] in "{[":
        return _json_kind(text)
    first = next((line for line in text.splitlines() if line.strip() and not line.startswith("#")), "")
    if _PDQ_LINE.match(first.strip()):
        return ListFormat.PDQ_TEXT
    names = {plain(cell) for cell in re.split(f"[{DELIMITERS}]", first)}
    return ListFormat.CSV if {ALGORITHM, HASH} <= names or names & {*BY_ALGORITHM} else None


def _json_kind(text: str) -> ListFormat:
    if '"odata.metadata"' in text or '"@odata.context"' in text:
        return ListFormat.VICS
    if '"hashRecords"' in text or '"signalType"' in text:
        return ListFormat.STOPNCII
    if '"HASH_' in text and ('"indicator"' in text or '"raw_indicator"' in text):
        return ListFormat.THREATEXCHANGE
    return ListFormat.JSON
