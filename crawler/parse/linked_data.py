"""Find pictures and videos in a page's JSON-LD, which is read as data and never run."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from domain.observations import MediaKind

MAX_SCRIPT = 256 * 1024  # characters of one script
MAX_NODES = 5_000  # objects and lists looked at in one script
_PICTURES = frozenset({"image", "thumbnail", "thumbnailUrl", "photo", "primaryImageOfPage"})
_FILES = {"ImageObject": MediaKind.IMAGE, "VideoObject": MediaKind.VIDEO}


def media_in(script: str) -> Iterator[tuple[str, MediaKind]]:
    """Yield the address of each picture and video that a script names, with its kind; nothing if it is no JSON."""
    if len(script) > MAX_SCRIPT:
        return
    try:
        node = json.loads(script)
    except (ValueError, RecursionError):
        return
    waiting: list[Any] = [node]
    for _ in range(MAX_NODES):
        if not waiting:
            return
        node = waiting.pop()
        if isinstance(node, list):
            waiting += reversed(node[:MAX_NODES])
        elif isinstance(node, dict):
            yield from _named(node)
            waiting += [value for value in reversed(node.values()) if isinstance(value, (dict, list))]


def _named(node: dict[str, Any]) -> Iterator[tuple[str, MediaKind]]:
    """Yield what one object names itself."""
    types = node.get("@type")
    kind = next((_FILES[word] for word in _texts(types) if word in _FILES), None)
    if kind is not None:
        for url in _texts(node.get("contentUrl")):
            yield url, kind
    if kind is MediaKind.IMAGE and "contentUrl" not in node:
        for url in _texts(node.get("url")):
            yield url, kind
    for key in _PICTURES & node.keys():
        for url in _texts(node[key]):
            yield url, MediaKind.THUMBNAIL if kind is MediaKind.VIDEO else MediaKind.IMAGE


def _texts(value: object) -> list[str]:
    """Return a text, or the texts of a list."""
    values = value if isinstance(value, list) else [value]
    return [text for text in values[:MAX_NODES] if isinstance(text, str)]
