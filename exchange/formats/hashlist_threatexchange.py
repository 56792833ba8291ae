"""
Read a hash list from ThreatExchange's JSON: answers of `threat_updates` or `threat_descriptors`.

Written from Meta's public documentation and reference client: records in
`data`, each with `type` (HASH_PDQ, HASH_MD5, HASH_VIDEO_MD5, HASH_SHA1,
HASH_SHA256; others are not compared here), `indicator` or `raw_indicator`,
`should_delete`, and `tags` and `status` of its own or of its `descriptors`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from domain.errors import BadInput
from domain.hashlists import ListRow, PassedOver
from exchange.formats.hashlist_cells import OTHER_KINDS, PHOTO_DNA_HASHES, WITHDRAWN, entry_or_refusal
from exchange.formats.hashlist_records import UNIT, Record, moment_of, numbered_records, texts, unreadable
from exchange.formats.hashlist_text import words_of
from exchange.formats.hashlist_withdrawals import Withdrawals
from exchange.formats.json_stream import Layout

KINDS = {
    "HASH_PDQ": "pdq",
    "HASH_MD5": "md5",
    "HASH_VIDEO_MD5": "md5",
    "HASH_SHA1": "sha1",
    "HASH_SHA256": "sha256",
}
CHANGED = "last_updated"
HARMLESS = "NON_MALICIOUS"
NOT_HARMFUL = "entries that their owners call harmless"

_LAYOUT = Layout(holds_records=lambda key, _first: key == "data")


def threatexchange_withdrawals(untrusted_pieces: Iterable[bytes]) -> Withdrawals:
    """Return what the file takes back; raises BadInput where it is no JSON."""
    withdrawals = Withdrawals()
    for _, record in numbered_records(untrusted_pieces, _LAYOUT):
        if record is not None and record.get("should_delete") is True:
            withdrawals.note(_name(record), moment_of(record.get(CHANGED)))
    return withdrawals


def read_threatexchange(untrusted_pieces: Iterable[bytes], withdrawals: Withdrawals) -> Iterator[ListRow]:
    """
    Yield an entry or a refusal for every hash, but for those withdrawn later than given.

    An entry that all who describe it call harmless is left out. Tags become
    the note. Raises BadInput where the text is not JSON, and when no record is
    ThreatExchange's.
    """
    is_theirs = False
    for number, record in numbered_records(untrusted_pieces, _LAYOUT):
        if record is None:
            yield unreadable(number)
            continue
        is_theirs = is_theirs or ("indicator" in record or "raw_indicator" in record)
        gone = record.get("should_delete") is True
        if gone or withdrawals.cover(_name(record), moment_of(record.get(CHANGED))):
            yield PassedOver(what=WITHDRAWN, line=number, unit=UNIT)
        else:
            yield threatexchange_row(record, number)
    if not is_theirs:
        raise BadInput("This is no answer of ThreatExchange: no record has an indicator.")


def threatexchange_row(record: Record, line: int, unit: str = UNIT) -> ListRow:
    """Return what a record holds, whether it is withdrawn or not."""
    word = words_of(record.get("type"))
    described = _descriptors(record)
    if word not in KINDS:
        return PassedOver(what=PHOTO_DNA_HASHES if word == "HASH_PHOTODNA" else OTHER_KINDS, line=line, unit=unit)
    if {words_of(each.get("status")) for each in described} == {HARMLESS}:
        return PassedOver(what=NOT_HARMFUL, line=line, unit=unit)
    tags = dict.fromkeys(tag for each in described for tag in _tags(each.get("tags")))
    own = "", words_of(record.get("id")), words_of(" ".join(tags))
    return entry_or_refusal(KINDS[word], _indicator(record), own, line=line, unit=unit)


def _name(record: Record) -> str:
    return f"{words_of(record.get('type'))} {words_of(_indicator(record)).lower()}"


def _indicator(record: Record) -> object:
    return record.get("raw_indicator") or record.get("indicator")


def _descriptors(record: Record) -> list[Record]:
    """Return what members say of a record: its descriptors, or itself where it is one."""
    held = record.get("descriptors")
    data = held.get("data") if isinstance(held, dict) else None
    return [each for each in data if isinstance(each, dict)] if isinstance(data, list) else [record]


def _tags(value: object) -> list[str]:
    """Return tags given as texts, or as `{"data": [{"text": …}]}`."""
    if not isinstance(value, dict):
        return texts(value)
    data = value.get("data")
    return texts([each.get("text") for each in data if isinstance(each, dict)]) if isinstance(data, list) else []
