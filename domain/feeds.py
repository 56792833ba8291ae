"""
Say what a feed of hashes brings, and what its list is once that was applied.

Pure: a pull's changes and the entries of the version in force make the next
version's entries, whatever order the changes came in.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from hashlib import blake2b

from domain.hashlists import BadRow, HashEntry, ListClass


class FeedKind(StrEnum):
    """Whose interface a feed speaks; values are what the configuration says."""

    NCMEC = "ncmec"
    STOPNCII = "stopncii"
    THREATEXCHANGE = "threatexchange"

    @property
    def keyed_by_ref(self) -> bool:
        """Return whether entries are told apart by their id; otherwise by algorithm and hash."""
        return self is not FeedKind.STOPNCII


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """
    A feed as it is configured, without address and credentials.

    `list_name` is the hash list that it fills, on the terms that follow;
    `every` is how often it is pulled by itself.
    """

    name: str
    kind: FeedKind
    list_name: str
    classification: str
    list_class: ListClass
    authority: str = ""
    agreement: str = ""
    licence_ends: date | None = None
    every: timedelta = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedState:
    """
    How a feed stands.

    `checkpoint` says how far the list in force goes, in words of its client's
    own; empty before the first pull. `fault` is the code of why the last pull
    failed, empty where it did not. `quarantined` counts the stretches of the
    feed that could not be read and are still missing.
    """

    name: str
    checkpoint: str = ""
    pulled_at: datetime | None = None
    fault: str = ""
    quarantined: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """
    What a feed says of one of its entries: these hashes from now on, or none, for it was withdrawn.

    `at` is when, in seconds since 1970, None where it does not say.
    """

    key: str
    at: int | None = None
    entries: tuple[HashEntry, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedPage:
    """
    One page of a feed.

    `checkpoint` is where the feed stands once it was taken in. With
    `begins_anew`, nothing that was known before counts. A page that could not
    be read, or not to its end, is in quarantine: `problem` says why, `changes`
    has what could be read of it. `missing` counts the stretches in quarantine by
    now, `awaited` those of them that later pulls try again.
    """

    number: int
    checkpoint: str
    begins_anew: bool = False
    changes: tuple[Change, ...] = ()
    refused: tuple[BadRow, ...] = ()
    passed_over: Mapping[str, int] = field(default_factory=dict)
    problem: str = ""
    missing: int = 0
    awaited: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """What changes do to a list, in hashes; `entries` is how many it then has."""

    added: int = 0
    altered: int = 0
    withdrawn: int = 0
    entries: int = 0

    @property
    def is_nothing(self) -> bool:
        """Return whether the list stays as it is."""
        return not (self.added or self.altered or self.withdrawn)


def hash_key(entry: HashEntry) -> str:
    """Return the key of an entry that is told from others by its hash."""
    return f"{entry.algorithm} {entry.hash.hex()}"


class Merge:
    """
    Applies changes to the entries of a version.

    Of several changes with one key the newest counts, by its time where both
    have one, else by their order: feeds are in no order of time. Entries have
    the words that are their own, not those of the list. About 200 bytes of
    memory a changed key; entries themselves are not gathered.
    """

    def __init__(self, changes: Callable[[], Iterable[Change]], kind: FeedKind, *, whole: bool = False) -> None:
        """Read the changes once; `whole`: they are all there is, and what they do not name is gone."""
        self._changes = changes
        self._kind = kind
        self._whole = whole
        self._newest: dict[bytes, tuple[int | None, int]] = {}
        for place, change in enumerate(changes()):
            key = _digest(change.key)
            known = self._newest.get(key, (None, -1))[0]
            if known is None or change.at is None or change.at >= known:
                self._newest[key] = change.at, place

    def entries(self, previous: Iterable[HashEntry]) -> Iterator[HashEntry]:
        """Yield what the list holds now: untouched entries in their order, then the changed ones in theirs."""
        for entry in () if self._whole else previous:
            if self._key(entry) not in self._newest:
                yield entry
        for change in self._counting():
            yield from change.entries

    def effect(self, previous: Iterable[HashEntry]) -> Effect:
        """Return what the changes do to these entries."""
        before: dict[bytes, list[int]] = {}  # by key: how many, and the sum of their digests
        kept = added = altered = withdrawn = 0
        for entry in previous:
            key = self._key(entry)
            if key in self._newest:
                known = before.setdefault(key, [0, 0])
                known[0] += 1
                known[1] += _digest_of(entry)
            elif self._whole:
                withdrawn += 1
            else:
                kept += 1
        for change in self._counting():
            count, total = before.pop(_digest(change.key), (0, 0))
            now = len(change.entries)
            kept += now
            added += max(0, now - count)
            withdrawn += max(0, count - now)
            if total != sum(map(_digest_of, change.entries)):
                altered += min(count, now)
        return Effect(added=added, altered=altered, withdrawn=withdrawn, entries=kept)

    def _counting(self) -> Iterator[Change]:
        """Yield the changes that count."""
        for place, change in enumerate(self._changes()):
            if self._newest[_digest(change.key)][1] == place:
                yield change

    def _key(self, entry: HashEntry) -> bytes:
        return _digest(entry.ref if self._kind.keyed_by_ref else hash_key(entry))


def _digest_of(entry: HashEntry) -> int:
    return hash((entry.algorithm, entry.hash, entry.classification, entry.ref, entry.note))


def _digest(key: str) -> bytes:
    return blake2b(key.encode("utf-8", "replace"), digest_size=12).digest()
