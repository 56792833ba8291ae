"""
Read any web page as one post: its words, its links, its pictures.

lxml and not selectolax, for these pages may be hostile: libxml2 stops at a
depth of 256 and lets the loop run while it works, whereas 20,000 nested lists
held lexbor, and with it the whole process, for two seconds.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from lxml import etree  # type: ignore[import-untyped]  # lxml ships no annotations

from crawler.items import SeenMedia
from crawler.parse.addresses import absolute, document
from crawler.parse.bounds import has_monstrous_tag
from crawler.parse.inline import is_data_uri, picture_in
from crawler.parse.pictures import Offer, offers_of
from domain.observations import MAX_LINKS, MediaKind
from domain.text import without_encoded_runs

MAX_MEDIA = 200
MAX_ADDRESSES = 5_000  # of media looked at in one page, those met again among them
_UNSEEN = frozenset({"script", "style", "template", "title"})
_WORDLESS = frozenset({"noscript", "iframe", "noframes", "noembed"})  # a browser shows no words of it
_BLOCKS = frozenset({
    "address", "article", "aside", "blockquote", "body", "br", "button", "caption", "center", "dd", "details", "dialog",
    "div", "dl", "dt", "fieldset", "figcaption", "figure", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6",
    "header", "hr", "legend", "li", "main", "menu", "nav", "ol", "option", "p", "pre", "section", "select", "summary",
    "table", "tbody", "td", "textarea", "tfoot", "th", "thead", "tr", "ul",
})  # fmt: skip
_EMBEDDING = {"iframe": "src", "frame": "src", "embed": "src", "object": "data"}  # and where each says what
_BLANKS = re.compile(r"[ \t\r\n\f\v\xa0]+")


class TooComplex(ValueError):
    """The page nests deeper, or piles up more, than any honest page does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenPage:
    """What a page holds, in its own order."""

    text: str = field(repr=False)
    links: tuple[str, ...] = field(repr=False)
    media: tuple[SeenMedia, ...] = field(repr=False)
    untrusted_inline: dict[str, bytes] = field(default_factory=dict, repr=False)


class _Page:
    """Collects, element by element."""

    def __init__(self, own: str, base: str) -> None:
        self.own = own
        self.base = base
        self.words: list[str] = []
        self.links: dict[str, None] = {}
        self.media: dict[str, SeenMedia] = {}
        self.inline: dict[str, bytes] = {}
        self.addresses = 0

    @property
    def is_full(self) -> bool:
        """Return whether no more media are taken from it."""
        return len(self.media) >= MAX_MEDIA or self.addresses >= MAX_ADDRESSES

    def link(self, href: str) -> None:
        """Record where a link leads; it is never followed."""
        if len(self.links) < MAX_LINKS:
            url = absolute(href, self.base)
            if url is not None:
                url = self.own if url.startswith(f"{self.own}#") else url
                self.links[without_encoded_runs(url)] = None

    def show(self, offer: Offer) -> bool:
        """Record a media item; return whether one of its addresses was one."""
        return any(self._item(url, offer.kind, offer.fuller) for url in offer.urls)

    def _item(self, url: str, kind: MediaKind, fuller: str) -> bool:
        if self.is_full:
            return True
        self.addresses += 1
        if is_data_uri(url.strip()):
            found = picture_in(url.strip())
            if found is None:
                return False
            self.inline[found[0]] = found[1]
            self.media.setdefault(found[0], SeenMedia(identity=found[0], kind=kind))
            return True
        resolved = document(url, self.base)
        if resolved is None:
            return False
        full = document(fuller, self.base)
        item = SeenMedia(identity=resolved, kind=kind, url=resolved, fuller_url=full if full != resolved else None)
        known = self.media.setdefault(resolved, item)
        if known.fuller_url is None and item.fuller_url is not None:
            self.media[resolved] = replace(known, fuller_url=item.fuller_url)
        return True


def read_page(html: str, *, page_url: str) -> SeenPage:
    """Return what a page holds; raises TooComplex."""
    root = tree_of(html)
    return read_elements([] if root is None else [root], base=base_of(root, page_url), page_url=page_url)


def read_elements(elements: Iterable[Any], *, base: str, page_url: str) -> SeenPage:
    """Return what elements of a page hold, one after the other; `base` is what its addresses are relative to."""
    page = _Page(page_url, base)
    for element in elements:
        _walk(element, page)
    # Encoded runs go while the text is whole: cut in the middle, one would no longer be recognised.
    text = without_encoded_runs(_joined(page.words))
    return SeenPage(text=text, links=tuple(page.links), media=tuple(page.media.values()), untrusted_inline=page.inline)


def base_of(root: Any, page_url: str) -> str:
    """Return what a page's addresses are relative to."""
    base = None if root is None else root.find(".//base[@href]")
    return page_url if base is None else document(base.get("href"), page_url) or page_url


def tree_of(html: str) -> Any:
    """Parse a page; None for an empty one. Raises TooComplex for one that would take too long."""
    if has_monstrous_tag(html):
        raise TooComplex
    parser = etree.HTMLParser(encoding="utf-8", huge_tree=False, no_network=True, remove_comments=True, remove_pis=True)
    try:
        root = etree.fromstring(html.encode("utf-8", "replace"), parser)
    except etree.XMLSyntaxError:
        root = None  # an empty page
    if any(entry.type == etree.ErrorTypes.ERR_RESOURCE_LIMIT for entry in parser.error_log):
        raise TooComplex
    return root


def _walk(root: Any, page: _Page) -> None:
    """Visit an element and all within it once, in reading order."""
    silent = 0
    walker = etree.iterwalk(root, events=("start", "end"))
    for event, element in walker:
        tag = element.tag
        if event == "end":
            silent -= tag in _WORDLESS
            _say(page, tag, None if element is root else element.tail, silent=silent)
            continue
        if tag in _UNSEEN:
            if tag != "template":
                _look(page, tag, element)  # for what styles and linked data name
            walker.skip_subtree()
            continue
        silent += tag in _WORDLESS
        _say(page, tag, element.text, silent=silent)
        _look(page, tag, element)


def _say(page: _Page, tag: str, words: str | None, *, silent: int) -> None:
    """Add words, on a line of their own at the edge of a block."""
    if silent:
        return
    if tag in _BLOCKS:
        page.words.append("\n")
    if words:
        page.words.append(_BLANKS.sub(" ", words))


def _look(page: _Page, tag: str, element: Any) -> None:
    """Add what an element leads to or shows."""
    if tag in {"a", "area"}:
        page.link(element.get("href") or "")
    shown = [] if page.is_full else [page.show(offer) for offer in offers_of(tag, element)]
    if tag in _EMBEDDING and not any(shown):
        page.link(element.get(_EMBEDDING[tag]) or "")


def _joined(words: list[str]) -> str:
    """Return the words in lines, without empty ones."""
    lines = (_BLANKS.sub(" ", line).strip() for line in "".join(words).split("\n"))
    return "\n".join(line for line in lines if line)
