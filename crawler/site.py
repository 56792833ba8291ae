"""
Remember which pages of an authorised site were read, and which are still to be.

Pure: what came is told to it, and it says what is read next. It stays within
bounds whatever a site links to, and is kept encrypted between visits
(`ObservedPage.recall`), for it holds addresses.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from crawler.question import Recall, digest_of

PAGES_OF_A_SITE = 200  # known of one site, read or to be read
PAGES_OF_A_VISIT = 40
RECHECKED = 10  # of them at least are pages read before, where there are as many
# Calendars, endless pages and one list under every sorting make addresses without end, which differ in numbers and in
# the values of their queries only. Such addresses are of one pattern.
PAGES_OF_A_PATTERN = 50
MAX_ADDRESS = 512  # characters
_NUMBERS = re.compile(r"\d+")
_SESSIONS = re.compile(r"(sid|phpsessid|jsessionid|oscsid|cfid|cftoken|replytocom|share)", re.IGNORECASE)
_LATER = "later"  # in the place of a digest: could not be had, and is asked for again
_VERSION = 1


@dataclass(slots=True, kw_only=True)
class KnownPage:
    """
    A page of the site: how many links deep, in which visit it was last asked for (0: never), what it said of itself.

    `seen` is the digest of what it showed; empty for one that is not asked for
    again, because it is no page, or another one under a second address.
    """

    depth: int
    asked: int = 0
    etag: str = field(default="", repr=False)
    modified: str = ""
    body: str = ""
    seen: str = ""

    @property
    def was_post(self) -> bool:
        """Return whether it was seen."""
        return self.seen not in {"", _LATER}

    def recall(self, url: str) -> Recall | None:
        """Return what makes a question for this page conditional; None where all of it is wanted."""
        if not (self.etag or self.modified or self.body):
            return None
        return Recall(url_digest=digest_of(url), etag=self.etag, modified=self.modified, body=self.body)


@dataclass(slots=True, kw_only=True)
class SiteMemory:
    """What is known of a site, `depth` links deep below its entry."""

    entry: str = field(repr=False)
    depth: int
    visit: int = 1
    pages: dict[str, KnownPage] = field(default_factory=dict, repr=False)

    @classmethod
    def loaded(cls, text: str | None, *, entry: str, depth: int) -> SiteMemory:
        """Return what `dumped` wrote, one visit later; a new memory for anything else."""
        memory = cls(entry=entry, depth=depth)
        try:
            version, visit, pages = json.loads(text or "null")
            if version != _VERSION:
                raise ValueError(version)  # noqa: TRY301 - treated as every other text that is none of ours
            known = {
                str(url): KnownPage(
                    depth=int(deep),
                    asked=int(asked),
                    etag=str(etag),
                    modified=str(when),
                    body=str(body),
                    seen=str(seen),
                )
                for url, (deep, asked, etag, when, body, seen) in pages.items()
            }
        except (TypeError, ValueError, AttributeError):
            known, visit = {}, 0
        memory.visit = int(visit) + 1
        memory.pages = {url: page for url, page in known.items() if page.depth <= depth}
        memory.pages.setdefault(entry, KnownPage(depth=0))
        return memory

    def dumped(self) -> str:
        """Return it as text."""
        rows = {
            url: [page.depth, page.asked, page.etag, page.modified, page.body, page.seen]
            for url, page in self.pages.items()
        }
        return json.dumps([_VERSION, self.visit, rows], separators=(",", ":"))

    def next_page(self, asked_now: int) -> str | None:
        """
        Return which page is asked for after `asked_now` others in this visit; None when it is enough.

        The entry comes first, then what was never read, breadth first, then
        what was not looked at for longest.
        """
        waiting = [(url, page) for url, page in self.pages.items() if page.asked < self.visit]
        if asked_now >= PAGES_OF_A_VISIT or not waiting:
            return None
        if self.pages[self.entry].asked < self.visit:
            return self.entry
        again = [(page.asked, page.depth, url) for url, page in waiting if page.asked and page.seen]
        unread = [(page.depth, url) for url, page in waiting if not page.asked]
        owed = min(len(again), RECHECKED)
        if unread and (not again or asked_now < PAGES_OF_A_VISIT - owed):
            return min(unread, key=lambda found: found[0])[1]  # of one depth, in the order in which they were met
        return min(again)[2] if again else None

    def linked(self, origin: str, urls: Iterable[str]) -> None:
        """Take note of the pages that one of them links to; all must be canonical and in scope."""
        depth = self.pages[origin].depth + 1
        if depth > self.depth:
            return
        patterns = Counter(map(pattern_of, self.pages))
        spellings = {_spelling(url): url for url in self.pages}
        for url in map(without_session, urls):
            known = self.pages.get(spellings.get(_spelling(url), url))
            if known is not None:
                if depth < known.depth:  # it is nearer than was thought, and so are its own links: all of it is wanted
                    known.depth, known.etag, known.modified, known.body = depth, "", "", ""
                continue
            pattern = pattern_of(url)
            is_bounded = len(self.pages) < PAGES_OF_A_SITE and patterns[pattern] < PAGES_OF_A_PATTERN
            if is_bounded and len(url) <= MAX_ADDRESS:
                self.pages[url] = KnownPage(depth=depth)
                patterns[pattern] += 1
                spellings[_spelling(url)] = url

    def asked(self, url: str) -> KnownPage:
        """Take note that a page is asked for; returns it."""
        page = self.pages[url]
        page.asked = self.visit
        return page

    def failed(self, url: str, *, is_passing: bool) -> None:
        """Take note that a page could not be read, for now or because it is none."""
        page = self.pages[url]
        if not page.was_post:
            page.seen = _LATER if is_passing else ""

    def answered(self, url: str, recall: Recall | None, seen: str) -> bool:
        """
        Take note of what a page showed; return whether it is a post of its own.

        What another page of the site shows word for word is that one under
        another address: it is read no more.
        """
        page = self.pages[url]
        if recall is not None:
            page.etag, page.modified, page.body = recall.etag, recall.modified, recall.body
        is_copy = any(other.seen == seen for known, other in self.pages.items() if known != url)
        page.seen = "" if is_copy and not page.was_post and url != self.entry else seen
        return page.was_post

    def gone(self, url: str) -> bool:
        """Forget a page that is said not to exist; return whether it was a post."""
        return self.pages.pop(url).was_post


def pattern_of(url: str) -> str:
    """Return an address with its numbers and its query's values left out."""
    parts = urlsplit(url)
    names = sorted({piece.partition("=")[0] for piece in parts.query.split("&") if piece})
    return _NUMBERS.sub("0", f"{parts.path}?{'&'.join(names)}")


def without_session(url: str) -> str:
    """Return an address without the parts of its query that number visitors, so that each page is read once."""
    head, mark, query = url.partition("?")
    kept = "&".join(piece for piece in query.split("&") if not _SESSIONS.fullmatch(piece.partition("=")[0]))
    return f"{head}{mark if kept else ''}{kept}"


def digest_of_page(text: str, media: Iterable[str]) -> str:
    """Return by what two pages that show the same are recognised."""
    said = json.dumps([text, sorted(media)])
    return hashlib.sha256(said.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def _spelling(url: str) -> str:
    return url.partition("://")[2]  # a site that moved from http to https is one site
