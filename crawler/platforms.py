"""Say where platforms with an interface of their own are asked, and what the hotline is known by there."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from domain.errors import VisitEnded
from domain.outcomes import Outcome


@dataclass(slots=True, kw_only=True)
class RedditLogin:
    """An application's credentials, and the token that was last got for them; whoever has these is the application."""

    client_id: str = field(repr=False)
    secret: str = field(repr=False)
    token: str = field(default="", repr=False)
    until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Platforms:
    """The addresses of platforms' interfaces, without a slash at the end; a token that is empty was not configured."""

    fourchan_api: str = "https://a.4cdn.org"
    fourchan_media: str = "https://i.4cdn.org"
    reddit_base: str = "https://oauth.reddit.com"
    reddit_login_base: str = "https://www.reddit.com"
    reddit: RedditLogin | None = field(default=None, repr=False)
    facebook_base: str = "https://graph.facebook.com/v26.0"
    facebook_token: str = field(default="", repr=False)
    vk_base: str = "https://api.vk.com"
    vk_token: str = field(default="", repr=False)


def no_token() -> VisitEnded:
    """Return how a visit ends where nothing is configured that the platform could be asked with."""
    return VisitEnded(Outcome.LIMITED, "no_token")
