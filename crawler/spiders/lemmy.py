"""Watch one community of Lemmy: its posts, not the comments below them."""

from __future__ import annotations

import re
from urllib.parse import quote

from crawler.items import SeenPost
from crawler.parse import lemmy
from crawler.parse.listing import Listing
from crawler.question import Question
from crawler.spiders.listing import ListingSpider, place_in
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
        base, name = place_in(target.locator, _PATH)
        return cls.question(f"{base}/api/v3/community?{f'name={name}' if owner is None else f'id={owner}'}")

    @classmethod
    def list_question(cls, equipment: Equipment, target: SourceTarget, owner: str, token: str | None) -> Question:  # noqa: ARG003 - the interface
        """Return the question for posts; pages go by name where the server names them, by number where it does not."""
        base, _ = place_in(target.locator, _PATH)
        side = "page" if token is not None and token.isdecimal() else "page_cursor"
        page = "" if token is None else f"&{side}={quote(token, safe='')}"
        asked = f"sort=New&community_id={owner}&limit={_PAGE}&show_nsfw=true"
        return cls.question(f"{base}/api/v3/post/list?{asked}{page}")

    def post_question(self, owner: str, post: str) -> Question:  # noqa: ARG002 - ids are the server's, not the community's
        """Return the question for one post."""
        if not _NUMBER.fullmatch(post):
            raise VisitEnded(Outcome.ERROR, "bad_post")
        return self.question(f"{self.site}/api/v3/post?id={post}")

    def read_owner(self, untrusted: object) -> str:
        """Return the community's number."""
        return lemmy.read_community(untrusted)

    def read_listing(self, untrusted: object, owner: str, token: str | None) -> Listing:
        """Return the posts of a page."""
        return lemmy.read_list(untrusted, base=self.site, owner=owner, asked=token)

    def read_one(self, untrusted: object) -> SeenPost | None:
        """Return the post, or None where it is marked as deleted or removed."""
        return lemmy.read_one(untrusted, base=self.site)

    def refusal(self, status: int, untrusted: object) -> VisitEnded:
        """Return what an error means."""
        return lemmy.refusal(status, untrusted)
