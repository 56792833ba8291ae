"""Say what a hash list is, and what it means that a fingerprint matched it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from domain.fingerprints import MIN_PDQ_QUALITY, Covers
from domain.ids import ListId, MediaId


class Algorithm(StrEnum):
    """A way of hashing that lists come in; values are the contract's words."""

    MD5 = "md5"
    SHA1 = "sha1"
    SHA256 = "sha256"
    PDQ = "pdq"
    PHASH = "phash"
    PHASH256 = "phash256"

    # The word's own: an enumeration's is several times slower, and lists ask for it row by row.
    __hash__ = str.__hash__

    @property
    def hex_length(self) -> int:
        """Return how many hex digits one hash has."""
        return _HEX_LENGTHS[self]

    @property
    def bits(self) -> int:
        """Return how many bits one hash has."""
        return self.hex_length * 4

    @property
    def is_exact(self) -> bool:
        """Return whether equality of this hash means equality of the bytes."""
        return self in _EXACT

    @property
    def only_supports(self) -> bool:
        """Return whether a match by it says nothing alone: it stands beside another, or is not shown."""
        return self in _SUPPORTING


_HEX_LENGTHS = {"md5": 32, "sha1": 40, "sha256": 64, "pdq": 64, "phash": 16, "phash256": 64}
_EXACT = frozenset({"md5", "sha1", "sha256"})
_SUPPORTING = frozenset({"phash", "phash256"})


class ListClass(StrEnum):
    """Who stands behind a list, and so what a match may be called."""

    ACCREDITED = "accredited"
    OWN = "own"
    SELF_SUBMITTED = "self-submitted"
    ADULT_NCII = "adult-ncii"
    NEGATIVE = "negative"

    @property
    def may_say_csam(self) -> bool:
        """Return whether a match may be called that: what people sent in of themselves is another thing."""
        return self in {ListClass.ACCREDITED, ListClass.OWN}


class Severity(StrEnum):
    """How much a match of a list weighs, as the hotline says when it imports it."""

    LOW = "low"
    NORMAL = "normal"
    HIGH = "high"


class Opinion(StrEnum):
    """What a person says of one hash of a list."""

    CONFIRMED = "confirmed"
    DISPUTED = "disputed"
    DISABLED = "disabled"  # it matches nothing any more, whoever said so


class Withdrawal(StrEnum):
    """Why a match does not speak for its lead any more."""

    SUPERSEDED = "superseded"  # a later version of the list says the same
    ENTRY_GONE = "entry_gone"  # a later version of the list has it no more
    LIST_RETIRED = "list_retired"
    DISABLED = "disabled"
    SUPPRESSED = "suppressed"  # a negative list knows the picture
    REVOKED = "revoked"  # of the hotline's own list


@dataclass(frozen=True, slots=True, kw_only=True)
class HashEntry:
    """
    One row of a list: `hash` is the raw bytes; `note` is the list's own words.

    `line` is where it stood in its file, for what is said of the import; it is
    not stored.
    """

    algorithm: Algorithm
    hash: bytes
    classification: str = ""
    ref: str = ""
    note: str = ""
    line: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class QuotedHash:
    """A hash of a list, and where a version of it has it: what a match says, with the hash itself."""

    list_id: ListId
    entry_id: int
    algorithm: Algorithm
    hash: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class BadRow:
    """
    A row of a list file that was refused.

    `line` counts from 1, lines as an editor does, records in their order; `unit`
    says which of the two.
    """

    line: int
    problem: str
    unit: str = "Line"


@dataclass(frozen=True, slots=True, kw_only=True)
class PassedOver:
    """Something in a list file that is left out and is no fault of it: what it is, and where it stood."""

    what: str
    count: int = 1
    line: int
    unit: str = "Line"


ListRow = HashEntry | BadRow | PassedOver


