"""The rules that every test runs under hold."""

from __future__ import annotations

import socket

import pytest

from tests import loopback_only
from tests.requirements_for import require


@pytest.mark.parametrize("host", ["192.0.2.1", "10.0.0.1", "::ffff:192.0.2.1"])
def test_a_connection_cannot_leave_this_machine(host: str) -> None:
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as stream:
        stream.settimeout(0.1)
        with pytest.raises(loopback_only.OutsideLoopbackError):
            stream.connect((host, 9))
    assert loopback_only.taken_back() == 1


def test_no_name_is_looked_up() -> None:
    with pytest.raises(loopback_only.OutsideLoopbackError):
        socket.getaddrinfo("kapear.zone", 9)
    assert loopback_only.taken_back() == 1


def test_a_datagram_cannot_leave_either() -> None:
    with (
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as datagrams,
        pytest.raises(loopback_only.OutsideLoopbackError),
    ):
        datagrams.sendto(b"kite", ("192.0.2.1", 9))
    assert loopback_only.taken_back() == 1


def test_reserved_names_do_not_resolve() -> None:
    with pytest.raises(socket.gaierror):
        socket.getaddrinfo("kites.invalid", 80)


def test_loopback_is_open() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()):
        pass


@pytest.mark.parametrize("required", ["all", "lanterns", "kites,lanterns"])
def test_what_is_required_and_missing_fails(monkeypatch: pytest.MonkeyPatch, required: str) -> None:
    monkeypatch.setenv("KAPEAR_REQUIRE", required)
    with pytest.raises(pytest.fail.Exception, match="lanterns"):
        require("lanterns", present=False)


def test_what_is_missing_is_skipped_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KAPEAR_REQUIRE", "kites")
    with pytest.raises(pytest.skip.Exception, match="lanterns"):
        require("lanterns", present=False)
    require("kites", present=True)
