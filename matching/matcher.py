"""
Compare a fingerprint with every live entry, and quote the list that matched.

The lists are held as one immutable state with a generation number. A new state
is built beside the old and takes its place in one assignment, so a match is
always of one generation.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from domain.errors import BadInput
from domain.fingerprints import MIN_PDQ_QUALITY, Fingerprint
from domain.hashlists import Algorithm, HashMatch, IndexedEntry
from matching.hamming import HammingIndex

PDQ_RADIUS = 31
PHASH_RADIUS = 8
THREAD_ABOVE = 20_000  # entries; below, a query is done before a thread would have begun

_RADII = {Algorithm.PDQ: PDQ_RADIUS, Algorithm.PHASH: PHASH_RADIUS}
_Hits = dict[tuple[str, Algorithm], tuple[int, IndexedEntry, int | None]]
_Saying = tuple[bytes, int | None]  # a hash, and the time of the frame that it is of


@dataclass(frozen=True, slots=True, kw_only=True)
class _Lists:
    """Everything that `match` looks at; never changed once made."""

    generation: int
    entries: tuple[IndexedEntry, ...]
    exact: dict[tuple[Algorithm, bytes], tuple[int, ...]]
    near: dict[Algorithm, HammingIndex]

    @property
    def scanned(self) -> int:
        return sum(len(index) for index in self.near.values())


class ListMatcher:
    """Every live list, in memory, answering exactly."""

    def __init__(self) -> None:
        """Begin with no list, as generation 0."""
        self._lists = _built((), 0)

    @property
    def generation(self) -> int:
        """Return the generation of the lists that `match` now answers for."""
        return self._lists.generation

    def __len__(self) -> int:
        return len(self._lists.entries)

    def replace(self, entries: Iterable[IndexedEntry], generation: int) -> None:
        """
        Answer for these entries from now on, and no others.

        May be called from a thread beside a running loop: queries see the old
        lists or the new. Raises BadInput, and keeps the old, if a hash has not
        its algorithm's length.
        """
        self._lists = _built(entries, generation)

    async def match(self, fingerprint: Fingerprint, since: int = 0) -> tuple[HashMatch, ...]:  # noqa: ARG002
        """Return the closest match per list and algorithm, exact digests first, then by distance."""
        lists = self._lists
        if lists.scanned > THREAD_ABOVE or fingerprint.frames:  # each frame has up to 32 hashes
            return await asyncio.to_thread(_matches, lists, fingerprint)
        return _matches(lists, fingerprint)

    async def is_near(self, fingerprint: Fingerprint, slack: int) -> bool:
        """Return whether an entry's PDQ is so near to the radius that `slack` bits would decide, either way."""
        lists = self._lists
        if len(lists.near[Algorithm.PDQ]) > THREAD_ABOVE:
            return await asyncio.to_thread(_is_near, lists, fingerprint, slack)
        return _is_near(lists, fingerprint, slack)


def _built(entries: Iterable[IndexedEntry], generation: int) -> _Lists:
    kept = tuple(entries)
    exact: dict[tuple[Algorithm, bytes], list[int]] = {}
    rows: dict[Algorithm, list[int]] = {algorithm: [] for algorithm in _RADII}
    for row, entry in enumerate(kept):
        if len(entry.hash) * 2 != entry.algorithm.hex_length:
            raise BadInput(f"Entry {entry.entry_id} of list {entry.list_name} is no {entry.algorithm} hash.")
        if entry.algorithm.is_exact:
            exact.setdefault((entry.algorithm, entry.hash), []).append(row)
        else:
            rows[entry.algorithm].append(row)
    return _Lists(
        generation=generation,
        entries=kept,
        exact={key: tuple(found) for key, found in exact.items()},
        near={algorithm: _indexed(algorithm, kept, chosen) for algorithm, chosen in rows.items()},
    )


def _indexed(algorithm: Algorithm, entries: tuple[IndexedEntry, ...], rows: list[int]) -> HammingIndex:
    """Return an index whose ids are rows of `entries`."""
    size = algorithm.hex_length // 2
    index = HammingIndex(size * 8, _RADII[algorithm])
    joined = b"".join(entries[row].hash for row in rows)
    index.add(np.array(rows, dtype=np.uint64), np.frombuffer(joined, dtype=np.uint8).reshape(-1, size))
    index.merge()  # here, beside the loop, and not with the first search
    return index


