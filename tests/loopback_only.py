"""
Keep every test on this machine.

The interpreter reports each connection before it is made (audit events), so
no library can slip by. A refusal that product code swallows still fails the
test in the end. Names that never exist (RFC 6761) fail to resolve, as they
would, without asking anybody.
"""

from __future__ import annotations

import ipaddress
import socket
import sys
from collections.abc import Iterator

import pytest

_RESERVED = (".invalid", ".test", ".example", "example.org", "example.com", "example.net")
_attempts: list[str] = []


class OutsideLoopbackError(RuntimeError):
    """A test tried to leave this machine."""


def _is_here(host: object) -> bool:
    """Return whether an address or name stays on this machine."""
    if isinstance(host, bytes | bytearray):
        host = bytes(host).decode("ascii", "replace")
    if host in {None, "", "localhost"}:
        return True
    try:
        address = ipaddress.ip_address(str(host).partition("%")[0])
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None) or address
    return bool(mapped.is_loopback or mapped.is_unspecified)


def _is_literal(host: object) -> bool:
    text = str(host).partition("%")[0]
    try:
        ipaddress.ip_address(text)
    except ValueError:
        try:
            socket.inet_aton(text)  # decimal, octal and hex spellings too
        except (OSError, UnicodeEncodeError):
            return False
    return True


def _refuse(what: str) -> None:
    _attempts.append(what)
    raise OutsideLoopbackError(f"a test tried to reach {what}; only loopback and Unix sockets are open to tests")


def _watch(event: str, arguments: tuple[object, ...]) -> None:
    if not event.startswith("socket."):
        return
    if event == "socket.getaddrinfo":
        host = arguments[0]
        if _is_here(host) or _is_literal(host):
            return  # a literal is not looked up anywhere
        if isinstance(host, str) and host.rstrip(".").endswith(_RESERVED):
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        _refuse(f"the name {host!r}")
    elif event in {"socket.connect", "socket.bind", "socket.sendto"}:
        address = arguments[1]
        if isinstance(address, tuple) and not _is_here(address[0]):
            _refuse(f"the address {address[0]!r}")


def taken_back() -> int:
    """Forget attempts that were meant, in a test of this guard; returns how many there were."""
    count = len(_attempts)
    _attempts.clear()
    return count


sys.addaudithook(_watch)


@pytest.fixture(autouse=True)
def only_loopback() -> Iterator[None]:
    """Fail a test that tried to leave this machine, even if the attempt was swallowed."""
    _attempts.clear()
    yield
    attempts = [*_attempts]
    _attempts.clear()
    assert not attempts, f"the test tried to reach {attempts}"
