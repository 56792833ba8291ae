"""
Walk a channel's public preview upwards from where the last visit ended.

The newest page comes first, for it tells how far there is to go and shows
edits of recent posts; it is kept and yielded last, so that the cursor only
ever grows.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from crawler.items import PageItem
from crawler.parse.telegram_web import Preview, read_preview
from crawler.question import Question
from crawler.spiders.base import Received, VisitSpider
from crawler.visit import Equipment
from domain.errors import VisitEnded
from domain.outcomes import Outcome
from domain.ports import SourceTarget
from domain.walk import DaySearch, Walk, floor_by_number

NEWER = 11  # ids above a post at which its page of twenty ends: half of them are older, half newer
_MAX_ID = (1 << 31) - 1
_LOCATOR_PATH = re.compile(r"/s/([A-Za-z0-9_]{1,64})")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Seen:
    """A preview page and the answer it came in."""

    preview: Preview
    answer: Received

    @property
    def dated(self) -> list[tuple[int, datetime | None]]:
        """Return the posts' ids and times."""
        return [(int(post.post), post.posted_at) for post in self.preview.posts]

    def shows(self, number: int) -> bool:
        """Return whether a post is here, under its own name."""
        return any(post.post == str(number) for post in self.preview.posts)

    def item(self, *, above: int, below: int | None, cursor: str | None, is_newest: bool = False) -> PageItem:
        """Return the page's posts within (above, below)."""
        posts = (post for post in self.preview.posts if int(post.post) > above)
        return PageItem(
            posts=tuple(post for post in posts if below is None or int(post.post) < below),
            capture=self.answer.capture,
            cursor=cursor,
            is_newest=is_newest,
            recall=self.answer.recall if is_newest else None,
        )


