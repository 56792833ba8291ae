"""
Choose one picture of those an `img` or `picture` offers in several sizes.

The smallest that tells enough is read, and the largest is named beside it, to
be read only where the smaller one's hash comes near to a list's entry.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

# PDQ works on 64x64 samples, so a smaller copy of a photograph has nearly the same hash: by benchmarks/picture_sizes.py
# 95 of 100 lie within 14 bits of the full size's at 512 pixels, 8 at 768 and 8 at 1024 (worst 16, 14, 8), for 11,
# 25 and 43 % of its bytes. `triage.readings.SIZE_DRIFT` allows for 8. Drawings, cards and lines of text drift further.
WIDE_ENOUGH = 768
MAX_SRCSET = 32 * 1024  # characters that are looked at


class Candidate(NamedTuple):
    """One size of a picture: its address, its width in pixels where it is told, and else how dense it is."""

    url: str
    width: float | None
    density: float = 1.0


class Choice(NamedTuple):
    """What is read of a picture, and where it stands in full if that is another file; "" for nothing."""

    url: str
    fuller: str = ""


def choose(candidates: Iterable[Candidate]) -> Choice:
    """Return the smallest candidate at least WIDE_ENOUGH wide, else the largest; of equals the first."""
    offered = list(candidates)
    sized = [(candidate.width, candidate.url) for candidate in offered if candidate.width is not None]
    if sized:
        largest = max(sized, key=lambda found: found[0])[1]
        wide = [found for found in sized if found[0] >= WIDE_ENOUGH]
        chosen = min(wide, key=lambda found: found[0])[1] if wide else largest
        return Choice(chosen, largest if largest != chosen else "")
    return Choice(max(offered, key=lambda candidate: candidate.density).url) if offered else Choice("")


def candidates_of(srcset: str, *, shown_width: str = "") -> Iterator[Candidate]:
    """
    Yield each candidate of a `srcset`; an address may hold commas, but not end with one.

    `shown_width` is the picture's own width attribute, which densities (`2x`) multiply.
    """
    shown = _number(shown_width)
    words = srcset[:MAX_SRCSET].split()
    place = 0
    while place < len(words):
        url = words[place].lstrip(",")
        place += 1
        if url.endswith(",") or place == len(words):
            if url.rstrip(","):
                yield Candidate(url.rstrip(","), shown)
            continue
        descriptor, comma, rest = words[place].partition(",")
        if comma and rest:
            words[place] = rest  # no space after the comma: the next address begins here
        else:
            place += 1
        if not url:
            continue
        size = _number(descriptor[:-1])
        if descriptor.endswith("w"):
            yield Candidate(url, size)
        else:
            density = size if size and descriptor.endswith("x") else 1.0
            yield Candidate(url, shown * density if shown else None, density)


def _number(text: str) -> float | None:
    """Return a size as it may stand in a page; None if it is none."""
    try:
        size = float(text)
    except ValueError:
        return None
    return size if 0 < size < 100_000 else None  # noqa: PLR2004 - wider than any picture
