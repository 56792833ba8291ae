"""With a proxy, everything goes through it, to addresses that the guard has agreed to, or nowhere."""

from __future__ import annotations

import asyncio
import socket
from asyncio.selector_events import BaseSelectorEventLoop
from ipaddress import ip_network
from pathlib import Path

import aiohttp
import pytest

from domain.errors import EgressRefused
from net.dialling import Proxy
from net.fetch import code_of
from net.guard import EgressPolicy
from net.proxied import ProxiedConnector
from net.session import guarded_session, peer_of
from tests.net.loopback import LOOPBACK_ONLY, USER_AGENT, serving
from tests.net.proxies import Socks, listening, socks_at
from tests.net.test_session import Answers, authority, hello

ENROLLED = EgressPolicy(enrolled=True, allow_networks=(ip_network("127.0.0.1/32"),))


async def test_a_site_is_asked_through_the_proxy_and_remembered_as_itself(tmp_path: Path) -> None:
    tls, trusting, _ = authority(tmp_path)
    proxy = Socks()
    async with listening(proxy) as port, serving(hello) as plain, serving(hello, tls=tls) as secure:
        through = socks_at(port)
        async with guarded_session(LOOPBACK_ONLY, user_agent=USER_AGENT, ssl_context=trusting, proxy=through) as out:
            for server in (plain, secure):
                async with out.get(server.base) as response:
                    assert await response.text() == "blue kites"
                    assert (peer_of(response).ip, peer_of(response).port) == ("127.0.0.1", server.port)
                assert bool(peer_of(response).certificate_sha256) is (server is secure)
    assert proxy.asked == [("127.0.0.1", plain.port), ("127.0.0.1", secure.port)]


async def test_an_http_proxy_is_asked_to_connect_to_an_address() -> None:
    asked: list[bytes] = []

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append((await reader.readuntil(b"\r\n\r\n")).splitlines()[0])
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nkites")
        await writer.drain()

    async with listening(talk) as port:
        proxy = Proxy(kind="http", address="127.0.0.1", port=port)
        names = Answers(["127.0.0.1"])
        async with (
            guarded_session(ENROLLED, user_agent=USER_AGENT, resolver=names, proxy=proxy) as out,
            out.get("http://boats.example:4711/") as response,
        ):
            assert await response.text() == "kites"
    assert asked == [b"CONNECT 127.0.0.1:4711 HTTP/1.1"]


@pytest.mark.parametrize("address", ["10.0.0.1", "169.254.169.254", "::1", "64:ff9b::7f00:1", "127.0.0.9"])
async def test_a_forbidden_address_is_not_told_to_the_proxy(address: str) -> None:
    proxy = Socks()
    literal = f"[{address}]" if ":" in address else address
    async with listening(proxy) as port:
        for host in ("boats.example", literal):
            names = Answers([address])
            session = guarded_session(ENROLLED, user_agent=USER_AGENT, resolver=names, proxy=socks_at(port))
            async with session as out:
                with pytest.raises(EgressRefused):
                    await out.get(f"http://{host}/")
    assert proxy.asked == []


async def test_a_proxy_that_fails_is_not_passed_by() -> None:
    with socket.create_server(("127.0.0.1", 0)) as gone:
        away = socks_at(gone.getsockname()[1])
    async with serving(hello) as server, listening(Socks(answer=5)) as port:
        for proxy in (away, socks_at(port)):
            async with guarded_session(LOOPBACK_ONLY, user_agent=USER_AGENT, proxy=proxy) as out:
                with pytest.raises(aiohttp.ClientConnectorError) as caught:
                    await out.get(server.base)
                assert code_of(caught.value) == "unreachable"
        assert server.requests == []


async def test_a_proxy_elsewhere_is_for_the_enrolled() -> None:
    elsewhere = Proxy(kind="socks5", address="192.0.2.1", port=1080)
    async with serving(hello) as server:
        async with guarded_session(LOOPBACK_ONLY, user_agent=USER_AGENT, proxy=elsewhere) as out:
            with pytest.raises(EgressRefused, match="not_enrolled"):
                await out.get(server.base)
        assert server.requests == []


async def test_no_connection_is_made_but_to_the_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[tuple[str, int]] = []
    connect = BaseSelectorEventLoop.sock_connect

    async def sock_connect(loop: BaseSelectorEventLoop, sock: socket.socket, address: tuple[str, int]) -> None:
        made.append(address)
        await connect(loop, sock, address)

    monkeypatch.setattr(BaseSelectorEventLoop, "sock_connect", sock_connect)
    with socket.create_server(("127.0.0.1", 0)) as gone:
        port = gone.getsockname()[1]
    async with (
        serving(hello) as server,
        guarded_session(LOOPBACK_ONLY, user_agent=USER_AGENT, proxy=socks_at(port)) as out,
    ):
        with pytest.raises(aiohttp.ClientConnectorError):
            await out.get(server.base)
    assert set(made) <= {("127.0.0.1", port)}


async def test_an_aiohttp_that_connects_by_itself_is_refused_a_socket(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(ProxiedConnector, "_wrap_create_connection")
    async with (
        serving(hello) as server,
        guarded_session(LOOPBACK_ONLY, user_agent=USER_AGENT, proxy=socks_at(9)) as out,
    ):
        with pytest.raises(EgressRefused, match="around_proxy"):
            await out.get(server.base)
        assert server.requests == []
