"""
Keep pictures out of texts, and say what a text rule found.

A picture can travel inside a text as base64. Such runs are replaced by their
length and digest before anything else sees the text: no store, log or rule.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from enum import StrEnum

KINDS_OF_A_SELLING_TEXT = 2
LONGEST_KEPT_RUN = 256  # characters; the pattern below asks for one more

# Line breaks inside a run are part of it, plain or escaped (MIME wraps at 76), so
# are the URL-safe alphabet, padding and characters without width. A run of
# ordinary words is broken by its spaces. A run is tried from its beginning only,
# and nothing is tried twice: from everywhere, 2 MB of runs just too short took 6 s.
_LETTER = r"[A-Za-z0-9+/_\-]"
_ESCAPED = r"%(?:25)*+2[BbFf]"
_ESCAPED_BREAK = r"%(?:25)*+0[AaDd]"
_BREAK = rf"(?:[ \t]*+(?:\r?\n|\r)[ \t]*+|(?:{_ESCAPED_BREAK})++)(?=(?:{_LETTER}|{_ESCAPED}){{16}})"
_INSIDE_ESCAPE = r"(?<=%)(?:25)*+(?:2[BbFf]|0[AaDd])"
_ENCODED_RUN = re.compile(
    rf"(?<!{_LETTER})(?:(?!{_INSIDE_ESCAPE}){_LETTER}|{_ESCAPED}|{_ESCAPED_BREAK})"
    rf"(?:{_LETTER}|{_ESCAPED}|{_BREAK}|[\u00ad\u200b\u2060\ufeff](?={_LETTER})){{256,}}+=*+"
)
_LINE_END = re.compile(r"[ \t]*+(?:\r?\n|\r)[ \t]*+")
_FIRST_LINE = re.compile(rf"({_LETTER}{{1,31}})({_LINE_END.pattern})(.*)", re.DOTALL)
_DATA_URI = re.compile(r"(data:[^\s,<>\"']{0,128},)([^\s<>\"']{257,})", re.IGNORECASE)


def without_encoded_runs(text: str) -> str:
    """
    Return the text with every base64 run over 256 characters replaced by length and digest.

    So is what a `data:` URI carries, in whatever way it is encoded.
    """
    if len(text) <= LONGEST_KEPT_RUN:
        return text
    without = _DATA_URI.sub(lambda found: found[1] + _replacement(found[2]), text)
    return _ENCODED_RUN.sub(lambda found: _run_replaced(found[0]), without)


def _run_replaced(run: str) -> str:
    """
    Return what stands in a run's place; a word on the line before it is no part of it.

    Such a word may be a handle, so it is kept: where it is as short as 23 bytes
    encoded, and no line of the same width as the next, which wrapping would make.
    """
    lines = _FIRST_LINE.fullmatch(run)
    if lines is None:
        return _replacement(run)
    word, line_break, rest = lines.groups()
    width = len(_LINE_END.split(rest, maxsplit=1)[0])
    if len(rest) <= LONGEST_KEPT_RUN or len(word) == width:
        return _replacement(run)
    return f"{word}{line_break}{_replacement(rest)}"


def _replacement(run: str) -> str:
    digest = hashlib.sha256(run.encode("utf-8", "surrogatepass")).hexdigest()
    return f"[{len(run)} encoded characters, sha256 {digest}]"


class Attribute(StrEnum):
    """What kind of thing a commerce rule recognises; two kinds make a selling text."""

    PRODUCT = "product"
    PRICE = "price"
    PAYMENT = "payment"
    CONTACT = "contact"
    LOCATION = "location"
    TERM = "term"


@dataclass(frozen=True, slots=True, kw_only=True)
class TextHit:
    """A text rule that fired: where (code points, half-open), and which version of the rule."""

    rule: str
    version: int
    attribute: Attribute
    start: int
    end: int


def sells(hits: tuple[TextHit, ...]) -> bool:
    """Return whether two kinds of commerce attribute meet: the least that opens a lead."""
    return len({hit.attribute for hit in hits if hit.attribute is not Attribute.TERM}) >= KINDS_OF_A_SELLING_TEXT
