"""A preview of twenty posts with a picture each, and what visits to it cost once the pictures are known."""

from __future__ import annotations

from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from pathlib import Path

from aiohttp import web

from domain.observations import Platform
from domain.targets import Visit
from fingerprint.pool import FingerprintPool
from tests.crawler.visiting import html, message, preview, source_for
from tests.desk import LOCAL, open_office
from tests.fingerprint.pictures import encoded, photo
from tests.net.loopback import serving
from triage.watchlist import NewTarget, WatchList

POSTS = 20


class Preview:
    """Serves the posts with `words` of the moment, and counts what it sends of pictures."""

    def __init__(self) -> None:
        self.words = "lantern"
        self.pictures = {f"/file/{number}.jpg": encoded(photo(320, 240, number), "JPEG") for number in range(1, 21)}
        self.pictures_asked = 0
        self.picture_bytes = 0

    async def __call__(self, request: web.Request) -> web.StreamResponse:
        picture = self.pictures.get(request.path)
        if picture is None:
            return html(preview(*(message(number, words=f"{self.words} {number}") for number in range(1, POSTS + 1))))
        self.pictures_asked += 1
        self.picture_bytes += len(picture)
        return web.Response(body=picture, content_type="image/jpeg")


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """One visit, and what the server sent of pictures for it."""

    visit: Visit
    pictures_asked: int
    picture_bytes: int


async def costs(folder: Path) -> list[Cost]:
    """Visit three times: everything new, every post's words edited, nothing new at all."""
    shown = Preview()
    found = []
    async with AsyncExitStack() as stack:
        server = await stack.enter_async_context(serving(shown))
        source = await stack.enter_async_context(source_for(server.base))
        pool = await stack.enter_async_context(FingerprintPool(children=1, allow_missing_layers=True))
        office = await stack.enter_async_context(open_office(folder))
        office.intake = replace(office.intake, sources={Platform.TELEGRAM_WEB: source}, fingerprinter=pool)
        here = WatchList(desk=replace(office.office.desk, hosts={Platform.TELEGRAM_WEB: "127.0.0.1"}))
        wanted = NewTarget(locator="https://t.me/s/tinlanterns", report="R-1", authorised_by="desk", basis="reported")
        target = await here.add(LOCAL, wanted)
        for words in ("lantern", "kite", "kite"):
            shown.words = words
            before = (shown.pictures_asked, shown.picture_bytes)
            visit = await office.visit(target.target.id)
            asked, sent = shown.pictures_asked - before[0], shown.picture_bytes - before[1]
            found.append(Cost(visit=visit, pictures_asked=asked, picture_bytes=sent))
    return found
