"""
Read a hash list from the XML that NCMEC's hash sharing answers with.

Written from its public documentation (hashsharing v2): a `queryResult` with
`images` and `videos`; in each `image` or `video` its `member`, `timestamp`,
`id`, `classification` and `fingerprints` (md5, sha1, pdq, pdna and larger ones
that are only linked to); `deletedImage` and `deletedVideo` take an entry back.
The members' feedback is not read.

The parser is the standard library's expat, without a tree. A document type is
refused, and with it every entity there could be, inside or outside the file.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from xml.parsers import expat

from domain.errors import BadInput
from domain.hashlists import BadRow, ListRow, PassedOver
from exchange.formats.hashlist_cells import OTHER_KINDS, PHOTO_DNA_HASHES, WITHDRAWN, entry_or_refusal
from exchange.formats.hashlist_columns import PHOTO_DNA
from exchange.formats.hashlist_text import words
from exchange.formats.hashlist_withdrawals import Withdrawals

ROOT = "queryresult"
ENTRIES = frozenset({"image", "video"})
DELETED = "deleted"
FINGERPRINTS = "fingerprints"
READ = frozenset({"md5", "sha1", "sha256", "pdq"})
NEXT = ["paging", "next"]
NEXT_PAGE = "a next page of the answer, which is not in this file"
UNIT = "Line"

MAX_DEPTH = 32
MAX_TEXT = 1_000  # characters of one element that are kept
MAX_TAG = 1 << 20  # bytes of one tag
_AT_ONCE = 1 << 16  # bytes given to the parser


@dataclass(slots=True, kw_only=True)
class NcmecEntry:
    """What the parser gathered of one entry."""

    line: int
    deleted: bool
    member: str = ""
    texts: dict[str, str] = field(default_factory=dict)
    fingerprints: list[tuple[str, str]] = field(default_factory=list)

    @property
    def name(self) -> str:
        """Return what tells it from every other: ids are the members' own."""
        return f"{self.member} {self.texts.get('id', '')}"

    @property
    def at(self) -> int | None:
        """Return its time in seconds since 1970, or None."""
        try:
            moment = datetime.fromisoformat(self.texts.get("timestamp", "").strip())
        except ValueError:
            return None
        return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())


def ncmec_withdrawals(untrusted_pieces: Iterable[bytes]) -> Withdrawals:
    """Return what the file takes back; raises as `read_ncmec` does."""
    withdrawals = Withdrawals()
    for entry in ncmec_entries(untrusted_pieces):
        if isinstance(entry, NcmecEntry) and entry.deleted:
            withdrawals.note(entry.name, entry.at)
    return withdrawals


def read_ncmec(untrusted_pieces: Iterable[bytes], withdrawals: Withdrawals) -> Iterator[ListRow]:
    """
    Yield an entry or a refusal for every hash, but for those withdrawn later than given.

    Raises BadInput where the file breaks off, is no XML, no such answer, or
    declares a document type.
    """
    for entry in ncmec_entries(untrusted_pieces):
        if not isinstance(entry, NcmecEntry):
            yield entry
        elif entry.deleted or withdrawals.cover(entry.name, entry.at):
            yield PassedOver(what=WITHDRAWN, line=entry.line)
        else:
            yield from ncmec_rows(entry, words(entry.texts.get("id", "")))


def ncmec_rows(entry: NcmecEntry, ref: str) -> Iterator[ListRow]:
    """Yield what an entry holds, its hashes under this id, whether it is withdrawn or not."""
    own = words(entry.texts.get("classification", "")), ref, ""
    if not entry.fingerprints:
        yield BadRow(line=entry.line, problem="the entry holds no fingerprint")
    for kind, text in entry.fingerprints:
        if kind in READ:
            yield entry_or_refusal(kind, text, own, line=entry.line, unit=UNIT)
        else:
            yield PassedOver(what=PHOTO_DNA_HASHES if kind in PHOTO_DNA else OTHER_KINDS, line=entry.line)