class TelegramWebSpider(VisitSpider):
    """Reads t.me/s/NAME: one item a page, oldest first."""

    name = "telegram_web"
    heeds_robots = False  # the preview is made to be read without an account; its robots file speaks of the whole site

    @classmethod
    def entry(cls, equipment: Equipment, target: SourceTarget) -> Question | None:
        """Return the newest page, which a visit looks at in any case."""
        return Question(url=f"{equipment.telegram_web_base}/s/{channel_of(target.locator)}", accepts=cls.accepts)

    async def look(self) -> AsyncIterator[PageItem]:
        """Yield the pages from the cursor up to the newest."""
        target = self.visit.target
        channel = channel_of(target.locator)
        newest = await self._preview(channel, after=None)
        if not newest.preview.highest:
            yield newest.item(above=0, below=None, cursor=target.cursor)
            return
        walk = Walk.parsed(target.cursor) if target.cursor is not None else await self._first_walk(channel, newest)
        position = walk.position
        pages = self.visit.equipment.limits.pages
        while position < newest.preview.lowest - 1:
            if pages == 0:
                return  # the cursor stands; the next visit goes on from there
            pages -= 1
            seen = await self._preview(channel, after=position)
            if seen.preview.highest and seen.preview.container != newest.preview.container:
                raise VisitEnded(Outcome.MOVED, "other_channel")
            reached = min(seen.preview.highest, newest.preview.lowest - 1)
            if reached <= position or seen.preview.lowest >= newest.preview.lowest:
                break  # nothing lies between, or the server does not page: the newest page is all there is
            self.visit.keep_inline(seen.preview.untrusted_inline)
            yield seen.item(above=position, below=newest.preview.lowest, cursor=walk.at(reached))
            position = reached
        self.visit.keep_inline(newest.preview.untrusted_inline)
        reached = max(position, newest.preview.highest)
        yield newest.item(above=walk.floor, below=None, cursor=walk.at(reached), is_newest=True)

    async def look_at(self, post: str) -> AsyncIterator[PageItem]:
        """
        Yield the page of the preview on which a post stands, or else the post's own page.

        Only that one says that a post was deleted; the preview passes over it.
        """
        number = number_of(post)
        cursor = self.visit.target.cursor
        channel = channel_of(self.visit.target.locator)
        seen = await self._preview(channel, before=number + NEWER)
        if not seen.shows(number):
            base = self.visit.equipment.telegram_web_base
            address = f"{base}/{channel}/{number}"
            seen = await self._read(f"{address}?embed=1", lambda url: check_post_redirect(url, address), channel)
            if seen.preview.says_no_such_post:
                return
            if not seen.shows(number):
                # Its words are not shown here, or stand under another name: an album goes by its first.
                raise VisitEnded(Outcome.RESTRICTED, "post_not_shown")
        if not seen.preview.container:
            raise VisitEnded(Outcome.ERROR, "no_channel_id")
        self.visit.keep_inline(seen.preview.untrusted_inline)
        yield seen.item(above=0, below=None, cursor=cursor)

    async def _first_walk(self, channel: str, newest: _Seen) -> Walk:
        """Return where a first visit starts: so many posts below the newest, or at the first post of a day."""
        target = self.visit.target
        if target.backfill_since is None:
            return Walk.starting(floor_by_number(newest.preview.highest, target.backfill))
        search = DaySearch(day=target.backfill_since, high=newest.preview.highest)
        search.tell(newest.dated)
        search.high = newest.preview.highest
        while not search.found:
            search.tell((await self._preview(channel, after=search.middle)).dated)
        return Walk.starting(search.low)

    async def _read(self, url: str, check: Callable[[str], None], channel: str) -> _Seen:
        """Fetch a page that shows messages of a channel."""
        answer = await self.get(url, check)
        final = answer.capture.final_url
        post_base = f"{self.visit.equipment.telegram_web_base}/{channel}"
        preview = await answer.parsed(lambda html: read_preview(html, page_url=final, post_base=post_base))
        return _Seen(preview=preview, answer=answer)

    async def _preview(self, channel: str, *, after: int | None = None, before: int | None = None) -> _Seen:
        """Fetch one page of the preview; raises VisitEnded if it is none."""
        base = self.visit.equipment.telegram_web_base
        asked = {"after": after, "before": before}
        query = "".join(f"?{side}={number}" for side, number in asked.items() if number is not None)
        seen = await self._read(f"{base}/s/{channel}{query}", lambda target: check_redirect(target, base), channel)
        preview = seen.preview
        if not preview.is_channel:
            raise VisitEnded(Outcome.NO_PREVIEW, "landing_page" if preview.is_landing else "not_a_preview")
        if preview.highest and not preview.container:
            raise VisitEnded(Outcome.ERROR, "no_channel_id")
        if not preview.highest and not preview.says_empty and not query:
            raise VisitEnded(Outcome.RESTRICTED, "no_messages")
        return seen


def channel_of(locator: str) -> str:
    """Return the channel's name out of a canonical locator."""
    named = _LOCATOR_PATH.fullmatch(urlsplit(locator).path)
    if named is None:
        raise VisitEnded(Outcome.ERROR, "bad_locator")
    return named[1]


def number_of(post: str) -> int:
    """Return the id that a post is named by; raises VisitEnded for a name that no post has."""
    if not (post.isascii() and post.isdecimal() and len(post) <= len(str(_MAX_ID)) and 0 < int(post) <= _MAX_ID):
        raise VisitEnded(Outcome.ERROR, "bad_post")
    return int(post)


def check_post_redirect(url: str, address: str) -> None:
    """Raise VisitEnded unless a redirect leads to the same post's page, however its channel's name is written."""
    target, home = urlsplit(url), urlsplit(address)
    if (target.scheme, target.netloc, target.path.lower()) != (home.scheme, home.netloc, home.path.lower()):
        raise VisitEnded(Outcome.NO_PREVIEW, "redirected")


def check_redirect(url: str, base: str) -> None:
    """Raise VisitEnded unless a redirect leads to a preview on the same host."""
    target, home = urlsplit(url), urlsplit(base)
    if not target.path.startswith("/s/"):
        raise VisitEnded(Outcome.NO_PREVIEW, "redirected")
    if (target.scheme, target.netloc) != (home.scheme, home.netloc):
        raise VisitEnded(Outcome.MOVED, "left_scope")
