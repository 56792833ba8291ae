from __future__ import annotations

import asyncio
import gzip
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from ipaddress import ip_network

import pytest
from aiohttp import web

from domain.errors import EgressRefused, MediaUnavailable
from domain.observations import Traffic
from domain.ports import MediaSource
from net.governor import HostGovernor
from net.guard import EgressPolicy
from net.media import HttpMedia, InlineMedia
from net.session import guarded_session
from tests.contracts.media_source import PAYLOAD, MediaSourceContract, read_all
from tests.net.loopback import LOOPBACK_ONLY, USER_AGENT, Handler, Talk, serving, talking


async def ranged(request: web.Request) -> web.Response:
    """Serve PAYLOAD the way a good file server does."""
    asked = request.http_range
    if asked.start is None:
        return web.Response(body=PAYLOAD)
    if asked.start >= len(PAYLOAD):
        return web.Response(status=416, headers={"Content-Range": f"bytes */{len(PAYLOAD)}"})
    part = PAYLOAD[asked]
    described = f"bytes {asked.start}-{asked.start + len(part) - 1}/{len(PAYLOAD)}"
    return web.Response(status=206, body=part, headers={"Content-Range": described})


async def always_to_the_end(request: web.Request) -> web.Response:
    """Send more than was asked for."""
    start = request.http_range.start or 0
    if start >= len(PAYLOAD):
        return web.Response(status=416)
    described = f"bytes {start}-{len(PAYLOAD) - 1}/{len(PAYLOAD)}"
    return web.Response(status=206 if start else 200, body=PAYLOAD[start:], headers={"Content-Range": described})


async def deaf_to_ranges(_: web.Request) -> web.Response:
    return web.Response(body=PAYLOAD)


@asynccontextmanager
async def handle_on(
    base: str,
    path: str = "/lantern.png",
    *,
    policy: EgressPolicy = LOOPBACK_ONLY,
    traffic: Traffic | None = None,
    governor: HostGovernor | None = None,
    read_timeout: float = 5.0,
    hard_limit: int = 64 * 1024 * 1024,
) -> AsyncIterator[HttpMedia]:
    async with guarded_session(policy, user_agent=USER_AGENT) as session:
        media = HttpMedia(
            base + path,
            session=session,
            governor=governor or HostGovernor(delay=0),
            traffic=traffic or Traffic(),
            read_timeout=read_timeout,
            hard_limit=hard_limit,
        )
        yield media
        await media.close()


class TestHttpMedia(MediaSourceContract):
    @pytest.fixture(params=[ranged, always_to_the_end, deaf_to_ranges])
    async def source(self, request: pytest.FixtureRequest) -> AsyncIterator[MediaSource]:
        async with serving(request.param) as server, handle_on(server.base) as media:
            yield media


class TestInlineMedia(MediaSourceContract):
    @pytest.fixture
    def source(self) -> MediaSource:
        return InlineMedia(PAYLOAD)


def test_inline_media_knows_its_size_at_once_and_drops_its_bytes() -> None:
    media = InlineMedia(PAYLOAD)
    assert media.size == len(PAYLOAD)
    asyncio.run(media.close())
    assert media._untrusted is None


async def test_nothing_is_fetched_before_the_first_read_and_onwards_costs_one_request() -> None:
    traffic = Traffic()
    async with serving(ranged) as server, handle_on(server.base, traffic=traffic) as media:
        assert media.size is None
        assert server.requests == []
        assert await read_all(media, 10_000) == PAYLOAD
        assert await media.read(len(PAYLOAD), 5) == b""
        assert len(server.requests) == 1
        assert traffic == Traffic(requests=1, bytes=len(PAYLOAD))


