from __future__ import annotations

import datetime as dt
import hashlib
import socket
import ssl
from ipaddress import ip_address, ip_network
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web
from aiohttp.abc import AbstractResolver, ResolveResult
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from domain.errors import EgressRefused
from net.guard import EgressPolicy
from net.session import guarded_session, peer_of
from tests.net.loopback import LOOPBACK_ONLY, USER_AGENT, serving
from tests.net.test_guard import SPELLINGS

ENROLLED = EgressPolicy(enrolled=True)


class Answers(AbstractResolver):
    """Resolves every name to the next answer in line; the last one stays."""

    def __init__(self, *answers: list[str]) -> None:
        self.answers = list(answers)

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        addresses = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        return [
            ResolveResult(hostname=host, host=address, port=port, family=family, proto=0, flags=0)
            for address in addresses
        ]

    async def close(self) -> None:
        pass


async def hello(_: web.Request) -> web.Response:
    return web.Response(text="blue kites")


async def test_allowed_loopback_is_reached_and_the_peer_is_known() -> None:
    async with (
        serving(hello) as server,
        guarded_session(LOOPBACK_ONLY, user_agent=USER_AGENT) as session,
        session.get(server.base) as response,
    ):
        assert await response.text() == "blue kites"
        peer = peer_of(response)
        assert (peer.ip, peer.port, peer.certificate_sha256) == ("127.0.0.1", server.port, "")


LITERALS = [
    *("127.0.0.1", "2130706433", "0x7f000001", "0x7f.0.0.1", "0177.0.0.1", "017700000001", "127.1", "127.0.1"),
    *("0", "0.0.0.0", "00000177.1", "0x7F.1", "127.000.000.001", "[::1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]"),
    *(
        "[::127.0.0.1]",
        "[64:ff9b::127.0.0.1]",
        "[2002:7f00:1::]",
        "localhost",
        "LOCALHOST",
        "127。0。0。1",
    ),
    *("①②⑦.⓪.⓪.①", "[::]", "[0:0:0:0:0:ffff:7f00:0001]", "127.0.0.1."),
]


@pytest.mark.parametrize("host", LITERALS)
@pytest.mark.parametrize("policy", [ENROLLED, EgressPolicy(enrolled=False)], ids=["enrolled", "not enrolled"])
async def test_no_spelling_of_loopback_gets_through(host: str, policy: EgressPolicy) -> None:
    async with serving(hello) as server, guarded_session(policy, user_agent=USER_AGENT) as session:
        # aiohttp itself calls some spellings no URL; whoever refuses, nothing is sent.
        with pytest.raises((EgressRefused, aiohttp.InvalidURL)):
            await session.get(f"http://{host}:{server.port}/")
        assert server.requests == []


@pytest.mark.parametrize(("code", "address"), [pair for pair in SPELLINGS if "%" not in pair[1]])
async def test_a_name_that_resolves_to_a_forbidden_address_is_refused_as_itself(code: str, address: str) -> None:
    async with guarded_session(ENROLLED, user_agent=USER_AGENT, resolver=Answers([address])) as session:
        with pytest.raises(EgressRefused) as caught:
            await session.get("http://lanterns.example/")
        assert caught.value.code == code
        assert "lanterns" not in str(caught.value)


async def test_what_the_system_resolver_makes_of_odd_spellings_is_refused() -> None:
    async with serving(hello) as server:
        for host in ("2130706433", "0x7f.1", "0177.1", "127.1"):
            address = str(socket.getaddrinfo(host, 80, type=socket.SOCK_STREAM)[0][4][0])
            assert ip_address(address).is_loopback
            async with guarded_session(ENROLLED, user_agent=USER_AGENT, resolver=Answers([address])) as session:
                with pytest.raises(EgressRefused, match="loopback"):
                    await session.get(f"http://kites.example:{server.port}/")
        assert server.requests == []


