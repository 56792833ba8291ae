"""
Look at a feed: one address, one answer, what is newest of a place.

A feed is a window. The cursor remembers what stood in it, three bytes of
digest an entry: enough to find them again, too little to name one. Where none
of them is found, the window has moved past all that was seen. An entry marked
by `!` is the last of those that a first visit passed over.
"""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Sequence

from crawler.items import PageItem, SeenPost
from crawler.parse.feed import NotAFeed, SeenFeed, read_feed
from crawler.parse.page import TooComplex
from crawler.question import Accepts, Question
from crawler.spiders.base import Received, VisitSpider
from crawler.spiders.page import check_scope
from crawler.visit import Equipment
from domain.errors import VisitEnded
from domain.outcomes import Outcome
from domain.ports import SourceTarget

MARK = 6  # hexadecimal digits of an entry's name
FLOOR = "!"
FEEDS = Accepts(
    header="application/atom+xml,application/rss+xml,application/feed+json,application/xml;q=0.9,*/*;q=0.5",
    types=frozenset(
        {
            *("", "application/atom+xml", "application/rss+xml", "application/rdf+xml", "application/feed+json"),
            *("application/xml", "text/xml", "application/json", "text/json", "application/octet-stream"),
            *("text/plain", "text/html", "application/xhtml+xml"),  # what many servers call everything
        }
    ),
)


class FeedSpider(VisitSpider):
    """Reads a feed: one item, its entries oldest first."""

    name = "feed"
    accepts = FEEDS

    @classmethod
    def entry(cls, equipment: Equipment, target: SourceTarget) -> Question | None:  # noqa: ARG003 - the interface
        """Return the feed itself."""
        return Question(url=target.locator, accepts=FEEDS)

    async def look(self) -> AsyncIterator[PageItem]:
        """Yield the entries that stand in the feed."""
        target = self.visit.target
        answer, feed = await self._read()
        start, is_after_gap = start_of(feed.posts, target)
        yield PageItem(
            posts=feed.posts[start:],
            capture=answer.capture,
            cursor=marks_of(feed.posts, start) or target.cursor,
            is_newest=True,
            recall=answer.recall,
            is_after_gap=is_after_gap,
        )

    async def look_at(self, post: str) -> AsyncIterator[PageItem]:
        """Yield all that stands in the feed, if the entry that the books know by this name is there."""
        target = self.visit.target
        answer, feed = await self._read()
        if not any(target.named(each.post) == post for each in feed.posts):
            raise VisitEnded(Outcome.RESTRICTED, "entry_scrolled_away")
        yield PageItem(posts=feed.posts, capture=answer.capture, cursor=target.cursor)

    async def _read(self) -> tuple[Received, SeenFeed]:
        """Fetch the feed; raises VisitEnded where it is none."""
        locator = self.visit.target.locator
        answer = await self.get(locator, lambda url: check_scope(url, locator))
        content_type = (answer.page.headers.get("Content-Type") or b"").decode("latin-1")
        try:
            feed = await answer.read(lambda body: read_feed(body, url=locator, content_type=content_type))
        except NotAFeed:
            raise VisitEnded(Outcome.ERROR, "not_a_feed") from None
        except TooComplex:
            raise VisitEnded(Outcome.ERROR, "too_complex") from None
        self.visit.keep_inline(feed.untrusted_inline)
        return answer, feed


def start_of(posts: Sequence[SeenPost], target: SourceTarget) -> tuple[int, bool]:
    """
    Return with which post a visit begins, and whether some may have come and gone since the last.

    A first visit begins where the target says; later ones with the oldest that
    is still there of what the last one saw, so that changes are seen.
    """
    if target.cursor is None:
        return _first_start(posts, target), False
    marks = [mark_of(post.post) for post in posts]
    seen = target.cursor.split()
    passed_over = next((mark.removeprefix(FLOOR) for mark in seen if mark.startswith(FLOOR)), None)
    if passed_over in marks:
        return marks.index(passed_over) + 1, False
    first = next((place for place, mark in enumerate(marks) if mark in seen), None)
    return first or 0, first is None and bool(seen) and bool(posts)


def marks_of(posts: Sequence[SeenPost], start: int) -> str:
    """Return by what a window of posts is found again, of which those before `start` were passed over."""
    floor = [FLOOR + mark_of(post.post) for post in posts[:start][-1:]]
    return " ".join([*floor, *(mark_of(post.post) for post in posts[start:])])


def mark_of(name: str) -> str:
    """Return by what an entry is recognised."""
    return hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:MARK]


def _first_start(posts: Sequence[SeenPost], target: SourceTarget) -> int:
    day = target.backfill_since
    if day is not None:
        late = (place for place, post in enumerate(posts) if post.posted_at is None or post.posted_at.date() >= day)
        return next(late, len(posts))
    return 0 if target.backfill is None else max(0, len(posts) - target.backfill)
