from __future__ import annotations

import asyncio
import importlib.util
import socket
from ipaddress import ip_network

import pytest

from domain.errors import EgressRefused, OperatorFault
from net.dialling import Dialler, NotReached, Proxy, parse_proxy
from net.guard import EgressPolicy
from tests.net.loopback import LOOPBACK_ONLY
from tests.net.proxies import Socks, listening, socks_at

SETTING = "KAPEAR_TELEGRAM_PROXY"
ENROLLED = EgressPolicy(enrolled=True, allow_networks=(ip_network("127.0.0.0/8"),))


async def greeting(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"a kite")
    await writer.drain()


async def read_through(dial: Dialler, port: int, address: str = "127.0.0.1") -> bytes:
    reader, writer = await dial.open(address, port, seconds=5)
    try:
        return await reader.read()
    finally:
        writer.close()
        await writer.wait_closed()


# Directly.


async def test_an_admitted_address_is_dialled() -> None:
    async with listening(greeting) as port:
        assert await read_through(Dialler(policy=LOOPBACK_ONLY), port) == b"a kite"


@pytest.mark.parametrize(
    ("policy", "address", "code"),
    [
        (EgressPolicy(enrolled=False), "127.0.0.1", "not_enrolled"),
        (LOOPBACK_ONLY, "149.154.167.51", "not_enrolled"),
        (LOOPBACK_ONLY, "::1", "not_enrolled"),
        (EgressPolicy(enrolled=True), "127.0.0.1", "loopback"),
        (EgressPolicy(enrolled=True), "10.1.2.3", "private"),
        (EgressPolicy(enrolled=True), "169.254.169.254", "cloud_metadata"),
        (EgressPolicy(enrolled=True), "::ffff:127.0.0.1", "v4_mapped"),
        (EgressPolicy(enrolled=True), "kites.example", "not_an_address"),
        (EgressPolicy(enrolled=True), "localhost", "not_an_address"),
        (EgressPolicy(enrolled=True), "", "not_an_address"),
    ],
)
async def test_any_other_address_is_refused_before_anything_is_sent(
    policy: EgressPolicy, address: str, code: str
) -> None:
    for proxy in (None, socks_at(9)):
        with pytest.raises(EgressRefused) as refusal:
            await Dialler(policy=policy, proxy=proxy).open(address, 443, seconds=5)
        assert refusal.value.code == code


async def test_other_ports_are_refused() -> None:
    with pytest.raises(EgressRefused, match="port"):
        await Dialler(policy=EgressPolicy(enrolled=True)).open("149.154.167.51", 25, seconds=5)


async def test_nobody_there() -> None:
    with socket.create_server(("127.0.0.1", 0)) as gone:
        port = gone.getsockname()[1]
    with pytest.raises(NotReached, match="unreachable"):
        await Dialler(policy=LOOPBACK_ONLY).open("127.0.0.1", port, seconds=5)


# Through a proxy.


async def test_a_proxy_is_told_the_address_and_joins() -> None:
    proxy = Socks()
    async with listening(greeting) as port, listening(proxy) as proxy_port:
        for policy in (LOOPBACK_ONLY, ENROLLED):
            assert await read_through(Dialler(policy=policy, proxy=socks_at(proxy_port)), port) == b"a kite"
    assert proxy.asked == [("127.0.0.1", port)] * 2


async def test_a_proxy_that_refuses_is_not_passed_by() -> None:
    reached = []

    async def watched(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        reached.append(writer.get_extra_info("peername"))
        await greeting(reader, writer)

    async def mumbling(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"kites and lanterns")
        await writer.drain()

    async with listening(watched) as port:
        for talk in (Socks(answer=5), mumbling):
            async with listening(talk) as proxy_port:
                with pytest.raises(NotReached, match="proxy"):
                    await read_through(Dialler(policy=ENROLLED, proxy=socks_at(proxy_port)), port)
        with socket.create_server(("127.0.0.1", 0)) as gone:
            away = socks_at(gone.getsockname()[1])
        with pytest.raises(NotReached, match="proxy"):
            await read_through(Dialler(policy=ENROLLED, proxy=away), port)
    assert not reached


async def test_a_silent_proxy_is_not_waited_for() -> None:
    async def silent(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        await reader.read()

    async with listening(silent) as proxy_port:
        with pytest.raises(NotReached, match="proxy"):
            await Dialler(policy=ENROLLED, proxy=socks_at(proxy_port)).open("127.0.0.1", 9, seconds=0.2)


async def test_a_proxy_elsewhere_is_for_the_enrolled() -> None:
    elsewhere = Proxy(kind="socks5", address="192.0.2.1", port=1_080)
    with pytest.raises(EgressRefused, match="not_enrolled"):
        await Dialler(policy=LOOPBACK_ONLY, proxy=elsewhere).open("127.0.0.1", 443, seconds=5)


# Its configuration.


@pytest.mark.parametrize(
    ("text", "proxy"),
    [
        ("socks5://127.0.0.1:9050", Proxy(kind="socks5", address="127.0.0.1", port=9_050)),
        (" http://10.0.0.8:3128/ ", Proxy(kind="http", address="10.0.0.8", port=3_128)),
        ("socks4://[::1]:1080", Proxy(kind="socks4", address="::1", port=1_080)),
        (
            "socks5://kite:p%40ss%3A@192.0.2.1:1080",
            Proxy(kind="socks5", address="192.0.2.1", port=1_080, user="kite", password="p@ss:"),
        ),
    ],
)
def test_a_proxy_is_read(text: str, proxy: Proxy) -> None:
    assert parse_proxy(text, SETTING) == proxy


@pytest.mark.parametrize(
    "text",
    [
        *("", "kites", "127.0.0.1:9050", "socks5://127.0.0.1", "socks5://127.0.0.1:0", "socks5://127.0.0.1:99999"),
        *("socks5://kites.example:9050", "socks5://localhost:9050", "ftp://127.0.0.1:21", "socks5://127.0.0.1:1/x?y"),
        *("mtproxy://127.0.0.1:443", "socks5://:9050", "socks5://[::1:9050"),
    ],
)
def test_what_is_no_proxy_is_refused_in_one_line(text: str) -> None:
    with pytest.raises(OperatorFault) as fault:
        parse_proxy(text, SETTING)
    assert "KAPEAR_TELEGRAM_PROXY" in str(fault.value)
    assert "\n" not in str(fault.value)


def test_without_the_package_nothing_goes_around_the_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    with pytest.raises(OperatorFault, match="python-socks"):
        parse_proxy("socks5://127.0.0.1:9050", SETTING)


def test_secrets_are_not_printed() -> None:
    assert "p@ss" not in repr(parse_proxy("socks5://kite:p%40ss@127.0.0.1:1080", SETTING))


async def test_short_requests_do_not_wait_for_each_other() -> None:
    async with listening(greeting) as port:
        _, writer = await Dialler(policy=LOOPBACK_ONLY).open("127.0.0.1", port, seconds=5)
        sent_at_once = writer.get_extra_info("socket").getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
        writer.close()
        await writer.wait_closed()
    assert sent_at_once