async def test_a_jump_asks_for_what_is_to_be_read_and_onwards_for_ever_more() -> None:
    traffic = Traffic()
    async with serving(ranged) as server, handle_on(server.base, traffic=traffic) as media:
        assert await media.read(100_000, 2_000) == PAYLOAD[100_000:102_000]
        assert traffic.bytes == 2_000
        parts = [await media.read(at, 1_000) for at in range(102_000, 110_000, 1_000)]
        assert b"".join(parts) == PAYLOAD[102_000:110_000]
        assert await media.read(299_000, 2_000) == PAYLOAD[299_000:]
        assert await media.read(0, 10) == PAYLOAD[:10]
        assert [request.headers["Range"] for request in server.requests] == [
            "bytes=100000-101999", "bytes=102000-105999", "bytes=106000-113999", "bytes=299000-300999", "bytes=0-9",
        ]  # fmt: skip
        assert traffic.bytes < 2_000 + 4_000 + 8_000 + 1_001 + 10 + 1


async def test_only_what_is_needed_is_sent() -> None:
    async with serving(ranged) as server, handle_on(server.base) as media:
        await media.read(0, 10)
        assert sorted(server.requests[0].headers) == ["Accept-Encoding", "Host", "User-Agent"]


async def test_unknown_length_is_learnt_at_the_end() -> None:
    async def chunked(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        response.enable_chunked_encoding()
        await response.prepare(request)
        await response.write(PAYLOAD)
        await response.write_eof()
        return response

    async with serving(chunked) as server, handle_on(server.base) as media:
        assert await media.read(0, 5) == PAYLOAD[:5]
        assert media.size is None
        assert await read_all(media, 100_000) == PAYLOAD
        assert media.size == len(PAYLOAD)


async def test_a_server_that_packs_unasked_is_unpacked_and_declares_no_size() -> None:
    async def packed(_: web.Request) -> web.Response:
        return web.Response(body=gzip.compress(PAYLOAD), headers={"Content-Encoding": "gzip"})

    async with serving(packed) as server, handle_on(server.base) as media:
        await media.read(0, 5)
        assert media.size is None
        assert await read_all(media, 70_000) == PAYLOAD


@pytest.mark.parametrize("hops", [1, 5])
async def test_redirects_are_followed(hops: int) -> None:
    async def chain(request: web.Request) -> web.Response:
        left = int(request.path.strip("/"))
        return (
            web.Response(body=b"kite") if left == 0 else web.Response(status=302, headers={"Location": f"/{left - 1}"})
        )

    async with serving(chain) as server, handle_on(server.base, f"/{hops}") as media:
        assert await media.read(0, 10) == b"kite"
        assert len(server.requests) == hops + 1
        assert all("Referer" not in request.headers for request in server.requests)


def redirect_to(location: str) -> Handler:
    async def away(_: web.Request) -> web.Response:
        return web.Response(status=302, headers={"Location": location})

    return away


@pytest.mark.parametrize(
    ("location", "code"),
    [
        *(("/again", "redirects"), ("file:///etc/hostname", "bad_url"), ("ftp://127.0.0.1/x", "bad_url")),
        *(("data:image/png;base64,AAAA", "bad_url"), ("gopher://127.0.0.1/", "bad_url"), ("", "bad_redirect")),
        *(("http://user:word@127.0.0.1/", "bad_url"), ("http://127.0.0.1:99999/", "bad_url")),
        *(("http://127.0.0.1\\@kites.example/", "bad_url"), ("//[::1", "bad_url"), ("s3://bucket/x", "bad_url")),
    ],
)
async def test_redirects_that_lead_nowhere(location: str, code: str) -> None:
    async with serving(redirect_to(location)) as server, handle_on(server.base) as media:
        with pytest.raises(MediaUnavailable) as caught:
            await media.read(0, 10)
        assert caught.value.code == code


@pytest.mark.parametrize(
    "target", ["http://127.0.0.2:{port}/", "http://10.0.0.1/", "http://[::1]:{port}/", "http://2130706434:{port}/"]
)
async def test_a_redirect_the_guard_refuses(target: str) -> None:
    policy = EgressPolicy(enrolled=False, allow_networks=(ip_network("127.0.0.1/32"),))
    locations: list[str] = []

    async def away(_: web.Request) -> web.Response:
        return web.Response(status=302, headers={"Location": locations[0]})

    traffic = Traffic()
    async with serving(away) as server, handle_on(server.base, policy=policy, traffic=traffic) as media:
        locations.append(target.format(port=server.port))
        with pytest.raises((EgressRefused, MediaUnavailable)) as caught:
            await media.read(0, 10)
        assert str(caught.value) in {"refused: not_enrolled", "bad_url"}
        assert len(server.requests) == 1


async def test_a_refused_address_is_never_asked() -> None:
    traffic = Traffic()
    refusing = EgressPolicy(enrolled=True)
    async with serving(ranged) as server, handle_on(server.base, policy=refusing, traffic=traffic) as media:
        with pytest.raises(EgressRefused):
            await media.read(0, 10)
        assert server.requests == []
        assert traffic == Traffic()


@pytest.mark.parametrize("status", [204, 304, 403, 404, 410, 429, 451, 500, 503])
async def test_a_status_is_the_reason(status: int) -> None:
    async def refuse(_: web.Request) -> web.Response:
        return web.Response(status=status)

    async with serving(refuse) as server, handle_on(server.base) as media:
        with pytest.raises(MediaUnavailable) as caught:
            await media.read(0, 10)
        assert caught.value.code == f"http_{status}"


async def test_nobody_listens() -> None:
    async with serving(ranged) as server:
        gone = server.base
    async with handle_on(gone) as media:
        with pytest.raises(MediaUnavailable) as caught:
            await media.read(0, 10)
        assert caught.value.code == "unreachable"
        assert caught.value.__cause__ is None


async def say_nothing(_: asyncio.StreamReader, __: asyncio.StreamWriter) -> None:
    await asyncio.sleep(60)


async def drip(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n")
    while True:
        writer.write(b".")
        await writer.drain()
        await asyncio.sleep(0.02)


async def hang_up(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\nonly a part")


async def babble(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"tin lanterns\r\n\r\n")


async def pour(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
    while True:
        writer.write(bytes(65_536))
        await writer.drain()


async def flood_headers(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\n")
    while True:
        writer.write(b"X-Kite: blue\r\n" * 1000)
        await writer.drain()


@pytest.mark.parametrize(
    ("talk", "code"),
    [
        *((say_nothing, "timeout"), (drip, "timeout"), (hang_up, "truncated"), (babble, "bad_http")),
        *((pour, "too_large"), (flood_headers, "bad_http")),
    ],
)
async def test_hostile_servers_end_within_the_limits(talk: Talk, code: str) -> None:
    async with (
        asyncio.timeout(30),
        talking(talk) as base,
        handle_on(base, read_timeout=0.5, hard_limit=3_000_000) as media,
    ):
        with pytest.raises(MediaUnavailable) as caught:
            await read_all(media, 100_000)
        assert caught.value.code == code


async def test_a_handle_can_be_tried_again_after_a_failure() -> None:
    statuses = [503, 200]

    async def recovering(_: web.Request) -> web.Response:
        return web.Response(status=statuses.pop(0), body=b"kite")

    async with serving(recovering) as server, handle_on(server.base) as media:
        with pytest.raises(MediaUnavailable):
            await media.read(0, 10)
        assert await media.read(0, 10) == b"kite"


async def test_reading_to_the_end_gives_the_seat_back_and_so_does_closing() -> None:
    governor = HostGovernor(per_host=1, delay=0)

    async with (
        serving(ranged) as server,
        handle_on(server.base, governor=governor) as first,
        handle_on(server.base, governor=governor) as second,
    ):
        assert await read_all(first, 100_000) == PAYLOAD
        await second.read(0, 10)
        await second.close()
        async with asyncio.timeout(5), governor.slot("127.0.0.1"):
            pass


async def test_a_cancelled_reader_gives_the_seat_back() -> None:
    governor = HostGovernor(per_host=1, delay=0)
    async with talking(say_nothing) as base, handle_on(base, governor=governor) as media:
        reading = asyncio.create_task(media.read(0, 10))
        await asyncio.sleep(0.1)
        reading.cancel()
        with pytest.raises(asyncio.CancelledError):
            await reading
        async with asyncio.timeout(5), governor.slot("127.0.0.1"):
            pass
