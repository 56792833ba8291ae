"""
Open plain TCP connections that the egress guard has agreed to, for a client that speaks a protocol of its own.

Addresses only: no name is ever looked up, so nothing stands between the
question and the connect. A configured proxy is used or nothing is.
"""

from __future__ import annotations

import asyncio
import importlib.util
import ipaddress
import socket
from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit

from domain.errors import EgressRefused, KapearError, OperatorFault
from net.guard import EgressPolicy

READ_AHEAD = 1 << 20  # bytes that a peer may send before they are asked for
_KINDS = frozenset({"socks5", "socks4", "http"})
_MENDED = "write one such as socks5://127.0.0.1:9050 or http://127.0.0.1:3128, with an address instead of a name."


class NotReached(KapearError):
    """No connection came about; the message is a code."""

    def __init__(self, code: str) -> None:
        """Say why as a short code: `proxy`, `timeout` or `unreachable`."""
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True, kw_only=True)
class Proxy:
    """A proxy of the organisation's own, by its address."""

    kind: str
    address: str
    port: int
    user: str | None = field(default=None, repr=False)
    password: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialler:
    """
    Dials addresses that the policy admits: directly, or through the proxy if there is one.

    The policy is asked about where a connection ends. An instance that is not
    enrolled asks about the proxy too; an enrolled one was given it by its
    administrator.
    """

    policy: EgressPolicy
    proxy: Proxy | None = None

    async def open(
        self, address: str, port: int, *, seconds: float
    ) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """Return a connection; raises EgressRefused before anything is sent, NotReached if none came about."""
        return await asyncio.open_connection(sock=await self.dial(address, port, seconds=seconds), limit=READ_AHEAD)

    async def dial(self, address: str, port: int, *, seconds: float) -> socket.socket:
        """Return a connected socket; raises as `open` does."""
        self._agree(address, port)
        if self.proxy is not None:
            stream = await _through(self.proxy, address, port, seconds=seconds)
        else:
            stream = await _directly(address, port, seconds=seconds)
        # What asyncio does for the sockets it makes itself: a short request does not wait for the answer to the last.
        stream.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return stream

    def _agree(self, address: str, port: int) -> None:
        """Raise EgressRefused unless the policy admits the address, and what leads there."""
        refusal = self.policy.verdict(address, port)
        if refusal is None and self.proxy is not None and not self.policy.enrolled:
            refusal = self.policy.verdict(self.proxy.address, self.proxy.port)
        if refusal is not None:
            raise EgressRefused(refusal)


def parse_proxy(text: str, setting: str) -> Proxy:
    """
    Return the proxy that a setting names: `kind://[user:password@]address:port`.

    Raises OperatorFault with one line, also where the package that speaks to proxies cannot be used.
    """
    try:
        parts = urlsplit(text.strip())
        address = str(ipaddress.ip_address(parts.hostname or ""))
        port = parts.port
    except ValueError:
        raise OperatorFault(f"{setting} is no proxy: {_MENDED}") from None
    if parts.scheme not in _KINDS or not port or parts.path.strip("/") or parts.query or parts.fragment:
        raise OperatorFault(f"{setting} is no proxy: {_MENDED}")
    if importlib.util.find_spec("python_socks") is None:
        raise OperatorFault(f"{setting} needs the package python-socks; install Kapear's locked requirements.")
    user, password = parts.username, parts.password
    return Proxy(
        kind=parts.scheme,
        address=address,
        port=port,
        user=None if user is None else unquote(user),
        password=None if password is None else unquote(password),
    )


async def _directly(address: str, port: int, *, seconds: float) -> socket.socket:
    """Return a connected, non-blocking socket; the address is a literal."""
    stream = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_STREAM)
    try:
        stream.setblocking(False)  # noqa: FBT003 - the standard library's signature
        async with asyncio.timeout(seconds):
            await asyncio.get_running_loop().sock_connect(stream, (address, port))
    except OSError as error:
        stream.close()
        raise NotReached("timeout" if isinstance(error, TimeoutError) else "unreachable") from None
    except BaseException:
        stream.close()
        raise
    return stream


async def _through(proxy: Proxy, address: str, port: int, *, seconds: float) -> socket.socket:
    """Return a socket that the proxy has joined to the address; raises NotReached("proxy")."""
    from python_socks import ProxyType  # noqa: PLC0415 - only where a proxy is configured
    from python_socks.async_.asyncio import Proxy as Speaker  # noqa: PLC0415 - same

    speaker = Speaker(
        ProxyType[proxy.kind.upper()],
        proxy.address,
        proxy.port,
        username=proxy.user,
        password=proxy.password,
        rdns=False,
    )
    try:
        return await speaker.connect(address, port, timeout=seconds)
    except asyncio.CancelledError:
        raise
    except Exception:  # noqa: BLE001 - the package's own errors have no common root, its assertions included
        raise NotReached("proxy") from None
