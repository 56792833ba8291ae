"""
Look at one thread of an image board, or at those threads of a board that changed.

A catalogue says when each thread last changed; so a board costs one question
while nothing does, and one more for each thread that did. A thread is asked
for once a visit at most.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from datetime import date
from urllib.parse import urlsplit

from crawler.items import PageItem, SeenPost
from crawler.parse.imageboard import Layout, ListedThread, number_in, read_catalogue, read_thread
from crawler.platforms import Platforms
from crawler.question import JSON, Question
from crawler.spiders.base import Received, VisitSpider, no_redirect
from crawler.visit import Equipment
from domain.errors import VisitEnded
from domain.outcomes import Outcome
from domain.ports import SourceTarget
from domain.walk import Walk

_PATH = re.compile(r"(.*/)(?:res/(\d+)\.html|thread/(\d+))|(.*/)")
_EPOCH = date(1970, 1, 1).toordinal()
_DAY = 86_400  # seconds
_NAME = re.compile(r"\d{1,18}/\d{1,18}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A board, and the thread of it that is watched; None: all of them."""

    layout: Layout
    thread: int | None


class ImageboardSpider(VisitSpider):
    """Reads a thread, or a board thread by thread: one item a thread, those that changed longest ago first."""

    name = "imageboard"
    accepts = JSON

    @classmethod
    def entry(cls, equipment: Equipment, target: SourceTarget) -> Question | None:
        """Return the thread, or the board's catalogue."""
        place = place_of(target.locator, equipment.platforms)
        return _catalogue_of(place) if place.thread is None else _thread_of(place.layout, place.thread)

    async def look(self) -> AsyncIterator[PageItem]:
        """Yield the thread, or the threads that changed."""
        place = place_of(self.visit.target.locator, self.visit.equipment.platforms)
        if place.thread is not None:
            yield await self._thread(place.layout, place.thread)
            return
        async with aclosing(self._board(place)) as items:  # type: ignore[type-var]  # a generator
            async for item in items:
                yield item

    async def _board(self, place: Place) -> AsyncIterator[PageItem]:
        """Yield the threads that changed; one that cannot be read ends the visit when the others have been."""
        answer = await self.get(_catalogue_of(place), no_redirect)
        threads = await answer.json(read_catalogue)
        waiting = unread(threads, self.visit.target)
        broken: VisitEnded | None = None
        for thread in waiting[: self.visit.equipment.limits.pages]:
            posts: tuple[SeenPost, ...] = ()
            capture = answer.capture
            try:
                posts, received = await self._posts(place.layout, thread.number)
                capture = received.capture
            except VisitEnded as ending:
                if ending.outcome is Outcome.ERROR:
                    broken = broken or ending
                elif ending.outcome is not Outcome.GONE:  # a thread may go between the catalogue and now
                    raise
            is_last = thread is waiting[-1]
            recall = answer.recall if is_last else None
            yield PageItem(posts=posts, capture=capture, cursor=_cursor(thread), is_newest=is_last, recall=recall)
        if broken is not None:
            raise broken
        if not waiting:
            cursor = self.visit.target.cursor or (_cursor(threads[-1]) if threads else None)
            yield PageItem(posts=(), capture=answer.capture, cursor=cursor, is_newest=True, recall=answer.recall)

    async def look_at(self, post: str) -> AsyncIterator[PageItem]:
        """Yield the thread of a post, unless one of them is gone: a thread's answer names all its posts."""
        place = place_of(self.visit.target.locator, self.visit.equipment.platforms)
        if not _NAME.fullmatch(post):
            raise VisitEnded(Outcome.ERROR, "bad_post")
        try:
            posts, answer = await self._posts(place.layout, int(post.partition("/")[0]))
        except VisitEnded as ending:
            if ending.outcome is Outcome.GONE:
                return
            raise
        if any(each.post == post for each in posts):
            yield PageItem(posts=posts, capture=answer.capture, cursor=self.visit.target.cursor)

    async def _thread(self, layout: Layout, thread: int) -> PageItem:
        """Return a watched thread from the post on at which its first visit began."""
        posts, answer = await self._posts(layout, thread)
        target = self.visit.target
        walk = Walk.parsed(target.cursor) if target.cursor is not None else _first_walk(posts, target)
        highest = max(number_in(post.post) for post in posts)
        return PageItem(
            posts=tuple(post for post in posts if number_in(post.post) > walk.floor),
            capture=answer.capture,
            cursor=walk.at(max(walk.position, highest)),
            is_newest=True,
            recall=answer.recall,
        )

    async def _posts(self, layout: Layout, thread: int) -> tuple[tuple[SeenPost, ...], Received]:
        answer = await self.get(_thread_of(layout, thread), no_redirect)
        return await answer.json(lambda said: read_thread(said, layout=layout, number=thread)), answer


def place_of(locator: str, platforms: Platforms) -> Place:
    """Return what a canonical locator names, and where that is asked for."""
    parts = urlsplit(locator)
    path = _PATH.fullmatch(parts.path)
    if path is None:
        raise VisitEnded(Outcome.ERROR, "bad_locator")
    below, thread = path[1] or path[4], path[2] or path[3]
    board = f"{parts.scheme}://{parts.netloc}{below}"
    if parts.hostname == "boards.4chan.org":
        layout = Layout(
            board=board,
            api=platforms.fourchan_api + below,
            files=platforms.fourchan_media + below,
            thread="thread/{}.json",
            shown="thread/{}",
            mark="#p{}",
        )
    else:
        layout = Layout(
            board=board, api=board, files=f"{board}src/", thread="res/{}.json", shown="res/{}.html", mark="#{}"
        )
    return Place(layout=layout, thread=int(thread) if thread else None)


def _catalogue_of(place: Place) -> Question:
    return Question(url=f"{place.layout.api}catalog.json", accepts=JSON)


def _thread_of(layout: Layout, thread: int) -> Question:
    return Question(url=layout.api + layout.thread.format(thread), accepts=JSON)


def _cursor(thread: ListedThread) -> str:
    return f"{thread.changed}/{thread.number}"


def unread(threads: Sequence[ListedThread], target: SourceTarget) -> Sequence[ListedThread]:
    """Return the threads that changed since the cursor; on a first visit the latest, as far back as was asked for."""
    if target.cursor is not None:
        changed, _, number = target.cursor.partition("/")
        if not (changed.isdecimal() and number.isdecimal()):
            raise VisitEnded(Outcome.ERROR, "bad_cursor")
        return [thread for thread in threads if (thread.changed, thread.number) > (int(changed), int(number))]
    if target.backfill_since is not None:
        day = target.backfill_since.toordinal() - _EPOCH
        return [thread for thread in threads if thread.changed >= day * _DAY]
    left, start = target.backfill, len(threads)
    while start and (left is None or left > 0):
        start -= 1
        left = None if left is None else left - threads[start].posts
    return threads[start:]


def _first_walk(posts: Sequence[SeenPost], target: SourceTarget) -> Walk:
    """Return where the first visit of a thread begins."""
    day = target.backfill_since
    if day is not None:
        older = [post for post in posts if post.posted_at is not None and post.posted_at.date() < day]
    else:
        older = [] if target.backfill is None else list(posts[: max(0, len(posts) - target.backfill)])
    return Walk.starting(number_in(older[-1].post) if older else 0)
