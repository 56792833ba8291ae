"""
Read an interface that lists what one owner posted, newest first.

Such listings can only be turned back from their newest end. So a visit goes
back, keeping ranks and times alone, until it has come to what was read before
or to what a first visit may begin at; then it yields what it passed, oldest
first, so that the cursor only ever grows. The deepest pages are kept in hand,
the others are asked for again.
"""

from __future__ import annotations

import re
from abc import abstractmethod
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import ClassVar
from urllib.parse import SplitResult, urlsplit

from crawler.endings import of_status
from crawler.items import PageItem, SeenPost
from crawler.parse.listing import Listing
from crawler.question import JSON, Question
from crawler.spiders.base import Received, VisitSpider, no_redirect
from crawler.visit import Equipment
from domain.errors import VisitEnded
from domain.outcomes import Outcome
from domain.ports import SourceTarget
from domain.trail import ROOT, Backfill, Rank, Trail

IN_HAND = 8  # pages; what a visit usually passes is asked for once
_OK = 200
_CLAIMS_GONE = frozenset({404, 410})


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaf:
    """One answer of a listing."""

    listing: Listing
    answer: Received = field(repr=False)

    @property
    def lowest(self) -> Rank | None:
        """Return the lowest rank of the posts here."""
        return min((each.rank for each in self.listing.placed), default=None)


class Descent:
    """A way back: what to ask with for each page, newest first, and the pages that are in hand."""

    def __init__(self, newest: Leaf) -> None:
        """Begin with the newest page, which stays in hand."""
        self.tokens: list[str | None] = [None]
        self.lowest: list[Rank | None] = [newest.lowest]
        self.in_hand: dict[int, Leaf] = {0: newest}
        self.seen: dict[Rank, datetime | None] = {}  # when each was posted
        self.reach: Rank | None = None
        self.came_through = True  # to what was looked for, or to the beginning of everything
        self._note(newest)

    @property
    def deepest(self) -> Leaf:
        """Return the page that was asked for last."""
        return self.in_hand[len(self.tokens) - 1]

    def add(self, token: str, leaf: Leaf) -> None:
        """Take in the page before the deepest."""
        self.tokens.append(token)
        self.lowest.append(leaf.lowest)
        self.in_hand[len(self.tokens) - 1] = leaf
        if len(self.in_hand) > IN_HAND:
            del self.in_hand[sorted(self.in_hand)[1]]
        self._note(leaf)

    def knows(self, leaf: Leaf) -> bool:
        """Return whether a page shows only what was there before."""
        return bool(leaf.listing.placed) and all(each.rank in self.seen for each in leaf.listing.placed)

    def ceiling(self, place: int) -> Rank | None:
        """Return below which rank everything has been read once this page is: the lowest of the pages before it."""
        return min((rank for rank in self.lowest[:place] if rank is not None), default=None)

    def _note(self, leaf: Leaf) -> None:
        self.seen |= {each.rank: each.post.posted_at for each in leaf.listing.placed}
        self.reach = leaf.listing.reach or self.reach


