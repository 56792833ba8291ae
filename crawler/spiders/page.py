"""
Look at one page: one address is one post.

What the page links to is recorded, never followed. A redirect is followed
only inside what was authorised: the same origin (https instead of http is the
same), below the same folder.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import aclosing
from posixpath import normpath
from urllib.parse import SplitResult, unquote, urlsplit

from crawler.items import PageItem, SeenPost
from crawler.parse.page import TooComplex, read_page
from crawler.question import Question
from crawler.spiders.base import VisitSpider
from crawler.visit import Equipment
from domain.errors import VisitEnded
from domain.outcomes import Outcome
from domain.ports import SourceTarget

_DEFAULT_PORTS = {"http": 80, "https": 443}


class PageSpider(VisitSpider):
    """Reads one page: one item, one post, no cursor."""

    name = "page"

    @classmethod
    def entry(cls, equipment: Equipment, target: SourceTarget) -> Question | None:  # noqa: ARG003 - the interface
        """Return the page itself."""
        return Question(url=target.locator, accepts=cls.accepts)

    async def look(self) -> AsyncIterator[PageItem]:
        """Yield the page."""
        locator = self.visit.target.locator
        answer = await self.get(locator, lambda url: check_scope(url, locator))
        final = answer.capture.final_url
        try:
            seen = await answer.parsed(lambda html: read_page(html, page_url=final))
        except TooComplex:
            raise VisitEnded(Outcome.ERROR, "too_complex") from None
        self.visit.keep_inline(seen.untrusted_inline)
        post = SeenPost(
            container=origin_of(locator), post=locator, url=locator, text=seen.text, links=seen.links, media=seen.media
        )
        yield PageItem(posts=(post,), capture=answer.capture, cursor=None, recall=answer.recall)

    async def look_at(self, post: str) -> AsyncIterator[PageItem]:  # noqa: ARG002 - the page is its one post
        """Yield the page, unless it is gone."""
        try:
            async with aclosing(self.look()) as items:  # type: ignore[type-var]  # a generator
                async for item in items:
                    yield item
        except VisitEnded as ending:
            if ending.outcome is not Outcome.GONE:
                raise


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
