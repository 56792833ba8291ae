"""A little preview server, and a source that may look at it."""

from __future__ import annotations

import base64
import json
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from aiohttp import web

from crawler.forums.rules import load_rules
from crawler.platforms import Platforms
from crawler.source import ScrapySource
from crawler.visit import Limits
from domain.errors import VisitEnded
from domain.observations import ObservedPage, Platform, Traffic
from domain.ports import SourceTarget
from net.governor import HostGovernor
from net.guard import EgressPolicy
from net.robots import Robots
from net.session import guarded_session
from tests.net.loopback import LOOPBACK_ONLY, USER_AGENT

CHANNEL_ID = 1000555
PAGE_SIZE = 20
POSTED = datetime(2026, 3, 1, 8, tzinfo=UTC)
FIRST_HOUR = datetime(2026, 5, 1, tzinfo=UTC)
QUICK = Limits(timeout=5.0)


def message(number: int, *, channel_id: int = CHANNEL_ID, words: str | None = None, at: datetime = POSTED) -> str:
    view = base64.urlsafe_b64encode(json.dumps({"c": -channel_id, "p": number}).encode()).decode().rstrip("=")
    return (
        f'<div class="tgme_widget_message js-widget_message" data-post="tinlanterns/{number}" data-view="{view}">'
        f'<a class="tgme_widget_message_photo_wrap 5377590281{number:08}" '
        f"style=\"background-image:url('/file/{number}.jpg')\"></a>"
        f'<div class="tgme_widget_message_text js-message_text">{words or f"lantern number {number}"}</div>'
        f'<a class="tgme_widget_message_date"><time datetime="{at.isoformat()}"></time></a></div>\n'
    )


def preview(*messages: str) -> str:
    inside = "".join(messages) or '<div class="tme_no_messages_found"></div>'
    return (
        '<html><body><div class="tgme_channel_info"></div>'
        f'<section class="tgme_channel_history">{inside}</section></body></html>'
    )


def error(words: str) -> str:
    """Return a post's own page that does not show it."""
    return f'<div class="tgme_widget_message"><div class="tgme_widget_message_error">{words}</div></div>'


def html(text: str, **headers: str) -> web.Response:
    return web.Response(text=text, content_type="text/html", headers=headers)


@dataclass
class PreviewServer:
    """Pages through the ids it has, the way the real one does."""

    ids: list[int] = field(default_factory=list)
    channel_id: int = CHANNEL_ID
    ignores_after: bool = False
    renames_after: int | None = None  # pages asked with `after` show this channel instead
    hourly: bool = False  # post n was posted n-1 hours after FIRST_HOUR
    hidden: tuple[int, ...] = ()  # stand on no preview page, only on their own
    not_shown: tuple[int, ...] = ()  # nor there, though they are not gone

    async def __call__(self, request: web.Request) -> web.Response:
        if request.query.get("embed"):
            return self._single(int(request.path.rpartition("/")[2]))
        after, before = request.query.get("after"), request.query.get("before")
        if before is not None:
            shown = [number for number in self.ids if number < int(before) and number not in self.hidden]
            return html(preview(*(message(number, channel_id=self.channel_id) for number in shown[-PAGE_SIZE:])))
        shown, channel_id = self.ids[-PAGE_SIZE:], self.channel_id
        if after is not None and not self.ignores_after:
            shown = [number for number in self.ids if number > int(after)][:PAGE_SIZE]
            channel_id = self.renames_after or channel_id
        return html(preview(*(message(number, channel_id=channel_id, at=self._at(number)) for number in shown)))

    def _single(self, number: int) -> web.Response:
        if number in self.not_shown:
            return html(error("Please open Telegram to view this post"))
        return html(message(number, channel_id=self.channel_id) if number in self.ids else error("Post not found"))

    def _at(self, number: int) -> datetime:
        return FIRST_HOUR + timedelta(hours=number - 1) if self.hourly else POSTED


@asynccontextmanager
async def source_for(
    base: str,
    *,
    policy: EgressPolicy = LOOPBACK_ONLY,
    governor: HostGovernor | None = None,
    limits: Limits = QUICK,
    platforms: Platforms | None = None,
    heeds_robots: bool = False,
) -> AsyncIterator[ScrapySource]:
    governor = governor or HostGovernor(per_host=8, delay=0)
    async with guarded_session(policy, user_agent=USER_AGENT) as session:
        robots = Robots(session=session, governor=governor, timeout=limits.timeout)
        yield ScrapySource(
            session=session,
            governor=governor,
            tool="kapear tests",
            robots=robots if heeds_robots else None,
            telegram_web_base=base,
            bluesky_base=base,
            limits=limits,
            forum_rules=load_rules(),
            platforms=platforms,
        )


def channel(cursor: str | None = None, backfill: int | None = 200) -> SourceTarget:
    locator = "https://t.me/s/tinlanterns"
    return SourceTarget(platform=Platform.TELEGRAM_WEB, locator=locator, cursor=cursor, backfill=backfill)


def page_at(url: str, recall: str | None = None) -> SourceTarget:
    return SourceTarget(platform=Platform.PAGE, locator=url, recall=recall)


async def look(source: ScrapySource, target: SourceTarget, traffic: Traffic | None = None) -> list[ObservedPage]:
    async with aclosing(source.pages(target, traffic or Traffic())) as pages:
        return [page async for page in pages]


async def ending_of(source: ScrapySource, target: SourceTarget, traffic: Traffic | None = None) -> str:
    """Return the message of the VisitEnded that a visit raises."""
    with pytest.raises(VisitEnded) as caught:
        await look(source, target, traffic)
    assert caught.value.__cause__ is None  # nobody prints a foreign library's words by accident
    return str(caught.value)


def numbers(pages: list[ObservedPage]) -> list[int]:
    return [int(post.post) for page in pages for post in page.posts]
