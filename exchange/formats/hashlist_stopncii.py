"""
Read a hash list from StopNCII's JSON, as its interface answers.

Written from the public client of that interface: answers with `hashRecords`,
each with `signalType` (ImagePDQ, VideoMD5; others are not compared here),
`hashValue`, `hashStatus` and `lastModtimestamp`. People hand these hashes in
themselves; what they withdraw is left out, wherever in the file it stands.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from domain.errors import BadInput
from domain.hashlists import ListRow, PassedOver
from exchange.formats.hashlist_cells import OTHER_KINDS, WITHDRAWN, entry_or_refusal
from exchange.formats.hashlist_records import UNIT, Record, moment_of, numbered_records, texts, unreadable
from exchange.formats.hashlist_text import words_of
from exchange.formats.hashlist_withdrawals import Withdrawals
from exchange.formats.json_stream import Layout

RECORDS = "hashRecords"
KINDS = {"ImagePDQ": "pdq", "VideoMD5": "md5"}
CHANGED = "lastModtimestamp"
GONE = frozenset({"Withdrawn", "Deleted"})

_LAYOUT = Layout(holds_records=lambda key, _first: key == RECORDS)


def stopncii_withdrawals(untrusted_pieces: Iterable[bytes]) -> Withdrawals:
    """Return what the file takes back; raises BadInput where it is no JSON."""
    withdrawals = Withdrawals()
    for _, record in numbered_records(untrusted_pieces, _LAYOUT):
        if record is not None and record.get("hashStatus") in GONE:
            withdrawals.note(_name(record), moment_of(record.get(CHANGED)))
    return withdrawals


def read_stopncii(untrusted_pieces: Iterable[bytes], withdrawals: Withdrawals) -> Iterator[ListRow]:
    """
    Yield an entry or a refusal for every hash, but for those withdrawn later than given.

    The tags of those who gave feedback become the note. Raises BadInput where
    the text is not JSON, and when no record is StopNCII's.
    """
    is_theirs = False
    for number, record in numbered_records(untrusted_pieces, _LAYOUT):
        if record is None:
            yield unreadable(number)
            continue
        is_theirs = is_theirs or "signalType" in record
        gone = record.get("hashStatus") in GONE
        if gone or withdrawals.cover(_name(record), moment_of(record.get(CHANGED))):
            yield PassedOver(what=WITHDRAWN, line=number, unit=UNIT)
        else:
            yield stopncii_row(record, number)
    if not is_theirs:
        raise BadInput("This is no answer of StopNCII: no record has a signalType.")


def stopncii_row(record: Record, line: int, unit: str = UNIT) -> ListRow:
    """Return what a record holds, whether it is withdrawn or not."""
    kind = KINDS.get(words_of(record.get("signalType")))
    if kind is None:
        return PassedOver(what=OTHER_KINDS, line=line, unit=unit)
    own = "", "", words_of(" ".join(_tags(record)))
    return entry_or_refusal(kind, record.get("hashValue"), own, line=line, unit=unit)


def _name(record: Record) -> str:
    return f"{words_of(record.get('signalType'))} {words_of(record.get('hashValue')).lower()}"


def _tags(record: Record) -> list[str]:
    """Return the tags of all feedback, each once, in order."""
    feedback = record.get("CSPFeedbacks")
    given = [item for item in feedback if isinstance(item, dict)] if isinstance(feedback, list) else []
    return list(dict.fromkeys(tag for item in given for tag in texts(item.get("tags"))))
