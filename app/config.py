"""
Read the configuration: `kapear.toml` in the data directory, overridden by the environment.

Every value has a default that works, and every mistake one line that says
which name is wrong and what it should look like.
"""

from __future__ import annotations

import ipaddress
import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

from app import platform_config, telegram_config
from app.feed_config import ArachnidConfig, FeedConfig, read_arachnid, read_feeds
from app.mail_config import MAILBOX, MailConfig, read_mail
from app.proxy_config import read_proxy
from app.telegram_config import TelegramConfig
from crawler.platforms import Platforms
from domain.cadence import Cadence
from domain.errors import OperatorFault
from domain.hashlists import LIST_GROWTH
from domain.observations import Platform
from domain.scoring import Points
from domain.targets import MAX_ACTIVE
from domain.timekeeping import Require
from net.dialling import Proxy

Network = ipaddress.IPv4Network | ipaddress.IPv6Network

FILE = "kapear.toml"
KNOWN = frozenset(
    {
        "database_url", "key_file", "bind", "allow_networks", "contact", "telegram_web_base", "bluesky_base",
        "visit_interval_s", "visit_ceiling_s", "host_visits_per_hour", "account_visits_per_hour", "bytes_per_day",
        "visits_at_once", "host_delay_s", "fingerprint_children", "list_growth",
        "max_active_targets", "points", "behind_proxy", "proxy", "public_host", "zone", "allow_missing_layers",
        "feeds", "arachnid", "require_clock_sync", "mail",
        *platform_config.KNOWN, *telegram_config.KNOWN,
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """Everything that can be set; see docs/configuration.md."""

    data_dir: Path
    database_url: str
    key_file: Path
    bind_host: str = "127.0.0.1"
    bind_port: int = 8470
    allow_networks: tuple[Network, ...] = ()
    contact: str = ""
    telegram_web_base: str = "https://t.me"
    bluesky_base: str = "https://public.api.bsky.app"
    telegram: TelegramConfig = field(default_factory=TelegramConfig)
    platforms: Platforms = field(default_factory=Platforms)
    proxy: Proxy | None = None
    cadence: Cadence = field(default_factory=Cadence)
    visits_at_once: int = 4
    host_delay_s: float = 1.0
    fingerprint_children: int = 2
    allow_missing_layers: bool = False
    list_growth: float = LIST_GROWTH
    max_active_targets: int = MAX_ACTIVE
    points: Points = field(default_factory=Points)
    feeds: tuple[FeedConfig, ...] = ()
    arachnid: ArachnidConfig | None = None
    mail: MailConfig | None = None
    behind_proxy: bool = False
    public_host: str = ""
    zone: str = "Asia/Phnom_Penh"
    require_clock_sync: Require = Require.WHERE_KEPT
    debug: bool = False
    token: str = field(default="", repr=False)
    passphrase: str = field(default="", repr=False)

    @property
    def hotline_key_file(self) -> Path:
        """Return where the hotline's own key lies."""
        return self.data_dir / "hotline.key"

    @property
    def lists_dir(self) -> Path:
        """Return where the entries of hash lists lie; not for a backup."""
        return self.data_dir / "lists"

    @property
    def hosts(self) -> dict[Platform, str]:
        """Return the hosts that are asked about platforms whose locators name another, or always the same one."""
        bases = {
            Platform.TELEGRAM_WEB: self.telegram_web_base,
            Platform.BLUESKY: self.bluesky_base,
            Platform.REDDIT: self.platforms.reddit_base,
            Platform.FACEBOOK: self.platforms.facebook_base,
            Platform.VK: self.platforms.vk_base,
        }
        return {platform: urlsplit(base).hostname or "" for platform, base in bases.items()}

    @property
    def address(self) -> str:
        """Return the console's address."""
        host = f"[{self.bind_host}]" if ":" in self.bind_host else self.bind_host
        return f"http://{host}:{self.bind_port}"

    @property
    def public_address(self) -> str:
        """Return the address people type: the declared proxy's, where there is one."""
        return f"https://{self.public_host}" if self.behind_proxy and self.public_host else self.address


def data_dir_of(environment: Mapping[str, str] = os.environ) -> Path:
    """Return the data directory; the one thing that no file can set."""
    return Path(environment.get("KAPEAR_DATA_DIR") or "kapear-data").absolute()


def load(environment: Mapping[str, str] = os.environ, *, beside: bytes = b"") -> Config:
    """
    Return the configuration; raises OperatorFault with one line for the first mistake.

    `beside` is what the file will say, as long as there is none.
    """
    data_dir = data_dir_of(environment)
    values = _file_values(data_dir / FILE, beside)
    for name in ("database_url", "key_file", "bind", "contact", "telegram_web_base", "bluesky_base"):
        if given := environment.get(f"KAPEAR_{name.upper()}"):
            values[name] = given
    if "KAPEAR_ALLOW_NETWORKS" in environment:
        values["allow_networks"] = environment["KAPEAR_ALLOW_NETWORKS"]
    host, port = _bind(str(values.get("bind", "127.0.0.1:8470")))
    behind_proxy = _boolean(values, "behind_proxy")
    if not behind_proxy and not _is_loopback(host):
        raise OperatorFault(
            f"KAPEAR_BIND={host}:{port} is not loopback: put a TLS proxy in front and set behind_proxy = true."
        )
    telegram, proxy = telegram_config.read(values, environment), read_proxy(values, environment, "proxy")
    return Config(
        data_dir=data_dir,
        database_url=str(values.get("database_url") or f"sqlite:///{data_dir / 'kapear.db'}"),
        key_file=Path(str(values.get("key_file") or data_dir / "host.key")).absolute(),
        bind_host=host,
        bind_port=port,
        allow_networks=_networks(values.get("allow_networks", "")),
        contact=_mailbox(str(values.get("contact", "")).strip()),
        telegram_web_base=_base(values, "telegram_web_base", "https://t.me"),
        bluesky_base=_base(values, "bluesky_base", "https://public.api.bsky.app"),
        platforms=platform_config.read(values, environment),
        # Where there is a proxy nothing goes around it, Telegram included.
        telegram=replace(telegram, proxy=telegram.proxy or proxy),
        proxy=proxy,
        cadence=_cadence(values),
        visits_at_once=int(_number(values, "visits_at_once", 4, least=1)),
        host_delay_s=_number(values, "host_delay_s", 1.0, least=0.0),
        fingerprint_children=int(_number(values, "fingerprint_children", 2, least=1)),
        allow_missing_layers=_boolean(values, "allow_missing_layers"),
        list_growth=_number(values, "list_growth", LIST_GROWTH, least=1.0),
        max_active_targets=int(_number(values, "max_active_targets", MAX_ACTIVE, least=1)),
        points=_points(values.get("points", {})),
        feeds=read_feeds(values, environment),
        arachnid=read_arachnid(values, environment),
        mail=read_mail(values, environment),
        behind_proxy=behind_proxy,
        public_host=str(values.get("public_host", "")),
        zone=str(values.get("zone", "Asia/Phnom_Penh")),
        require_clock_sync=_clock_sync(values),
        debug=environment.get("KAPEAR_DEBUG", "") == "1",
        token=environment.get("KAPEAR_TOKEN", ""),
        passphrase=environment.get("KAPEAR_PASSPHRASE", ""),
    )


def _file_values(path: Path, absent: bytes) -> dict[str, object]:
    """Return what the configuration file sets, or what is to count while it is absent."""
    try:
        content = path.read_bytes() if path.exists() else absent
        values: dict[str, object] = tomllib.loads(content.decode())
    except (OSError, UnicodeDecodeError):
        raise OperatorFault(f"{FILE} in the data directory cannot be read.") from None
    except tomllib.TOMLDecodeError as mistake:
        raise OperatorFault(f"{FILE} is not valid TOML: {mistake}.") from None
    unknown = sorted(set(values) - KNOWN)
    if unknown:
        raise OperatorFault(
            f"{FILE} sets {unknown[0]}, which Kapear does not know; known are: {', '.join(sorted(KNOWN))}."
        )
    return values


def _cadence(values: Mapping[str, object]) -> Cadence:
    usual = Cadence()
    interval = timedelta(seconds=_number(values, "visit_interval_s", usual.interval.total_seconds(), least=1.0))
    ceiling = timedelta(seconds=_number(values, "visit_ceiling_s", usual.ceiling.total_seconds(), least=1.0))
    if ceiling < interval:
        raise OperatorFault(f"visit_ceiling_s in {FILE} must be no shorter than visit_interval_s.")
    return Cadence(
        interval=interval,
        ceiling=ceiling,
        host_visits=_number(values, "host_visits_per_hour", usual.host_visits, least=1.0),
        account_visits=_number(values, "account_visits_per_hour", usual.account_visits, least=1.0),
        bytes_a_day=int(_number(values, "bytes_per_day", 0, least=0.0)) or None,
    )


def _bind(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    host = host.strip("[]")
    if not host or not port.isdigit() or not 0 <= int(port) <= 65535:  # noqa: PLR2004 - the highest port
        raise OperatorFault(f"KAPEAR_BIND={text[:64]} is no address and port; write one such as 127.0.0.1:8470.")
    return host, int(port)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _networks(given: object) -> tuple[Network, ...]:
    names = given if isinstance(given, list) else str(given).replace(",", " ").split()
    try:
        return tuple(ipaddress.ip_network(str(name), strict=False) for name in names)
    except ValueError:
        raise OperatorFault("KAPEAR_ALLOW_NETWORKS takes networks such as 127.0.0.0/8, separated by commas.") from None


def _mailbox(text: str) -> str:
    if text and not MAILBOX.fullmatch(text):
        raise OperatorFault("KAPEAR_CONTACT is no mailbox; write one of a role, such as role-mailbox@example.org.")
    return text


def _base(values: Mapping[str, object], name: str, default: str) -> str:
    text = str(values.get(name, default))
    parts = urlsplit(text)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise OperatorFault(f"KAPEAR_{name.upper()} is no web address; the default is {default}.")
    return text.rstrip("/")


def _number(values: Mapping[str, object], name: str, default: float, *, least: float) -> float:
    value = values.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int | float) or value < least:
        raise OperatorFault(f"{name} in {FILE} must be a number from {least:g} up.")
    return float(value)


def _boolean(values: Mapping[str, object], name: str) -> bool:
    value = values.get(name, False)
    if not isinstance(value, bool):
        raise OperatorFault(f"{name} in {FILE} must be true or false.")
    return value


def _clock_sync(values: Mapping[str, object]) -> Require:
    name = "require_clock_sync"
    if name not in values:
        return Require.WHERE_KEPT
    return Require.ALWAYS if _boolean(values, name) else Require.NEVER


def _points(given: object) -> Points:
    names = {part.name for part in fields(Points)}
    if not isinstance(given, dict) or not all(
        name in names and type(value) is int and value >= 0 for name, value in given.items()
    ):
        raise OperatorFault(f"[points] in {FILE} takes whole numbers from 0 up for: {', '.join(sorted(names))}.")
    return Points(**given)
