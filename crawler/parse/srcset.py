"""Choose one picture of those an `img` offers in several sizes."""

from __future__ import annotations

from collections.abc import Iterator

WIDE_ENOUGH = 512  # pixels; hashing works at 512, so more would only cost the line


def best_candidate(srcset: str) -> str:
    """
    Return the smallest picture at least WIDE_ENOUGH wide, else the largest; "" if there is none.

    Where sizes are densities (`2x`) the densest is the largest.
    """
    candidates = list(_candidates(srcset))
    wide = [(size, url) for size, unit, url in candidates if unit == "w" and size >= WIDE_ENOUGH]
    if wide:
        return min(wide)[1]
    return max(((size, url) for size, _, url in candidates), default=(0.0, ""), key=lambda found: found[0])[1]


def _candidates(srcset: str) -> Iterator[tuple[float, str, str]]:
    """Yield size, unit and address of each candidate; an address may hold commas, but not end with one."""
    words = srcset.split()
    place = 0
    while place < len(words):
        url = words[place].lstrip(",")
        place += 1
        if url.endswith(",") or place == len(words):
            if url.rstrip(","):
                yield 1.0, "x", url.rstrip(",")
            continue
        descriptor, comma, rest = words[place].partition(",")
        if comma and rest:
            words[place] = rest  # no space after the comma: the next address begins here
        else:
            place += 1
        if url:
            yield _size(descriptor), descriptor[-1:], url


def _size(descriptor: str) -> float:
    """Return the number in `640w` or `2x`; 1 if there is none."""
    try:
        size = float(descriptor[:-1])
    except ValueError:
        return 1.0
    return size if 0 < size < 100_000 else 1.0  # noqa: PLR2004 - wider than any picture
