"""A film that a page shows is read from its server and sampled, as any other."""

from __future__ import annotations

from aiohttp import web

from domain.fingerprints import MediaStatus
from domain.observations import MediaKind
from fingerprint.pool import FingerprintPool
from tests.crawler.visiting import html, look, page_at, source_for
from tests.fingerprint.videos import video
from tests.net.loopback import serving


async def test_a_film_of_a_page_has_frames() -> None:
    film = video()

    async def shop(request: web.Request) -> web.Response:
        if request.path == "/film.mp4":
            return web.Response(body=film, content_type="video/mp4")
        return html('<video poster="/poster.jpg"><source src="/list.m3u8"><source src="/film.mp4"></video>')

    async with (
        serving(shop) as server,
        source_for(server.base) as source,
        FingerprintPool(children=1, allow_missing_layers=True) as pool,
    ):
        (page,) = await look(source, page_at(f"{server.base}/"))
        poster, shown = page.posts[0].media
        assert (poster.kind, shown.kind) == (MediaKind.THUMBNAIL, MediaKind.VIDEO)
        found = await pool.fingerprint(shown.source)
        assert (found.status, found.format, found.size) == (MediaStatus.HASHED, "mp4", len(film))
        assert len(found.frames) > 1
        assert server.paths == ["/", "/film.mp4"]
