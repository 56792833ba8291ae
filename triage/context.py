"""
Complete what stands around a post that files a lead, while it can still be had.

Five posts before it and five after are sealed with a lead. Where the page at
hand ends before that, its source is asked once more for the post in its place.
That is done before the page's transaction, for posts with new evidence and for
no others; what cannot be had is left out.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta

from domain.errors import VisitEnded
from domain.filing import PostKey
from domain.observations import ObservedPage, ObservedPost, Traffic
from domain.pages import AssessedPost
from domain.ports import Source, SourceTarget
from domain.text import sells
from triage.assessing import NEIGHBOURS, best_neighbours, content_of, place_of

log = logging.getLogger("kapear.intake")

MOST_LOOKS = 2  # at one page: a flood of selling posts is no way to make requests
DEADLINE = timedelta(seconds=20)

StoredDigests = Callable[[Sequence[PostKey]], Awaitable[Mapping[PostKey, str]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """Looks around posts of one target; `stored_digests` tells what was seen of posts before."""

    source: Source
    target: SourceTarget
    traffic: Traffic
    stored_digests: StoredDigests = field(repr=False)

    async def completed(self, page: ObservedPage, assessed: Sequence[AssessedPost]) -> list[AssessedPost]:
        """Return a page's posts, those that file a lead with their neighbours."""
        completed = list(assessed)
        if not self.target.platform.is_telegram:
            return completed  # elsewhere a single post comes without its neighbours
        looks: list[tuple[ObservedPost, ...]] = []
        for index in await self._telling(assessed):
            if not _lacks(page, index, ()):
                continue
            around = next((posts for posts in looks if not _lacks(page, index, posts)), None)
            if around is None and len(looks) < MOST_LOOKS:
                around = await self._look(page.posts[index])
                looks.append(around)
            if around:
                content = content_of(page, index, covers_text=True, around=around)
                completed[index] = replace(assessed[index], make_content=content)
        return completed

    async def _telling(self, assessed: Sequence[AssessedPost]) -> list[int]:
        """Return the places of posts with evidence that is new: a match of this visit, or a text not seen before."""
        matched = {
            index
            for index, post in enumerate(assessed)
            if any(match.files_a_lead for item in post.media for match in item.matches)
        }
        selling = [index for index, post in enumerate(assessed) if index not in matched and sells(post.text_hits)]
        if not selling:
            return sorted(matched)
        stored = await self.stored_digests([assessed[index].key for index in selling])
        changed = {index for index in selling if stored.get(assessed[index].key) != assessed[index].content_digest}
        return sorted(matched | changed)

    async def _look(self, post: ObservedPost) -> tuple[ObservedPost, ...]:
        """Return a post among its neighbours; nothing where it cannot be had now."""
        try:
            async with asyncio.timeout(DEADLINE.total_seconds()):
                page = await self.source.post(self.target, post.post, self.traffic)
        except (VisitEnded, TimeoutError) as fault:
            log.info("posts around a lead could not be read", extra={"error": type(fault).__name__})
            return ()
        return page.posts if page is not None and place_of(page.posts, post) is not None else ()


def _lacks(page: ObservedPage, index: int, around: Sequence[ObservedPost]) -> bool:
    """Return whether a post may have neighbours that neither the page shows nor what was seen around another."""
    before, after = best_neighbours(page, index, around)
    return len(before) < NEIGHBOURS or (len(after) < NEIGHBOURS and not page.is_newest)
