"""
Read the declarative rules by which a forum's pages are understood.

A rule is one TOML file: how its software is recognised, and CSS selectors for
what stands where. Nothing in it is run. A selector may end in `::text` or
`::attr(name)`; without, it means the words of the first element found.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Final

from cssselect import SelectorError
from lxml import etree  # type: ignore[import-untyped]  # lxml ships no annotations
from parsel.csstranslator import HTMLTranslator

from domain.errors import BadInput

SHIPPED: Final = Path(__file__).parent
MAX_FILE_BYTES = 64 * 1024
MAX_SELECTOR = 500  # characters
_NAME = re.compile("[a-z][a-z0-9_-]{0,39}")
_NEEDED = ("post", "id", "body")
_TRANSLATOR = HTMLTranslator()


@dataclass(frozen=True, slots=True, kw_only=True)
class ForumRule:
    """
    How one kind of forum is read.

    `generator` are words of `<meta name="generator">`, `hosts` names of hosts,
    `mark` an element that only its pages have; one of them must hold. All that
    follows are selectors: those from `id` to `attachments` within a post, the
    others within a page. `times` are layouts of `strptime`, for dates that are
    not spelt by a standard.
    """

    name: str
    generator: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()
    mark: Any = field(default=None, repr=False)
    post: Any = field(repr=False)
    id: Any = field(repr=False)
    author: Any = field(default=None, repr=False)
    time: Any = field(default=None, repr=False)
    body: Any = field(repr=False)
    attachments: Any = field(default=None, repr=False)
    next: Any = field(default=None, repr=False)
    threads: Any = field(default=None, repr=False)
    times: tuple[str, ...] = ()


_LISTS = frozenset({"generator", "hosts", "times"})
_KEYS = tuple(each.name for each in fields(ForumRule))


def load_rules(own: Path | None = None) -> tuple[ForumRule, ...]:
    """Return the rules of a folder, if there is one, and after them the shipped ones; raises BadInput."""
    return tuple(load_rule(path) for folder in (own, SHIPPED) if folder for path in sorted(folder.glob("*.toml")))


def load_rule(path: Path) -> ForumRule:
    """Return the rule in a file; raises BadInput with the one thing that is wrong."""
    try:
        with path.open("rb") as file:
            untrusted_bytes = file.read(MAX_FILE_BYTES + 1)
    except OSError as error:
        raise BadInput(f"{path.name} cannot be read: {error.strerror}.") from None
    return read_rule(untrusted_bytes, called=path.name)


def read_rule(untrusted_bytes: bytes, *, called: str) -> ForumRule:
    """Return the rule in a file's bytes; `called` is its name, for what is said when it is wrong."""
    if len(untrusted_bytes) > MAX_FILE_BYTES:
        raise BadInput(f"{called} is larger than {MAX_FILE_BYTES // 1024} KiB.")
    try:
        table = tomllib.loads(untrusted_bytes.decode())
    except UnicodeDecodeError:
        raise BadInput(f"{called} is not UTF-8 text.") from None
    except tomllib.TOMLDecodeError as error:
        raise BadInput(f"{called} is not TOML: {str(error).splitlines()[0]}.") from None
    if unknown := sorted(set(table) - set(_KEYS)):
        raise BadInput(f"{called} has an unknown key: {unknown[0][:40]!r}. Known are {', '.join(_KEYS)}.")
    name = table.get("name")
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise BadInput(f"{called} needs a name of small letters, digits, hyphens or underscores.")
    for key in _NEEDED:
        if key not in table:
            raise BadInput(f"{called} needs a selector for {key}.")
    if not any(table.get(key) for key in ("generator", "hosts", "mark")):
        raise BadInput(f"{called} says nothing by which its pages are recognised: generator, hosts or mark.")
    selectors = {key: _selector(value, key, called) for key, value in table.items() if key not in {*_LISTS, "name"}}
    texts = {key: _texts(table, key, called) for key in _LISTS}
    texts["hosts"] = tuple(host.lower() for host in texts["hosts"])
    return ForumRule(name=name, **selectors, **texts)


def rule_for(rules: Iterable[ForumRule], root: Any, host: str) -> ForumRule | None:
    """Return the rule for a page: one that names its host, else its generator, else an element of it; or None."""
    known = list(rules)
    said = " ".join(root.xpath('//meta[translate(@name, "GENRATO", "genrato") = "generator"]/@content')[:5]).lower()
    by_host = (rule for rule in known if host in rule.hosts)
    by_generator = (rule for rule in known if any(word.lower() in said for word in rule.generator))
    by_mark = (rule for rule in known if rule.mark is not None and rule.mark(root))
    return next(by_host, None) or next(by_generator, None) or next(by_mark, None)


def first_text(selector: Any, element: Any) -> str:
    """Return what a selector finds first within an element, as text; "" for nothing."""
    found: Sequence[Any] = selector(element) if selector is not None else ()
    if not found:
        return ""
    return " ".join((found[0] if isinstance(found[0], str) else "".join(found[0].itertext())).split())


def _selector(value: object, key: str, called: str) -> Any:
    """Return a selector, compiled."""
    if not isinstance(value, str) or not value.strip() or len(value) > MAX_SELECTOR:
        raise BadInput(f"{called} needs for {key} one CSS selector, of at most {MAX_SELECTOR} characters.")
    try:
        return etree.XPath(_TRANSLATOR.css_to_xpath(value))
    except (SelectorError, etree.XPathSyntaxError, RecursionError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise BadInput(f"{called} has for {key} a selector that cannot be read: {reason[:120]}.") from None


def _texts(table: Mapping[str, Any], key: str, called: str) -> tuple[str, ...]:
    values = table.get(key, [])
    if not isinstance(values, list) or not all(isinstance(value, str) and value for value in values):
        raise BadInput(f"{called} needs for {key} a list of texts.")
    return tuple(values)
