"""
Look at a community on Reddit, or at one post, through an application of the organisation.

Posts only: what people answer below them is not asked for.
"""

from __future__ import annotations

import asyncio
import json
from base64 import b64encode
from collections.abc import AsyncIterator
from datetime import timedelta
from urllib.parse import urlsplit

import aiohttp

from crawler.endings import of_failure, of_status
from crawler.items import PageItem
from crawler.parse.listed import ListPage
from crawler.parse.reddit import read_listing
from crawler.platforms import RedditLogin, no_token
from crawler.question import JSON, Question
from crawler.spiders.backwards import BackwardsSpider
from crawler.spiders.base import Received, no_redirect
from crawler.visit import Equipment
from domain.errors import VisitEnded
from domain.outcomes import Outcome
from domain.ports import SourceTarget
from net.fetch import CONNECT_TIMEOUT, FORESEEN, code_of, host_of

_MAX_TOKEN = 65_536  # bytes of the answer that holds one
_SPARE = timedelta(minutes=5)  # before its end a token is not used any more
_UNAUTHORISED = 401
_OK = 200


class RedditSpider(BackwardsSpider):
    """Reads what is new in a community: one item for a hundred posts."""

    name = "reddit"
    accepts = JSON

    @classmethod
    def entry(cls, equipment: Equipment, target: SourceTarget) -> Question | None:  # noqa: ARG003 - the interface
        """Return nothing, for a token comes first; raises VisitEnded `no_token` where none can be had."""
        if equipment.platforms.reddit is None:
            raise no_token()
        return None

    async def page(self, older: str) -> tuple[ListPage, Received]:
        """Return a page of what is new, or the one post that is watched."""
        community, post = _place_of(self.visit.target.locator)
        if post:
            return await self._listing(f"by_id/t3_{post}?raw_json=1")
        after = f"&after={older}" if older else ""
        return await self._listing(f"r/{community}/new?limit=100&raw_json=1{after}")

    async def look_at(self, post: str) -> AsyncIterator[PageItem]:
        """Yield a post, unless Reddit says that it was removed, or has none of that name."""
        if not (post.isascii() and post.isalnum()):
            raise VisitEnded(Outcome.ERROR, "bad_post")
        page, answer = await self._listing(f"by_id/t3_{post}?raw_json=1")
        if page.posts:
            posts = tuple(each.post for each in page.posts)
            yield PageItem(posts=posts, capture=answer.capture, cursor=self.visit.target.cursor)

    async def _listing(self, asked: str) -> tuple[ListPage, Received]:
        """Ask for a listing; with a token that has run out before its time, once more with a new one."""
        login = self.visit.equipment.platforms.reddit
        if login is None:
            raise no_token()
        locator = self.visit.target.locator
        for is_last in (False, True):
            question = Question(
                url=f"{self.visit.equipment.platforms.reddit_base}/{asked}",
                accepts=JSON,
                headers=(("Authorization", f"Bearer {await self._token(login)}"),),
            )
            try:
                answer = await self.get(question, no_redirect)
            except VisitEnded as ending:
                if ending.code != f"http_{_UNAUTHORISED}":
                    raise
                login.token = ""
                if is_last:
                    raise VisitEnded(Outcome.LIMITED, "bad_token") from None
            else:
                return await answer.json(lambda said: read_listing(said, locator=locator)), answer
        raise VisitEnded(Outcome.LIMITED, "bad_token")  # the second time raised already

    async def _token(self, login: RedditLogin) -> str:
        """Return a token that lasts; raises VisitEnded."""
        now = self.visit.equipment.now()
        if not login.token or login.until is None or login.until < now:
            login.token, lasts = await self.visit.fetching(self._new_token(login))
            login.until = now + timedelta(seconds=lasts) - _SPARE
        return login.token

    async def _new_token(self, login: RedditLogin) -> tuple[str, float]:
        """Sign the application in; returns a token and for how many seconds it lasts."""
        equipment = self.visit.equipment
        credentials = b64encode(f"{login.client_id}:{login.secret}".encode()).decode()
        url = f"{equipment.platforms.reddit_login_base}/api/v1/access_token"
        try:
            async with (
                equipment.governor.slot(host_of(url)) as turn,
                asyncio.timeout(equipment.limits.timeout),
                equipment.session.post(
                    url,
                    data={"grant_type": "client_credentials"},
                    headers={"Authorization": f"Basic {credentials}"},
                    allow_redirects=False,
                    timeout=aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_TIMEOUT),
                ) as response,
            ):
                self.visit.traffic.requests += 1
                turn.heard(response.status, response.headers)
                if response.status == _UNAUTHORISED:
                    raise VisitEnded(Outcome.LIMITED, "bad_token")
                if response.status != _OK:
                    raise of_status(response.status, turn.rests_until)
                return _token_in(await response.content.read(_MAX_TOKEN))
        except FORESEEN as error:
            raise of_failure(code_of(error)) from None


def _token_in(untrusted: bytes) -> tuple[str, float]:
    try:
        said = json.loads(untrusted)
        token, lasts = said["access_token"], float(said["expires_in"])
    except (RecursionError, ValueError, KeyError, TypeError):
        raise VisitEnded(Outcome.LIMITED, "bad_token") from None
    if not isinstance(token, str) or not token.isascii() or not token.isprintable() or not 0 < lasts < 10**7:
        raise VisitEnded(Outcome.LIMITED, "bad_token")
    return token, lasts


def _place_of(locator: str) -> tuple[str, str]:
    """Return the community and the post that a canonical locator names."""
    steps = urlsplit(locator).path.strip("/").split("/")
    return steps[1] if steps[0] == "r" else "", steps[3] if len(steps) > 3 else ""  # noqa: PLR2004 - r, name, comments, id
