"""Watch one profile of Bluesky through its public interface."""

from __future__ import annotations

import re
from urllib.parse import quote, urlsplit

from crawler.items import SeenPost
from crawler.parse import bluesky
from crawler.parse.listing import Listing
from crawler.question import Question
from crawler.spiders.listing import ListingSpider
from crawler.visit import Equipment
from domain.errors import VisitEnded
from domain.outcomes import Outcome
from domain.ports import SourceTarget

_PATH = re.compile(r"/profile/([A-Za-z0-9._:%-]{1,256})")
_NAME = re.compile(r"[A-Za-z0-9._~:-]{1,512}")
_PAGE = 100  # the most that is given


class BlueskySpider(ListingSpider):
    """Reads an author's own posts, answers to others among them."""

    name = "bluesky"

    @classmethod
    def owner_question(cls, equipment: Equipment, target: SourceTarget, owner: str | None) -> Question:
        """Return the question for a profile, by the name or by the DID, which stays when the name changes hands."""
        return cls.question(_called(equipment, "app.bsky.actor.getProfile", actor=owner or actor_of(target.locator)))

    @classmethod
    def list_question(cls, equipment: Equipment, target: SourceTarget, owner: str, token: str | None) -> Question:  # noqa: ARG003 - the interface
        """Return the question for the author's feed."""
        asked = {"actor": owner, "limit": str(_PAGE), "filter": "posts_with_replies"}
        if token is not None:
            asked["cursor"] = token
        return cls.question(_called(equipment, "app.bsky.feed.getAuthorFeed", **asked))

    def post_question(self, owner: str, post: str) -> Question:
        """Return the question for one post."""
        if not _NAME.fullmatch(post):
            raise VisitEnded(Outcome.ERROR, "bad_post")
        uri = f"at://{owner}/app.bsky.feed.post/{post}"
        return self.question(_called(self.visit.equipment, "app.bsky.feed.getPosts", uris=uri))

    def read_owner(self, untrusted: object) -> str:
        """Return the profile's DID."""
        return bluesky.read_profile(untrusted)

    def read_listing(self, untrusted: object, owner: str, token: str | None) -> Listing:  # noqa: ARG002 - the interface
        """Return the posts of a page."""
        return bluesky.read_feed(untrusted, owner=owner)

    def read_one(self, untrusted: object) -> SeenPost | None:
        """Return the post, or None where the list of what was asked for is empty."""
        return next(iter(bluesky.read_posts(untrusted)), None)

    def refusal(self, status: int, untrusted: object) -> VisitEnded:
        """Return what an error means."""
        return bluesky.refusal(status, untrusted)


def actor_of(locator: str) -> str:
    """Return a profile's name or DID out of a canonical locator."""
    named = _PATH.fullmatch(urlsplit(locator).path)
    if named is None:
        raise VisitEnded(Outcome.ERROR, "bad_locator")
    return named[1]


def _called(equipment: Equipment, method: str, **asked: str) -> str:
    query = "&".join(f"{name}={quote(value, safe=':/')}" for name, value in asked.items())
    return f"{equipment.bluesky_base}/xrpc/{method}?{query}"
