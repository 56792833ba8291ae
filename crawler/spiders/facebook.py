"""
Look at a public page on Facebook through the Graph API, with a token that has Page Public Content Access.

Posts only: what people answer below them is not asked for.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from urllib.parse import quote, urlencode, urlsplit

from crawler.items import PageItem
from crawler.parse.facebook import FIELDS, read_one, read_page_of_posts, refusal
from crawler.parse.listed import ListPage
from crawler.platforms import Platforms, no_token
from crawler.question import JSON, Question
from crawler.spiders.backwards import BackwardsSpider
from crawler.spiders.base import Received
from crawler.visit import Equipment
from domain.errors import VisitEnded
from domain.outcomes import Outcome
from domain.ports import SourceTarget

PAGE_SIZE = 25
_EXPLAINED = frozenset({400, 401, 403, 404, 500})  # statuses whose bodies say what is the matter
_POST = re.compile(r"\d{1,30}(?:_\d{1,30})?")


class FacebookSpider(BackwardsSpider):
    """Reads a page's posts: one item for twenty-five."""

    name = "facebook"
    accepts = JSON

    @classmethod
    def entry(cls, equipment: Equipment, target: SourceTarget) -> Question | None:
        """Return the newest posts; raises VisitEnded `no_token`."""
        return _posts_of(equipment.platforms, target.locator, "")

    async def page(self, older: str) -> tuple[ListPage, Received]:
        """Return the page's newest posts, or older ones."""
        locator = self.visit.target.locator
        answer = await self.told(_posts_of(self.visit.equipment.platforms, locator, older), refusal)
        return await answer.json(lambda said: read_page_of_posts(said, locator=locator)), answer

    async def look_at(self, post: str) -> AsyncIterator[PageItem]:
        """Yield a post; Facebook does not say whether one that it does not show is gone."""
        if not _POST.fullmatch(post):
            raise VisitEnded(Outcome.ERROR, "bad_post")
        target = self.visit.target
        asked = _question(self.visit.equipment.platforms, f"{post}?{urlencode({'fields': FIELDS})}")
        answer = await self.told(asked, refusal)
        seen = await answer.json(lambda said: read_one(said, locator=target.locator))
        yield PageItem(posts=(seen,), capture=answer.capture, cursor=target.cursor)


def _posts_of(platforms: Platforms, locator: str, older: str) -> Question:
    asked = {"fields": FIELDS, "limit": str(PAGE_SIZE), **({"after": older} if older else {})}
    return _question(platforms, f"{quote(urlsplit(locator).path.strip('/'))}/posts?{urlencode(asked)}")


def _question(platforms: Platforms, asked: str) -> Question:
    if not platforms.facebook_token:
        raise no_token()
    return Question(
        url=f"{platforms.facebook_base}/{asked}",
        accepts=JSON,
        secret=(("access_token", platforms.facebook_token),),
        told=_EXPLAINED,
    )
