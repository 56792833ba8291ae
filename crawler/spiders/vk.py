"""
Look at a community's wall on VK, with an application's service token.

Posts only: what people answer below them is not asked for. Walls of persons
are not read.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from urllib.parse import urlencode, urlsplit

from crawler.items import PageItem
from crawler.parse.listed import ListPage
from crawler.parse.vk import PAGE_SIZE, read_wall, refusal
from crawler.platforms import Platforms, no_token
from crawler.question import JSON, Question
from crawler.spiders.backwards import BackwardsSpider, not_shown
from crawler.spiders.base import Received
from crawler.visit import Equipment
from domain.errors import VisitEnded
from domain.outcomes import Outcome
from domain.ports import SourceTarget

VERSION = "5.199"
_CLUB = re.compile(r"/club(\d{1,18})")
_OWNED = re.compile(r".*/wall(-\d{1,18})_\d{1,18}")


class VkSpider(BackwardsSpider):
    """Reads a community's wall: one item for a hundred posts."""

    name = "vk"
    accepts = JSON

    @classmethod
    def entry(cls, equipment: Equipment, target: SourceTarget) -> Question | None:
        """Return the newest posts; raises VisitEnded `no_token`."""
        return _wall_of(equipment.platforms, target.locator, "")

    async def page(self, older: str) -> tuple[ListPage, Received]:
        """Return the wall's newest posts, or older ones."""
        locator = self.visit.target.locator
        answer = await self.told(_wall_of(self.visit.equipment.platforms, locator, older), refusal)
        return await answer.json(lambda said: read_wall(said, locator=locator, offset=int(older or 0))), answer

    async def look_at(self, post: str) -> AsyncIterator[PageItem]:
        """Yield a post, unless VK says that it was deleted; of one that it passes over it says nothing."""
        if not (post.isascii() and post.isdecimal()):
            raise VisitEnded(Outcome.ERROR, "bad_post")
        target = self.visit.target
        asked = {"posts": f"{await self._owner()}_{post}", "v": VERSION}
        answer = await self.told(_question(self.visit.equipment.platforms, "wall.getById", asked), refusal)
        page = await answer.json(lambda said: read_wall(said, locator=target.locator))
        if not page.posts and not page.deleted:
            raise not_shown()
        if page.posts:
            posts = tuple(each.post for each in page.posts)
            yield PageItem(posts=posts, capture=answer.capture, cursor=target.cursor)

    async def _owner(self) -> str:
        """Return the community's number, with a minus; the wall itself tells it where the address has a name."""
        club = _CLUB.fullmatch(urlsplit(self.visit.target.locator).path)
        if club is not None:
            return f"-{club[1]}"
        page, _ = await self.page("")
        owners = (_OWNED.fullmatch(each.post.url) for each in page.posts)
        owner = next((found[1] for found in owners if found is not None), None)
        if owner is None:
            raise not_shown()
        return owner


def _wall_of(platforms: Platforms, locator: str, older: str) -> Question:
    path = urlsplit(locator).path
    club = _CLUB.fullmatch(path)
    whose = {"owner_id": f"-{club[1]}"} if club is not None else {"domain": path.strip("/")}
    asked = {**whose, "count": str(PAGE_SIZE), "offset": older or "0", "v": VERSION}
    return _question(platforms, "wall.get", asked)


def _question(platforms: Platforms, method: str, asked: dict[str, str]) -> Question:
    if not platforms.vk_token:
        raise no_token()
    return Question(
        url=f"{platforms.vk_base}/method/{method}?{urlencode(asked)}",
        accepts=JSON,
        secret=(("access_token", platforms.vk_token),),
    )