async def test_rebinding_between_two_requests_is_refused() -> None:
    policy = EgressPolicy(enrolled=True, allow_networks=(ip_network("127.0.0.1/32"),))
    answers = Answers(["127.0.0.1"], ["127.0.0.2"])
    async with (
        serving(hello) as server,
        guarded_session(policy, user_agent=USER_AGENT, resolver=answers) as session,
    ):
        url = f"http://kites.example:{server.port}/"
        async with session.get(url, headers={"Connection": "close"}) as response:
            await response.read()
        assert session.connector is not None
        assert isinstance(session.connector, aiohttp.TCPConnector)
        session.connector.clear_dns_cache()
        with pytest.raises(EgressRefused, match="loopback"):
            await session.get(url)
        assert len(server.requests) == 1


async def test_one_forbidden_address_among_several_is_refused_not_skipped() -> None:
    async with (
        serving(hello) as server,
        guarded_session(
            EgressPolicy(enrolled=True, allow_networks=(ip_network("127.0.0.1/32"),)),
            user_agent=USER_AGENT,
            resolver=Answers(["10.0.0.1", "127.0.0.1"]),
        ) as session,
    ):
        with pytest.raises(EgressRefused, match="private"):
            await session.get(f"http://kites.example:{server.port}/")
        assert server.requests == []


async def test_not_enrolled_asks_no_name_server() -> None:
    async with guarded_session(LOOPBACK_ONLY, user_agent=USER_AGENT) as session:
        with pytest.raises(EgressRefused, match="not_enrolled"):
            await session.get("http://kites.example/")


async def test_not_enrolled_still_knows_localhost() -> None:
    async with serving(hello) as server, guarded_session(LOOPBACK_ONLY, user_agent=USER_AGENT) as session:
        response = await session.get(f"http://localhost:{server.port}/")
        assert await response.read() == b"blue kites"


async def test_a_redirect_into_the_house_is_refused() -> None:
    async def away(_: web.Request) -> web.Response:
        raise web.HTTPFound(f"http://127.0.0.2:{server.port}/inside")

    policy = EgressPolicy(enrolled=False, allow_networks=(ip_network("127.0.0.1/32"),))
    async with serving(away) as server, guarded_session(policy, user_agent=USER_AGENT) as session:
        with pytest.raises(EgressRefused):
            await session.get(server.base)
        assert len(server.requests) == 1


async def test_nothing_about_us_is_sent_but_the_user_agent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")

    async def sticky(_: web.Request) -> web.Response:
        response = web.Response(text="tin")
        response.set_cookie("crumb", "kept")
        return response

    async with serving(sticky) as server, guarded_session(LOOPBACK_ONLY, user_agent=USER_AGENT) as session:
        for _ in range(2):
            async with session.get(server.base) as response:
                await response.read()
        for request in server.requests:
            assert sorted(request.headers) == ["Accept-Encoding", "Host", "User-Agent"]
            assert request.headers["User-Agent"] == USER_AGENT
            assert request.headers["Accept-Encoding"] == "identity"


def authority(folder: Path) -> tuple[ssl.SSLContext, ssl.SSLContext, bytes]:
    """Return a server's context, a client's that trusts it, and the certificate's DER."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "lanterns.example")])
    now = dt.datetime.now(dt.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = certificate.public_bytes(serialization.Encoding.PEM)
    plain = serialization.NoEncryption()
    private = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
    (folder / "server.pem").write_bytes(private + pem)
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(folder / "server.pem")
    return (
        server,
        ssl.create_default_context(cadata=pem.decode()),
        certificate.public_bytes(serialization.Encoding.DER),
    )


async def test_certificates_are_verified_and_their_digest_is_known(tmp_path: Path) -> None:
    tls, trusting, der = authority(tmp_path)
    async with serving(hello, tls=tls) as server:
        async with guarded_session(LOOPBACK_ONLY, user_agent=USER_AGENT) as session:
            with pytest.raises(aiohttp.ClientConnectorCertificateError):
                await session.get(server.base)
        assert server.requests == []
        async with guarded_session(LOOPBACK_ONLY, user_agent=USER_AGENT, ssl_context=trusting) as session:
            async with session.get(server.base) as response:
                assert await response.read() == b"blue kites"
            assert peer_of(response).certificate_sha256 == hashlib.sha256(der).hexdigest()
