"""
Ask lists that hold other pictures of ordinary ones, so that whatever matches is a false match.

The lists are one of random hashes, as balanced as real ones are, and one for
each family of `benign.py` with the hashes of further pictures of it. Flat ones
(quality below 50) stand on a list of their own.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from domain.fingerprints import MIN_PDQ_QUALITY, Fingerprint, MediaStatus
from domain.hashlists import Algorithm, HashEntry, HashList, HashMatch, ListClass, LiveList
from domain.ids import ListId
from fingerprint.image import ImageFingerprint, fingerprint_image
from matching.list_words import RADII
from matching.matcher import ListMatcher
from matching.shelf import FolderShelf
from tests.matching.benign import benign

RANDOM, FLAT = "random", "flat"
PLANTED_FROM = 1_000_000  # numbers of the planted pictures begin here
BATCH = 10_000
RADIUS = RADII[Algorithm.PDQ]
KINDS = (Algorithm.PDQ, Algorithm.PHASH, Algorithm.PHASH256)
FAR = 256  # bits; further than any two hashes are of chance


@dataclass(frozen=True, slots=True, kw_only=True)
class Hashed:
    """A picture that was drawn and hashed; `says` tells it from every other."""

    family: str
    number: int
    design: int
    says: str
    print: Fingerprint

    @property
    def pdq_quality(self) -> int:
        return self.print.pdq_quality

    @property
    def is_flat(self) -> bool:
        return self.pdq_quality < MIN_PDQ_QUALITY


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What one picture met: lists by algorithm, and its distances from every planted picture of quality."""

    picture: Hashed
    met: dict[tuple[str, str], tuple[str, ...]] = field(default_factory=dict)  # (list, algorithm) → variants
    flat_met: tuple[str, ...] = ()  # lists it would have met by PDQ were it not flat
    distances: dict[str, NDArray[np.int64]] = field(default_factory=dict)  # relation → pairs by distance
    nearest: tuple[int, int] = (256, -1)  # distance, number of the nearest other of its family


def hashed(family: str, number: int, khmer: Path | None) -> Hashed:
    made = benign(family, number, khmer)
    return Hashed(
        family=family, number=number, design=made.design, says=made.says, print=_print(fingerprint_image(made.file))
    )


def _print(made: ImageFingerprint) -> Fingerprint:
    return Fingerprint(
        status=made.status,
        pdq=made.pdq,
        pdq_quality=made.pdq_quality,
        pdq_dihedral=made.pdq_dihedral,
        pdq_others=made.pdq_others,
        phash=made.phash,
        phash_trimmed=made.phash_trimmed,
        phash256=made.phash256,
        phash256_trimmed=made.phash256_trimmed,
    )


def variants(one: Fingerprint) -> dict[tuple[Algorithm, str], Fingerprint]:
    """Return a fingerprint's parts, each asked as if it were all there is."""
    # Of the other sets the first is that of the squashed picture: all pictures here are larger than 512.
    bare = Fingerprint(status=MediaStatus.HASHED, pdq=one.pdq, pdq_quality=one.pdq_quality)
    mute = replace(bare, pdq_quality=0)
    squashed = one.pdq_others[:8] if one.pdq_quality >= MIN_PDQ_QUALITY or one.phash_trimmed is None else ()
    return {
        (Algorithm.PDQ, "original"): bare,
        (Algorithm.PDQ, "dihedral"): replace(bare, pdq_dihedral=one.pdq_dihedral[1:]),
        (Algorithm.PDQ, "squashed"): replace(mute, pdq_others=squashed),
        (Algorithm.PDQ, "trimmed"): replace(mute, pdq_others=one.pdq_others[len(squashed) :]),
        (Algorithm.PHASH, "original"): replace(bare, phash=one.phash),
        (Algorithm.PHASH, "trimmed"): replace(mute, phash_trimmed=one.phash_trimmed),
        (Algorithm.PHASH256, "original"): replace(bare, phash256=one.phash256),
        (Algorithm.PHASH256, "trimmed"): replace(mute, phash256_trimmed=one.phash256_trimmed),
    }


