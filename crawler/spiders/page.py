"""
Look at one page, or at the pages of a site that were authorised: each address is one post.

What a page links to is recorded. It is followed only where the target was
authorised to a depth, and only inside what was authorised: the same origin
(https instead of http is the same), below the same folder. So is a redirect.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import aclosing
from dataclasses import replace
from posixpath import normpath
from urllib.parse import SplitResult, unquote, urlsplit

from crawler.items import PageItem, SeenMedia, SeenPost
from crawler.parse.page import MAX_MEDIA, SeenPage, TooComplex, read_page
from crawler.parse.pictures import is_file, kind_of
from crawler.question import Question, Recall
from crawler.site import SiteMemory, digest_of_page
from crawler.spiders.base import Received, VisitSpider
from crawler.visit import Equipment
from domain.errors import BadLocator, NotWatchable, VisitEnded
from domain.locators.web import canonical_url
from domain.observations import CaptureRecord
from domain.outcomes import Outcome
from domain.ports import SourceTarget

_DEFAULT_PORTS = {"http": 80, "https": 443}
_GIVES_UP_AFTER = 3  # pages of a site in a row that cannot be reached


class PageSpider(VisitSpider):
    """Reads one page, or a site's: one item a page, one post an item, no cursor."""

    name = "page"

    @classmethod
    def entry(cls, equipment: Equipment, target: SourceTarget) -> Question | None:  # noqa: ARG003 - the interface
        """Return the page itself; of a site each page is asked for by itself, the entry too."""
        return None if target.depth else Question(url=target.locator, accepts=cls.accepts)

    async def look(self) -> AsyncIterator[PageItem]:
        """Yield the page, or those of the site that have something new."""
        target = self.visit.target
        if target.depth:
            async with aclosing(self._site(self._memory())) as items:  # type: ignore[type-var]  # a generator
                async for item in items:
                    yield item
            return
        answer = await self.get(target.locator, self._check)
        yield self._item(target.locator, answer, await self._read(answer))

    async def look_at(self, post: str) -> AsyncIterator[PageItem]:
        """Yield the page, unless it is gone; of a site the one that the books know by this name."""
        target = self.visit.target
        url = target.locator
        if target.depth:
            url = next((url for url in self._memory().pages if target.named(url) == post), "")
        if not url:
            raise VisitEnded(Outcome.RESTRICTED, "page_forgotten")
        try:
            answer = await self.get(url, self._check)
        except VisitEnded as ending:
            if ending.outcome is not Outcome.GONE:
                raise
        else:
            yield replace(self._item(url, answer, await self._read(answer)), recall=None)

    async def _site(self, memory: SiteMemory) -> AsyncIterator[PageItem]:
        """Yield the pages of a site, as many as one visit reads; what ends one of them ends no other."""
        asked = failures = 0
        while failures < _GIVES_UP_AFTER and (url := memory.next_page(asked)) is not None:
            asked += 1
            item = None
            try:
                item = await self._page_of(memory, url)
                failures = 0
            except VisitEnded as ending:
                if url == memory.entry or ending.outcome is Outcome.LIMITED:
                    raise
                failures = failures + 1 if ending.outcome is Outcome.UNREACHABLE else 0
                if ending.outcome is not Outcome.GONE:
                    memory.failed(url, is_passing=ending.outcome is Outcome.UNREACHABLE)
                elif memory.gone(url):
                    item = self._nothing(url, ending.code, deleted=((origin_of(memory.entry), url),))
            if item is not None:
                yield replace(item, recall=memory.dumped())
        # Which pages were asked for is remembered also where none had anything new.
        yield replace(self._nothing(memory.entry), recall=memory.dumped())

    async def _page_of(self, memory: SiteMemory, url: str) -> PageItem | None:
        """Return a page of a site; None where nothing is new, or where it is another under a second address."""
        known = memory.asked(url)
        answer = await self.get_new(url, self._check, known.recall(url))
        if answer is None:
            return None
        seen = await self._read(answer)
        if known.depth < memory.depth:
            links = list(below(seen.links, memory.entry))
            memory.linked(url, (link for link in links if not is_file(link)))
            seen = _with_files(seen, links)
        digest = digest_of_page(seen.text, (media.identity for media in seen.media))
        is_post = memory.answered(url, Recall.loaded(answer.recall), digest)
        return self._item(url, answer, seen) if is_post else None

    async def _read(self, answer: Received) -> SeenPage:
        final = answer.capture.final_url
        try:
            return await answer.parsed(lambda html: read_page(html, page_url=final))
        except TooComplex:
            raise VisitEnded(Outcome.ERROR, "too_complex") from None

    def _item(self, url: str, answer: Received, seen: SeenPage) -> PageItem:
        self.visit.keep_inline(seen.untrusted_inline)
        container = origin_of(self.visit.target.locator)
        post = SeenPost(container=container, post=url, url=url, text=seen.text, links=seen.links, media=seen.media)
        return PageItem(posts=(post,), capture=answer.capture, cursor=None, recall=answer.recall)

    def _nothing(self, url: str, code: str = "http_0", deleted: tuple[tuple[str, str], ...] = ()) -> PageItem:
        """Return an item that shows no post; `code` is that of an ending by the status of an answer."""
        status = int(code.removeprefix("http_"))
        equipment = self.visit.equipment
        capture = CaptureRecord(final_url=url, received_at=equipment.now(), status=status, tool=equipment.tool)
        return PageItem(posts=(), capture=capture, cursor=None, deleted=deleted)

    def _memory(self) -> SiteMemory:
        target = self.visit.target
        return SiteMemory.loaded(target.recall, entry=target.locator, depth=target.depth)

    def _check(self, url: str) -> None:
        check_scope(url, self.visit.target.locator)