def ncmec_entries(
    untrusted_pieces: Iterable[bytes], next_page: Callable[[str], object] = lambda _where: None
) -> Iterator[NcmecEntry | PassedOver]:
    """
    Yield what the file holds, in its order, and tell where its next page is, if it says so.

    Raises BadInput where the file breaks off, when all that stands before is yielded.
    """
    answer = _Answer(next_page)
    parser = answer.parser
    fed = 0
    try:
        for piece in untrusted_pieces:
            for start in range(0, len(piece), _AT_ONCE):
                part = piece[start : start + _AT_ONCE]
                fed += len(part)
                yield from answer.fed(part)
                if fed - parser.CurrentByteIndex > MAX_TAG:
                    raise BadInput(f"Line {parser.CurrentLineNumber}: one tag is over {MAX_TAG >> 20} MiB long.")
        yield from answer.fed(b"", last=True)
    except (expat.ExpatError, LookupError, ValueError):
        # LookupError and ValueError: an encoding that is declared and that nobody knows.
        raise BadInput(
            f"Line {parser.CurrentLineNumber}: the file breaks off here, or is no XML. Nothing was imported."
        ) from None


class _Answer:
    """What expat tells of an answer, gathered entry by entry."""

    def __init__(self, next_page: Callable[[str], object]) -> None:
        self._next_page = next_page
        self.parser = expat.ParserCreate()
        self.parser.buffer_text = True
        self.parser.StartDoctypeDeclHandler = self._refuse
        self.parser.EntityDeclHandler = self._refuse
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._characters
        self._path: list[str] = []
        self._entry: NcmecEntry | None = None
        self._entry_depth = 0
        self._text: str | None = None  # of an element that is wanted, while it is open
        self._done: list[NcmecEntry | PassedOver] = []

    def fed(self, part: bytes, *, last: bool = False) -> Iterator[NcmecEntry | PassedOver]:
        """Parse on, and yield what was completed, that before a fault included."""
        fault: Exception | None = None
        try:
            self.parser.Parse(part, last)
        except Exception as raised:  # noqa: BLE001 - raised again below
            fault = raised
        done, self._done = self._done, []
        yield from done
        if fault is not None:
            raise fault

    def _refuse(self, *_: object) -> None:
        raise BadInput(f"Line {self.parser.CurrentLineNumber}: the XML declares a document type; none is accepted.")

    def _start(self, name: str, attributes: Mapping[str, str]) -> None:
        tag = name.rpartition(":")[2].lower()
        if not self._path and tag != ROOT:
            raise BadInput(f"This XML is no answer of NCMEC's hash sharing: it begins with <{name[:40]}>.")
        if len(self._path) == MAX_DEPTH:
            raise BadInput(f"Line {self.parser.CurrentLineNumber}: elements stand {MAX_DEPTH} deep in one another.")
        self._path.append(tag)
        self._text = None
        if self._entry is None:
            if tag.removeprefix(DELETED) in ENTRIES:
                line = self.parser.CurrentLineNumber
                self._entry = NcmecEntry(line=line, deleted=tag.startswith(DELETED))
                self._entry_depth = len(self._path)
            elif self._path[1:] == NEXT:
                self._text = ""
                self._done.append(PassedOver(what=NEXT_PAGE, line=self.parser.CurrentLineNumber))
        elif self._is_field():
            self._text = ""
            if tag == "member":
                self._entry.member = attributes.get("id", "")[:MAX_TEXT]

    def _end(self, _name: str) -> None:
        if self._entry is not None:
            if len(self._path) == self._entry_depth:
                self._done.append(self._entry)
                self._entry = None
            elif self._text is not None and self._is_field():
                tag = self._path[-1]
                if self._path[-2] == FINGERPRINTS:
                    self._entry.fingerprints.append((tag, self._text))
                else:
                    self._entry.texts.setdefault(tag, self._text)
        elif self._text is not None and self._path[1:] == NEXT:
            self._next_page(self._text)
        self._text = None
        self._path.pop()

    def _characters(self, text: str) -> None:
        if self._text is not None and len(self._text) < MAX_TEXT:
            self._text += text[: MAX_TEXT - len(self._text)]

    def _is_field(self) -> bool:
        """Return whether the open element says something of the entry: a child of it, or one of its fingerprints."""
        depth = len(self._path) - self._entry_depth
        return depth == 1 or (depth == 2 and self._path[-2] == FINGERPRINTS)  # noqa: PLR2004 - a child's child
