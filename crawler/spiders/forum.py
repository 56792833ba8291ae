"""
Look at a forum by declarative rules: at one thread, or at the threads of a forum view.

A thread is read on from its last page seen, so what is new or edited there is
found; a forum view is followed into its threads where the target was
authorised to a depth of one at least. A thread is a container, and a post is
its place in it.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import replace

from crawler.items import PageItem
from crawler.parse.forum import SeenForum, read_forum
from crawler.parse.page import TooComplex
from crawler.question import Recall
from crawler.site import without_session
from crawler.spiders.base import Received, VisitSpider
from crawler.spiders.page import below, check_scope
from crawler.thread import ForumMemory, KnownThread
from domain.errors import VisitEnded
from domain.observations import CaptureRecord
from domain.outcomes import Outcome

PAGES_OF_A_VISIT = 40
PAGES_LOOKED_THROUGH = 10  # for one post that is wanted again
_GIVES_UP_AFTER = 3  # threads in a row that cannot be reached


class ForumSpider(VisitSpider):
    """Reads threads: one item a page, posts in the page's order, no cursor."""

    name = "forum"
    left = PAGES_OF_A_VISIT

    async def look(self) -> AsyncIterator[PageItem]:
        """Yield the pages of the target's threads that have something new."""
        target = self.visit.target
        memory = ForumMemory.loaded(target.recall)
        if target.locator in memory.threads:  # a thread by itself, seen before
            items = self._thread(memory, target.locator)
        else:
            answer = await self._get(target.locator)
            seen = await self._read(answer, target.locator)
            if seen.posts:
                memory.listed([target.locator])
                items = self._thread(memory, target.locator, (answer, seen))
            elif seen.threads and target.depth:
                memory.listed([without_session(url) for url in below(seen.threads, target.locator)])
                items = self._threads(memory)
            else:
                raise VisitEnded(Outcome.ERROR, "needs_depth" if seen.threads else "no_posts")
        async with aclosing(items) as pages:  # type: ignore[type-var]  # a generator
            async for item in pages:
                yield item
        yield replace(self._nothing(), recall=memory.dumped())

    async def look_at(self, post: str) -> AsyncIterator[PageItem]:
        """Yield the page that shows one post, looked for from its thread's last page seen and then from the first."""
        target = self.visit.target
        threads = ForumMemory.loaded(target.recall).threads or {target.locator: KnownThread(last=target.locator)}
        for thread, known in threads.items():
            if len(threads) > 1 and not any(target.named(name) == post for name in known.posts):
                continue
            for start in dict.fromkeys((known.last, thread)):
                try:
                    async for item in self._pages(thread, start):
                        if any(target.named(seen.post) == post for seen in item.posts):
                            yield item
                            return
                except VisitEnded as ending:
                    if ending.outcome is not Outcome.GONE:
                        raise
                    if start == thread:
                        return  # with its thread the post is said to be gone
        raise VisitEnded(Outcome.RESTRICTED, "post_not_found")

    async def _pages(self, thread: str, url: str) -> AsyncIterator[PageItem]:
        """Yield a few pages of a thread."""
        for _ in range(PAGES_LOOKED_THROUGH):
            answer = await self._get(url)
            seen = await self._read(answer, thread)
            yield self._item(answer, seen, recall=None)
            following = self._following(seen, url)
            if not following:
                return
            url = following

    async def _threads(self, memory: ForumMemory) -> AsyncIterator[PageItem]:
        """Yield the pages of many threads; what ends one of them ends no other."""
        failures = 0
        while self.left > 0 and failures < _GIVES_UP_AFTER and (url := memory.next_thread()) is not None:
            try:
                async with aclosing(self._thread(memory, url)) as items:  # type: ignore[type-var]  # a generator
                    async for item in items:
                        yield item
                failures = 0
            except VisitEnded as ending:
                if ending.outcome is Outcome.LIMITED:
                    raise
                failures = failures + 1 if ending.outcome is Outcome.UNREACHABLE else 0
                if ending.outcome is Outcome.GONE:
                    names = memory.threads.pop(url).posts
                    if names:
                        deleted = tuple((url, name) for name in names)
                        yield replace(self._nothing(), deleted=deleted, recall=memory.dumped())

    async def _thread(
        self, memory: ForumMemory, url: str, first: tuple[Received, SeenForum] | None = None
    ) -> AsyncIterator[PageItem]:
        """Yield a thread's pages from the last one seen; from its beginning if that page is no more."""
        known = memory.threads[url]
        known.asked = memory.visit
        here, passed = known.last, {known.last}
        try:
            got = first or await self._new(url, here, known.recall)
        except VisitEnded as ending:
            if ending.outcome is not Outcome.GONE or here == url:
                raise
            here, passed = url, {url}
            got = await self._new(url, here, None)
        while got is not None:
            answer, seen = got
            following = self._following(seen, here)
            names = [post.post for post in seen.posts]
            # Where another page follows, that one is the last seen: whatever stops this visit, the next begins there.
            if following and following not in passed:
                known.read(following, None, names)
            else:
                known.read(here, Recall.loaded(answer.recall), names)
            yield self._item(answer, seen, memory.dumped())
            if not following or following in passed or self.left <= 0:
                return
            here = following
            passed.add(here)
            got = await self._new(url, here, None)

    async def _new(self, thread: str, url: str, recall: Recall | None) -> tuple[Received, SeenForum] | None:
        """Return a page of a thread; None where nothing on it is new."""
        self.left -= 1
        answer = await self.get_new(url, self._check, recall)
        return None if answer is None else (answer, await self._read(answer, thread))

    async def _get(self, url: str) -> Received:
        self.left -= 1
        return await self.get(url, self._check)

    async def _read(self, answer: Received, thread: str) -> SeenForum:
        rules, final = self.visit.equipment.forum_rules, answer.capture.final_url
        try:
            seen = await answer.parsed(lambda html: read_forum(html, page_url=final, thread_url=thread, rules=rules))
        except TooComplex:
            raise VisitEnded(Outcome.ERROR, "too_complex") from None
        if seen is None:
            raise VisitEnded(Outcome.ERROR, "no_forum_rule")
        return seen

    def _following(self, seen: SeenForum, url: str) -> str:
        """Return the page after this one, if it lies within the scope; "" if there is none."""
        following = next(below([seen.next], self.visit.target.locator), "") if seen.next else ""
        following = without_session(following)
        return following if following != url else ""

    def _item(self, answer: Received, seen: SeenForum, recall: str | None) -> PageItem:
        self.visit.keep_inline(seen.untrusted_inline)
        return PageItem(posts=seen.posts, capture=answer.capture, cursor=None, recall=recall)

    def _nothing(self) -> PageItem:
        equipment = self.visit.equipment
        capture = CaptureRecord(final_url=self.visit.target.locator, received_at=equipment.now(), tool=equipment.tool)
        return PageItem(posts=(), capture=capture, cursor=None)

    def _check(self, url: str) -> None:
        check_scope(url, self.visit.target.locator)
