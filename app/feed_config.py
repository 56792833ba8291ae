"""Read `[feeds.NAME]` and `[arachnid]` of `kapear.toml`: credentials are named there, never written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from domain.errors import OperatorFault
from domain.feeds import Feed, FeedKind
from domain.hashlists import ListClass
from domain.locators.web import is_loopback

MAX_NAME = 64
MAX_SECRET = 4096  # bytes of a file that holds one
_WORDS = frozenset({"classification", "authority", "agreement", "list", "group"})
_LOGIN = frozenset({"url", "user_env", "user_file", "secret_env", "secret_file"})
FEED_KNOWN = _WORDS | _LOGIN | {"kind", "class", "licence_ends", "every_hours"}
ARACHNID_KNOWN = _LOGIN | {"fresh_hours"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Credential:
    """Where a secret is found: in a variable of the environment, or in a file."""

    setting: str
    variable: str = ""
    file: str = ""
    given: str = field(default="", repr=False)

    def value(self) -> str:
        """Return the secret; raises OperatorFault where it is missing."""
        if self.variable:
            if not self.given:
                raise OperatorFault(
                    f"{self.setting}_env names {self.variable}, and the environment has no such variable."
                )
            return self.given
        if not self.file:
            raise OperatorFault(f"{self.setting}_env is missing: name the variable of the environment that holds it.")
        try:
            with Path(self.file).open("rb") as file:
                text = file.read(MAX_SECRET).decode().strip()
        except (OSError, UnicodeDecodeError):
            raise OperatorFault(f"{self.setting}_file names a file that cannot be read.") from None
        if not text:
            raise OperatorFault(f"{self.setting}_file names an empty file.")
        return text


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceConfig:
    """Another organisation's service: its address, and who asks."""

    url: str
    user: Credential
    secret: Credential


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedConfig:
    """A feed, and where it is; `group` is ThreatExchange's privacy group."""

    feed: Feed
    service: ServiceConfig
    group: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ArachnidConfig:
    """Arachnid Shield; an answer counts as fresh for as long as `fresh`."""

    service: ServiceConfig
    fresh: timedelta = timedelta(days=7)


def read_feeds(values: Mapping[str, object], environment: Mapping[str, str]) -> tuple[FeedConfig, ...]:
    """Return the configured feeds by name; raises OperatorFault with one line for the first mistake."""
    tables = values.get("feeds", {})
    if not isinstance(tables, dict):
        raise OperatorFault("[feeds.NAME] in kapear.toml is a table for each feed.")
    feeds = tuple(_feed(name, table, environment) for name, table in sorted(tables.items()))
    names = [each.feed.list_name for each in feeds]
    for name in names:
        if names.count(name) > 1:
            raise OperatorFault(f"Two feeds in kapear.toml fill one list, {name}; give each a `list` of its own.")
    return feeds


def read_arachnid(values: Mapping[str, object], environment: Mapping[str, str]) -> ArachnidConfig | None:
    """Return how Arachnid Shield is asked, None where that is not configured; raises OperatorFault."""
    if "arachnid" not in values:
        return None
    table = _table("[arachnid]", values["arachnid"], ARACHNID_KNOWN)
    hours = _hours("[arachnid]", table, "fresh_hours", 168.0)
    return ArachnidConfig(service=_service("[arachnid]", table, environment, needs_user=True), fresh=hours)


