"""Read `[mail]` of `kapear.toml`: which server takes messages, for whom, and when they are told what."""

from __future__ import annotations

import ipaddress
import re
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

from app.feed_config import Credential
from domain.errors import OperatorFault
from domain.locators.web import is_loopback
from net.post import MailServer, Tls
from triage.messages import Told

MAILBOX = re.compile(r"[A-Za-z0-9._+-]{1,64}@[A-Za-z0-9.-]{1,190}")  # it stands in a header
_HOST = re.compile(r"[A-Za-z0-9.:-]{1,253}")
KNOWN = frozenset({
    "host", "port", "tls", "from", "to", "user", "password_env", "password_file", "ca_file", "allow_networks",
    "daily_at", "urgent_points", "urgent_hours", "target_days",
})  # fmt: skip
PORTS = {Tls.STARTTLS: 587, Tls.IMPLICIT: 465, Tls.NONE: 25}

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


@dataclass(frozen=True, slots=True, kw_only=True)
class MailConfig:
    """The mail server, what may be reached for it besides, and what people are told."""

    server: MailServer
    allow_networks: tuple[Network, ...]
    told: Told


def read_mail(values: Mapping[str, object], environment: Mapping[str, str]) -> MailConfig | None:
    """Return how mail is sent, None where it is not; raises OperatorFault with one line for the first mistake."""
    if "mail" not in values:
        return None
    table = values["mail"]
    if not isinstance(table, dict):
        raise OperatorFault("[mail] in kapear.toml is a table.")
    unknown = sorted(set(table) - KNOWN)
    if unknown:
        raise OperatorFault(
            f"[mail] sets {unknown[0]}, which Kapear does not know; known are: {', '.join(sorted(KNOWN))}."
        )
    return MailConfig(server=_server(table, environment), allow_networks=_networks(table), told=_told(table))


def _server(table: Mapping[str, Any], environment: Mapping[str, str]) -> MailServer:
    host = table.get("host")
    if not isinstance(host, str) or not _HOST.fullmatch(host):
        raise OperatorFault("[mail]: host is the name or address of your mail server.")
    try:
        tls = Tls(table.get("tls", Tls.STARTTLS))
    except ValueError:
        raise OperatorFault(f"[mail]: tls is one of {', '.join(Tls)}.") from None
    if tls is Tls.NONE and not is_loopback(host):
        raise OperatorFault('[mail]: tls = "none" is for a server on this machine only.')
    given = table.get("to")
    recipients = [given] if isinstance(given, str) else given
    if not isinstance(recipients, list) or not recipients:
        raise OperatorFault("[mail]: to is a mailbox of your own people, or a list of some.")
    user = table.get("user", "")
    if not isinstance(user, str) or not user.isprintable():
        raise OperatorFault("[mail]: user is a text.")
    return MailServer(
        host=host,
        port=_whole(table, "port", PORTS[tls], 1, 65_535),
        tls=tls,
        sender=_mailbox("from", table.get("from")),
        recipients=tuple(_mailbox("to", one) for one in recipients),
        user=user,
        password=_password(table, environment, needed=bool(user)),
        trusting=partial(ssl.create_default_context, cafile=_ca_file(table)),
    )


def _password(table: Mapping[str, Any], environment: Mapping[str, str], *, needed: bool) -> Any:
    variable, file = table.get("password_env", ""), table.get("password_file", "")
    if not isinstance(variable, str) or not isinstance(file, str) or (needed and bool(variable) is bool(file)):
        raise OperatorFault(
            "[mail]: give password_env, the name of a variable, or password_file, a file; never the password itself."
        )
    given = environment.get(variable, "") if variable else ""
    return Credential(setting="[mail]: password", variable=variable, file=file, given=given).value


def _ca_file(table: Mapping[str, Any]) -> str | None:
    path = table.get("ca_file")
    if path is None:
        return None
    try:
        ssl.create_default_context(cafile=path)
    except (OSError, ssl.SSLError, TypeError, ValueError):
        raise OperatorFault("[mail]: ca_file names no file of certificates that can be read.") from None
    return str(Path(path))


def _networks(table: Mapping[str, Any]) -> tuple[Network, ...]:
    given = table.get("allow_networks", [])
    try:
        return tuple(ipaddress.ip_network(name) for name in given)
    except (TypeError, ValueError):
        raise OperatorFault('[mail]: allow_networks is a list of networks, such as ["10.0.0.5/32"].') from None


def _told(table: Mapping[str, Any]) -> Told:
    usual = Told()
    return Told(
        daily_at=_whole(table, "daily_at", usual.daily_at, 0, 23),
        urgent_points=_whole(table, "urgent_points", usual.urgent_points, 0, 1_000),
        urgent_after=timedelta(hours=_whole(table, "urgent_hours", 4, 1, 720)),
        target_ends=timedelta(days=_whole(table, "target_days", usual.target_ends.days, 1, 90)),
    )


def _mailbox(name: str, given: object) -> str:
    if not isinstance(given, str) or not MAILBOX.fullmatch(given):
        raise OperatorFault(f"[mail]: {name} is a mailbox of a role, such as role-mailbox@example.org.")
    return given


def _whole(table: Mapping[str, Any], name: str, default: int, least: int, most: int) -> int:
    value = table.get(name, default)
    if type(value) is not int or not least <= value <= most:
        raise OperatorFault(f"[mail]: {name} is a whole number from {least} to {most}.")
    return value
