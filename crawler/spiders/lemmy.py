"""Watch one community of Lemmy: its posts, not the comments below them."""

from __future__ import annotations

import re
from urllib.parse import quote, urlsplit

from crawler.items import SeenPost
from crawler.parse import lemmy
from crawler.parse.listing import Listing
from crawler.question import Question
from crawler.spiders.listing import ListingSpider
from crawler.visit import Equipment
from domain.errors import VisitEnded
from domain.outcomes import Outcome
from domain.ports import SourceTarget

_PATH = re.compile(r"/c/([A-Za-z0-9_]{1,128})")
_NUMBER = re.compile(r"[1-9][0-9]{0,17}")
_PAGE = 50  # the most that is given


class LemmySpider(ListingSpider):
    """Reads a community's posts, newest first; those marked not safe for work are asked for by name."""

    name = "lemmy"

    @classmethod
    def owner_question(cls, equipment: Equipment, target: SourceTarget, owner: str | None) -> Question:  # noqa: ARG003 - the interface
        """Return the question for the community, by its name or by its number, which no other gets."""
        base, name = place_of(target.locator)
        return cls.question(f"{base}/api/v3/community?{f'name={name}' if owner is None else f'id={owner}'}")

    @classmethod
    def list_question(cls, equipment: Equipment, target: SourceTarget, owner: str, token: str | None) -> Question:  # noqa: ARG003 - the interface
        """Return the question for posts; pages go by name where the server names them, by number where it does not."""
        base, _ = place_of(target.locator)
        side = "page" if token is not None and token.isdecimal() else "page_cursor"
        page = "" if token is None else f"&{side}={quote(token, safe='')}"
        asked = f"sort=New&community_id={owner}&limit={_PAGE}&show_nsfw=true"
        return cls.question(f"{base}/api/v3/post/list?{asked}{page}")

    def post_question(self, owner: str, post: str) -> Question:  # noqa: ARG002 - ids are the server's, not the community's
        """Return the question for one post."""
        if not _NUMBER.fullmatch(post):
            raise VisitEnded(Outcome.ERROR, "bad_post")
        return self.question(f"{self._base}/api/v3/post?id={post}")

    def read_owner(self, untrusted: object) -> str:
        """Return the community's number."""
        return lemmy.read_community(untrusted)

    def read_listing(self, untrusted: object, owner: str, token: str | None) -> Listing:
        """Return the posts of a page."""
        return lemmy.read_list(untrusted, base=self._base, owner=owner, asked=token)

    def read_one(self, untrusted: object) -> SeenPost | None:
        """Return the post, or None where it is marked as deleted or removed."""
        return lemmy.read_one(untrusted, base=self._base)

    def refusal(self, status: int, untrusted: object) -> VisitEnded:
        """Return what an error means."""
        return lemmy.refusal(status, untrusted)

    @property
    def _base(self) -> str:
        return place_of(self.visit.target.locator)[0]


def place_of(locator: str) -> tuple[str, str]:
    """Return a server's address and a community's name out of a canonical locator."""
    parts = urlsplit(locator)
    named = _PATH.fullmatch(parts.path)
    if named is None:
        raise VisitEnded(Outcome.ERROR, "bad_locator")
    return f"{parts.scheme}://{parts.netloc}", named[1]