@dataclass(frozen=True, slots=True, kw_only=True)
class ListFigures:
    """
    What a list file held.

    `entries` counts the good rows by algorithm, `refused` the bad ones by
    problem, `passed_over` the rest by what it is; `first_at` says where each
    kind of these was met first. `bad_rows` are the first few of the refused.
    `balanced` is the share of PDQ hashes with a popcount as pictures have it,
    None without any.
    """

    entries: Mapping[Algorithm, int]
    refused: Mapping[str, int]
    passed_over: Mapping[str, int]
    first_at: Mapping[str, str] = field(default_factory=dict)
    bad_rows: tuple[BadRow, ...] = ()
    balanced: float | None = None

    @property
    def good(self) -> int:
        """Return how many rows are good."""
        return sum(self.entries.values())

    @property
    def bad(self) -> int:
        """Return how many rows were refused."""
        return sum(self.refused.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class HashList:
    """
    One version of a hash list. Its entries are never exported.

    `agreement` names the document under which the hotline may use it, which
    ends with the day `licence_ends`. `radius` is the PDQ radius that was agreed
    for it, in bits, None for the usual one; pictures below `min_quality` are
    not compared with it by PDQ or pHash. `columns` says how its file's columns
    were read. `generation` is that since which it says what it says now.
    """

    id: ListId
    name: str
    version: int
    list_class: ListClass
    classification: str
    authority: str
    agreement: str = ""
    licence_ends: date | None = None
    radius: int | None = None
    min_quality: int = MIN_PDQ_QUALITY
    severity: Severity = Severity.NORMAL
    columns: str = ""
    entries: int
    imported_at: datetime
    retired_at: datetime | None = None
    generation: int = 0

    @property
    def is_own(self) -> bool:
        """Return whether it is the list that grows from the hotline's own assessments."""
        return self.name == OWN_LIST


# A version that has more times the entries of the one before, or that much fewer, waits for a person.
LIST_GROWTH = 3.0

# The list that grows from what two people assessed; its entries stand in the database.
OWN_LIST = "own"


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnEntry:
    """One hash of the hotline's own list; `number` is never given twice."""

    number: int
    algorithm: Algorithm
    hash: bytes = field(repr=False)
    classification: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveList:
    """
    A list in force, as matching needs it.

    `disabled` are hashes of it that match nothing any more. `own` are the
    entries of the hotline's own list; None for one whose entries lie in files.
    """

    hash_list: HashList
    disabled: frozenset[tuple[Algorithm, bytes]] = frozenset()
    own: tuple[OwnEntry, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HashMatch:
    """
    A fingerprint within the radius of an entry.

    `entry_id` counts the entries of the list's version, in the order of its
    file. `distance` is in bits, 0 for an exact digest. `generation` names the state
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
    severity: Severity = Severity.NORMAL

    @property
    def files_a_lead(self) -> bool:
        """
        Return whether this match alone puts a post before an analyst.

        pHash never does: benign cards of one layout fall within its radius of
        each other in one pair of six. A negative list never does either.
        """
        return not self.algorithm.only_supports and self.list_class is not ListClass.NEGATIVE


def worst(matches: Iterable[HashMatch]) -> Severity | None:
    """Return the greatest severity of the matches that file a lead, None without any."""
    found = {match.severity for match in matches if match.files_a_lead}
    return next((severity for severity in reversed(Severity) if severity in found), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaMatch:
    """A match, the media item it was found on, and why it does not hold any more, if so."""

    media_id: MediaId
    match: HashMatch
    withdrawn: Withdrawal | None = None


def says_csam(classification: str) -> bool:
    """Return whether a classification calls what it names child sexual abuse material."""
    words = re.sub(r"[^a-z]+", " ", classification.casefold())
    return bool(re.search(r"\bcs(a|e|ae)m\b|\bchild sexual\b", words))


def unsuppressed(matches: Sequence[HashMatch]) -> tuple[tuple[HashMatch, ...], int]:
    """
    Return the matches that hold beside what negative lists say, and how many do not.

    A picture that is known to be benign is not what it resembles: a negative
    entry takes away every match that is no nearer than itself. Equal bytes on
    another list outweigh a negative list's likeness.
    """
    benign = [match for match in matches if match.list_class is ListClass.NEGATIVE]
    nearest = min((remoteness(match) for match in benign), default=None)
    held = tuple(
        match
        for match in matches
        if match.list_class is ListClass.NEGATIVE or nearest is None or remoteness(match) < nearest
    )
    return held, len(matches) - len(held)


def remoteness(match: HashMatch) -> tuple[int, float]:
    """Return how little a match says: exact digests first, then PDQ, then what only supports, each by share of bits."""
    algorithm = match.algorithm
    return algorithm.only_supports + (not algorithm.is_exact), match.distance / algorithm.bits
