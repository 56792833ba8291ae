"""Say what a hash list is, and what it means that a fingerprint matched it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from domain.fingerprints import Covers
from domain.ids import ListId, MediaId


class Algorithm(StrEnum):
    """A way of hashing that lists come in; values are the contract's words."""

    MD5 = "md5"
    SHA1 = "sha1"
    SHA256 = "sha256"
    PDQ = "pdq"
    PHASH = "phash"

    @property
    def hex_length(self) -> int:
        """Return how many hex digits one hash has."""
        return {"md5": 32, "sha1": 40, "sha256": 64, "pdq": 64, "phash": 16}[self.value]

    @property
    def is_exact(self) -> bool:
        """Return whether equality of this hash means equality of the bytes."""
        return self in {Algorithm.MD5, Algorithm.SHA1, Algorithm.SHA256}


class ListClass(StrEnum):
    """Who stands behind a list, and so what a match may be called."""

    ACCREDITED = "accredited"
    OWN = "own"
    SELF_SUBMITTED = "self-submitted"
    ADULT_NCII = "adult-ncii"
    NEGATIVE = "negative"


@dataclass(frozen=True, slots=True, kw_only=True)
class HashEntry:
    """One row of a list: `hash` is the raw bytes; `note` is the list's own words."""

    algorithm: Algorithm
    hash: bytes
    classification: str = ""
    ref: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class BadRow:
    """A row of a list file that was refused; `line` counts from 1 as an editor does."""

    line: int
    problem: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HashList:
    """An imported list. Its entries are never exported."""

    id: ListId
    name: str
    version: int
    list_class: ListClass
    classification: str
    authority: str
    entries: int
    imported_at: datetime
    retired_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexedEntry:
    """One live entry with what a match must quote of its list; feeds the index."""

    entry_id: int
    list_id: ListId
    list_name: str
    list_version: int
    list_class: ListClass
    algorithm: Algorithm
    hash: bytes
    classification: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HashMatch:
    """
    A fingerprint within the radius of an entry.

    `distance` is in bits, 0 for an exact digest. `generation` names the state
    of the index that answered, so that a later list can be told to ask again.
    `at_ms` is the time of the frame that matched, None for a match of the
    item's own hash; `covers` how much of the item the fingerprint speaks for,
    None where that was not yet told.
    """

    list_id: ListId
    list_name: str
    list_version: int
    list_class: ListClass
    entry_id: int
    algorithm: Algorithm
    distance: int
    classification: str
    generation: int
    at_ms: int | None = None
    covers: Covers | None = None

    @property
    def files_a_lead(self) -> bool:
        """
        Return whether this match alone puts a post before an analyst.

        pHash never does: benign cards of one layout fall within its radius of
        each other in one pair of six. A negative list never does either.
        """
        return self.algorithm is not Algorithm.PHASH and self.list_class is not ListClass.NEGATIVE


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaMatch:
    """A match, and the media item it was found on."""

    media_id: MediaId
    match: HashMatch