def below(links: Iterable[str], locator: str) -> Iterator[str]:
    """Yield the canonical addresses of those links that lie within a locator's scope."""
    for link in links:
        try:
            url = canonical_url(link)
            check_scope(url, locator)
        except (BadLocator, NotWatchable, VisitEnded):
            continue
        if " " not in link:  # an encoded run stood there, and was taken out
            yield url


def _with_files(seen: SeenPage, links: Iterable[str]) -> SeenPage:
    """Return a page with the pictures and videos that it links to among its media."""
    media = {item.identity: item for item in seen.media}
    for link in links:
        kind = kind_of(link)
        if kind is not None and len(media) < MAX_MEDIA:
            media.setdefault(link, SeenMedia(identity=link, kind=kind, url=link))
    return replace(seen, media=tuple(media.values()))


def origin_of(url: str) -> str:
    """Return scheme, host and port of a canonical address, as text."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def check_scope(url: str, locator: str) -> None:
    """Raise VisitEnded(MOVED) unless a redirect stays in the locator's origin and below its folder."""
    try:
        target, home = urlsplit(url), urlsplit(locator)
        inside = _is_same_site(target, home) and _path(target).startswith(_folder(home))
    except ValueError:
        inside = False
    if not inside:
        raise VisitEnded(Outcome.MOVED, "left_scope")


def _is_same_site(target: SplitResult, home: SplitResult) -> bool:
    """Return whether it is the same origin, or the same host's own move from http to https."""
    there, here = _origin(target), _origin(home)
    upgraded = (here[0], here[2]) == ("http", 80) and (there[0], there[2]) == ("https", 443)
    return there == here or (upgraded and (there[1], there[3]) == (here[1], here[3]))


def _origin(parts: SplitResult) -> tuple[str, str, int | None, bool]:
    has_credentials = parts.username is not None or parts.password is not None
    return (parts.scheme, parts.hostname or "", parts.port or _DEFAULT_PORTS.get(parts.scheme), has_credentials)


def _path(parts: SplitResult) -> str:
    """Return the path with dot segments resolved, however they were written."""
    path = unquote(parts.path) or "/"
    resolved = normpath(path.replace("\\", "/"))
    resolved = "/" + resolved.lstrip("/")
    return resolved + "/" if path.endswith("/") and resolved != "/" else resolved


def _folder(parts: SplitResult) -> str:
    """Return the folder of a locator's path, with its slash."""
    return _path(parts).rpartition("/")[0] + "/"
