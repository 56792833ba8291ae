"""
Make any text safe to show: nothing in it can steer a terminal or reorder a page.

Texts from outside may hold control codes (a terminal obeys them), marks that
turn the reading direction, and characters without width that hide or split
words. Each is replaced by something a reader can see, never dropped, so that
nobody is shown a text that differs from what was there without a sign of it.
"""

from __future__ import annotations

import unicodedata
from functools import cache

REPLACED = "\N{REPLACEMENT CHARACTER}"
NO_WIDTH = "\N{MIDDLE DOT}"

# Khmer separates words by U+200B: a small dot keeps such a text readable, where
# a replacement character between any two words would not.
_NO_WIDTH = frozenset({0x00AD, 0x034F, 0x180E, 0x200B, 0x200C, 0x200D, 0x2060, 0xFEFF})

_REMEMBERED = 0x2000  # Latin to Khmer: hostile text from further up must not grow the table

# Control, format (bidi controls, tags), lone surrogate, line and paragraph separator.
_UNSHOWN = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})


def printable(text: str, *, keep: str = "") -> str:
    r"""
    Return the text with everything that is not meant to be seen made visible.

    `keep` names control characters that the place of showing can bear, such as
    "\n\t"; where line feeds are kept, "\r\n" becomes one.
    """
    if text.isprintable():
        return text
    if "\n" in keep:
        text = text.replace("\r\n", "\n")
    return text.translate(_shown(keep))


class _Shown(dict[int, int | str]):
    """What each code point is shown as, worked out when asked: a full table would take a second to build."""

    def __init__(self, keep: str) -> None:
        """Remember what is kept as it is."""
        super().__init__({ord(character): character for character in keep})

    def __missing__(self, code_point: int) -> int | str:
        """Return the code point itself, or what stands for it."""
        shown: int | str = code_point
        if code_point in _NO_WIDTH:
            shown = NO_WIDTH
        elif unicodedata.category(chr(code_point)) in _UNSHOWN:
            shown = REPLACED
        if code_point < _REMEMBERED:
            self[code_point] = shown
        return shown


@cache
def _shown(keep: str) -> _Shown:
    return _Shown(keep)
