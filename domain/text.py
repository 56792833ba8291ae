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

# Line breaks inside a run are part of it (MIME wraps at 76), so are the URL-safe
# alphabet and padding. A run of ordinary words is broken by its spaces. A run is
# tried from its beginning only: from everywhere, 2 MB of runs just too short took 6 s.
_ENCODED_RUN = re.compile(
    r"(?<![A-Za-z0-9+/_\-])(?:[A-Za-z0-9+/_\-]|%2[BbFf]|\r?\n[ \t]*(?=[A-Za-z0-9+/_\-]{16})){257,}=*"
)


def without_encoded_runs(text: str) -> str:
    """Return the text with every base64 run over 256 characters replaced by length and digest."""
    if len(text) <= LONGEST_KEPT_RUN:
        return text

    def replacement(run: re.Match[str]) -> str:
        digest = hashlib.sha256(run.group().encode()).hexdigest()
        return f"[{len(run.group())} encoded characters, sha256 {digest}]"

    return _ENCODED_RUN.sub(replacement, text)


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
