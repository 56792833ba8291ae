"""
Read a channel upwards from where the last visit ended, and ask for edits and deletions apart.

History is the truth for posts; the difference only announces them, and tells
of edits and deletions. The cursor moves with the page that is committed: what
was not, is asked for again. The end is where the newest id was reached,
however few messages an answer holds.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncGenerator, Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Protocol

from telethon.tl import types
from telethon.tl.functions.updates import GetChannelDifferenceRequest

from domain.errors import VisitEnded
from domain.observations import ObservedPage
from domain.outcomes import Outcome
from domain.ports import SourceTarget
from domain.walk import DaySearch, floor_by_number
from telegram_monitor.asking import PAGE, Asked, Asking
from telegram_monitor.changes import Changes, read_changes
from telegram_monitor.cursor import Cursor
from telegram_monitor.history import Load, Stretch, holes, joined, open_album

log = logging.getLogger("kapear.telegram")


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one visit may ask for, and how often history is read although nothing is announced."""

    requests: int = 1200  # more than fit into a visit's ten minutes at the pace that Telegram bears
    page: int = 1000  # ids of one page: one commit is worth ten answers
    media: int = 10  # messages of one page that carry some: they are read before it is committed
    text: int = 200_000  # code points of one page: some 10 ms of the loop's time
    reread_every: timedelta = timedelta(hours=6)
    reread: int = PAGE  # ids, then
    reread_after_much: int = 20_000  # ids, when the server says that too much changed to be told
    album_grows: timedelta = timedelta(seconds=60)


class MakePage(Protocol):
    """Makes a page of messages and its cursor; `is_newest` says that nothing newer was there."""

    def __call__(self, stretch: Stretch, cursor: str, *, is_newest: bool = False) -> ObservedPage:
        """Return the page."""


