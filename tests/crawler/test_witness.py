"""A platform is known again by what it says of itself elsewhere, and by nothing that merely answers."""

from __future__ import annotations

import json

import pytest
from aiohttp import web

from crawler.witness import elsewhere
from domain.observations import Platform, Traffic
from domain.ports import SourceTarget
from tests.crawler.visiting import html, look, message, preview, source_for
from tests.net.loopback import serving

INSTANCES = {
    Platform.MASTODON: {"uri": "kites.example", "title": "Kites"},
    Platform.LEMMY: {"site_view": {"site": {"name": "Kites"}}},
    Platform.DISCOURSE: {"about": {"title": "Kites"}},
}


@pytest.mark.parametrize("platform", INSTANCES)
async def test_an_interface_is_known_by_what_it_says_of_its_server(platform: Platform) -> None:
    async def answers(_: web.Request) -> web.Response:
        return web.json_response(INSTANCES[platform])

    async with serving(answers) as server, source_for(server.base) as source:
        target = SourceTarget(platform=platform, locator=f"{server.base}/kites")
        assert await source.is_itself(target, Traffic())
        place = elsewhere(platform, target.locator)
        assert place is not None
        assert server.paths == [place.path]


@pytest.mark.parametrize(
    "untrusted",
    ["", "[]", "null", "{}", '{"error": "kites"}', "<p>Welcome</p>", '{"uri": ""}', "[" * 5_000],
    ids=lambda text: text[:12] or "empty",
)
@pytest.mark.parametrize("platform", INSTANCES)
def test_what_merely_answers_is_no_interface(platform: Platform, untrusted: str) -> None:
    place = elsewhere(platform, "http://127.0.0.1/kites")
    assert place is not None
    assert place.check(json.dumps(INSTANCES[platform]))
    assert not place.check(untrusted)


async def test_a_channel_that_was_read_within_the_minute_witnesses_for_another_and_not_for_itself() -> None:
    async def shows(request: web.Request) -> web.Response:
        return html(preview(message(1))) if request.path == "/s/tinlanterns" else web.Response(status=404)

    async with serving(shows) as server, source_for(server.base) as source:
        here = SourceTarget(platform=Platform.TELEGRAM_WEB, locator="https://t.me/s/tinlanterns")
        other = SourceTarget(platform=Platform.TELEGRAM_WEB, locator="https://t.me/s/paperboats")
        assert not await source.is_itself(other, Traffic())
        await look(source, here)
        traffic = Traffic()
        assert await source.is_itself(other, traffic)
        assert traffic.requests == 0
        assert not await source.is_itself(here, Traffic())


async def test_telegram_s_own_channel_is_witnessed_by_another_of_its_own() -> None:
    asked = []
    for name in ("telegram", "Telegram", "tinlanterns"):
        place = elsewhere(Platform.TELEGRAM_WEB, f"https://t.me/s/{name}")
        assert place is not None
        asked.append(place.path)
    assert asked == ["/s/telegramtips", "/s/telegramtips", "/s/telegram"]


async def test_a_page_that_was_read_is_no_witness_over_plain_http() -> None:
    async def shows(_: web.Request) -> web.Response:
        return html("<p>Welcome</p>")

    async with serving(shows) as server, source_for(server.base) as source:
        here, other = (SourceTarget(platform=Platform.PAGE, locator=f"{server.base}/{name}") for name in "ab")
        await look(source, here)
        assert not await source.is_itself(other, Traffic())