def _feed(name: str, given: object, environment: Mapping[str, str]) -> FeedConfig:
    where = f"[feeds.{name[:MAX_NAME]}]"
    if not name.strip() or len(name) > MAX_NAME:
        raise OperatorFault(f"{where}: a feed's name has 1 to {MAX_NAME} characters.")
    table = _table(where, given, FEED_KNOWN)
    for word in _WORDS & set(table):
        if not isinstance(table[word], str | int) or isinstance(table[word], bool):
            raise OperatorFault(f"{where}: {word} is a text.")
    if not str(table.get("classification", "")).strip():
        raise OperatorFault(f"{where}: classification is missing: what a match is called when the feed does not say.")
    kind = _word(where, table, "kind", FeedKind)
    list_class = _word(where, table, "class", ListClass)
    if kind is FeedKind.STOPNCII and list_class in {ListClass.ACCREDITED, ListClass.OWN}:
        raise OperatorFault(f"{where}: StopNCII's hashes are of adults, who sent them in themselves: say adult-ncii.")
    group = str(table.get("group", ""))
    if (kind is FeedKind.THREATEXCHANGE) is not group.isalnum():
        raise OperatorFault(
            f"{where}: group is the number of a privacy group; ThreatExchange needs it, nobody else does."
        )
    ends = table.get("licence_ends")
    if ends is not None and type(ends) is not date:
        raise OperatorFault(f"{where}: licence_ends is a day without quotes, such as 2027-06-30.")
    feed = Feed(
        name=name,
        kind=kind,
        list_name=str(table.get("list", name)).strip() or name,
        classification=str(table["classification"]).strip(),
        list_class=list_class,
        authority=str(table.get("authority", "")).strip(),
        agreement=str(table.get("agreement", "")).strip(),
        licence_ends=ends,
        every=_hours(where, table, "every_hours", 24.0),
    )
    needs_user = kind is not FeedKind.THREATEXCHANGE
    return FeedConfig(feed=feed, service=_service(where, table, environment, needs_user=needs_user), group=group)


def _table(where: str, given: object, known: frozenset[str]) -> dict[str, Any]:
    if not isinstance(given, dict):
        raise OperatorFault(f"{where} in kapear.toml is a table.")
    unknown = sorted(set(given) - known)
    if unknown:
        raise OperatorFault(
            f"{where} sets {unknown[0]}, which Kapear does not know; known are: {', '.join(sorted(known))}."
        )
    return given


def _word(where: str, table: Mapping[str, Any], name: str, words: Any) -> Any:
    try:
        return words(table.get(name))
    except ValueError:
        raise OperatorFault(f"{where}: {name} is one of {', '.join(words)}.") from None


def _hours(where: str, table: Mapping[str, Any], name: str, default: float) -> timedelta:
    value = table.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0.25 <= value <= 8_760:  # noqa: PLR2004 - a year
        raise OperatorFault(f"{where}: {name} is a number of hours from 0.25 to 8760.")
    return timedelta(hours=float(value))


def _service(
    where: str, table: Mapping[str, Any], environment: Mapping[str, str], *, needs_user: bool
) -> ServiceConfig:
    url = table.get("url")
    try:
        parts = urlsplit(url if isinstance(url, str) else "")
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        raise OperatorFault(f"{where}: url is no web address.") from None
    if not host or parts.scheme not in {"http", "https"} or parts.query or parts.fragment or parts.username is not None:
        raise OperatorFault(f"{where}: url is a web address without a login and without a query.")
    if parts.scheme == "http" and not is_loopback(host):
        raise OperatorFault(f"{where}: url must begin with https, for credentials go there.")
    user = _credential(where, table, environment, "user") if needs_user else Credential(setting="")
    return ServiceConfig(
        url=parts.geturl().rstrip("/"), user=user, secret=_credential(where, table, environment, "secret")
    )


def _credential(where: str, table: Mapping[str, Any], environment: Mapping[str, str], name: str) -> Credential:
    variable, file = table.get(f"{name}_env", ""), table.get(f"{name}_file", "")
    if not isinstance(variable, str) or not isinstance(file, str) or bool(variable) is bool(file):
        raise OperatorFault(
            f"{where}: give {name}_env, the name of a variable, or {name}_file, a file; never the secret itself."
        )
    return Credential(
        setting=f"{where}: {name}",
        variable=variable,
        file=file,
        given=environment.get(variable, "") if variable else "",
    )
