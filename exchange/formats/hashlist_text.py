"""
Turn the bytes of a list file into lines, and its words into words that can be stored.

Nothing here grows with the file: a line is cut a little above its greatest
length, so that whoever reads it sees that it was too long.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterable, Iterator

MAX_LINE = 65_536  # characters
MAX_WORDS = 500  # characters of one of a row's own words

_MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_LONGEST_MARK = 4  # bytes enough to tell the encodings apart
_NO_ID = 10**18
_UNSTORABLE = dict.fromkeys((0, *range(0xD800, 0xE000)), "\N{REPLACEMENT CHARACTER}")


def decoded(untrusted_pieces: Iterable[bytes]) -> Iterator[str]:
    """
    Yield the text of a file, piece by piece, without its byte order mark.

    UTF-16 is known by its mark or by the zero bytes of its first characters;
    everything else is read as UTF-8. What is neither becomes U+FFFD.
    """
    pieces = iter(untrusted_pieces)
    head = b""
    while len(head) < _LONGEST_MARK and (more := next(pieces, None)) is not None:
        head += more
    encoding, mark = _encoding(head)
    decoder = codecs.getincrementaldecoder(encoding)("replace")
    yield decoder.decode(head[mark:])
    for piece in pieces:
        yield decoder.decode(piece)
    yield decoder.decode(b"", final=True)


def lines(untrusted_pieces: Iterable[bytes]) -> Iterator[str]:
    """Yield lines without their line feed; one longer than MAX_LINE is cut to MAX_LINE + 1 characters."""
    rest = ""
    for text in decoded(untrusted_pieces):
        if "\n" not in text:
            # Cut as it grows: a file without any line feed must not be gathered whole.
            rest = (rest + text)[: MAX_LINE + 1]
            continue
        *whole, last = text.split("\n")
        yield (rest + whole[0])[: MAX_LINE + 1]
        for line in whole[1:]:
            yield line[: MAX_LINE + 1]
        rest = last[: MAX_LINE + 1]
    if rest:
        yield rest


def words(text: str) -> str:
    """Return a list's own words as they can be stored: trimmed, bounded, without zeros and halves of pairs."""
    text = text.strip()[:MAX_WORDS]
    return text if text.isascii() and "\0" not in text else text.translate(_UNSTORABLE)


def words_of(value: object) -> str:
    """Return the words that a member of a record holds: a text, or a number that may be an id."""
    if isinstance(value, str):
        return words(value)
    # A number beyond any id is none: turning a huge one into text takes quadratic time.
    return str(value) if isinstance(value, int) and not isinstance(value, bool) and abs(value) < _NO_ID else ""


def _encoding(head: bytes) -> tuple[str, int]:
    """Return the encoding that a file's first bytes show, and how many of them are the mark."""
    for mark, encoding in _MARKS:
        if head.startswith(mark):
            return encoding, len(mark)
    match [byte == 0 for byte in head[:_LONGEST_MARK]]:
        case [False, True, False, True]:
            return "utf-16-le", 0
        case [True, False, True, False]:
            return "utf-16-be", 0
    return "utf-8", 0
