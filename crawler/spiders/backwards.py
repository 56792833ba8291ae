"""
Walk a list that shows what is newest first, back to where the last visit ended.

The pages are held until it is known how far back they go, and yielded oldest
first, so that the cursor only ever grows. Each post has a number that grows
with time: its id, or the second in which it was posted.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any

from crawler.items import PageItem
from crawler.parse.listed import ListPage, Numbered
from crawler.question import Question
from crawler.spiders.base import Received, VisitSpider, no_redirect
from domain.errors import VisitEnded
from domain.outcomes import Outcome
from domain.walk import Walk

LIST_PAGES = 50  # that a visit reads at most


class BackwardsSpider(VisitSpider):
    """Reads a list page by page, oldest first."""

    heeds_robots = False

    @abstractmethod
    async def page(self, older: str) -> tuple[ListPage, Received]:
        """Return a page of the list: the newest, or that which `older` of the one before asks for."""

    async def look(self) -> AsyncIterator[PageItem]:
        """Yield the pages from the cursor up to the newest."""
        target = self.visit.target
        known = Walk.parsed(target.cursor) if target.cursor is not None else None
        pages = [await self.page("")]
        most = min(LIST_PAGES, self.visit.equipment.limits.pages)
        while pages[-1][0].older and len(pages) < most and not self._reaches(pages, known):
            pages.append(await self.page(pages[-1][0].older))
        found = {each.number for page, _ in pages for each in page.posts}
        walk = known or Walk.starting(self._floor(pages))
        moving = [each.number for page, _ in pages for each in page.posts if not each.is_pinned]
        is_gap = known is not None and bool(moving) and min(moving) > known.position > 0
        position, newest = walk.position, pages[0]
        for seen in reversed(pages):
            page, answer = seen
            least = walk.floor if seen is newest else walk.position
            position = max((position, *(each.number for each in page.posts if not each.is_pinned)))
            position = max(position, *found) if seen is newest and found else position
            posts = sorted((each for each in page.posts if each.number > least), key=_number)
            yield PageItem(
                posts=tuple(each.post for each in posts),
                capture=answer.capture,
                cursor=walk.at(position) if position else target.cursor,
                is_newest=seen is newest,
                recall=answer.recall if seen is newest else None,
                is_after_gap=is_gap and seen is pages[-1],
                deleted=tuple((target.locator, name) for name in page.deleted),
            )

    async def told(self, question: Question, refusal: Callable[[Any], VisitEnded | None]) -> Received:
        """Ask an interface whose answers say themselves what is the matter; raises the VisitEnded that they mean."""
        answer = await self.get(question, no_redirect)
        ending = await answer.json(refusal)
        if ending is not None:
            raise ending
        return answer

    def _reaches(self, pages: Sequence[tuple[ListPage, Received]], known: Walk | None) -> bool:
        """Return whether the pages go back as far as is wanted."""
        posts = [each for page, _ in pages for each in page.posts if not each.is_pinned]
        if not pages[-1][0].posts:
            return True  # nothing older is shown
        if known is not None:
            return any(each.number <= known.position for each in posts)
        target = self.visit.target
        if target.backfill_since is not None:
            day = target.backfill_since
            return any(each.post.posted_at is not None and each.post.posted_at.date() < day for each in posts)
        return target.backfill is not None and len(posts) >= target.backfill

    def _floor(self, pages: Sequence[tuple[ListPage, Received]]) -> int:
        """Return the number above which a first visit begins."""
        target = self.visit.target
        posts = sorted((each for page, _ in pages for each in page.posts), key=_number)
        if target.backfill_since is not None:
            day = target.backfill_since
            older = [each for each in posts if each.post.posted_at is not None and each.post.posted_at.date() < day]
        else:
            older = [] if target.backfill is None else posts[: max(0, len(posts) - target.backfill)]
        return older[-1].number if older else 0


def not_shown() -> VisitEnded:
    """Return how a look at one post ends that is not shown, for a reason that nobody gives."""
    return VisitEnded(Outcome.RESTRICTED, "post_not_shown")


def _number(numbered: Numbered) -> int:
    return numbered.number