class ListingSpider(VisitSpider):
    """Reads what one owner posts; which platform's, the subclasses say."""

    accepts = JSON
    heeds_robots = False
    told: ClassVar[frozenset[int]] = frozenset({400, 401, 403, 404, 410, 422})

    @classmethod
    def entry(cls, equipment: Equipment, target: SourceTarget) -> Question | None:
        """Return the newest page; before anything is known of the owner, the question who it is."""
        if target.cursor is None:
            return cls.owner_question(equipment, target, None)
        return cls.list_question(equipment, target, Trail.parsed(target.cursor).owner, None)

    @property
    def site(self) -> str:
        """Return the address of the target's server."""
        return _site_of(urlsplit(self.visit.target.locator))

    @classmethod
    def question(cls, url: str) -> Question:
        """Return a question whose errors are told in words of the platform."""
        return Question(url=url, accepts=cls.accepts, told=cls.told)

    @classmethod
    @abstractmethod
    def owner_question(cls, equipment: Equipment, target: SourceTarget, owner: str | None) -> Question:
        """Return what to ask about the owner: by the locator, or by the platform's own id."""

    @classmethod
    @abstractmethod
    def list_question(cls, equipment: Equipment, target: SourceTarget, owner: str, token: str | None) -> Question:
        """Return what to ask for a page: the newest, or the one that a token names."""

    @abstractmethod
    def post_question(self, owner: str, post: str) -> Question:
        """Return what to ask for one post; raises VisitEnded for a name that no post has."""

    @abstractmethod
    def read_owner(self, untrusted: object) -> str:
        """Return the owner's id; raises VisitEnded where it is said to be gone."""

    @abstractmethod
    def read_listing(self, untrusted: object, owner: str, token: str | None) -> Listing:
        """Return what a page lists."""

    @abstractmethod
    def read_one(self, untrusted: object) -> SeenPost | None:
        """Return the one post that was asked for; None where it is said to be gone."""

    @abstractmethod
    def refusal(self, status: int, untrusted: object) -> VisitEnded:
        """Return the ending that an error means; raises TypeError for what is none of this interface's."""

    async def look(self) -> AsyncIterator[PageItem]:
        """Yield the pages from the cursor up to the newest."""
        cursor = self.visit.target.cursor
        known = Trail.parsed(cursor) if cursor is not None else None
        owner = known.owner if known is not None else await self._owner(None)
        newest = await self._newest(owner)
        way = await self._descend(owner, newest, known)
        trail = known or Trail(owner=owner, position=ROOT, floor=self._backfill.floor(way.seen))
        start = max(trail.position, trail.floor)
        position = start
        is_after_gap = not way.came_through
        for place in range(len(way.tokens) - 1, 0, -1):
            leaf = way.in_hand.pop(place, None) or await self._leaf(owner, way.tokens[place])
            ceiling = way.ceiling(place)
            ranks = [each.rank for each in leaf.listing.placed if ceiling is None or each.rank < ceiling]
            position = max([position, *ranks])
            item = self._item(leaf, above=start, cursor=trail.at(position))
            if item.posts:
                yield replace(item, is_after_gap=is_after_gap)
                is_after_gap = False
        position = max([position, *(each.rank for each in newest.listing.placed)])
        item = self._item(newest, above=trail.floor, cursor=trail.at(position))
        yield replace(item, is_newest=True, recall=newest.answer.recall, is_after_gap=is_after_gap)

    async def look_at(self, post: str) -> AsyncIterator[PageItem]:
        """Yield a page with the one post, or nothing where the platform says that there is none."""
        cursor = self.visit.target.cursor
        owner = Trail.parsed(cursor).owner if cursor is not None else await self._owner(None)
        question = self.post_question(owner, post)
        try:
            answer = await self._ask(question)
        except VisitEnded as ending:
            if ending.outcome is Outcome.GONE:
                return
            raise
        seen = await answer.json(self.read_one)
        if seen is not None:
            if seen.post != post:
                raise VisitEnded(Outcome.ERROR, "other_post")
            yield PageItem(posts=(seen,), capture=answer.capture, cursor=cursor)

    @property
    def _backfill(self) -> Backfill:
        target = self.visit.target
        return Backfill(number=target.backfill, since=target.backfill_since)

    async def _descend(self, owner: str, newest: Leaf, known: Trail | None) -> Descent:
        """Go back from the newest page until what is wanted has been passed, nothing is left, or it is enough."""
        way = Descent(newest)
        for _ in range(self.visit.equipment.limits.pages):
            older = way.deepest.listing.older
            if older is None or self._has_arrived(way, known):
                return way
            if older in way.tokens:
                break  # the server does not page
            try:
                leaf = await self._leaf(owner, older)
            except VisitEnded as ending:
                if ending.outcome is not Outcome.RESTRICTED:
                    raise
                break  # older pages are not for everybody: what was passed is all there is
            if way.knows(leaf):
                break  # it shows the same again
            way.add(older, leaf)
        way.came_through = self._has_arrived(way, known)
        return way

    def _has_arrived(self, way: Descent, known: Trail | None) -> bool:
        if known is None:
            return self._backfill.is_reached(way.seen)
        return way.reach is not None and way.reach <= max(known.position, known.floor)

    async def _newest(self, owner: str) -> Leaf:
        """Fetch the newest page; where there is none, say whether that is because the owner is gone."""
        try:
            newest = await self._leaf(owner, None)
        except VisitEnded as ending:
            if ending.outcome is Outcome.GONE:
                await self._owner(owner)
            raise
        if newest.listing.reach is None:
            await self._owner(owner)  # what was suspended or removed may list nothing, too
        return newest

    async def _leaf(self, owner: str, token: str | None) -> Leaf:
        visit = self.visit
        answer = await self._ask(self.list_question(visit.equipment, visit.target, owner, token))
        listing = await answer.json(lambda untrusted: self.read_listing(untrusted, owner, token))
        return Leaf(listing=listing, answer=answer)

    async def _owner(self, owner: str | None) -> str:
        """Ask who the owner is; raises VisitEnded where it is gone."""
        answer = await self._ask(self.owner_question(self.visit.equipment, self.visit.target, owner))
        return await answer.json(self.read_owner)

    async def _ask(self, question: Question) -> Received:
        """Ask for an answer; raises VisitEnded with what an error says of itself."""
        answer = await self.get(question, no_redirect)
        status = answer.page.status
        if status == _OK:
            return answer
        try:
            ending = await answer.json(lambda untrusted: self.refusal(status, untrusted))
        except VisitEnded:
            # Who does not answer in the interface's own words may be anybody: nothing is gone by their word.
            raise _unspoken(status) from None
        raise ending

    def _item(self, leaf: Leaf, *, above: Rank, cursor: str) -> PageItem:
        """Return the page's posts above a rank."""
        self.visit.keep_inline(leaf.listing.untrusted_inline)
        posts = tuple(each.post for each in leaf.listing.placed if each.rank > above)
        return PageItem(posts=posts, capture=leaf.answer.capture, cursor=cursor)


def _unspoken(status: int) -> VisitEnded:
    return VisitEnded(Outcome.ERROR, "not_this_platform") if status in _CLAIMS_GONE else of_status(status)


def place_in(locator: str, path: re.Pattern[str]) -> tuple[str, str]:
    """Return a server's address and the owner's name out of a canonical locator whose path is of this form."""
    parts = urlsplit(locator)
    named = path.fullmatch(parts.path)
    if named is None:
        raise VisitEnded(Outcome.ERROR, "bad_locator")
    return _site_of(parts), named[1]


def _site_of(parts: SplitResult) -> str:
    return f"{parts.scheme}://{parts.netloc}"
