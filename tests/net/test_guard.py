from __future__ import annotations

from ipaddress import ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from net.guard import PUBLIC_PORTS, EgressPolicy

ENROLLED = EgressPolicy(enrolled=True)
NOT_ENROLLED = EgressPolicy(enrolled=False, allow_networks=(ip_network("127.0.0.0/8"),))

FORBIDDEN = {
    "unspecified": ["0.0.0.0", "0.0.0.1", "0.255.255.255", "::"],
    "loopback": ["127.0.0.1", "127.1.2.3", "127.255.255.254", "::1"],
    "private": [
        *("10.0.0.1", "10.255.255.255", "172.16.0.1", "172.31.255.254", "192.168.0.1", "192.168.255.255"),
        *("fc00::1", "fd12:3456:789a::1", "fdff:ffff::1"),
    ],
    "cgnat": ["100.64.0.1", "100.127.255.254"],
    "link_local": ["169.254.0.1", "169.254.255.255", "fe80::1", "febf::1", "fe80::1%eth0", "2001:4860::1%eth0"],
    "site_local": ["fec0::1"],
    "cloud_metadata": [
        *("169.254.169.254", "168.63.129.16", "100.100.100.200", "192.0.0.192"),
        *("fd00:ec2::254", "fd00:ec2::23", "fd20:ce::254"),
    ],
    "multicast": ["224.0.0.1", "239.255.255.250", "ff02::1", "ff0e::1"],
    "reserved": [
        *("192.0.0.1", "192.0.2.1", "198.51.100.7", "203.0.113.9", "198.18.0.1", "198.19.255.255"),
        *("240.0.0.1", "255.255.255.255", "192.31.196.1", "192.52.193.1", "192.175.48.1"),
        *("2001:2::1", "2001:10::1", "2001:20::1", "2001:db8::1", "3fff::1", "2620:4f:8000::1"),
        *("100::1", "400::1", "4000::1", "5f00::1", "e000::1"),
    ],
    "v4_mapped": ["::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:8.8.8.8", "::ffff:7f00:1"],
    "v4_compatible": ["::127.0.0.1", "::8.8.8.8", "::7f00:1", "::ffff:0:127.0.0.1"],
    "nat64": ["64:ff9b::7f00:1", "64:ff9b::127.0.0.1", "64:ff9b::8.8.8.8", "64:ff9b:1::a00:1"],
    "6to4": ["2002:7f00:1::", "2002:a00:1::1", "2002:808:808::1", "192.88.99.1"],
    "teredo": ["2001:0:7f00:1::", "2001:0:4136:e378:8000:63bf:3fff:fdd2"],
    "isatap": ["2a00:1450::5efe:7f00:1", "2a00:1450::200:5efe:a00:1"],
}
SPELLINGS = [(code, address) for code, addresses in FORBIDDEN.items() for address in addresses]


def test_the_table_is_long_enough() -> None:
    assert len({address for _, address in SPELLINGS}) == len(SPELLINGS) >= 60


@pytest.mark.parametrize(("code", "address"), SPELLINGS)
def test_a_forbidden_address_is_refused_by_name(code: str, address: str) -> None:
    assert ENROLLED.verdict(address, 443) == code


@pytest.mark.parametrize("address", [address for _, address in SPELLINGS if not address.startswith("127.")])
def test_not_enrolled_reaches_none_of_them_either(address: str) -> None:
    assert NOT_ENROLLED.verdict(address, 80) is not None


@pytest.mark.parametrize("address", ["8.8.8.8", "1.1.1.1", "149.154.167.99", "2001:4860:4860::8888", "2606:4700::1111"])
def test_public_addresses_are_for_the_enrolled(address: str) -> None:
    assert {ENROLLED.verdict(address, port) for port in PUBLIC_PORTS} == {None}
    assert NOT_ENROLLED.verdict(address, 443) == "not_enrolled"
    assert EgressPolicy(enrolled=False, allow_networks=(ip_network("0.0.0.0/0"), ip_network("::/0"))).verdict(
        address, 443
    )


@pytest.mark.parametrize("port", [0, 22, 25, 6379, 5432, 8081, 65535])
def test_other_ports_are_refused(port: int) -> None:
    assert ENROLLED.verdict("8.8.8.8", port) == "port"


def test_loopback_is_reached_only_where_it_is_allowed() -> None:
    assert NOT_ENROLLED.verdict("127.0.0.1", 4711) is None
    assert NOT_ENROLLED.verdict("::1", 4711) == "not_enrolled"
    assert EgressPolicy(enrolled=False).verdict("127.0.0.1", 80) == "not_enrolled"
    narrow = EgressPolicy(enrolled=False, allow_networks=(ip_network("127.0.0.1/32"),))
    assert narrow.verdict("127.0.0.2", 80) == "not_enrolled"


def test_an_administrator_may_allow_a_network_but_never_a_disguise() -> None:
    policy = EgressPolicy(enrolled=True, allow_networks=(ip_network("10.1.0.0/16"), ip_network("::/0")))
    assert policy.verdict("10.1.2.3", 5555) is None
    assert policy.verdict("10.2.0.1", 443) == "private"
    assert policy.verdict("::ffff:10.1.2.3", 443) == "v4_mapped"
    assert policy.verdict("::", 443) == "unspecified"
    assert policy.verdict("ff02::1", 443) == "multicast"


@pytest.mark.parametrize(
    "text", ["", "example.org", "127.1", "0x7f000001", "2130706433", "017700000001", "127.0.0.1:80"]
)
def test_what_is_no_resolved_address_is_refused(text: str) -> None:
    assert ENROLLED.verdict(text, 443) == "not_an_address"


@given(st.ip_addresses(), st.integers(0, 65535))
def test_what_the_library_calls_not_global_is_never_let_through(address: object, port: int) -> None:
    if not ip_address(str(address)).is_global:
        assert ENROLLED.verdict(str(address), port) is not None
