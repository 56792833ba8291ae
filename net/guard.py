"""
Decide which addresses may be reached at all.

Pure arithmetic on resolved addresses, asked at connect: a name, a redirect, an
odd spelling and a rebinding resolver all end in an address, and only the
address counts. What is not known to be public is refused; `is_global` of the
standard library is not asked, for it calls NAT64, 6to4, v4-compatible and
multicast addresses global.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network

PUBLIC_PORTS = frozenset({80, 443, 8080, 8443})


def _v4(code: str, *networks: str) -> tuple[tuple[str, IPv4Network], ...]:
    return tuple((code, IPv4Network(network)) for network in networks)


def _v6(code: str, *networks: str) -> tuple[tuple[str, IPv6Network], ...]:
    return tuple((code, IPv6Network(network)) for network in networks)


# IANA's special-purpose registry, and where clouds answer with credentials. The first hit names the refusal.
_REFUSED_V4 = (
    *_v4("cloud_metadata", "169.254.169.254/32", "168.63.129.16/32", "100.100.100.200/32", "192.0.0.192/32"),
    *_v4("unspecified", "0.0.0.0/8"),
    *_v4("loopback", "127.0.0.0/8"),
    *_v4("private", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"),
    *_v4("cgnat", "100.64.0.0/10"),
    *_v4("link_local", "169.254.0.0/16"),
    *_v4("6to4", "192.88.99.0/24"),
    *_v4("reserved", "192.0.0.0/24", "192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "198.18.0.0/15"),
    *_v4("reserved", "192.31.196.0/24", "192.52.193.0/24", "192.175.48.0/24", "240.0.0.0/4"),
    *_v4("multicast", "224.0.0.0/4"),
)
_REFUSED_V6 = (
    *_v6("unspecified", "::/128"),
    *_v6("loopback", "::1/128"),
    *_v6("v4_mapped", "::ffff:0:0/96"),
    *_v6("v4_compatible", "::/96", "::ffff:0:0:0/96"),
    *_v6("nat64", "64:ff9b::/96", "64:ff9b:1::/48"),
    *_v6("teredo", "2001::/32"),
    *_v6("6to4", "2002::/16"),
    *_v6("reserved", "2001::/23", "2001:db8::/32", "3fff::/20", "2620:4f:8000::/48"),
    *_v6("cloud_metadata", "fd00:ec2::/32", "fd20:ce::254/128"),
    *_v6("private", "fc00::/7"),
    *_v6("link_local", "fe80::/10"),
    *_v6("site_local", "fec0::/10"),
    *_v6("multicast", "ff00::/8"),
)
_GLOBAL_UNICAST_V6 = IPv6Network("2000::/3")  # nothing else has ever been given out
_NEVER = frozenset({"v4_mapped", "unspecified", "multicast"})  # not even where an administrator allows a network
_ISATAP = frozenset({0x00005EFE, 0x02005EFE})  # interface identifiers that end in an IPv4 address


@dataclass(frozen=True, slots=True, kw_only=True)
class EgressPolicy:
    """
    Who may be reached.

    Not enrolled: loopback addresses inside `allow_networks`, and nothing else.
    Enrolled: public addresses on `ports`, those of the web by default, and `allow_networks` on any.
    """

    enrolled: bool
    allow_networks: tuple[IPv4Network | IPv6Network, ...] = ()
    ports: frozenset[int] = PUBLIC_PORTS

    def verdict(self, address: str, port: int) -> str | None:
        """Return None if this resolved address may be reached, else the short code of the rule that refuses."""
        try:
            parsed = ipaddress.ip_address(address)
        except ValueError:
            return "not_an_address"
        code = _special(parsed)
        if code in _NEVER:
            return code
        allowed = any(parsed in network for network in self.allow_networks if network.version == parsed.version)
        if not self.enrolled:
            return None if allowed and parsed.is_loopback else "not_enrolled"
        if allowed:
            return None
        return code or (None if port in self.ports else "port")


def _special(address: IPv4Address | IPv6Address) -> str | None:
    """Return what is special about an address, or None if it is an ordinary public one."""
    if isinstance(address, IPv4Address):
        return next((code for code, network in _REFUSED_V4 if address in network), None)
    code = next((code for code, network in _REFUSED_V6 if address in network), None)
    if code is not None:
        return code
    if address.scope_id is not None:
        return "link_local"
    if address not in _GLOBAL_UNICAST_V6:
        return "reserved"
    return "isatap" if (int(address) >> 32) & 0xFFFFFFFF in _ISATAP else None