class Asker:
    """A worker's own matcher over the lists that all workers share, and the planted hashes to count bits with."""

    def __init__(self, folder: Path, planted: Sequence[Hashed], names: Sequence[str], khmer: Path | None) -> None:
        self._runner = asyncio.Runner()
        self._khmer = khmer
        self._matcher, self._lenient = ListMatcher(FolderShelf(folder)), ListMatcher(FolderShelf(folder))
        self._matcher.replace([LiveList(hash_list=_list(name)) for name in names], 1)
        lenient = [replace(_list(name), min_quality=0) for name in names]
        self._lenient.replace([LiveList(hash_list=one) for one in lenient], 1)
        self._clear = [one for one in planted if not one.is_flat]
        self._rows = _words(one.print.pdq for one in self._clear)
        self._families = np.array([one.family for one in self._clear])
        self._designs = np.array([one.design for one in self._clear])
        self._says = {one.family: set[str]() for one in planted}
        for one in planted:
            self._says[one.family].add(one.says)

    def close(self) -> None:
        self._runner.close()

    def ask(self, job: tuple[str, int]) -> Asked | None:
        """Draw, hash and ask one picture; None for one that says what a planted one says."""
        picture = hashed(*job, self._khmer)
        if picture.says in self._says.get(picture.family, ()):
            return None
        found = self._match(self._matcher, picture.print)
        met = {(one.list_name, one.algorithm.value): self._variants(picture.print, one) for one in found}
        if picture.is_flat:
            would = self._match(self._lenient, picture.print)
            return Asked(
                picture=picture,
                met=met,
                flat_met=tuple(one.list_name for one in would if one.algorithm is Algorithm.PDQ),
            )
        distances, nearest = self._counted(picture, met)
        return Asked(picture=picture, met=met, distances=distances, nearest=nearest)

    def _match(self, matcher: ListMatcher, one: Fingerprint) -> tuple[HashMatch, ...]:
        return self._runner.run(matcher.match(one))

    def _variants(self, one: Fingerprint, match: HashMatch) -> tuple[str, ...]:
        return tuple(
            name
            for (algorithm, name), part in variants(one).items()
            if algorithm is match.algorithm
            and any(
                (each.list_id, each.algorithm) == (match.list_id, algorithm)
                for each in self._match(self._matcher, part)
            )
        )

    def _counted(
        self, picture: Hashed, met: dict[tuple[str, str], tuple[str, ...]]
    ) -> tuple[dict[str, NDArray[np.int64]], tuple[int, int]]:
        """Count bits between all variants of a picture and all planted ones; must say what the matcher said."""
        rows = _words((*picture.print.pdq_dihedral, *picture.print.pdq_others))
        near = np.full(len(self._clear), 256, np.int64)
        for row in rows:
            near = np.minimum(near, np.bitwise_count(self._rows ^ row).sum(axis=1, dtype=np.int64))
        own, same = self._families == picture.family, self._designs == picture.design
        for family in np.unique(self._families):
            if bool(np.any(near[self._families == family] <= RADIUS)) != ((str(family), "pdq") in met):
                raise AssertionError(f"The matcher and a count of bits differ for {picture.family} {picture.number}.")
        relations = {"same design": own & same, "other design": own & ~same, "other families": ~own}
        counts = {name: np.bincount(near[mask], minlength=257) for name, mask in relations.items()}
        index = int(np.argmin(np.where(own, near, 999))) if own.any() else -1
        return counts, (int(near[index]), self._clear[index].number) if index >= 0 else (256, -1)


def _words(hashes: Iterable[bytes | None]) -> NDArray[np.uint64]:
    return np.frombuffer(b"".join(one or b"" for one in hashes), np.uint64).reshape(-1, 4)


def _list(name: str) -> HashList:
    return HashList(
        id=ListId(_id(name)), name=name, version=1, list_class=ListClass.ACCREDITED, classification="demo",
        authority="", entries=0, imported_at=datetime(2026, 1, 1, tzinfo=UTC), generation=1,
    )  # fmt: skip


def _id(name: str) -> str:
    return "".join(each if each.isalnum() else "-" for each in name)


def random_entries(count: int) -> Iterator[list[HashEntry]]:
    """Yield PDQ and pHash entries of which half the bits are set, so many of each."""
    dice = np.random.default_rng(count)
    for algorithm in KINDS:
        half = np.arange(algorithm.bits) < algorithm.bits // 2
        for start in range(0, count, BATCH):
            rows = dice.permuted(np.tile(half, (min(BATCH, count - start), 1)), axis=1)
            yield [HashEntry(algorithm=algorithm, hash=row.tobytes()) for row in np.packbits(rows, axis=1)]


def write(shelf: FolderShelf, name: str, batches: Iterable[list[HashEntry]]) -> None:
    writer = shelf.write(ListId(_id(name)))
    for batch in batches:
        writer.add(batch)
    writer.finish()


def entries_of(planted: Iterable[Hashed]) -> list[HashEntry]:
    hashes = ((one.print.pdq, one.print.phash, one.print.phash256) for one in planted)
    return [
        HashEntry(algorithm=kind, hash=value)
        for each in hashes
        for kind, value in zip(KINDS, each, strict=True)
        if value is not None
    ]


def write_lists(folder: Path, planted: Sequence[Hashed], entries: int) -> list[str]:
    """Write the list of random hashes, one a family, and that of flat pictures; returns the names of those written."""
    shelf, names = FolderShelf(folder), list[str]()
    by_list: dict[str, list[Hashed]] = {}
    for one in planted:
        by_list.setdefault(FLAT if one.is_flat else one.family, []).append(one)
    for name, batches in {
        RANDOM: random_entries(entries),
        **{name: [entries_of(some)] for name, some in by_list.items()},
    }.items():
        write(shelf, name, batches)
        names.append(name)
    return names
