"""Say what one answer of a feed holds, whosever it is."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from domain.feeds import Change
from domain.hashlists import BadRow, HashEntry, ListRow, PassedOver
from exchange.formats.hashlist_records import Record
from exchange.formats.json_stream import JsonStream, Layout, Malformed
from exchange.screening import judged

UNIT = "Page"
LONGEST_CURSOR = 2_000  # characters
BREAKS_OFF = "it breaks off, or is not the format it should be in"
NOT_ASKABLE = "it names its next page in a way that cannot be asked for"
OTHER_FORMAT = "it is no answer of this service"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadPage:
    """
    What could be read of one answer.

    `cursor` names the next page, empty at the end of the stretch; `latest` is
    the latest time that it told of, and `resume_at` the one to go on from when
    the stretch is done, None where the stretch's own end is. `is_huge` asks
    for a shorter stretch. `problem` says why the page could not be read whole.
    """

    changes: tuple[Change, ...] = ()
    refused: tuple[BadRow, ...] = ()
    passed_over: Mapping[str, int] = field(default_factory=dict)
    cursor: str = ""
    latest: int | None = None
    resume_at: int | None = None
    is_huge: bool = False
    problem: str = ""


@dataclass(slots=True)
class Gathered:
    """What is taken out of an answer, entry by entry; `page` is its number."""

    page: int
    changes: list[Change] = field(default_factory=list)
    refused: list[BadRow] = field(default_factory=list)
    passed_over: Counter[str] = field(default_factory=Counter)
    latest: int | None = None

    def take(self, key: str, at: int | None, rows: Iterable[ListRow]) -> None:
        """Take what an entry holds; one of which nothing can be used changes nothing, unless it was passed over."""
        entries, passed = [], False
        for row in rows:
            held = judged(row, UNIT) if isinstance(row, HashEntry) else row
            if isinstance(held, HashEntry):
                entries.append(held)
            elif isinstance(held, PassedOver):
                self.passed_over[held.what] += held.count
                passed = True
            else:
                self.refused.append(BadRow(line=self.page, unit=UNIT, problem=held.problem))
        if entries or passed:
            self.changes.append(Change(key=key, at=at, entries=tuple(entries)))
        self.seen(at)

    def withdraw(self, key: str, at: int | None) -> None:
        """Note that an entry was withdrawn."""
        self.changes.append(Change(key=key, at=at))
        self.seen(at)

    def refuse(self, problem: str) -> None:
        """Note an entry that cannot be used at all."""
        self.refused.append(BadRow(line=self.page, unit=UNIT, problem=problem))

    def seen(self, at: int | None) -> None:
        """Note a time that was told of."""
        if at is not None:
            self.latest = at if self.latest is None else max(self.latest, at)

    def done(self, **more: Any) -> ReadPage:
        """Return the page."""
        values: dict[str, Any] = {"latest": self.latest, **more}
        return ReadPage(
            changes=tuple(self.changes), refused=tuple(self.refused), passed_over=dict(self.passed_over), **values
        )


def askable(cursor: str) -> bool:
    """Return whether a service's word for its next page can be put into a question; an empty one can."""
    return len(cursor) <= LONGEST_CURSOR and cursor.isascii() and (cursor.isprintable() or not cursor)


def json_page(untrusted_body: bytes, holder: str) -> tuple[dict[str, Any], list[Record | None], str]:
    """
    Return an answer's members, its records (the array `holder`), and why it could not be read whole.

    Of one that breaks off, the records before the fault.
    """
    try:
        value = json.loads(untrusted_body)
    except (ValueError, RecursionError):
        return _salvaged(untrusted_body, holder)
    held = value.get(holder) if isinstance(value, dict) else None
    if not isinstance(held, list):
        return {}, [], OTHER_FORMAT
    return value, [each if isinstance(each, dict) else None for each in held], ""


def _salvaged(untrusted_body: bytes, holder: str) -> tuple[dict[str, Any], list[Record | None], str]:
    members: dict[str, Any] = {}
    found = False

    def holds(key: str, _first: object) -> bool:
        nonlocal found
        found = found or key == holder
        return key == holder

    layout = Layout(holds_records=holds, on_member=members.__setitem__)
    records: list[Record | None] = []
    with suppress(Malformed, RecursionError):
        records.extend(layout.records(JsonStream([untrusted_body])))
    return (members, records, BREAKS_OFF) if found else ({}, [], OTHER_FORMAT)
