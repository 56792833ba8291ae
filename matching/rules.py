"""
Find generic commerce in a text with versioned rules that prove themselves.

Patterns run on RE2, in time linear in the text, for the text comes from
strangers. A rule carries its examples and counter-examples; a file in which
one does not hold is refused as a whole, so a rule never quietly finds nothing.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, Final

import re2

from domain.errors import BadInput
from domain.text import Attribute, TextHit

SHIPPED: Final = Path(__file__).with_name("rules_en.toml")
MAX_HITS = 100  # a text; what repeats itself more often says nothing more
MAX_FILE_BYTES = 1 << 20
MAX_PATTERN = 2_000  # characters
_MEMORY = 8 << 20  # for one compiled rule
_KEYS = frozenset({"id", "version", "attribute", "patterns", "examples", "counter_examples"})


@dataclass(frozen=True, slots=True, kw_only=True)
class TextRule:
    """One rule: any of its patterns anywhere in a text is a hit."""

    id: str
    version: int
    attribute: Attribute
    patterns: tuple[str, ...]
    examples: tuple[str, ...]
    counter_examples: tuple[str, ...]


class CommerceRules:
    """A set of rules, compiled; finds their hits in a text."""

    def __init__(self, rules: tuple[TextRule, ...]) -> None:
        """Compile the rules and try their examples; raises BadInput."""
        self._rules = rules
        self._compiled = tuple(_compiled(rule) for rule in rules)
        for rule, pattern in zip(rules, self._compiled, strict=True):
            _prove(rule, pattern)
        self._all = _together(rules)

    @property
    def rules(self) -> tuple[TextRule, ...]:
        """Return the rules as they were read."""
        return self._rules

    def find(self, text: str) -> tuple[TextHit, ...]:
        """Return the first 100 hits, by position; offsets are code points."""
        text = _encodable(text)
        hits = [
            TextHit(rule=rule.id, version=rule.version, attribute=rule.attribute, start=start, end=end)
            for rule, pattern in ((self._rules[nr], self._compiled[nr]) for nr in self._all.Match(text) or ())
            for start, end in (found.span() for found in islice(pattern.finditer(text), MAX_HITS))
        ]
        if not hits:
            return ()
        hits.sort(key=lambda hit: (hit.start, hit.end, hit.rule))
        return tuple(hits[:MAX_HITS])


def load_rules(source: bytes | Path = SHIPPED) -> CommerceRules:
    """Return the rules of a TOML file, or of its bytes; raises BadInput with the one thing that is wrong."""
    untrusted_bytes = source if isinstance(source, bytes) else _content(source)
    if len(untrusted_bytes) > MAX_FILE_BYTES:
        raise BadInput("The rules are larger than 1 MiB.")
    try:
        document = tomllib.loads(untrusted_bytes.decode())
    except UnicodeDecodeError:
        raise BadInput("The rules are not UTF-8 text.") from None
    except tomllib.TOMLDecodeError as error:
        raise BadInput(f"The rules are not TOML: {str(error).splitlines()[0]}") from None
    tables = document.get("rules")
    if set(document) != {"rules"} or not isinstance(tables, list) or not tables:
        raise BadInput("The rules need one or more [[rules]] tables, and nothing else.")
    rules = tuple(_rule(table, number) for number, table in enumerate(tables, 1))
    ids = [rule.id for rule in rules]
    for rule_id in ids:
        if ids.count(rule_id) > 1:
            raise BadInput(f"Rule {rule_id} is there twice.")
    return CommerceRules(rules)


def _content(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(MAX_FILE_BYTES + 1)
    except OSError as error:
        raise BadInput(f"The rules in {path.name} cannot be read: {error.strerror}.") from None


def _rule(table: object, number: int) -> TextRule:
    if not isinstance(table, Mapping):
        raise BadInput(f"Rule {number} is no table.")
    rule_id = table.get("id")
    if not isinstance(rule_id, str) or not _ID.fullmatch(rule_id):
        raise BadInput(f"Rule {number} needs an id of small letters, digits, dots, hyphens or underscores.")
    if unknown := sorted(set(table) - _KEYS):
        raise BadInput(f"Rule {rule_id} has an unknown key: {_shown(unknown[0])}.")
    version = table.get("version")
    if not isinstance(version, int) or isinstance(version, bool) or version < 1:
        raise BadInput(f"Rule {rule_id} needs a version of 1 or more.")
    attribute = table.get("attribute")
    if not isinstance(attribute, str) or attribute not in set(Attribute):
        raise BadInput(f"Rule {rule_id} needs an attribute: {', '.join(Attribute)}.")
    return TextRule(
        id=rule_id,
        version=version,
        attribute=Attribute(attribute),
        patterns=_texts(table, "patterns", rule_id),
        examples=_texts(table, "examples", rule_id),
        counter_examples=_texts(table, "counter_examples", rule_id),
    )


def _texts(table: Mapping[str, Any], key: str, rule_id: str) -> tuple[str, ...]:
    values = table.get(key)
    if not isinstance(values, list) or not values or not all(isinstance(value, str) and value for value in values):
        raise BadInput(f"Rule {rule_id} needs {key}: a list of one or more texts.")
    return tuple(values)


def _compiled(rule: TextRule) -> Any:
    for pattern in rule.patterns:
        if len(pattern) > MAX_PATTERN:
            raise BadInput(f"Rule {rule.id} has a pattern of more than {MAX_PATTERN} characters.")
        if _re2(pattern, rule).search("") is not None:
            raise BadInput(f"Rule {rule.id} has a pattern that fires on nothing at all: {_shown(pattern)}.")
    return _re2(_alternatives(rule), rule)


def _together(rules: tuple[TextRule, ...]) -> Any:
    """Return all rules as one automaton: one pass over a text says which of them fire, and most texts fire none."""
    together = re2.Set.SearchSet(_options(_together_memory(rules)))
    try:
        for rule in rules:
            together.Add(_alternatives(rule))
        together.Compile()
    except re2.error:
        raise BadInput(_TOO_LARGE) from None
    for nr, rule in enumerate(rules):
        # Where its memory does not suffice for a text, it would find nothing, without a word.
        if not all(nr in (together.Match(_encodable(example)) or ()) for example in rule.examples):
            raise BadInput(_TOO_LARGE)
    return together


def _together_memory(rules: tuple[TextRule, ...]) -> int:
    return _MEMORY * (1 + len(rules))


def _alternatives(rule: TextRule) -> str:
    return "|".join(f"(?:{pattern})" for pattern in rule.patterns)


def _options(memory: int) -> Any:
    options = re2.Options()
    options.case_sensitive = False
    options.log_errors = False
    options.never_capture = True
    options.max_mem = memory
    return options


def _re2(pattern: str, rule: TextRule) -> Any:
    try:
        return re2.compile(pattern, _options(_MEMORY))
    except re2.error as error:
        words = error.args[0] if error.args else ""
        reason = words.decode(errors="replace") if isinstance(words, bytes) else str(words)
        raise BadInput(f"Rule {rule.id} has a pattern that RE2 refuses: {_shown(reason)}.") from None


def _prove(rule: TextRule, pattern: Any) -> None:
    for example in rule.examples:
        if pattern.search(_encodable(example)) is None:
            raise BadInput(f"Rule {rule.id} does not fire on its example {_shown(example)}.")
    for example in rule.counter_examples:
        if pattern.search(_encodable(example)) is not None:
            raise BadInput(f"Rule {rule.id} fires on its counter-example {_shown(example)}.")


def _encodable(text: str) -> str:
    """Return the text with lone surrogates, which no page can mean, as `?`: offsets stay what they are."""
    return text.encode(errors="replace").decode()


def _shown(words: str) -> str:
    """Return somebody else's words on one short line, without control characters."""
    return repr(words if len(words) <= _SHOWN else f"{words[:_SHOWN]}…")


_TOO_LARGE = "The rules are too large together for RE2; drop some, or shorten their patterns."
_SHOWN = 80
_ID = re2.compile("[a-z][a-z0-9._-]{0,63}")