def _matches(lists: _Lists, fingerprint: Fingerprint) -> tuple[HashMatch, ...]:
    closest: _Hits = {}
    for row, distance, at_ms in _hits(lists, fingerprint):
        entry = lists.entries[row]
        key = (entry.list_id, entry.algorithm)
        # Of equals the first entry is quoted, so that a replay quotes the same.
        if key not in closest or (distance, entry.entry_id) < (closest[key][0], closest[key][1].entry_id):
            closest[key] = (distance, entry, at_ms)
    matches = [
        _match(entry, distance, lists.generation, at_ms, fingerprint) for distance, entry, at_ms in closest.values()
    ]
    return tuple(sorted(matches, key=_rank))


def _hits(lists: _Lists, fingerprint: Fingerprint) -> Iterator[tuple[int, int, int | None]]:
    """Yield (row, distance, time of the frame) of every entry that the fingerprint meets."""
    digests = (
        (Algorithm.MD5, fingerprint.md5),
        (Algorithm.SHA1, fingerprint.sha1),
        (Algorithm.SHA256, fingerprint.sha256),
    )
    for algorithm, digest in digests:
        if digest is not None:
            yield from ((row, 0, None) for row in lists.exact.get((algorithm, bytes.fromhex(digest)), ()))
    for algorithm, sayings in _sayings(fingerprint):
        if sayings:
            yield from _near(lists.near[algorithm], sayings)


def _is_near(lists: _Lists, fingerprint: Fingerprint, slack: int) -> bool:
    sayings = dict(_sayings(fingerprint))[Algorithm.PDQ]
    if not sayings:
        return False
    near = _near(lists.near[Algorithm.PDQ], sayings, radius=PDQ_RADIUS + slack)
    return any(distance >= PDQ_RADIUS - slack for _, distance, _ in near)


def _sayings(fingerprint: Fingerprint) -> Iterator[tuple[Algorithm, list[_Saying]]]:
    """Yield the hashes that say something: mirrored, turned, squashed and trimmed copies in the same pass."""
    # What is too flat for PDQ is too flat for pHash: blanks are near to all blanks. The other
    # sets are left out by who makes them where they say nothing: a wide border may be what is flat.
    flat = fingerprint.pdq is None or fingerprint.pdq_quality < MIN_PDQ_QUALITY
    own = () if flat or fingerprint.pdq is None else fingerprint.pdq_dihedral or (fingerprint.pdq,)
    sayings: dict[bytes, int | None] = dict.fromkeys(own + fingerprint.pdq_others)
    for frame in fingerprint.frames:
        clear = frame.pdq_dihedral if frame.pdq_quality >= MIN_PDQ_QUALITY else ()
        for variant in clear + frame.pdq_others:
            sayings.setdefault(variant, frame.at_ms)
    yield Algorithm.PDQ, list(sayings.items())
    whole = None if flat else fingerprint.phash
    yield Algorithm.PHASH, [(phash, None) for phash in (whole, fingerprint.phash_trimmed) if phash is not None]


def _near(
    index: HammingIndex, sayings: list[_Saying], radius: int | None = None
) -> Iterator[tuple[int, int, int | None]]:
    queries = np.frombuffer(b"".join(hash_ for hash_, _ in sayings), dtype=np.uint8).reshape(len(sayings), -1)
    found, rows, distances = index.search(queries, radius)
    for query, row, distance in zip(found.tolist(), rows.tolist(), distances.tolist(), strict=True):
        yield row, distance, sayings[query][1]


def _match(
    entry: IndexedEntry, distance: int, generation: int, at_ms: int | None, fingerprint: Fingerprint
) -> HashMatch:
    return HashMatch(
        list_id=entry.list_id,
        list_name=entry.list_name,
        list_version=entry.list_version,
        list_class=entry.list_class,
        entry_id=entry.entry_id,
        algorithm=entry.algorithm,
        distance=distance,
        classification=entry.classification,
        generation=generation,
        at_ms=at_ms,
        covers=fingerprint.covers,
    )


def _rank(match: HashMatch) -> tuple[bool, bool, int, str, str]:
    # Distances of different algorithms do not compare: PDQ at any distance says more than pHash.
    algorithm = match.algorithm
    return (not algorithm.is_exact, algorithm is Algorithm.PHASH, match.distance, match.list_id, algorithm)
