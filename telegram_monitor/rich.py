"""Read the words and links out of a formatted message: a tree of blocks and runs of text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from telethon.tl import types
from telethon.tl.tlobject import TLObject

MAX_NODES = 50_000  # of one message
_BLOCKS = ("PageBlock", "PageListItem", "PageTableRow", "PageCaption")


def rich_words(blocks: Sequence[Any]) -> tuple[str, list[str]]:
    """Return the words of a tree, a line a block, and the addresses it leads to."""
    words: list[str] = []
    links: list[str] = []
    waiting: list[Any] = list(reversed(blocks))
    for _ in range(MAX_NODES):
        if not waiting:
            break
        node = waiting.pop()
        if type(node).__name__.startswith(_BLOCKS):
            words.append("\n")
        if isinstance(node, types.TextPlain):
            words.append(node.text)
            continue
        if isinstance(node, (types.TextUrl, types.PageBlockPhoto, types.InlineButtonTypeUrl)) and node.url:
            links.append(node.url)
        elif isinstance(node, types.TextMentionName):
            links.append(f"tg://user?id={node.user_id}")
        elif isinstance(node, types.TextCustomEmoji):
            words.append(node.alt)
        waiting += reversed(_inside(node))
    lines = (" ".join(line.split()) for line in "".join(words).splitlines())
    return "\n".join(filter(None, lines)), links


def _inside(node: Any) -> list[Any]:
    """Return the nodes within a node, in their order."""
    found: list[Any] = []
    for value in vars(node).values() if isinstance(node, TLObject) else ():
        if isinstance(value, TLObject):
            found.append(value)
        elif isinstance(value, list):
            found += [item for item in value if isinstance(item, TLObject)]
    return found
