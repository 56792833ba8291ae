"""
Read a hash list from VICS JSON 1.1 to 2.0, as Project VIC and CAID give it.

Written from the data model as public tools that read and write it show it:
`odata.metadata` (1.x) or `@odata.context` (2.0, with a region) at the top, the
records in `value`, or in `Media` of the cases there. A record has `MediaID`,
`Category`, `MD5`, `SHA1`, now and then `PhotoDNA`, and `MediaSize`, which is
of no use here.

What a category means is national, and one of them is often "benign": only
those the importer names are taken.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from domain.errors import BadInput
from domain.hashlists import BadRow, ListRow, PassedOver
from exchange.formats.hashlist_cells import PHOTO_DNA_HASHES, entry_or_refusal
from exchange.formats.hashlist_columns import plain
from exchange.formats.hashlist_records import UNIT, Record, numbered_records, unreadable
from exchange.formats.hashlist_text import words_of
from exchange.formats.json_stream import Layout

HEADS = frozenset({"odata.metadata", "@odata.context"})
NO_CATEGORY = "none"
CATEGORIES = 50  # categories told apart; a list has about ten

_DIGESTS = {"MD5": "md5", "SHA1": "sha1", "SHA256": "sha256"}


def read_vics(untrusted_pieces: Iterable[bytes], categories: Mapping[str, str]) -> Iterator[ListRow]:
    """
    Yield an entry or a refusal for every hash of a category that is asked for.

    `categories` maps those asked for to what their entries are called. Raises
    BadInput when it is empty, with the categories that the list has; when none
    of them is in the list; and where the text is not VICS JSON.
    """
    heads: list[str] = []

    def on_member(key: str, value: Any) -> None:
        if key in HEADS and isinstance(value, str) and "DataModels" in value and not heads:
            heads.append(key)

    layout = Layout(holds_records=lambda key, _first: key in {"value", "Media"}, on_member=on_member)
    met: Counter[str] = Counter()
    for number, record in numbered_records(untrusted_pieces, layout):
        if record is None:
            yield unreadable(number)
            continue
        category = _category(record)
        met[category if category in met or len(met) < CATEGORIES else "others"] += 1
        if category not in categories:
            yield PassedOver(what="records of other categories", line=number, unit=UNIT)
        else:
            yield from _entries(record, categories[category], number)
    if not heads:
        raise BadInput("This is no VICS JSON: neither odata.metadata nor @odata.context names its data model.")
    if not any(category in categories for category in met):
        raise BadInput(
            f"{'Say which categories to take' if not categories else 'None of the categories named is in this list'} "
            f"(--category NUMBER=WHAT); it has {_listed(met)}."
        )


def _category(record: Record) -> str:
    """Return a record's category as digits: files have it as a number and as text."""
    value = record.get("Category")
    return (
        words_of(value if not isinstance(value, float) else int(value) if value.is_integer() else None) or NO_CATEGORY
    )


def _entries(record: Record, classification: str, number: int) -> Iterator[ListRow]:
    """Yield what one record holds; names of its members are known in any case."""
    members = {plain(name): value for name, value in record.items()}
    if members.get("photodna"):
        yield PassedOver(what=PHOTO_DNA_HASHES, line=number, unit=UNIT)
    filled = [(role, value) for name, role in _DIGESTS.items() if (value := members.get(name.lower()))]
    if not filled and not members.get("photodna"):
        yield BadRow(line=number, unit=UNIT, problem="the record holds no hash")
    own = classification, words_of(members.get("mediaid")), ""
    for role, digits in filled:
        yield entry_or_refusal(role, digits, own, line=number, unit=UNIT)


def _listed(met: Mapping[str, int]) -> str:
    each = (f"{category[:20]} ({count} record{'s' if count > 1 else ''})" for category, count in sorted(met.items()))
    return ", ".join(each) or "no record"
