"""
Say whether a platform is itself, before its refusal of one target is believed.

It must be known again at another place within the same minute: a preview by a
channel that is there, an interface by what it says of itself, a site by its
certificate, and a host without one by its landmark. Pure: `crawler.knowing` asks.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from crawler.parse.telegram_web import read_preview
from domain.observations import Platform

# Channels of Telegram's own; the second is asked about where the first is itself the target.
OWN_CHANNELS = ("telegram", "telegramtips")

Check = Callable[[str], bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class Elsewhere:
    """A place of the platform that is always there: its path on the host, and how its answer is known."""

    path: str
    is_json: bool
    check: Check = field(repr=False)


def _says(*names: str) -> Check:
    """Return the check that an answer is a JSON object with one of these members."""

    def check(untrusted_text: str) -> bool:
        try:
            said: Any = json.loads(untrusted_text)
        except (ValueError, RecursionError):
            return False
        return isinstance(said, Mapping) and any(said.get(name) for name in names)

    return check


def _is_preview(untrusted_html: str) -> bool:
    """Return whether a page is a channel's preview that shows messages and tells the channel's number."""
    preview = read_preview(untrusted_html, page_url="https://t.me/s/telegram", post_base="https://t.me/telegram")
    return preview.is_channel and bool(preview.container)


INTERFACES: Mapping[Platform, Elsewhere] = {
    Platform.DISCOURSE: Elsewhere(path="/about.json", is_json=True, check=_says("about")),
    Platform.LEMMY: Elsewhere(path="/api/v3/site", is_json=True, check=_says("site_view")),
    Platform.MASTODON: Elsewhere(path="/api/v1/instance", is_json=True, check=_says("uri", "domain")),
}

# Of these a captive portal or block page could pass for a place: that one was read there proves nothing.
READS_ANYTHING = frozenset({Platform.PAGE, Platform.FORUM})


def elsewhere(platform: Platform, locator: str) -> Elsewhere | None:
    """Return where else a platform is to be asked; None where its certificate or landmark must do."""
    if platform is Platform.TELEGRAM_WEB:
        own = urlsplit(locator).path.rpartition("/")[2].lower()
        channel = next(name for name in OWN_CHANNELS if name != own)
        return Elsewhere(path=f"/s/{channel}", is_json=False, check=_is_preview)
    return INTERFACES.get(platform)
