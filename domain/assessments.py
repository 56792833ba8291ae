"""Say what people decided about leads, and what two of them together put on the hotline's own list."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from domain.errors import BadInput
from domain.fingerprints import MIN_PDQ_QUALITY, Fingerprint
from domain.hashlists import Algorithm, HashEntry, ListClass, OwnEntry
from domain.ids import LeadId
from domain.leads import Lead
from domain.rematching import StoredPrint

Spot = tuple[Algorithm, bytes]

CLEAR_FRAME = 80  # PDQ quality; a film's dull frames are like many a film's
# Other pictures that a hash of the own list may match of those seen in 30 days. One picture comes in a few sizes and
# savings; cards of one layout come by the dozen. As many false leads as this are looked through in minutes.
MOST_ALIKE = 5
MAX_CLASSIFICATION = 100  # characters


class Verdict(StrEnum):
    """What a person holds a lead's material to be."""

    ILLEGAL = "illegal"
    NOT_ILLEGAL = "not-illegal"
    DOUBTFUL = "doubtful"


class Basis(StrEnum):
    """What an assessment rests on; only the first two may ever be told others as more than suspected."""

    EXACT_HASH = "exact-hash"  # of an accredited list
    VIEWED = "viewed"  # at its source, by the person who says so
    TEXT_ONLY = "text-only"
    GONE = "gone"  # before anybody could look

    @property
    def is_firm(self) -> bool:
        """Return whether somebody knows what the picture is."""
        return self in {Basis.EXACT_HASH, Basis.VIEWED}


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessment:
    """What one person decided on a lead; `media` are the SHA-256 digests of the items that it speaks of."""

    lead_id: LeadId
    actor: str
    at: datetime
    verdict: Verdict
    basis: Basis
    classification: str
    media: frozenset[str]


def checked(lead: Lead, verdict: Verdict, basis: Basis, classification: str) -> str:
    """Return the classification as it is written; raises BadInput where verdict and basis do not go together."""
    classification = " ".join(classification.split())
    if len(classification) > MAX_CLASSIFICATION:
        raise BadInput(f"A classification has at most {MAX_CLASSIFICATION} characters.")
    if basis is Basis.EXACT_HASH and not any(
        found.match.algorithm.is_exact and found.match.list_class is ListClass.ACCREDITED for found in lead.matches
    ):
        raise BadInput("No picture of this lead matches an accredited list exactly; say --basis viewed, or another.")
    if verdict is Verdict.ILLEGAL and not basis.is_firm:
        raise BadInput(
            "Illegal is what an exact hash or your own eyes tell: --basis exact-hash or viewed; else doubtful."
        )
    return classification or verdict.value


def chosen(stored: Sequence[str], wanted: Iterable[str]) -> frozenset[str]:
    """Return the digests that an assessment speaks of: those that were named, or the only one there is."""
    named = frozenset(one.strip().lower() for one in wanted)
    unknown = named - frozenset(stored)
    if unknown:
        raise BadInput(f"This lead has no media item {min(unknown)[:64]}. It has: {_listed(stored)}.")
    if named or len(stored) <= 1:
        return named or frozenset(stored)
    raise BadInput(f"This lead has {len(stored)} media items; name those you mean (--media SHA256): {_listed(stored)}.")


def agreed(assessments: Iterable[Assessment]) -> frozenset[str]:
    """Return the digests of what two people hold illegal, both on a firm basis; one against it outweighs any."""
    held: dict[str, set[str]] = {}
    disputed: set[str] = set()
    for one in assessments:
        if one.verdict is Verdict.ILLEGAL and one.basis.is_firm:
            for digest in one.media:
                held.setdefault(digest, set()).add(one.actor)
        elif one.verdict is Verdict.NOT_ILLEGAL:
            disputed |= one.media
    return frozenset(digest for digest, people in held.items() if len(people) > 1 and digest not in disputed)


def own_entries(fingerprint: Fingerprint, classification: str) -> tuple[HashEntry, ...]:
    """Return the hashes by which a picture or film is known again; nothing of it but hashes is kept."""
    found: dict[tuple[Algorithm, bytes], None] = {}
    if fingerprint.sha256 is not None:
        found[Algorithm.SHA256, bytes.fromhex(fingerprint.sha256)] = None
    if fingerprint.pdq is not None and fingerprint.pdq_quality >= MIN_PDQ_QUALITY:
        found[Algorithm.PDQ, fingerprint.pdq] = None
    for frame in fingerprint.frames:
        if frame.pdq_quality >= CLEAR_FRAME:
            found[Algorithm.PDQ, frame.pdq] = None
    return tuple(
        HashEntry(algorithm=algorithm, hash=hash_, classification=classification) for algorithm, hash_ in found
    )


def spot_of(entry: HashEntry | OwnEntry) -> Spot:
    """Return by what a hash is told from others."""
    return entry.algorithm, entry.hash


def is_common(near: Iterable[StoredPrint], digests: Collection[str]) -> bool:
    """
    Return whether more than a few other pictures are near to a hash.

    Equal bytes, whose digests are given, are no other picture, and one that
    was posted many times is one: what goes round is not held back for that.
    """
    others = {one.fingerprint.sha256 or one.media_id for one in near} - set(digests)
    return len(others) > MOST_ALIKE


def _listed(digests: Sequence[str]) -> str:
    shown = ", ".join(digests[:10])
    return f"{shown} …" if len(digests) > 10 else shown or "none"  # noqa: PLR2004 - what fits a line or two
