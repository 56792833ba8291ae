"""
Read JSON of any size with bounded memory: walk down to the records, and decode each one whole.

The standard library decodes a value only when all its text is there, and the
parsers that need not are one more dependency that native code comes with. A
list file needs little of either: containers are walked, what nobody asked for
is stepped over without being kept, and a record is decoded by `raw_decode`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from exchange.formats.hashlist_text import decoded

MAX_VALUE = 4 << 20  # characters of one record

MAX_DEPTH = 8  # objects that hold records, inside one another

_ENDING_ITSELF = frozenset('{["')  # how values begin that say where they end
_SPACE = re.compile(r"[ \t\n\r]*")
_SCALAR = re.compile(r"[^ \t\n\r,:\[\]{}\"]+")
_IN_TEXT = re.compile(r'["\\]')
_STRUCTURE = re.compile(r'["\[\]{}]')


class Malformed(Exception):
    """The text is not JSON, or breaks off."""


class TooLong(Exception):
    """A value is longer than MAX_VALUE; it is still to be read, or stepped over."""


def _no_constant(name: str) -> None:
    raise ValueError(name)


_DECODER = json.JSONDecoder(parse_constant=_no_constant)


class JsonStream:
    """
    A text of JSON that is read forwards, once.

    Every method raises Malformed where the text is not JSON. Whoever walks a
    container consumes each of its values before asking for the next.
    """

    def __init__(self, untrusted_pieces: Iterable[bytes]) -> None:
        """Read nothing yet."""
        self._pieces = decoded(untrusted_pieces)
        self._text = ""
        self._at = 0
        self._ended = False

    def next(self) -> str:
        """Return the next character that is no white space, without taking it; empty at the end."""
        while True:
            self._at = _SPACE.match(self._text, self._at).end()  # type: ignore[union-attr]  # it matches anywhere
            if self._at < len(self._text):
                return self._text[self._at]
            if not self._more():
                return ""

    def value(self) -> Any:
        """Take the next value whole; raises TooLong, taking nothing, when it does not fit."""
        if self.next() not in _ENDING_ITSELF:
            self._gather_scalar()
        while (found := self._decoded()) is None:
            # Wrong, or only not all there yet.
            if len(self._text) - self._at > MAX_VALUE:
                raise TooLong
            if not self._more(len(self._text) - self._at):
                raise Malformed
        value, end = found
        if end - self._at > MAX_VALUE:
            raise TooLong
        self._at = end
        return value

    def items(self) -> Iterator[None]:
        """Walk an array: each item is next when this yields."""
        self._take("[")
        if self.next() != "]":
            yield
            while self.next() == ",":
                self._at += 1
                yield
        self._take("]")

    def members(self) -> Iterator[str]:
        """Walk an object: yields each key, and its value is next."""
        self._take("{")
        if self.next() != "}":
            yield self._key()
            while self.next() == ",":
                self._at += 1
                yield self._key()
        self._take("}")

    def step_over(self) -> None:
        """Pass one value without keeping it, however long; what is inside is not checked."""
        if self.next() == '"':
            self._pass_text()
        elif self.next() in {"[", "{"}:
            self._pass_container()
        else:
            self._pass_scalar()

    def _key(self) -> str:
        if self.next() != '"':
            raise Malformed
        try:
            key = str(self.value())
        except TooLong:
            raise Malformed from None  # no name is
        self._take(":")
        return key

    def _take(self, character: str) -> None:
        if self.next() != character:
            raise Malformed
        self._at += 1

    def _more(self, at_least: int = 1) -> bool:
        """Read on, and forget what was taken; returns whether anything came."""
        gathered = [self._text[self._at :]]
        wanted = at_least
        while wanted > 0 and not self._ended:
            piece = next(self._pieces, None)
            self._ended = piece is None
            gathered.append(piece or "")
            wanted -= len(gathered[-1])
        self._text, self._at = "".join(gathered), 0
        return wanted < at_least

    def _decoded(self) -> tuple[Any, int] | None:
        """Return the next value and where it ends, or None."""
        try:
            return _DECODER.raw_decode(self._text, self._at)
        except (ValueError, RecursionError):
            return None

    def _gather_scalar(self) -> None:
        """Read on until a number or a word cannot go on in the next piece."""
        while (found := _SCALAR.match(self._text, self._at)) is not None and found.end() == len(self._text):
            if found.end() - self._at > MAX_VALUE:
                raise TooLong
            if not self._more():
                return

    def _pass_container(self) -> None:
        depth = 0
        while True:
            found = self._find(_STRUCTURE)
            if found == '"':
                self._at -= 1
                self._pass_text()
                continue
            depth += 1 if found in "[{" else -1
            if not depth:
                return

    def _pass_text(self) -> None:
        self._take('"')
        while self._find(_IN_TEXT) != '"':
            # The character behind a backslash is no end, whatever it is.
            if self._at == len(self._text) and not self._more():
                raise Malformed
            self._at += 1

    def _pass_scalar(self) -> None:
        if _SCALAR.match(self._text, self._at) is None:
            raise Malformed
        while (found := _SCALAR.match(self._text, self._at)) is not None:
            self._at = found.end()
            if self._at < len(self._text) or not self._more():
                return

    def _find(self, pattern: re.Pattern[str]) -> str:
        """Go behind the next match and return it."""
        while (found := pattern.search(self._text, self._at)) is None:
            self._at = len(self._text)
            if not self._more():
                raise Malformed
        self._at = found.end()
        return found[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """
    Where the records of a text are.

    A record is an object that stands at the top, in an array, or in an array
    that is a member for which `holds_records(key, first item)` says so, as long
    as that is no deeper than `depths` objects. Other members of an object that
    holds records are given to `on_member`, but for long ones.
    """

    holds_records: Callable[[str, object], bool]
    on_member: Callable[[str, Any], None] = lambda _key, _value: None
    depths: int = MAX_DEPTH

    def records(self, stream: JsonStream) -> Iterator[dict[str, Any] | None]:
        """
        Yield the records in order; None stands for one that is no object, or too long.

        The text is one value, or several one after the other (a record a line).
        """
        while first := stream.next():
            if first == "[":
                for _ in stream.items():
                    yield from self._next(stream, 1)
            else:
                yield from self._next(stream, 0)

    def _next(self, stream: JsonStream, depth: int) -> Iterator[dict[str, Any] | None]:
        """Yield the record that is next, or those it holds."""
        try:
            value = stream.value()
        except TooLong:
            if stream.next() == "{" and depth < self.depths:
                yield from self._walked(stream, depth)
            else:
                stream.step_over()
                yield None
        except Malformed:
            # What stands before the fault is read all the same, so that it can be said where that is.
            if stream.next() == "{" and depth < self.depths:
                yield from self._walked(stream, depth)
            raise
        else:
            yield from self._unfolded(value, depth)

    def _walked(self, stream: JsonStream, depth: int) -> Iterator[dict[str, Any] | None]:
        """Yield the records inside an object that is not to be decoded whole."""
        held = False
        for key in stream.members():
            if stream.next() == "[":
                holds = None
                for _ in stream.items():
                    if holds is None:
                        holds = self.holds_records(key, {} if stream.next() == "{" else None)
                    if holds:
                        yield from self._next(stream, depth + 1)
                    else:
                        stream.step_over()
                held = held or (self.holds_records(key, None) if holds is None else holds)
                continue
            try:
                self.on_member(key, stream.value())
            except TooLong:
                stream.step_over()
        if not held:
            yield None

    def _unfolded(self, value: object, depth: int) -> Iterator[dict[str, Any] | None]:
        """Yield the records inside a decoded value."""
        if not isinstance(value, dict):
            yield None
            return
        lists = (
            {key: member for key, member in value.items() if isinstance(member, list)} if depth < self.depths else {}
        )
        held = [key for key, items in lists.items() if self.holds_records(key, items[0] if items else None)]
        if not held:
            yield value
            return
        for key, member in value.items():
            if key not in lists:
                self.on_member(key, member)
        for key in held:
            for item in lists[key]:
                yield from self._unfolded(item, depth + 1)
