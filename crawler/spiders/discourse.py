"""
Look at one topic of a Discourse forum, or at those topics that changed, of a category or of all.

A list says when each topic last changed. Posts are numbered across the forum,
so of a topic that changed only those are asked for that came after the last
visit; the first twenty come with the topic in any case.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from datetime import date
from urllib.parse import urlsplit

from crawler.items import PageItem
from crawler.parse.discourse import ListedTopic, SeenPosts, Topic, read_list, read_post, read_posts, read_topic
from crawler.question import JSON, Question
from crawler.spiders.base import Received, VisitSpider, no_redirect
from crawler.visit import Equipment
from domain.errors import VisitEnded
from domain.outcomes import Outcome
from domain.ports import SourceTarget
from domain.walk import Walk

BATCH = 50  # posts that one question asks for
LIST_PAGES = 20  # of thirty topics each, that a visit reads to find those that changed
MOST_OF_A_TOPIC = 2_000  # posts, the newest, where a forum is watched; a topic that is watched is read whole
_NOT_SHOWN = frozenset({Outcome.GONE, Outcome.RESTRICTED})  # a topic may go between the list and now
_LOCATOR = re.compile(r"(.*)/(?:t/(\d+)|c/(?:.+/)?(\d+)|latest)")
_EPOCH = date(1970, 1, 1).toordinal()
_DAY = 86_400_000  # milliseconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A forum, what is asked first of it, and the topic that is watched; None: all, or those of a category."""

    base: str = field(repr=False)
    entry: str = field(repr=False)
    topic: int | None

    @classmethod
    def of(cls, locator: str) -> Place:
        """Return what a canonical locator names."""
        parts = urlsplit(locator)
        path = _LOCATOR.fullmatch(parts.path)
        if path is None:
            raise VisitEnded(Outcome.ERROR, "bad_locator")
        entry = f"{locator}/l/latest.json" if path[3] else f"{locator}.json"
        return cls(
            base=f"{parts.scheme}://{parts.netloc}{path[1]}", entry=entry, topic=int(path[2]) if path[2] else None
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """
    How far the visits of a forum have come.

    The topic that was read last, by when it changed and its id; the newest post
    that was there when a visit last came to its end; and the newest now.
    """

    changed: int = 0
    topic: int = 0
    before: int = 0
    newest: int = 0

    @classmethod
    def parsed(cls, cursor: str) -> Progress:
        """Read a cursor back; raises VisitEnded for one that nobody here wrote."""
        parts = cursor.split("/")
        if len(parts) != 4 or not all(part.isascii() and part.isdecimal() for part in parts):  # noqa: PLR2004 - fields
            raise VisitEnded(Outcome.ERROR, "bad_cursor")
        return cls(changed=int(parts[0]), topic=int(parts[1]), before=int(parts[2]), newest=int(parts[3]))

    def dumped(self) -> str:
        """Return it as a cursor."""
        return f"{self.changed}/{self.topic}/{self.before}/{self.newest}"

    def precedes(self, topic: ListedTopic) -> bool:
        """Return whether a topic changed after the one that was read last."""
        return (topic.changed, topic.id) > (self.changed, self.topic)


class DiscourseSpider(VisitSpider):
    """Reads a topic, or a forum topic by topic: one item an answer, topics that changed longest ago first."""

    name = "discourse"
    accepts = JSON

    @classmethod
    def entry(cls, equipment: Equipment, target: SourceTarget) -> Question | None:  # noqa: ARG003 - the interface
        """Return the topic, or the first page of the list."""
        return Question(url=Place.of(target.locator).entry, accepts=JSON)

    async def look(self) -> AsyncIterator[PageItem]:
        """Yield the topic, or the topics that changed."""
        place = Place.of(self.visit.target.locator)
        seen = self._forum(place) if place.topic is None else self._watched(place)
        async with aclosing(seen) as items:  # type: ignore[type-var]  # a generator
            async for item in items:
                yield item

    async def look_at(self, post: str) -> AsyncIterator[PageItem]:
        """Yield a post, unless it is gone, or stands in another topic by now."""
        place = Place.of(self.visit.target.locator)
        if not (post.isascii() and post.isdecimal()):
            raise VisitEnded(Outcome.ERROR, "bad_post")
        try:
            answer = await self._ask(f"{place.base}/posts/{post}.json")
        except VisitEnded as ending:
            if ending.outcome is Outcome.GONE:
                return
            raise
        topic, seen = await answer.json(lambda said: read_post(said, base=place.base))
        if seen.posts and place.topic in {None, topic}:
            yield _item(seen, place.base, answer, self.visit.target.cursor)

    async def _watched(self, place: Place) -> AsyncIterator[PageItem]:
        """Yield a topic's first posts, and what came since the last visit."""
        target = self.visit.target
        answer, topic = await self._topic(place, place.topic or 0)
        walk = Walk.parsed(target.cursor) if target.cursor is not None else Walk.starting(_floor(topic, target))
        batches = list(_batches(_later(topic, walk.position)))
        wanted = batches[: self.visit.equipment.limits.pages]
        position = walk.position
        for place_of_batch, batch in enumerate([(), *wanted]):
            is_last = place_of_batch == len(batches)
            if batch:
                posts, received = await self._posts(place, topic, batch)
            else:
                posts, received = _above(topic.first, walk.floor), answer
            position = max((position, *(topic.stream if is_last else batch)))
            item = _item(posts, place.base, received, walk.at(position))
            yield replace(item, is_newest=is_last, recall=answer.recall if is_last else None)

    async def _forum(self, place: Place) -> AsyncIterator[PageItem]:
        """Yield the topics that changed; one that cannot be read ends the visit when the others have been."""
        target = self.visit.target
        progress = Progress.parsed(target.cursor) if target.cursor is not None else Progress()
        answer, listed, is_whole = await self._listed(place, progress)
        waiting = unread(listed, target, progress)
        broken: VisitEnded | None = None
        for topic in waiting[: self.visit.equipment.limits.pages]:
            is_last = topic is waiting[-1]
            pieces: list[tuple[SeenPosts, Received]] = [(SeenPosts(posts=()), answer)]
            before = progress.dumped()
            try:
                pieces, newest = await self._whole(place, topic.id, progress.before)
                progress = replace(progress, newest=max(progress.newest, newest))
            except VisitEnded as ending:
                if ending.outcome is Outcome.ERROR:
                    broken = broken or ending
                elif ending.outcome not in _NOT_SHOWN:
                    raise
            progress = replace(progress, changed=topic.changed, topic=topic.id)
            progress = replace(progress, before=progress.newest) if is_last else progress
            for posts, received in pieces[:-1]:
                yield replace(_item(posts, place.base, received, before), is_after_gap=not is_whole)
                is_whole = True
            item = _item(pieces[-1][0], place.base, pieces[-1][1], progress.dumped())
            recall = answer.recall if is_last else None
            yield replace(item, is_newest=is_last, is_after_gap=not is_whole, recall=recall)
            is_whole = True
        if broken is not None:
            raise broken
        if not waiting:
            latest = max(listed, key=_age, default=None)
            if latest is not None and target.cursor is None:
                progress = Progress(changed=latest.changed, topic=latest.id)
            item = _item(SeenPosts(posts=()), place.base, answer, progress.dumped())
            yield replace(item, is_newest=True, recall=answer.recall)

    async def _listed(self, place: Place, progress: Progress) -> tuple[Received, list[ListedTopic], bool]:
        """Return the list's first answer, its topics as far as they may have changed, and whether that is all."""
        first = answer = await self._ask(place.entry)
        topics: list[ListedTopic] = []
        for page in range(1, LIST_PAGES + 1):
            listed, has_more = await answer.json(read_list)
            topics += listed
            is_known = any(not progress.precedes(topic) for topic in listed if not topic.is_pinned)
            if not has_more or is_known or _is_enough(topics, self.visit.target):
                return first, topics, True
            if page < LIST_PAGES:
                answer = await self._ask(f"{place.entry}?page={page}")
        return first, topics, False

    async def _whole(self, place: Place, number: int, before: int) -> tuple[list[tuple[SeenPosts, Received]], int]:
        """Return a topic's first posts and those that came since, each with their answer, and the newest post's id."""
        answer, topic = await self._topic(place, number)
        later = _later(topic, before)
        if not before:  # nothing is known of the forum yet: of a long topic, what is newest
            most = MOST_OF_A_TOPIC if self.visit.target.backfill is None else max(BATCH, self.visit.target.backfill)
            later = later[-most:]
        batches = _batches(later[-MOST_OF_A_TOPIC:])
        found = [(topic.first, answer), *[await self._posts(place, topic, batch) for batch in batches]]
        return found, max(topic.stream, default=0)

    async def _topic(self, place: Place, number: int) -> tuple[Received, Topic]:
        answer = await self._ask(f"{place.base}/t/{number}.json")
        return answer, await answer.json(lambda said: read_topic(said, base=place.base))

    async def _posts(self, place: Place, topic: Topic, batch: Sequence[int]) -> tuple[SeenPosts, Received]:
        asked = "&".join(f"post_ids[]={number}" for number in batch)
        answer = await self._ask(f"{place.base}/t/{topic.id}/posts.json?{asked}")
        return await answer.json(lambda said: read_posts(said, base=place.base, title=topic.title)), answer

    async def _ask(self, url: str) -> Received:
        return await self.get(Question(url=url, accepts=JSON), no_redirect)


def unread(topics: Sequence[ListedTopic], target: SourceTarget, progress: Progress) -> list[ListedTopic]:
    """Return the topics that changed, by when; on a first visit the latest, as far back as was asked for."""
    changed = sorted({topic.id: topic for topic in topics if progress.precedes(topic)}.values(), key=_age)
    if target.cursor is not None:
        return changed
    if target.backfill_since is not None:
        day = (target.backfill_since.toordinal() - _EPOCH) * _DAY
        return [topic for topic in changed if topic.changed >= day]
    left, start = target.backfill, len(changed)
    while start and (left is None or left > 0):
        start -= 1
        left = None if left is None else left - changed[start].posts
    return changed[start:]


def _is_enough(topics: Sequence[ListedTopic], target: SourceTarget) -> bool:
    """Return whether a first visit has found as much as it was asked for; pinned topics stand out of their order."""
    if target.cursor is not None:
        return False
    moving = [topic for topic in topics if not topic.is_pinned]
    if target.backfill_since is not None:
        day = (target.backfill_since.toordinal() - _EPOCH) * _DAY
        return any(topic.changed < day for topic in moving)
    return target.backfill is not None and sum(topic.posts for topic in moving) >= target.backfill


def _floor(topic: Topic, target: SourceTarget) -> int:
    """Return above which id the first visit of a topic begins; ids of posts grow with time."""
    if target.backfill_since is not None:
        older = [post for post in topic.first.posts if post.posted_at and post.posted_at.date() < target.backfill_since]
        return max((int(post.post) for post in older), default=0)
    ids = sorted(topic.stream)
    older_ids = [] if target.backfill is None else ids[: max(0, len(ids) - target.backfill)]
    return older_ids[-1] if older_ids else 0


def _later(topic: Topic, position: int) -> list[int]:
    """Return the ids of a topic's posts above a position that did not come with it, in their order."""
    at_hand = {*(post.post for post in topic.first.posts), *topic.first.deleted}
    return sorted(number for number in topic.stream if number > position and str(number) not in at_hand)


def _batches(numbers: Sequence[int]) -> Iterator[Sequence[int]]:
    return (numbers[start : start + BATCH] for start in range(0, len(numbers), BATCH))


def _above(seen: SeenPosts, floor: int) -> SeenPosts:
    return replace(seen, posts=tuple(post for post in seen.posts if int(post.post) > floor))


def _item(seen: SeenPosts, base: str, answer: Received, cursor: str | None) -> PageItem:
    deleted = tuple((base, name) for name in seen.deleted)
    return PageItem(posts=seen.posts, capture=answer.capture, cursor=cursor, deleted=deleted)


def _age(topic: ListedTopic) -> tuple[int, int]:
    return topic.changed, topic.id
