"""Say what a page of a list shows that begins with what is newest."""

from __future__ import annotations

from dataclasses import dataclass, field

from crawler.items import SeenPost


@dataclass(frozen=True, slots=True, kw_only=True)
class Numbered:
    """A post and its number; a pinned one stands out of its order."""

    number: int
    post: SeenPost = field(repr=False)
    is_pinned: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ListPage:
    """A page of a list, what was deleted of it, and how to ask for the next, which is older."""

    posts: tuple[Numbered, ...] = field(repr=False)
    deleted: tuple[str, ...] = ()
    older: str = field(default="", repr=False)
