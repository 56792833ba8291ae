"""Watch one public account of Mastodon, or of a server that speaks its interface."""

from __future__ import annotations

import re
from urllib.parse import quote

from crawler.items import SeenPost
from crawler.parse import mastodon
from crawler.parse.listing import Listing
from crawler.question import Question
from crawler.spiders.listing import ListingSpider, place_in
from crawler.visit import Equipment
from domain.errors import VisitEnded
from domain.outcomes import Outcome
from domain.ports import SourceTarget

_PATH = re.compile(r"/@([A-Za-z0-9_.-]{1,128})")
_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_PAGE = 40  # the most that is given


class MastodonSpider(ListingSpider):
    """Reads an account's own statuses, answers to others among them."""

    name = "mastodon"

    @classmethod
    def owner_question(cls, equipment: Equipment, target: SourceTarget, owner: str | None) -> Question:  # noqa: ARG003 - the interface
        """Return the question for the account's id, or for the account."""
        base, name = place_in(target.locator, _PATH)
        path = f"lookup?acct={quote(name)}" if owner is None else owner
        return cls.question(f"{base}/api/v1/accounts/{path}")

    @classmethod
    def list_question(cls, equipment: Equipment, target: SourceTarget, owner: str, token: str | None) -> Question:  # noqa: ARG003 - the interface
        """Return the question for statuses; what the account reposted is left out where the server can."""
        base, _ = place_in(target.locator, _PATH)
        before = "" if token is None else f"&max_id={token}"
        return cls.question(f"{base}/api/v1/accounts/{owner}/statuses?limit={_PAGE}&exclude_reblogs=true{before}")

    def post_question(self, owner: str, post: str) -> Question:  # noqa: ARG002 - ids are the server's, not the account's
        """Return the question for one status."""
        if not _ID.fullmatch(post):
            raise VisitEnded(Outcome.ERROR, "bad_post")
        return self.question(f"{self.site}/api/v1/statuses/{post}")

    def read_owner(self, untrusted: object) -> str:
        """Return the account's id."""
        return mastodon.read_account(untrusted)

    def read_listing(self, untrusted: object, owner: str, token: str | None) -> Listing:  # noqa: ARG002 - the interface
        """Return the statuses of a page."""
        return mastodon.read_statuses(untrusted, base=self.site, owner=owner)

    def read_one(self, untrusted: object) -> SeenPost | None:
        """Return a status."""
        inline: dict[str, bytes] = {}
        seen = mastodon.read_one(untrusted, base=self.site, inline=inline)
        self.visit.keep_inline(inline)
        return seen

    def refusal(self, status: int, untrusted: object) -> VisitEnded:
        """Return what an error means."""
        return mastodon.refusal(status, untrusted)
