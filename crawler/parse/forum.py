"""Read a forum's page by a rule: the posts of a thread, or the threads of a forum view."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice
from typing import Any
from urllib.parse import urldefrag, urlsplit

from crawler.forums.rules import ForumRule, first_text, rule_for
from crawler.items import SeenMedia, SeenPost
from crawler.parse.addresses import document
from crawler.parse.dates import moment
from crawler.parse.page import base_of, read_elements, tree_of

MAX_POSTS = 200  # of one page
MAX_THREADS = 200
MAX_ID = 100  # characters


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenForum:
    """What a page of a forum holds, in its own order; `rule` is the name of the one by which it was read."""

    rule: str
    posts: tuple[SeenPost, ...] = field(default=(), repr=False)
    next: str = field(default="", repr=False)
    threads: tuple[str, ...] = field(default=(), repr=False)
    untrusted_inline: dict[str, bytes] = field(default_factory=dict, repr=False)


def read_forum(html: str, *, page_url: str, thread_url: str, rules: Iterable[ForumRule]) -> SeenForum | None:
    """
    Return what a page holds by the first rule that knows it; None if none does.

    `thread_url` names the thread, whichever of its pages this is. Raises TooComplex.
    """
    root = tree_of(html)
    rule = None if root is None else rule_for(rules, root, urlsplit(page_url).hostname or "")
    if root is None or rule is None:
        return None
    base = base_of(root, page_url)
    inline: dict[str, bytes] = {}
    posts: dict[str, SeenPost] = {}
    for element in islice(rule.post(root), MAX_POSTS):
        name = first_text(rule.id, element)[:MAX_ID]
        if name and name not in posts:
            posts[name], untrusted = _post(rule, element, f"{thread_url}#{name}", base)
            inline |= untrusted
    following = document(first_text(rule.next, root), base)
    threads = (document(link, base) for link in islice(_found(rule.threads, root), MAX_THREADS))
    return SeenForum(
        rule=rule.name,
        posts=tuple(posts.values()),
        next=following or "",
        threads=tuple(dict.fromkeys(thread for thread in threads if thread)),
        untrusted_inline=inline,
    )


def _post(rule: ForumRule, element: Any, url: str, base: str) -> tuple[SeenPost, dict[str, bytes]]:
    """Return the post at an address, and the bytes of the pictures that travelled inside it."""
    thread_url = urldefrag(url).url
    body = read_elements(_found(rule.body, element)[:1], base=base, page_url=thread_url)
    attached = read_elements(_found(rule.attachments, element), base=base, page_url=thread_url)
    media: dict[str, SeenMedia] = {item.identity: item for item in (*body.media, *attached.media)}
    post = SeenPost(
        container=thread_url,
        post=url,
        url=url,
        posted_at=_time(rule, first_text(rule.time, element)),
        author=first_text(rule.author, element) or None,
        text=body.text,
        links=tuple(dict.fromkeys((*body.links, *attached.links))),
        media=tuple(media.values()),
    )
    return post, body.untrusted_inline | attached.untrusted_inline


def _found(selector: Any, element: Any) -> list[Any]:
    return list(selector(element)) if selector is not None else []


def _time(rule: ForumRule, spelt: str) -> datetime | None:
    """Return when a post says it was written; what names no zone is taken for UTC."""
    for layout in rule.times:
        with suppress(ValueError):
            return datetime.strptime(spelt[:64], layout).replace(tzinfo=UTC)
    return moment(spelt)