@dataclass(slots=True, kw_only=True)
class Pager:
    """One visit's way through one channel."""

    channel: Asked
    target: SourceTarget
    make_page: MakePage
    now: Callable[[], datetime]
    limits: Limits = field(default_factory=Limits)
    _cursor: Cursor = field(default_factory=lambda: Cursor(position=0))
    _ending: VisitEnded | None = None  # of answers that were to fill a page: what came before is a page all the same
    _asking: Asking = field(init=False)
    _read: set[int] = field(
        default_factory=set
    )  # from history since the last difference: what that says of them is older

    def __post_init__(self) -> None:
        """Begin with nothing asked."""
        self._asking = Asking(channel=self.channel)

    async def pages(self) -> AsyncGenerator[ObservedPage, None]:
        """Yield pages, oldest first; raises VisitEnded."""
        try:
            if self.target.cursor is None:
                newest = await self._asking.newest()
                self._cursor = await self._beginning(newest)
                async for page in self._read_up(newest):
                    yield page
                return
            self._cursor = Cursor.parsed(self.target.cursor)
            async for page in self._go_on():
                yield page
        finally:
            if self._asking.ignored:
                log.warning("messages that do not belong were ignored", extra={"count": self._asking.ignored})

    async def _go_on(self) -> AsyncGenerator[ObservedPage, None]:
        """Yield what is new since an earlier visit, beginning with what that one did not reach."""
        knows_changes = bool(self._cursor.pts)
        if not self._cursor.paged_at:
            async for page in self._read_up(await self._asking.newest()):
                yield page
        if not knows_changes or not self._cursor.paged_at:
            return
        held = self._cursor.held
        async for page in self._read_changes():
            yield page
        is_due = self.now().timestamp() - self._cursor.paged_at >= self.limits.reread_every.total_seconds()
        if is_due and self._cursor.paged_at:
            self._cursor = self._cursor.rewound(self.limits.reread)
        if is_due or (held and self._cursor.held == held):
            async for page in self._read_up(await self._asking.newest()):
                yield page

    async def _beginning(self, newest: Stretch) -> Cursor:
        """Return where a first visit starts: so many posts below the newest, or at the first post of a day."""
        if self.target.backfill_since is None:
            floor = floor_by_number(newest.reached, self.target.backfill)
        else:
            floor = await self._floor_by_day(DaySearch(day=self.target.backfill_since, high=newest.reached), newest)
        return Cursor(position=floor, floor=floor, pts=newest.pts)

    async def _floor_by_day(self, search: DaySearch, newest: Stretch) -> int:
        """Return the last id before a day, by halving."""
        search.tell(newest.dated)
        search.high = newest.reached
        while not search.found:
            stretch = Stretch(ids=(search.middle,))
            while stretch.ids and not stretch.dated:  # empty messages tell no time
                stretch = await self._asking.history(above=stretch.reached, upto=newest.reached)
            search.tell(stretch.dated)
        return search.low

    async def _read_up(self, newest: Stretch) -> AsyncGenerator[ObservedPage, None]:
        """Yield history from the cursor to the top of the channel; the last page says when that was reached."""
        self._cursor = replace(self._cursor, pts=self._cursor.pts or newest.pts)
        top = newest.reached
        while not self._is_spent():
            position = self._cursor.position
            stretch = Stretch()
            if position < top and newest.ids and newest.ids[0] <= position + 1:
                stretch = newest.above(position)
            elif position < top:
                stretch = await self._asking.history(above=position, upto=top)
                if not stretch.ids:  # the top has been deleted meanwhile, or the server does not page
                    newest = await self._asking.newest()
                    if newest.reached == top:
                        raise VisitEnded(Outcome.ERROR, "history_stuck")
                    top = newest.reached
                    continue
                if stretch.ids[0] > position + PAGE:
                    await self._asking.check_hole(above=position, below=stretch.ids[0])
                stretch = await self._filled(stretch, top)
            is_last = max(stretch.reached, position) >= top
            yield await self._history_page(stretch, is_last=is_last, is_newest=is_last, is_top=is_last)
            if self._ending is not None:
                raise self._ending
            if is_last:
                return

    async def _read_changes(self) -> AsyncGenerator[ObservedPage, None]:
        """Yield what the difference announces, and then what it tells of posts that were read before."""
        while not self._is_spent():
            request = GetChannelDifferenceRequest(
                self.channel.input, types.ChannelMessagesFilterEmpty(), self._cursor.pts, PAGE
            )
            self._read.clear()
            changes = await self._told_changes(request)
            if changes is None:
                return
            self._asking.ignored += changes.told.ignored
            if changes.is_too_long:
                # What is known of these posts may be wrong in any of them: they are read once more.
                self._cursor = replace(self._cursor.rewound(self.limits.reread_after_much), pts=changes.pts)
                return
            before = self._cursor
            announced = [number for number in changes.told.ids if number > before.position]
            if announced:
                async for page in self._read_announced(announced[-1], is_final=changes.is_final):
                    yield page
                if self._is_spent():
                    return
            yield await self._changed(changes, before.position, announced)
            if changes.is_final:
                return
            if changes.pts <= before.pts:
                raise VisitEnded(Outcome.ERROR, "difference_stuck")

    async def _told_changes(self, request: GetChannelDifferenceRequest) -> Changes | None:
        """Return a difference; where the server does not take our count of changes, that is too much to tell."""
        try:
            answer = await self._asking.ask(request)
        except VisitEnded as ended:
            if ended.code != "pts":
                raise
            return Changes(pts=0, is_final=True, is_too_long=True)
        return read_changes(answer, self.channel.id, self._cursor)

    async def _read_announced(self, upto: int, *, is_final: bool) -> AsyncGenerator[ObservedPage, None]:
        """Yield history up to an announced id; that there is nothing is no fault, the gap is asked about."""
        is_last = False
        while not is_last and not self._is_spent():
            stretch = await self._asking.history(above=self._cursor.position, upto=upto)
            if not stretch.ids:
                return
            stretch = await self._filled(stretch, upto)
            is_last = stretch.reached >= upto
            yield await self._history_page(stretch, is_last=is_last, is_newest=is_last and is_final)
            if self._ending is not None:
                raise self._ending

    async def _changed(self, changes: Changes, position: int, announced: Sequence[int]) -> ObservedPage:
        """Return the page of edits and deletions; what was announced and is not in history is asked for."""
        gaps = await self._asking.by_id([number for number in announced if number not in self._read])
        edited = [post for post in changes.told.posts if post.id <= position and post.id not in self._read]
        gone = dict.fromkeys([*changes.deleted, *gaps.gone])
        self._cursor = replace(self._cursor, pts=changes.pts)
        told = replace(joined([changes.told, gaps]), posts=(*edited, *gaps.posts), gone=tuple(gone))
        return self.make_page(told, str(self._cursor))

    async def _history_page(
        self, stretch: Stretch, *, is_last: bool, is_newest: bool, is_top: bool = False
    ) -> ObservedPage:
        """Move the cursor over a stretch of history and return its page."""
        before, now = self._cursor, self.now()
        young = now - self.limits.album_grows
        begin, album = open_album(stretch, young_since=young if is_last else None, held=before.held)
        position = begin - 1 if begin else max(stretch.reached, before.position)
        known = before.recheck if is_top else min(before.recheck, position)
        missing = await self._asking.by_id(holes(stretch, above=before.position, upto=known))
        self._read.update(stretch.ids)
        self._cursor = replace(
            before,
            position=position,
            held=album,
            recheck=0 if is_top or position >= before.recheck else before.recheck,
            paged_at=int(now.timestamp()) if is_top else before.paged_at,
        )
        kept = replace(stretch, posts=tuple(post for post in stretch.posts if post.id <= position))
        return self.make_page(
            kept.completed(missing), str(self._cursor), is_newest=is_newest and position == stretch.reached
        )

    async def _filled(self, stretch: Stretch, upto: int) -> Stretch:
        """Return a stretch with those that follow it, as many as make a page."""
        parts = [stretch]
        load = stretch.load
        ids = len(stretch.ids)
        while parts[-1].reached < upto and ids < self.limits.page and not self._is_spent():
            if load.media >= self.limits.media or load.text >= self.limits.text:
                break
            reached = parts[-1].reached
            try:
                more = await self._asking.history(above=reached, upto=upto)
            except VisitEnded as ended:
                self._ending = ended
                break
            if not more.ids or more.ids[0] > reached + PAGE:
                break
            parts.append(more)
            load = Load(media=load.media + more.load.media, text=load.text + more.load.text)
            ids += len(more.ids)
        return joined(parts)

    def _is_spent(self) -> bool:
        """Return whether this visit asked enough; the next goes on."""
        return self._asking.asked >= self.limits.requests
