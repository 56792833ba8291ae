"""
Refuse HTML that is built to keep a parser busy.

HTML parsers compare every attribute of a tag with those before it, so a tag
with 100,000 of them takes many seconds, in one call that nothing can
interrupt. Depth is bounded by the parser itself.
"""

from __future__ import annotations

import re

MAX_ATTRIBUTES = 2_000
HARMLESS = 32_768  # characters; a page of this size is parsed quickly whatever it holds

_TAG = re.compile(r"<[a-zA-Z][^\s/>]*")
_ATTRIBUTE = re.compile(r"[\s/]*+[^\s/>][^\s/>=]*+(?:\s*+=\s*+(?:\"[^\"]*+\"|'[^']*+'|[^\s>]*+))?")


def has_monstrous_tag(html: str) -> bool:
    """
    Return whether some tag has more than MAX_ATTRIBUTES attributes.

    Every `<letter` is tried as the beginning of a tag, whatever surrounds it,
    so no comment or script can hide one. Where two attempts meet they share
    their future, so that each place is looked at once.
    """
    if len(html) <= HARMLESS:
        return False
    following: dict[int, int] = {}  # place between attributes → how many follow it
    for tag in _TAG.finditer(html):
        place = tag.end()
        path: list[int] = []
        while place not in following:
            path.append(place)
            attribute = _ATTRIBUTE.match(html, place)
            if attribute is None:
                following[place] = -1
                break
            if len(path) > MAX_ATTRIBUTES:
                return True
            place = attribute.end()
        count = following[place]
        for earlier in reversed(path):
            count += 1
            following[earlier] = count
        if count > MAX_ATTRIBUTES:
            return True
    return False
