"""A visit that finds nothing new is one conditional question, and no crawl."""

from __future__ import annotations

import pytest
from aiohttp import web

from crawler.question import MAX_VALIDATOR, Question, Recall, digest_of
from domain.observations import ObservedPage, Traffic
from tests.crawler.visiting import html, look, page_at, source_for
from tests.net.loopback import serving

WORDS = "<p>six kites</p>"


class Site:
    """A page with validators, or without; it notes what it was asked."""

    def __init__(self, **headers: str) -> None:
        self.words = WORDS
        self.headers = headers
        self.conditions: list[tuple[str | None, str | None]] = []

    async def __call__(self, request: web.Request) -> web.Response:
        asked = (request.headers.get("If-None-Match"), request.headers.get("If-Modified-Since"))
        self.conditions.append(asked)
        if asked != (None, None) and self.words == WORDS:
            return web.Response(status=304)
        return html(self.words, **self.headers)


async def two_visits(site: Site, *, then: str = WORDS) -> tuple[list[ObservedPage], list[ObservedPage], Traffic]:
    """Visit, let the page say something, and visit again with what the first visit recalled."""
    async with serving(site) as server, source_for(server.base) as source:
        first = await look(source, page_at(f"{server.base}/"))
        site.words = then
        traffic = Traffic()
        again = page_at(f"{server.base}/", recall=first[-1].recall)
        return first, await look(source, again, traffic), traffic


@pytest.mark.parametrize(
    ("headers", "condition"),
    [
        ({"ETag": '"six"'}, ('"six"', None)),
        ({"Last-Modified": "Mon, 02 Mar 2026 04:30:00 GMT"}, (None, "Mon, 02 Mar 2026 04:30:00 GMT")),
    ],
)
async def test_what_the_server_says_is_unchanged_is_not_sent_again(
    headers: dict[str, str], condition: tuple[str | None, str | None]
) -> None:
    site = Site(**headers)
    first, second, traffic = await two_visits(site)
    assert len(first) == 1
    assert second == []
    assert (traffic.requests, traffic.bytes) == (1, 0)
    assert site.conditions == [(None, None), condition]


async def test_the_same_body_is_nothing_new_either() -> None:
    _, second, traffic = await two_visits(Site())
    assert second == []
    assert (traffic.requests, traffic.bytes) == (1, len(WORDS))


async def test_what_changed_is_read_with_one_request() -> None:
    first, second, traffic = await two_visits(Site(ETag='"six"'), then="<p>seven kites</p>")
    assert [page.posts[0].text for page in first + second] == ["six kites", "seven kites"]
    assert traffic.requests == 1
    assert second[0].recall != first[0].recall


@pytest.mark.parametrize("validator", ["k" * (MAX_VALIDATOR + 1), "k\u00eete"])
async def test_a_monstrous_validator_is_not_kept(validator: str) -> None:
    site = Site(ETag=validator)
    await two_visits(site)
    assert site.conditions == [(None, None)] * 2


@pytest.mark.parametrize("text", [None, "", "kite", "[]", "[1]", "{}", '["a", "b", "c"]', "[1, 2, 3, 4, 5]"])
def test_what_is_no_recall_recalls_nothing(text: str | None) -> None:
    assert Recall.loaded(text) is None


def test_a_recall_speaks_of_one_address_only() -> None:
    recall = Recall(url_digest=digest_of("http://kites.example/"), etag='"six"')
    assert Recall.loaded(recall.dumped()) == recall
    assert recall.headers(Question(url="http://kites.example/")) == {"If-None-Match": '"six"'}
    assert recall.headers(Question(url="http://rakes.example/")) == {}
