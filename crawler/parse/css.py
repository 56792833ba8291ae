"""Find the pictures that a style sheet or a style attribute names."""

from __future__ import annotations

import re
from collections.abc import Iterator

MAX_CSS = 256 * 1024  # characters of one style sheet that are looked at
_OPENING = re.compile(r"url\(\s*+", re.IGNORECASE)


def addresses_in(css: str) -> Iterator[str]:
    """Yield what stands in each `url(…)`, in one pass whatever the text holds."""
    css = css[:MAX_CSS]
    unclosed: set[str] = set()  # what does not end an address any more: it is not looked for again
    done = 0
    for opening in _OPENING.finditer(css):
        start = opening.end()
        if start < done:
            continue  # within an address
        quote = css[start : start + 1]
        end, start = (quote, start + 1) if quote in {'"', "'"} else (")", start)
        stop = -1 if end in unclosed else css.find(end, start)
        if stop < 0:
            unclosed.add(end)
        else:
            done = stop
            yield css[start:stop].strip()
