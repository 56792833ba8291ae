"""
Read a hash list from text with one PDQ hash a line, as the reference tools write and read it.

A line is the hash of 64 hex digits alone, or followed by its quality and more
(`hash,100,name`), or the pairs of the reference hasher (`hash=…,norm=128,
delta=0,quality=100,filename=…`). A number from 0 to 100 behind the hash is its
quality, another word its id. Empty lines and those that begin with `#` are
passed; names of files are not kept.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from domain.hashlists import BadRow, ListRow, PassedOver
from exchange.formats.hashlist_cells import LOW_QUALITY, entry_or_refusal, low_quality
from exchange.formats.hashlist_text import MAX_LINE, lines, words

COMMENT = "#"
MAX_QUALITY = 100

_PARTS = re.compile(r"[,;\t ]+")


def read_pdq_text(untrusted_pieces: Iterable[bytes]) -> Iterator[ListRow]:
    """Yield an entry or a refusal for every line that is not empty and no comment."""
    for number, line in enumerate(lines(untrusted_pieces), 1):
        text = line.strip()
        if len(line) > MAX_LINE:
            yield BadRow(line=number, problem=f"the line is longer than {MAX_LINE} characters")
        elif text and not text.startswith(COMMENT):
            yield _entry(text, number)


def _entry(text: str, number: int) -> ListRow:
    digits, quality, ref = _pairs(text) if "=" in text.partition(",")[0] else _plain(text)
    if low_quality(quality):
        return PassedOver(what=LOW_QUALITY, line=number)
    return entry_or_refusal("pdq", digits, ("", ref, ""), line=number, unit="Line")


def _plain(text: str) -> tuple[str, str, str]:
    """Return hash, quality and id of `hash[,quality or id[,…]]`."""
    digits, *more = _PARTS.split(text, maxsplit=2)
    second = more[0] if more else ""
    if second.isascii() and second.isdigit() and len(second) <= len(str(MAX_QUALITY)) and int(second) <= MAX_QUALITY:
        return digits, second, ""
    return digits, "", words(second) if len(more) == 1 else ""


def _pairs(text: str) -> tuple[str, str, str]:
    """Return hash and quality of `hash=…,quality=…`."""
    pairs = dict(part.partition("=")[::2] for part in text.split(","))
    return pairs.get("hash", ""), pairs.get("quality", ""), ""
